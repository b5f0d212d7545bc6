/**
 * What a comparison measured: for each figure and round one value of each contender. Ratios are taken within a round,
 * since the two were measured right after each other there, and what else the machine did is in both.
 */
export class Figures {
  private readonly contenders: readonly [string, string]
  /** Figure → contender → one value a round. */
  private readonly values = new Map<string, Map<string, number[]>>()

  /** The second contender is divided by the first. */
  constructor(contenders: readonly [string, string]) {
    this.contenders = contenders
  }

  add(figure: string, contender: string, value: number): void {
    let byContender = this.values.get(figure)
    if (!byContender) this.values.set(figure, (byContender = new Map()))
    const values = byContender.get(contender)
    if (values) values.push(value)
    else byContender.set(contender, [value])
  }

  /** Drops what was measured while warming up. */
  clear(): void {
    this.values.clear()
  }

  /** A Markdown table of medians with their ranges. */
  table(): string {
    const [base, other] = this.contenders
    const lines = [`| figure | ${base} | ${other} | ratio |`, '| --- | --- | --- | --- |']
    for (const [figure, byContender] of this.values) {
      const theirs = byContender.get(base)
      const mine = byContender.get(other)
      const ratios = theirs && mine ? mine.map((value, round) => value / theirs[round]!).filter(Number.isFinite) : []
      lines.push(`| ${figure} | ${cell(theirs)} | ${cell(mine)} | ${ratios.length > 0 ? `${cell(ratios)}` : '–'} |`)
    }
    return lines.join('\n')
  }
}

function cell(values: readonly number[] | undefined): string {
  if (!values || values.length === 0) return '–'
  const middle = show(median(values))
  return values.length === 1 ? middle : `${middle} (${show(Math.min(...values))}–${show(Math.max(...values))})`
}

function show(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** Of an even number of values the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
