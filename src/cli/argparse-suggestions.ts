/** Costs of one edit between what was typed and what exists; argparse4j took them from git. */
const COST = { swap: 0, substitute: 2, add: 1, remove: 4 }
const FARTHEST = 7

/** "Did you mean" with the nearest names, or nothing when none is near. Dashes before a flag do not count. */
export function suggestions(typed: string, names: readonly string[]): string {
  const ranked = names
    .map((name) => {
      const body = name.replace(/^-+/, '')
      return { name, distance: body.startsWith(typed) ? 0 : editDistance(typed, body) }
    })
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
  const nearest = ranked[0]?.distance ?? FARTHEST
  if (nearest >= FARTHEST) return ''
  const shown = ranked.filter((each) => each.distance === nearest).map((each) => `\t${each.name}\n`)
  return `\nDid you mean:\n${shown.join('')}`
}

/** Least cost of turning `from` into `to`; two neighbours may change places. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index * COST.add)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1]
      let cost = (previous[j - 1] as number) + (isSame ? 0 : COST.substitute)
      if (i > 1 && j > 1 && !isSame && from[i - 2] === to[j - 1] && from[i - 1] === to[j - 2]) {
        cost = Math.min(cost, (beforePrevious[j - 2] as number) + COST.swap)
      }
      row.push(Math.min(cost, (previous[j] as number) + COST.remove, (row[j - 1] as number) + COST.add))
    }
    beforePrevious = previous
    previous = row
  }
  return previous[to.length] as number
}
