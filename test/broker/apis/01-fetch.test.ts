import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { errorName } from '../../../src/protocol/error-code.ts'
import { Fetch } from '../../../src/protocol/messages/01-fetch.ts'
import { CreateTopics } from '../../../src/protocol/messages/19-create-topics.ts'
import { DeleteTopics } from '../../../src/protocol/messages/20-delete-topics.ts'
import { batchOf, DataBroker, type FetchAnswer, UNKNOWN_ID, valuesOf, versionsOf } from '../../support/data-broker.ts'

const MAX_INT64 = 2n ** 63n - 1n
/** No test waits that long; an answer that comes was not waited for. */
const LONG_MS = 25_000
/** Bytes of a batch of one record with a value of one byte. */
const ONE = batchOf(['a']).length

let broker: DataBroker
let topic: string
let count = 0

beforeAll(async () => {
  broker = await DataBroker.start({})
})
afterAll(() => broker.stop())

beforeEach(async () => {
  topic = `topic-${++count}`
  await create(topic)
})

async function create(name: string): Promise<void> {
  await broker.client.send(CreateTopics, 7, { topics: [{ name, numPartitions: 2, replicationFactor: 1 }] })
}

async function remove(name: string): Promise<void> {
  await broker.client.send(DeleteTopics, 5, { topicNames: [name], timeoutMs: 10_000 })
}

/** Topic, partition, error and values of everything in an answer. */
function contentsOf({ responses }: FetchAnswer): string[] {
  return responses.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => {
      const { partitionIndex, errorCode } = partition
      return `${topic}-${partitionIndex} ${errorCode ? errorName(errorCode) : valuesOf(partition).join()}`
    }),
  )
}

test.each(versionsOf(Fetch))('v%i answers records, high watermark and log start', async (version) => {
  await broker.write(topic, ['a', 'b'])
  const answer = await broker.fetchOne(topic, {}, {}, { version })
  expect([answer.error, answer.values, answer.highWatermark]).toEqual(['NONE', ['a', 'b'], 2])
  expect([answer.lastStableOffset, answer.logStartOffset]).toEqual([2, version >= 5 ? 0 : -1])
  expect(answer.abortedTransactions).toBe(null)
})

describe('offsets', () => {
  test('a batch is answered whole, from any offset in it', async () => {
    await broker.write(topic, ['a', 'b'])
    await broker.write(topic, ['c'])
    expect((await broker.fetchOne(topic, { fetchOffset: 1 })).values).toEqual(['a', 'b', 'c'])
    expect((await broker.fetchOne(topic, { fetchOffset: 2 })).values).toEqual(['c'])
  })

  test('at the end there is nothing yet', async () => {
    await broker.write(topic, ['a'])
    const { error, values } = await broker.fetchOne(topic, { fetchOffset: 1 })
    expect([error, values]).toEqual(['NONE', []])
  })

  test.each([2, -1, 2n ** 53n, MAX_INT64, -MAX_INT64 - 1n])('%s is out of range', async (fetchOffset) => {
    await broker.write(topic, ['a'])
    const { error, highWatermark } = await broker.fetchOne(topic, { fetchOffset })
    expect([error, highWatermark]).toEqual(['OFFSET_OUT_OF_RANGE', -1])
  })
})

