import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorName } from '../../../src/protocol/error-code.ts'
import { ListOffsets } from '../../../src/protocol/messages/02-list-offsets.ts'
import { writeBatch } from '../../../src/protocol/record-batch.ts'
import { DataBroker, versionsOf } from '../../support/data-broker.ts'

const MAX_INT64 = 2n ** 63n - 1n
const START_MS = Date.now() - 60_000
/** Timestamps of the records of `times`, by offset: the largest is not the last. */
const TIMES = [0, 10, 50, 20, 30].map((ms) => START_MS + ms)
const NANOSECONDS = BigInt(START_MS) * 1_000_000n

let broker: DataBroker

beforeAll(async () => {
  const nanoseconds = { 'message.timestamp.after.max.ms': String(MAX_INT64) }
  broker = await DataBroker.start({
    topics: ['times', 'empty', 'ties', { name: 'nanoseconds', configs: nanoseconds }, { name: 'pair', partitions: 2 }],
  })
  const append = async (topic: string, ...batches: (number | bigint)[][]) => {
    for (const timestamps of batches) {
      const records = writeBatch({ records: timestamps.map((timestamp) => ({ value: Buffer.from('v'), timestamp })) })
      expect((await broker.append(topic, records)).error).toBe('NONE')
    }
  }
  await append('times', TIMES.slice(0, 2), TIMES.slice(2))
  await append('ties', [START_MS, START_MS, START_MS - 1])
  await append('nanoseconds', [NANOSECONDS, NANOSECONDS + 1n, NANOSECONDS + 2n])
})
afterAll(() => broker.stop())

async function found(topic: string, timestamp: number | bigint, version = 11) {
  const { error, offset, timestamp: at } = await broker.listOffset(topic, timestamp, { version })
  return [error, offset, at]
}

describe.each(versionsOf(ListOffsets))('v%i', (version) => {
  test('finds the earliest and the latest offset', async () => {
    expect(await found('times', -2, version)).toEqual(['NONE', 0, -1])
    expect(await found('times', -1, version)).toEqual(['NONE', 5, -1])
    expect(await found('empty', -2, version)).toEqual(['NONE', 0, -1])
    expect(await found('empty', -1, version)).toEqual(['NONE', 0, -1])
  })

  test('finds the first record at or after a time', async () => {
    expect(await found('times', START_MS + 10, version)).toEqual(['NONE', 1, START_MS + 10])
    expect(await found('times', START_MS + 11, version)).toEqual(['NONE', 2, START_MS + 50])
    expect(await found('times', 0, version)).toEqual(['NONE', 0, START_MS])
    expect(await found('times', START_MS + 51, version)).toEqual(['NONE', -1, -1])
    expect(await found('empty', 0, version)).toEqual(['NONE', -1, -1])
  })

  test.each([
    [-3, 7, 2],
    [-4, 8, 0],
    [-5, 9, -1],
    [-6, 11, -1],
    [-7, 99, -1],
  ])('knows the special time %i since its version', async (timestamp, since, offset) => {
    const { error, offset: at } = await broker.listOffset('times', timestamp, { version })
    expect([error, at]).toEqual(version >= since ? ['NONE', offset] : ['UNSUPPORTED_VERSION', -1])
  })
})

test('the offset of the largest timestamp is the first of several (KIP-734)', async () => {
  expect(await found('ties', -3)).toEqual(['NONE', 0, START_MS])
  expect(await found('empty', -3)).toEqual(['NONE', -1, -1])
})

test('timestamps in nanoseconds are found and answered exactly', async () => {
  expect(await found('nanoseconds', NANOSECONDS + 1n)).toEqual(['NONE', 1, NANOSECONDS + 1n])
  expect(await found('nanoseconds', -3)).toEqual(['NONE', 2, NANOSECONDS + 2n])
  expect(await found('nanoseconds', MAX_INT64)).toEqual(['NONE', -1, -1])
})

test('the leader epoch comes with what was found, since v4 (KIP-320)', async () => {
  expect((await broker.listOffset('times', START_MS, { version: 4 })).leaderEpoch).toBe(0)
  expect((await broker.listOffset('times', START_MS + 99, { version: 4 })).leaderEpoch).toBe(-1)
})

test('an isolation level that there is not fails the request', async () => {
  expect((await broker.listOffset('times', -1, { isolationLevel: 1 })).offset).toBe(5)
  expect((await broker.listOffset('times', -1, { isolationLevel: 2 })).error).toBe('UNKNOWN_SERVER_ERROR')
})

describe('of several partitions', () => {
  async function errors(topics: { name: string; partitions: number[] }[], currentLeaderEpoch = -1) {
    const answer = await broker.client.send(ListOffsets, 11, {
      replicaId: -1,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp: -1, currentLeaderEpoch })),
      })),
    })
    return answer.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) => `${name}-${partitionIndex} ${errorName(errorCode)}`),
    )
  }

  test('one that is named twice is refused, once', async () => {
    const topics = [
      { name: 'pair', partitions: [0, 1, 0] },
      { name: 'times', partitions: [0] },
    ]
    expect(await errors(topics)).toEqual(['pair-0 INVALID_REQUEST', 'pair-1 NONE', 'times-0 NONE'])
  })

  test('those that are not there are told each', async () => {
    const topics = [
      { name: 'pair', partitions: [0, 2, -1] },
      { name: 'nowhere', partitions: [0] },
    ]
    expect(await errors(topics)).toEqual([
      'pair-0 NONE',
      'pair-2 UNKNOWN_TOPIC_OR_PARTITION',
      'pair--1 UNKNOWN_TOPIC_OR_PARTITION',
      'nowhere-0 UNKNOWN_TOPIC_OR_PARTITION',
    ])
  })

  test('a topic without partitions is not answered', async () => {
    expect(await errors([{ name: 'pair', partitions: [] }])).toEqual([])
  })

  test('the leader epoch of the client must be the current one (KIP-320)', async () => {
    const topics = [{ name: 'times', partitions: [0] }]
    expect(await errors(topics, 0)).toEqual(['times-0 NONE'])
    expect(await errors(topics, 1)).toEqual(['times-0 UNKNOWN_LEADER_EPOCH'])
    expect(await errors(topics, -2)).toEqual(['times-0 FENCED_LEADER_EPOCH'])
  })
})
