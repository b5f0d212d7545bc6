import { describe, expect, test } from 'vitest'
import { goldenCases, knownDifferences } from './case.ts'
import { type GoldenRun, whyNoTerminal } from './runner.ts'

/**
 * One test per recorded case. A case on the list of known differences must differ: when it no longer does, it has to
 * leave the list, which so can only shrink.
 */
export function testGoldenGroup(group: string, run: () => GoldenRun, { concurrent }: { concurrent: boolean }): void {
  const known = knownDifferences()
  const noTerminal = whyNoTerminal()
  describe(`golden cases of ${group}`, { concurrent }, () => {
    for (const recorded of goldenCases(group)) {
      const reason = known[recorded.id]
      const title = `${recorded.id} ${recorded.argv.slice(1).join(' ').slice(0, 100)}`
      if (recorded.tty && noTerminal) test.skip(`${title} (${noTerminal})`)
      else if (reason !== undefined) {
        test(`${title} (differs: ${reason})`, async () => {
          const difference = await run().differenceOf(recorded)
          expect(difference, `${recorded.id} is as recorded now: take it off known-differences.json`).toBeDefined()
        })
      } else {
        test(title, async () => {
          const difference = await run().differenceOf(recorded)
          expect(difference, difference).toBeUndefined()
        })
      }
    }
  })
}