describe('sizes', () => {
  test('a batch larger than every limit comes all the same, but only the first one (KIP-74)', async () => {
    for (const value of ['a', 'b']) await broker.write(topic, [value])
    await broker.write(topic, ['other'], { partition: 1 })
    const limits = { partitionMaxBytes: 1 }
    const answer = await broker.fetch({ [topic]: [limits, { ...limits, partition: 1 }] }, { maxBytes: 1 })
    expect(contentsOf(answer)).toEqual([`${topic}-0 a`, `${topic}-1 `])
  })

  test('partitionMaxBytes bounds each partition, in whole batches', async () => {
    for (const value of ['a', 'b', 'c']) await broker.write(topic, [value])
    expect((await broker.fetchOne(topic, { partitionMaxBytes: 2 * ONE })).values).toEqual(['a', 'b'])
    expect((await broker.fetchOne(topic, { partitionMaxBytes: 3 * ONE - 1 })).values).toEqual(['a', 'b'])
  })

  test('maxBytes bounds all partitions together', async () => {
    for (const partition of [0, 1]) for (const value of ['a', 'b']) await broker.write(topic, [value], { partition })
    const answer = await broker.fetch({ [topic]: [{}, { partition: 1 }] }, { maxBytes: 3 * ONE })
    expect(contentsOf(answer)).toEqual([`${topic}-0 a,b`, `${topic}-1 a`])
  })

  test('an empty partition does not use up the one batch that always comes', async () => {
    await broker.write(topic, ['a'], { partition: 1 })
    const answer = await broker.fetch({ [topic]: [{}, { partition: 1 }] }, { maxBytes: 1 })
    expect(contentsOf(answer)).toEqual([`${topic}-0 `, `${topic}-1 a`])
  })
})

describe('a long poll', () => {
  /** Waits until the broker has read what the other connection sent. */
  const arrived = async () => {
    for (let i = 0; i < 3; i++) await broker.listOffset(topic, -1)
  }

  /** A fetch that has reached the broker and was not answered. */
  async function park(request: object = {}, topics: object = { [topic]: [{}, { partition: 1 }] }) {
    const client = await broker.connect()
    const waiting = { isAnswered: false }
    const answer = broker.fetch(topics as never, { maxWaitMs: LONG_MS, minBytes: 1, ...request }, { client })
    void answer.then(() => (waiting.isAnswered = true))
    await arrived()
    expect(waiting.isAnswered).toBe(false)
    return { answer, waiting }
  }

  test('is woken by a produce', async () => {
    const { answer } = await park()
    await broker.write(topic, ['a'], { partition: 1 })
    expect(contentsOf(await answer)).toEqual([`${topic}-0 `, `${topic}-1 a`])
  })

  test('waits until there are minBytes', async () => {
    const { answer, waiting } = await park({ minBytes: 2 * ONE })
    await broker.write(topic, ['a'])
    await arrived()
    expect(waiting.isAnswered).toBe(false)
    await broker.write(topic, ['b'], { partition: 1 })
    expect(contentsOf(await answer)).toEqual([`${topic}-0 a`, `${topic}-1 b`])
  })

  test('ends after maxWaitMs with what there is', async () => {
    await broker.write(topic, ['a'])
    expect(contentsOf(await broker.fetch({ [topic]: [{}] }, { maxWaitMs: 10, minBytes: 1000 }))).toEqual([
      `${topic}-0 a`,
    ])
  })

  test('does not wait when a partition cannot be read from there', async () => {
    const answer = await broker.fetch(
      { [topic]: [{}, { partition: 1, fetchOffset: 5 }] },
      { maxWaitMs: LONG_MS, minBytes: 1 },
    )
    expect(contentsOf(answer)).toEqual([`${topic}-0 `, `${topic}-1 OFFSET_OUT_OF_RANGE`])
  })

  test('waits for the others when a topic is not there, or its consumer would ask without a pause', async () => {
    const { answer } = await park({}, { nowhere: [{}], [topic]: [{}] })
    await broker.write(topic, ['a'])
    expect(contentsOf(await answer)).toEqual([`${topic}-0 a`, 'nowhere-0 UNKNOWN_TOPIC_OR_PARTITION'])
  })

  test('does not wait for topics that are all not there', async () => {
    const answer = await broker.fetch({ nowhere: [{}] }, { maxWaitMs: LONG_MS, minBytes: 1 })
    expect(contentsOf(answer)).toEqual(['nowhere-0 UNKNOWN_TOPIC_OR_PARTITION'])
  })

  test('ends when its topic is deleted', async () => {
    const { answer } = await park()
    await remove(topic)
    expect(contentsOf(await answer)).toEqual([
      `${topic}-0 UNKNOWN_TOPIC_OR_PARTITION`,
      `${topic}-1 UNKNOWN_TOPIC_OR_PARTITION`,
    ])
  })

  test('that its client gave up does no harm', async () => {
    const client = await broker.connect()
    client.write(Fetch, 12, {
      maxWaitMs: LONG_MS,
      minBytes: 1,
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100 }] }],
    })
    await arrived()
    await client.close()
    expect(await broker.write(topic, ['a'])).toBe(0)
  })
})

