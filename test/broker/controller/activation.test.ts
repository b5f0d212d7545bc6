import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ManualClock } from '../../../src/broker/clock.ts'
import { metadataRecord } from '../../../src/broker/metadata/record.ts'
import { writeBatch } from '../../../src/protocol/record-batch.ts'
import { BeginTransactionRecord, FeatureLevelRecord, TopicRecord } from '../../../src/protocol/records/metadata.ts'
import { encodeMetadataRecord, type FramedRecord } from '../../../src/storage/metadata-record.ts'
import { formattedDirectory, TestNode } from './harness.ts'

const TOPIC_ID = 'dG9waWMwMDAwMDAwMDAwMQ'
const begin = metadataRecord(BeginTransactionRecord, 0, { name: 'something' })

/** Appends a batch to the log file as a controller that died afterwards would have left it. */
function appendBatch(dir: string, baseOffset: number, records: readonly FramedRecord[]): void {
  appendFileSync(
    join(dir, '__cluster_metadata-0', '00000000000000000000.log'),
    writeBatch({
      baseOffset,
      partitionLeaderEpoch: 1,
      records: records.map((record) => ({ value: encodeMetadataRecord(record), timestamp: 1 })),
    }),
  )
}

test('a new cluster gets its bootstrap records in one transaction, as Apache Kafka writes them', async () => {
  const node = await TestNode.start()
  const records = node.records().slice(3)
  expect(records.map(({ type, value }) => [type, value.name, value.featureLevel ?? value.value])).toEqual([
    ['BeginTransactionRecord', 'Bootstrap records', undefined],
    ['FeatureLevelRecord', 'metadata.version', 30],
    ['FeatureLevelRecord', 'eligible.leader.replicas.version', 1],
    ['FeatureLevelRecord', 'group.version', 1],
    ['FeatureLevelRecord', 'share.version', 1],
    ['FeatureLevelRecord', 'streams.version', 1],
    ['FeatureLevelRecord', 'transaction.version', 2],
    ['ConfigRecord', 'min.insync.replicas', '1'],
    ['EndTransactionRecord', undefined, undefined],
    ['RegisterControllerRecord', undefined, undefined],
  ])
  expect(records[7]!.value).toMatchObject({ resourceType: 4, resourceName: '' })
  expect(records[9]!.value).toMatchObject({ controllerId: 1, endPoints: [{ name: 'CONTROLLER', port: 9093 }] })
  expect(node.loader.image.features).toMatchObject({ metadataVersion: 30, kraftVersion: 1 })
})

test('before metadata transactions there are (3.6) the bootstrap records stand alone', async () => {
  const node = await TestNode.start({
    dir: formattedDirectory({ release: '3.4', isStatic: true }),
    settings: { 'controller.quorum.voters': '1@127.0.0.1:9093' },
  })
  expect(node.records().map(({ type }) => type)).toEqual(['LEADER_CHANGE', 'FeatureLevelRecord'])
})

test('a later start writes no bootstrap records', async () => {
  const first = await TestNode.start()
  await first.stop()
  const second = await TestNode.start({ dir: first.dir })
  expect(
    second
      .records()
      .filter(({ epoch }) => epoch === 2)
      .map(({ type }) => type),
  ).toEqual(['LEADER_CHANGE', 'RegisterControllerRecord'])
})

test('a transaction that nobody ended is aborted, and its records are never seen', async () => {
  const first = await TestNode.start()
  const offset = first.log.nextOffset
  first.kill()
  appendBatch(first.dir, offset, [begin, metadataRecord(TopicRecord, 0, { name: 'half', topicId: TOPIC_ID })])
  const second = await TestNode.start({ dir: first.dir })
  expect(second.records().filter(({ epoch }) => epoch === 2)[1]).toMatchObject({
    type: 'AbortTransactionRecord',
    value: { reason: 'Controller failover' },
  })
  expect(second.loader.image.topics.byName.has('half')).toBe(false)
  expect(second.controller.image.inTransaction).toBe(false)
  await second.controller.decide(() => ({
    records: [metadataRecord(TopicRecord, 0, { name: 'whole', topicId: TOPIC_ID })],
    response: undefined,
  }))
  expect([...second.loader.image.topics.byName.keys()]).toEqual(['whole'])
})

test('bootstrap records that were half written are written anew as a whole', async () => {
  const dir = formattedDirectory()
  const opened = await TestNode.open({ dir })
  opened.log.becomeLeader([{ name: 'CONTROLLER', host: '127.0.0.1', port: 9093 }])
  const offset = opened.log.nextOffset
  opened.kill()
  appendBatch(dir, offset, [
    metadataRecord(BeginTransactionRecord, 0, { name: 'Bootstrap records' }),
    metadataRecord(FeatureLevelRecord, 0, { name: 'metadata.version', featureLevel: 30 }),
  ])
  const node = await TestNode.start({ dir })
  expect(
    node
      .records()
      .filter(({ epoch }) => epoch === 2)
      .slice(1, 4)
      .map(({ type }) => type),
  ).toEqual(['AbortTransactionRecord', 'BeginTransactionRecord', 'FeatureLevelRecord'])
  expect(node.loader.image.features.levels.get('transaction.version')).toBe(2)
})

test('an idle log does not grow', async () => {
  const clock = new ManualClock()
  const node = await TestNode.start({ clock })
  const before = node.records().length
  await clock.advance(60_000)
  expect(node.records()).toHaveLength(before)
})

test('metadata.max.idle.interval.ms is honoured where it is set', async () => {
  const clock = new ManualClock()
  const node = await TestNode.start({ clock, settings: { 'metadata.max.idle.interval.ms': '500' } })
  const before = node.log.nextOffset
  await clock.advance(2_100)
  await expect.poll(() => node.log.nextOffset - before).toBeGreaterThanOrEqual(1)
  await node.stop()
  expect(
    node
      .records()
      .slice(before)
      .every(({ type }) => type === 'NoOpRecord'),
  ).toBe(true)
})
