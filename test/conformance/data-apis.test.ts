/** What our broker does with records, against Apache Kafka's answers to the same bytes, version by version. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { prepareCodec } from '../../src/protocol/compression.ts'
import { Produce } from '../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import { ListOffsets } from '../../src/protocol/messages/02-list-offsets.ts'
import { Metadata } from '../../src/protocol/messages/03-metadata.ts'
import { InitProducerId } from '../../src/protocol/messages/22-init-producer-id.ts'
import { OffsetForLeaderEpoch } from '../../src/protocol/messages/23-offset-for-leader-epoch.ts'
import { whyNoApacheKafka } from '../support/apache-kafka.ts'
import { type PairedBrokers, SIDES, type Side } from '../support/paired-brokers.ts'
import { type PairedCluster, startPairedCluster } from '../support/paired-cluster.ts'
import { batch, type FetchPartition, PairedData, START_MS } from '../support/paired-data.ts'
import { APACHE_FAILS_AT, damagedBatches } from '../support/record-batches.ts'

const reason = whyNoApacheKafka()
if (reason) console.log(`Skipped: Apache Kafka cannot be run here, ${reason}.`)

const MAX_INT64 = 2n ** 63n - 1n
const versions = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe.skipIf(reason !== undefined)('Apache Kafka and we answer alike', () => {
  let cluster: PairedCluster
  let both: PairedBrokers
  let data: PairedData

  beforeAll(async () => {
    await prepareCodec('zstd')
    cluster = await startPairedCluster()
    both = cluster.both
    data = new PairedData(both)
    await topic('orders', 2)
    await topic('empty')
    // Apache fetches its first block of ids when it is first asked, and says no meanwhile.
    for (let code = -1; code !== 0; ) {
      const answer = await both.sendTo('apache', InitProducerId, 4, { transactionalId: null })
      code = answer === 'closed' ? -1 : answer.errorCode
    }
    for (const [partition, counts] of [
      [0, [3, 1, 5]],
      [1, [2, 2]],
    ] as const) {
      for (const [i, count] of counts.entries()) {
        await both.alike(Produce, 9, {
          acks: -1,
          timeoutMs: 10_000,
          topicData: [
            { name: 'orders', partitionData: [{ index: partition, records: batch(count, {}, START_MS + i * 60_000) }] },
          ],
        })
      }
    }
  })

  afterAll(async () => {
    await cluster?.stop()
    if (both) console.log(`${both.compared} requests`)
  })

  const topic = (name: string, partitions = 1, configs: Record<string, string> = {}) =>
    data.topic(name, partitions, configs)
  const produce: PairedData['produce'] = (...args) => data.produce(...args)
  const fetch: PairedData['fetch'] = (...args) => data.fetch(...args)

  /** Everything that a partition holds, compared byte by byte. */
  const readAll = (name: string, partition = 0) =>
    both.send(Fetch, 12, {
      maxWaitMs: 0,
      topics: [{ topic: name, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
    })

  test.each(versions(3, 13))('to Produce v%i', async (version) => {
    const name = `produce-${version}`
    await topic(name, 2)
    const one = (records: Buffer | null, change: object = {}) =>
      produce(version, { [name]: [{ index: 0, records }] }, change)
    for (const acks of [-1, 1, 2, -2]) await one(batch(2), { acks })
    await one(batch(1), { timeoutMs: 0 })
    await produce(version, {})
    await produce(version, { [name]: [] })
    await produce(version, { nowhere: [{ index: 0, records: batch(1) }], [name]: [{ index: 1, records: batch(1) }] })
    await produce(version, {
      [name]: [
        { index: 0, records: batch(1) },
        { index: 7, records: batch(1) },
        { index: -1, records: batch(1) },
      ],
    })
    await produce(version, { [name]: [1, 2, 3].map((count) => ({ index: 1, records: batch(count) })) })
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) await one(batch(20, { codec }))
    for (const [what, records] of damagedBatches(START_MS)) if (!APACHE_FAILS_AT.has(what)) await one(records)
    await one(batch(1), { transactionalId: 'unused' })
    await one(batch(1, { isTransactional: true, producerId: 5, producerEpoch: 0, baseSequence: 0 }))
    await one(batch(1, { producerId: 5, producerEpoch: 0, baseSequence: -1 }))
    await readAll(name, 0)
    await readAll(name, 1)
  })

  test.each([3, 9, 13])('to Produce v%i without acknowledgements', async (version) => {
    const name = `silent-${version}`
    await topic(name)
    for (const side of SIDES) {
      const request = data.produceRequest(version, { [name]: [{ index: 0, records: batch(3) }] }, { acks: 0 }, side)
      const client = await both.client(side)
      client.write(Produce, version, request)
    }
    await readAll(name)
    for (const [_, records] of damagedBatches(START_MS).slice(0, 3)) {
      await produce(version, { [name]: [{ index: 0, records }] }, { acks: 0 })
    }
    await produce(version, { nowhere: [{ index: 0, records: batch(1) }] }, { acks: 0 })
    await readAll(name)
  })

  test('to Produce of idempotent producers', async () => {
    await topic('idempotent')
    const write = (baseSequence: number, count = 1, change: object = {}) => {
      const records = batch(count, { producerId: 7, producerEpoch: 1, baseSequence, ...change })
      return produce(9, { idempotent: [{ index: 0, records }] })
    }
    await write(5, 2)
    await write(7)
    await write(7)
    await write(5, 2)
    await write(5, 1)
    await write(9)
    await write(6)
    await write(8, 1, { producerEpoch: 0 })
    await write(1, 1, { producerEpoch: 2 })
    await write(0, 1, { producerEpoch: 2 })
    for (let sequence = 1; sequence < 7; sequence++) await write(sequence, 1, { producerEpoch: 2 })
    await write(0, 1, { producerEpoch: 2 })
    await write(2, 1, { producerEpoch: 2 })
    await write(3, 1, { producerEpoch: 2 })
    await write(2_147_483_647, 1, { producerId: 8 })
    await write(0, 1, { producerId: 8 })
    await write(2_147_483_646, 3, { producerId: 9 })
    await write(1, 1, { producerId: 9 })
    await write(0, 1, { producerId: 10, producerEpoch: -1 })
    await readAll('idempotent')
  })

  test('to Produce for topics of every kind', async () => {
    const kinds: Record<string, Record<string, string>> = {
      compacted: { 'cleanup.policy': 'compact' },
      small: { 'max.message.bytes': '300' },
      tight: { 'segment.bytes': '1048576', 'max.message.bytes': '9000000' },
      stamped: { 'message.timestamp.type': 'LogAppendTime' },
      recent: { 'message.timestamp.before.max.ms': '1000', 'message.timestamp.after.max.ms': '1000' },
      plain: { 'compression.type': 'uncompressed' },
      lz4: { 'compression.type': 'lz4' },
    }
    const keyless = [{ key: null, value: Buffer.from('v'), timestamp: START_MS }]
    for (const [kind, configs] of Object.entries(kinds)) {
      const name = `kind-${kind}`
      await topic(name, 1, configs)
      for (const records of [
        batch(2),
        batch(30),
        batch(3, { codec: 'gzip' }),
        batch(3, { codec: 'snappy' }),
        batch(0, { records: keyless }),
        batch(0, {
          records: [...keyless, { ...keyless[0]!, key: Buffer.from('k') }, ...keyless, ...keyless, ...keyless],
        }),
        batch(0, { records: [{ key: Buffer.from('k'), value: null, timestamp: -1 }] }),
        batch(0, { records: [{ key: Buffer.from('k'), value: Buffer.alloc(1_048_600), timestamp: START_MS }] }),
        batch(2, { timestampType: 'LogAppendTime' }),
      ]) {
        await produce(9, { [name]: [{ index: 0, records }] })
      }
      if (kind !== 'stamped' && kind !== 'lz4') await readAll(name)
    }
  })

  test('to Produce for internal topics', async () => {
    await both.send(Metadata, 12, { topics: [{ name: '__consumer_offsets' }] })
    await data.know('__consumer_offsets')
    for (const version of [3, 9, 13]) {
      for (const clientId of ['client', '__admin_client']) {
        await produce(
          version,
          { __consumer_offsets: [{ index: 0, records: damagedBatches(START_MS)[0]![1] }] },
          {},
          clientId,
        )
      }
    }
  })

  test.each(versions(4, 18))('to Fetch v%i', async (version) => {
    for (const fetchOffset of [0, 1, 3, 4, 8, 9, 10, -1, -2, MAX_INT64, -MAX_INT64 - 1n]) {
      await fetch(version, { orders: [{ fetchOffset }] })
    }
    for (const partitionMaxBytes of [0, 1, 61, 100, 250, 251, 252, 400, -1]) {
      await fetch(version, { orders: [{ partitionMaxBytes }] })
      await fetch(version, { orders: [{ partitionMaxBytes }, { partition: 1, partitionMaxBytes }] })
    }
    for (const maxBytes of [0, 1, 100, 252, 400, 700, -1]) {
      await fetch(
        version,
        { orders: [{ fetchOffset: 9 }, { partition: 1 }, { fetchOffset: 1 }], empty: [{}] },
        { maxBytes },
      )
      await fetch(version, { orders: [{}, { partition: 1 }] }, { maxBytes })
    }
    for (const isolationLevel of [0, 1, 2, -1])
      await fetch(version, { orders: [{ fetchOffset: 3 }] }, { isolationLevel })
    await fetch(version, {})
    await fetch(version, { orders: [] })
    await fetch(version, { orders: [{ partition: 2 }, { partition: -1 }, {}] })
    await fetch(version, { nowhere: [{}], orders: [{}], empty: [{}] })
    await fetch(version, { empty: [{}] }, { minBytes: 1, maxWaitMs: 20 })
    await fetch(version, { empty: [{}], orders: [{}] }, { minBytes: 1_000_000, maxWaitMs: 20 })
    await fetch(version, { nowhere: [{}], empty: [{}] }, { minBytes: 1, maxWaitMs: 20 })
    await fetch(version, { nowhere: [{}] }, { minBytes: 1, maxWaitMs: 20_000 })
    await fetch(version, { orders: [{ fetchOffset: 99 }], empty: [{}] }, { minBytes: 1, maxWaitMs: 20_000 })
    await fetch(version, { orders: [{}, { partition: 1 }, { fetchOffset: 4 }] })
    for (const replicaId of [2, -2]) {
      await fetch(version, { orders: [{}] }, version >= 15 ? { replicaState: { replicaId } } : { replicaId })
    }
    if (version >= 5) await fetch(version, { orders: [{ logStartOffset: 5 }] })
    if (version >= 9) {
      for (const currentLeaderEpoch of [0, 1, -2]) await fetch(version, { orders: [{ currentLeaderEpoch }] })
    }
    if (version >= 11) await fetch(version, { orders: [{}] }, { rackId: 'here' })
    if (version >= 12) {
      for (const lastFetchedEpoch of [0, 1, -2]) {
        for (const fetchOffset of [0, 4, 9, 12, -1])
          await fetch(version, { orders: [{ lastFetchedEpoch, fetchOffset }] })
      }
      await fetch(version, { orders: [{}] }, { clusterId: 'other' })
    }
  })

  test.each(versions(7, 18))('to Fetch v%i in a session', async (version) => {
    const name = `session-${version}`
    await topic(name, 2)
    const opened = await fetch(version, { [name]: [{}, { partition: 1 }], empty: [{}] }, { sessionEpoch: 0 })
    const sessionOf = (side: Side) => (opened[side] === 'closed' ? 0 : opened[side].sessionId)
    let sessionEpoch = 1
    const next = (topics: Record<string, FetchPartition[]> = {}, change: object | ((side: Side) => object) = {}) =>
      both.send(Fetch, version, (side) => {
        const changed = typeof change === 'function' ? change(side) : change
        return data.fetchRequest(version, topics, { sessionId: sessionOf(side), sessionEpoch, ...changed }, side)
      })
    const advance = async (
      topics: Record<string, FetchPartition[]> = {},
      change: object | ((side: Side) => object) = {},
    ) => {
      await next(topics, change)
      sessionEpoch++
    }
    await advance()
    await produce(9, { [name]: [{ index: 1, records: batch(2) }] })
    await advance()
    await advance({ [name]: [{ partition: 1, fetchOffset: 2 }] })
    await advance({ [name]: [{ partition: 1, fetchOffset: 9 }] })
    await advance()
    await advance({ [name]: [{ partition: 1, fetchOffset: 2 }], nowhere: [{}] })
    await advance()
    const forget = (side: Side, forgotten: string, ...partitions: number[]) => ({
      forgottenTopicsData: [
        { ...(version >= 13 ? { topicId: data.idOf(forgotten, side) } : { topic: forgotten }), partitions },
      ],
    })
    await advance({}, (side) => forget(side, 'nowhere', 0))
    await advance({}, (side) => forget(side, name, 0))
    await produce(9, { [name]: [0, 1].map((index) => ({ index, records: batch(1) })) })
    await advance()
    await next({}, { sessionEpoch: sessionEpoch + 1 })
    await next({}, { sessionEpoch: sessionEpoch - 1 })
    await next({}, { sessionId: 0 })
    await next({}, (side) => ({ sessionId: sessionOf(side) === 1 ? 2 : 1 }))
    await advance({ [name]: [{ fetchOffset: 0 }] })
    await next({ [name]: [{}] }, { sessionEpoch: -1 })
    await next()
    await fetch(version, {}, { sessionEpoch: 0 })
    await fetch(version, { [name]: [{}] }, { sessionEpoch: -1 })
    await fetch(version, { [name]: [{}] }, { sessionEpoch: -2 })
  })

  test.each(versions(1, 11))('to ListOffsets v%i', async (version) => {
    const list = (partitions: object[], name = 'orders', change: object = {}) =>
      both.send(ListOffsets, version, { replicaId: -1, topics: [{ name, partitions: partitions as never }], ...change })
    const exact = [0, 1, START_MS - 1, START_MS, START_MS + 500, START_MS + 1000, START_MS + 2000, START_MS + 2001]
    for (const timestamp of [
      ...[-1, -2, -3, -4, -5, -6, -7, -100, MAX_INT64, -MAX_INT64 - 1n],
      ...exact,
      ...exact.map((ms) => ms + 60_000),
      START_MS + 124_000,
      START_MS + 124_001,
    ]) {
      await list([{ partitionIndex: 0, timestamp }])
      await list([{ partitionIndex: 0, timestamp }], 'empty')
    }
    await list([
      { partitionIndex: 0, timestamp: -1 },
      { partitionIndex: 1, timestamp: -1 },
      { partitionIndex: 2, timestamp: -1 },
    ])
    await list([
      { partitionIndex: 0, timestamp: -1 },
      { partitionIndex: 0, timestamp: -2 },
      { partitionIndex: 1, timestamp: -2 },
    ])
    await list([{ partitionIndex: -1, timestamp: -1 }])
    await list([{ partitionIndex: 0, timestamp: -1 }], 'nowhere')
    await list([])
    await list([], 'orders', { topics: [] })
    for (const replicaId of [-2, 1, 2, -3]) {
      for (const timestamp of [-1, -2, START_MS])
        await list([{ partitionIndex: 0, timestamp }], 'orders', { replicaId })
    }
    if (version >= 2) {
      for (const isolationLevel of [1, 2, -1]) {
        for (const timestamp of [-1, START_MS])
          await list([{ partitionIndex: 0, timestamp }], 'orders', { isolationLevel })
      }
    }
    if (version >= 4) {
      for (const currentLeaderEpoch of [0, 1, -2])
        await list([{ partitionIndex: 0, timestamp: -1, currentLeaderEpoch }])
    }
    if (version >= 10) await list([{ partitionIndex: 0, timestamp: START_MS }], 'orders', { timeoutMs: 0 })
  })

  const endOfEpoch = (version: number, partitions: object[], name = 'orders', change: object = {}) =>
    both.send(OffsetForLeaderEpoch, version, { topics: [{ topic: name, partitions: partitions as never }], ...change })

  test.each(versions(2, 4))('to OffsetForLeaderEpoch v%i', async (version) => {
    for (const leaderEpoch of [0, 1, 5, -1, -2]) {
      for (const currentLeaderEpoch of [-1, 0, 1]) {
        await endOfEpoch(version, [{ partition: 0, leaderEpoch, currentLeaderEpoch }])
      }
      await endOfEpoch(version, [{ partition: 0, leaderEpoch }], 'empty')
    }
    await endOfEpoch(version, [
      { partition: 0, leaderEpoch: 0 },
      { partition: 9, leaderEpoch: 0 },
    ])
    await endOfEpoch(version, [
      { partition: 0, leaderEpoch: 0 },
      { partition: 0, leaderEpoch: 1 },
    ])
    await endOfEpoch(version, [{ partition: 0, leaderEpoch: 0 }], 'nowhere')
    await endOfEpoch(version, [])
    if (version < 3) return
    for (const replicaId of [-1, -2, 1, 2])
      await endOfEpoch(version, [{ partition: 0, leaderEpoch: 0 }], 'orders', { replicaId })
  })

  test.each(versions(0, 5))('to InitProducerId v%i', async (version) => {
    const init = (change: object = {}) =>
      both.send(InitProducerId, version, { transactionalId: null, transactionTimeoutMs: 1000, ...change })
    await init()
    await init({ transactionTimeoutMs: -1 })
    if (version < 3) return
    await init({ producerId: 1 })
    await init({ producerEpoch: 1 })
    await init({ producerId: 5, producerEpoch: 3 })
  })

  test('after restarts, which begin new leader epochs', async () => {
    for (let restart = 0; restart < 2; restart++) {
      await cluster.restart()
      for (const name of ['orders', 'empty', 'idempotent']) await both.untilServed(name)
      await both.send(Metadata, 12, { topics: [{ name: 'orders' }, { name: 'empty' }] })
      await produce(9, { orders: [{ index: 0, records: batch(restart + 1) }] })
    }
    for (const leaderEpoch of [0, 1, 2, 3, 4, 5, 6, -1]) {
      await endOfEpoch(4, [
        { partition: 0, leaderEpoch },
        { partition: 1, leaderEpoch },
      ])
      await endOfEpoch(4, [{ partition: 0, leaderEpoch: 0, currentLeaderEpoch: leaderEpoch }])
      for (const version of [9, 12, 13, 18]) {
        await fetch(version, { orders: [{ currentLeaderEpoch: leaderEpoch }] })
        if (version < 12) continue
        for (const fetchOffset of [0, 4, 9, 10, 12, 20]) {
          await fetch(version, { orders: [{ lastFetchedEpoch: leaderEpoch, fetchOffset }] })
        }
      }
      await both.send(ListOffsets, 11, {
        replicaId: -1,
        topics: [
          { name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -1, currentLeaderEpoch: leaderEpoch }] },
        ],
      })
    }
    for (const timestamp of [-1, -2, -3, START_MS]) {
      const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp }))
      await both.send(ListOffsets, 11, { replicaId: -1, topics: [{ name: 'orders', partitions }] })
    }
    await produce(9, {
      idempotent: [{ index: 0, records: batch(1, { producerId: 7, producerEpoch: 2, baseSequence: 6 }) }],
    })
    await produce(9, {
      idempotent: [{ index: 0, records: batch(1, { producerId: 7, producerEpoch: 2, baseSequence: 9 }) }],
    })
    for (const partition of [0, 1]) await readAll('orders', partition)
    await readAll('idempotent')
  })

  test('enough was compared', () => expect(both.compared).toBeGreaterThan(1000))
})