describe('what is asked for', () => {
  test('a partition that is named twice is read once, as it was asked for last', async () => {
    for (const value of ['a', 'b']) await broker.write(topic, [value])
    expect(contentsOf(await broker.fetch({ [topic]: [{}, { fetchOffset: 1 }] }))).toEqual([`${topic}-0 b`])
  })

  test('an unknown partition or topic id is an error of its own', async () => {
    await broker.write(topic, ['a'])
    const byId = await broker.fetch({ nowhere: [{}], [topic]: [{ partition: 9 }, {}] }, {}, { version: 13 })
    expect(contentsOf(byId)).toEqual(['-0 a', '-0 UNKNOWN_TOPIC_ID', '-9 UNKNOWN_TOPIC_OR_PARTITION'])
    expect(byId.responses[1]!.topicId).toBe(UNKNOWN_ID)
  })

  test('readers of committed records learn that none were aborted', async () => {
    await broker.write(topic, ['a'])
    const { values, abortedTransactions } = await broker.fetchOne(topic, {}, { isolationLevel: 1 })
    expect([values, abortedTransactions]).toEqual([['a'], []])
  })

  test('an isolation level that there is not fails the request', async () => {
    const answer = await broker.fetch({ [topic]: [{}] }, { isolationLevel: 2 })
    expect(errorName(answer.errorCode)).toBe('UNKNOWN_SERVER_ERROR')
  })

  test('a broker that is no replica is told that this is not its leader, and who is', async () => {
    const { responses } = await broker.fetch({ [topic]: [{}] }, { replicaState: { replicaId: 2 } }, { version: 17 })
    const { errorCode, currentLeader } = responses[0]!.partitions[0]!
    expect([errorName(errorCode), currentLeader]).toEqual(['NOT_LEADER_OR_FOLLOWER', { leaderId: 1, leaderEpoch: 0 }])
  })
})

