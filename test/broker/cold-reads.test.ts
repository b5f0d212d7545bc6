import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Produce } from '../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import { readRecords, writeBatch } from '../../src/protocol/record-batch.ts'
import { startBroker, type TestBroker } from '../../src/testing/start-broker.ts'
import { decodeResponse, RawClient } from '../support/raw-client.ts'

const TOPIC = 'cold'
const RECORDS = 12
const VALUE_BYTES = 900_000
const FETCH_VERSION = 11

const portOf = ({ bootstrapServers }: TestBroker) => Number(bootstrapServers.split(':')[1])

function fetchOf(fetchOffset: number) {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1024 * 1024 }]
  return { maxWaitMs: 500, minBytes: 1, maxBytes: 50 * 1024 * 1024, topics: [{ topic: TOPIC, partitions }] }
}

/** Which record an answer has: all bytes of the value of record n are n. */
function recordIn(frame: Buffer): { offset: number; bytes: Set<number> } {
  const { response } = decodeResponse(Fetch, FETCH_VERSION, frame)
  const [record] = readRecords(response.responses[0]!.partitions[0]!.records as Buffer)
  const { offset, value } = record!
  return { offset, bytes: new Set(value!) }
}

test('an answer that waits for a slow reader keeps its bytes while others read files', {
  timeout: 30_000,
}, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'cold-reads-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const writing = await startBroker({ dataDir, topics: [TOPIC] })
  const producer = await RawClient.connect(portOf(writing))
  for (let i = 0; i < RECORDS; i++) {
    const records = writeBatch({ records: [{ value: Buffer.alloc(VALUE_BYTES, i) }] })
    const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }]
    const answer = await producer.send(Produce, 9, { acks: -1, timeoutMs: 30_000, topicData })
    expect(answer.responses[0]!.partitionResponses[0]!.errorCode).toBe(0)
  }
  await producer.close()
  await writing.stop()

  // Nothing is in memory after a restart: every read is one of files.
  const broker = await startBroker({ dataDir })
  onTestFinished(() => broker.stop())
  const slow = await RawClient.connect(portOf(broker), { paused: true })
  const asked = 10
  for (let i = 0; i < asked; i++) slow.write(Fetch, FETCH_VERSION, fetchOf(0))
  const quick = await RawClient.connect(portOf(broker))
  for (let round = 0; round < 3; round++) {
    for (let i = 1; i < RECORDS; i++) {
      quick.write(Fetch, FETCH_VERSION, fetchOf(i))
      expect(recordIn(await quick.receiveFrame())).toEqual({ offset: i, bytes: new Set([i]) })
    }
  }
  slow.resume()
  for (let i = 0; i < asked; i++) {
    expect(recordIn(await slow.receiveFrame())).toEqual({ offset: 0, bytes: new Set([0]) })
  }
  await Promise.all([slow.close(), quick.close()])
})
