/** Apache Kafka started on what our broker leaves when it is killed after a file operation. */
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { installApacheKafka, startApacheBroker, whyNoApacheKafka } from '../support/apache-kafka.ts'
import { temporaryDirectory } from '../support/broker-process.ts'
import { checkWhatWasTold, liveUntil } from '../support/crash-scenario.ts'
import { freePort } from '../support/free-port.ts'
import { RawClient } from '../support/raw-client.ts'

const reason = whyNoApacheKafka()
if (reason) console.log(`Skipped: Apache Kafka cannot be run here, ${reason}.`)

/** After an unclean election Apache serves up to its checkpointed high watermark until the election is confirmed. */
async function eventually(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 10_000
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

describe.skipIf(reason !== undefined)('Apache Kafka has everything that was answered', () => {
  beforeAll(() => installApacheKafka())

  // In a topic creation, a roll, a commit, a deletion, the clean stop, the start after it, the second stop.
  test.each([60, 110, 140, 160, 200, 280, 370])('when we are killed after operation %i', async (killAfter) => {
    const { path: directory, remove } = temporaryDirectory()
    onTestFinished(remove)
    const told = await liveUntil(join(directory, 'data'), killAfter)
    expect(told.isFormatted).toBe(true)
    const port = await freePort()
    const properties = { 'offsets.topic.num.partitions': '1', 'log.index.size.max.bytes': '1200' }
    const apache = await startApacheBroker({ directory, port, properties })
    onTestFinished(() => apache.stop('SIGKILL'))
    const client = await RawClient.connect(port)
    onTestFinished(() => client.close())
    await eventually(() => checkWhatWasTold(client, told))
  })
})