describe('a topic that is deleted and created again', () => {
  test('is another one to those who ask by id', async () => {
    await broker.write(topic, ['old'])
    const topicId = await broker.topicId(topic)
    await remove(topic)
    await create(topic)
    await broker.write(topic, ['new'])
    const ask = (id: string) =>
      broker.client.send(Fetch, 13, {
        maxWaitMs: 0,
        topics: [{ topicId: id, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
      })
    expect(contentsOf(await ask(topicId))).toEqual(['-0 UNKNOWN_TOPIC_ID'])
    expect(contentsOf(await ask(await broker.topicId(topic)))).toEqual(['-0 new'])
  })

  test('has its own offsets', async () => {
    await broker.write(topic, ['old', 'old', 'old'])
    await remove(topic)
    await create(topic)
    await broker.write(topic, ['new'])
    expect((await broker.fetchOne(topic, { fetchOffset: 3 })).error).toBe('OFFSET_OUT_OF_RANGE')
    expect((await broker.fetchOne(topic)).values).toEqual(['new'])
  })

  test('is not taken for the old one by a session that began with that', async () => {
    const { sessionId } = await broker.fetch({ [topic]: [{}] }, { sessionEpoch: 0 }, { version: 13 })
    await remove(topic)
    await create(topic)
    await broker.write(topic, ['new'])
    const answer = await broker.fetch({}, { sessionId, sessionEpoch: 1 }, { version: 13 })
    expect(contentsOf(answer)).toEqual(['-0 INCONSISTENT_TOPIC_ID'])
  })
})

describe('a session (KIP-227)', () => {
  test.each([7, 12, 13, 18])('carries in v%i only what has changed', async (version) => {
    const ask = (request: object, topics = {}) => broker.fetch(topics, request, { version })
    const named = version >= 13 ? '' : topic
    const { sessionId, ...first } = await ask({ sessionEpoch: 0 }, { [topic]: [{}, { partition: 1 }] })
    expect(contentsOf(first as FetchAnswer)).toEqual([`${named}-0 `, `${named}-1 `])
    expect(sessionId).toBeGreaterThan(0)
    expect(contentsOf(await ask({ sessionId, sessionEpoch: 1 }))).toEqual([])
    await broker.write(topic, ['a'], { partition: 1 })
    expect(contentsOf(await ask({ sessionId, sessionEpoch: 2 }))).toEqual([`${named}-1 a`])
    const moved = { [topic]: [{ partition: 1, fetchOffset: 1 }] }
    expect(contentsOf(await ask({ sessionId, sessionEpoch: 3 }, moved))).toEqual([])
    const refused = await ask({ sessionId, sessionEpoch: 3 })
    expect(errorName(refused.errorCode)).toBe('INVALID_FETCH_SESSION_EPOCH')
    expect(contentsOf(await ask({ sessionId, sessionEpoch: -1 }, moved))).toEqual([`${named}-1 `])
    const gone = await ask({ sessionId, sessionEpoch: 4 })
    expect(errorName(gone.errorCode)).toBe('FETCH_SESSION_ID_NOT_FOUND')
  })

  test('answers a request that a newer one has overtaken with an error', async () => {
    const { sessionId } = await broker.fetch({ [topic]: [{}] }, { sessionEpoch: 0 })
    const client = await broker.connect()
    const waiting = broker.fetch({}, { sessionId, sessionEpoch: 1, maxWaitMs: LONG_MS, minBytes: 1 }, { client })
    for (let i = 0; i < 3; i++) await broker.listOffset(topic, -1)
    expect((await broker.fetch({}, { sessionId, sessionEpoch: 2 })).errorCode).toBe(0)
    await broker.write(topic, ['a'])
    expect(errorName((await waiting).errorCode)).toBe('INVALID_FETCH_SESSION_EPOCH')
  })
})

describe('leader epochs (KIP-320)', () => {
  let restarted: DataBroker
  let dataDir: string

  /** Epoch 0 holds offsets 0 and 1; each restart begins a new one. */
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'kafka-toolkit-'))
    const first = await DataBroker.start({ dataDir, topics: ['t'] })
    await first.write('t', ['a', 'b'])
    await first.stop()
    restarted = await DataBroker.start({ dataDir })
    await restarted.write('t', ['c'])
  })

  afterAll(async () => {
    await restarted.stop()
    rmSync(dataDir, { recursive: true })
  })

  test('an older one is fenced, a newer one is not known yet', async () => {
    const { leaderEpoch } = await restarted.listOffset('t', -1)
    expect(leaderEpoch).toBeGreaterThan(0)
    const errorAt = async (currentLeaderEpoch: number) => (await restarted.fetchOne('t', { currentLeaderEpoch })).error
    expect(await errorAt(leaderEpoch)).toBe('NONE')
    expect(await errorAt(-1)).toBe('NONE')
    expect(await errorAt(leaderEpoch - 1)).toBe('FENCED_LEADER_EPOCH')
    expect(await errorAt(leaderEpoch + 1)).toBe('UNKNOWN_LEADER_EPOCH')
  })

  test('a client whose log went on in an older epoch learns where they parted, without waiting', async () => {
    const wait = { maxWaitMs: LONG_MS, minBytes: 1 }
    const parted = await restarted.fetchOne('t', { fetchOffset: 3, lastFetchedEpoch: 0 }, wait)
    expect([parted.error, parted.values, parted.divergingEpoch]).toEqual(['NONE', [], { epoch: 0, endOffset: 2 }])
    const alike = await restarted.fetchOne('t', { fetchOffset: 2, lastFetchedEpoch: 0 })
    expect([alike.values, alike.divergingEpoch]).toEqual([['c'], { epoch: -1, endOffset: -1 }])
  })
})
