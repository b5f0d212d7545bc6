import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BrokerProcess, startBrokerProcess, temporaryDirectory } from '../support/broker-process.ts'
import { goldenCases, knownDifferences } from './case.ts'
import { GoldenRun, whyNoTerminal } from './runner.ts'

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

/** The same on a broker process of the group's own, as the recorded cases were made. */
export function testGoldenGroupOnBroker(
  group: string,
  { concurrent, properties = {} }: { concurrent: boolean; properties?: Readonly<Record<string, string>> },
): void {
  const directory = temporaryDirectory()
  let broker: BrokerProcess | undefined
  let run: GoldenRun | undefined

  beforeAll(async () => {
    broker = await startBrokerProcess({ directory: directory.path, properties })
    run = new GoldenRun({ bootstrap: broker.bootstrapServers })
  })

  afterAll(async () => {
    await run?.close()
    await broker?.stop()
    directory.remove()
  })

  testGoldenGroup(group, () => run as GoldenRun, { concurrent })
}
