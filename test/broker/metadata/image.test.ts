import { expect, test } from 'vitest'
import { DeltaBuilder } from '../../../src/broker/metadata/delta.ts'
import { MetadataImage } from '../../../src/broker/metadata/image.ts'
import { MetadataLoader } from '../../../src/broker/metadata/loader.ts'
import { metadataRecord } from '../../../src/broker/metadata/record.ts'
import { DIRECTORY_MIGRATING } from '../../../src/broker/metadata/topics.ts'
import * as schemas from '../../../src/protocol/records/metadata.ts'
import { type EncodableMessage, int32, type Message, message } from '../../../src/protocol/schema.ts'

const TOPIC = 'dG9waWMwMDAwMDAwMDAwMQ'
const DIRECTORY = 'ZGlyZWN0b3J5MDAwMDAwMQ'

function imageOf(...records: [Message, object][]): MetadataImage {
  const image = new MetadataImage()
  for (const [schema, value] of records) replay(image, schema, value)
  return image
}

function replay<M extends Message>(image: MetadataImage, schema: M, value: EncodableMessage<M>): void {
  image.replay(metadataRecord(schema, schema.versions[1], value))
}

const topic = (name = 'orders', topicId = TOPIC): [Message, object] => [schemas.TopicRecord, { name, topicId }]
const partition = (partitionId: number, more: object = {}): [Message, object] => [
  schemas.PartitionRecord,
  {
    partitionId,
    topicId: TOPIC,
    replicas: [1],
    isr: [1],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: [DIRECTORY],
    ...more,
  },
]
const broker = (brokerId: number, brokerEpoch: number): [Message, object] => [
  schemas.RegisterBrokerRecord,
  { brokerId, brokerEpoch, endPoints: [{ name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }] },
]

test('every metadata record type of Kafka 4.3.1 is taken', () => {
  const acl = 'YWNsMDAwMDAwMDAwMDAwMQ'
  const sequence: [Message, object][] = [
    [schemas.BeginTransactionRecord, { name: 'one' }],
    [schemas.AbortTransactionRecord, {}],
    [schemas.BeginTransactionRecord, { name: 'two' }],
    [schemas.FeatureLevelRecord, { name: 'metadata.version', featureLevel: 30 }],
    [schemas.EndTransactionRecord, {}],
    broker(1, 5),
    [schemas.UnfenceBrokerRecord, { id: 1, epoch: 5 }],
    [schemas.FenceBrokerRecord, { id: 1, epoch: 5 }],
    [schemas.BrokerRegistrationChangeRecord, { brokerId: 1, brokerEpoch: 5, fenced: -1 }],
    [schemas.UnregisterBrokerRecord, { brokerId: 1, brokerEpoch: 5 }],
    [schemas.RegisterControllerRecord, { controllerId: 1 }],
    topic(),
    partition(0),
    [schemas.PartitionChangeRecord, { partitionId: 0, topicId: TOPIC, leader: -1 }],
    [schemas.ClearElrRecord, {}],
    [schemas.ConfigRecord, { resourceType: 2, resourceName: 'orders', name: 'retention.ms', value: '1' }],
    [schemas.RemoveTopicRecord, { topicId: TOPIC }],
    [schemas.DelegationTokenRecord, { tokenId: 't' }],
    [schemas.RemoveDelegationTokenRecord, { tokenId: 't' }],
    [schemas.UserScramCredentialRecord, { name: 'u', mechanism: 1 }],
    [schemas.RemoveUserScramCredentialRecord, { name: 'u', mechanism: 1 }],
    [schemas.ClientQuotaRecord, { entity: [{ entityType: 'user', entityName: 'u' }], key: 'k', value: 1 }],
    [schemas.ProducerIdsRecord, { brokerId: 1, brokerEpoch: 5, nextProducerId: 1000 }],
    [schemas.AccessControlEntryRecord, { id: acl }],
    [schemas.RemoveAccessControlEntryRecord, { id: acl }],
    [schemas.NoOpRecord, {}],
    [schemas.ZkMigrationStateRecord, {}],
  ]
  expect(new Set(sequence.map(([schema]) => schema.name))).toEqual(
    new Set(Object.values(schemas).map((schema) => schema.name)),
  )
  const image = imageOf(...sequence)
  expect(image.nextProducerId).toBe(1000)
  expect(image.features.metadataVersion).toBe(30)
})

test('a record it does not know is refused by name', () => {
  const record = message({ name: 'FutureRecord', key: 29, versions: [0, 0], fields: { id: int32() } })
  expect(() => imageOf([record, {}])).toThrow('Unknown metadata record type FutureRecord')
})

test('records of a transaction count once it has ended', () => {
  const image = imageOf([schemas.BeginTransactionRecord, {}], topic(), partition(0))
  expect(image.inTransaction).toBe(true)
  expect(image.topics.byName.size).toBe(0)
  replay(image, schemas.EndTransactionRecord, {})
  expect(image.topics.byName.get('orders')!.partitions).toHaveLength(1)
})

test('records of an aborted transaction never count', () => {
  const image = imageOf([schemas.BeginTransactionRecord, {}], topic(), [schemas.AbortTransactionRecord, {}])
  expect(image.topics.byName.size).toBe(0)
  expect(image.inTransaction).toBe(false)
})

test('a changed leader is a new leader epoch, any change a new partition epoch; others keep what they hold', () => {
  const image = imageOf(topic(), partition(0))
  const before = image.topics.byName.get('orders')!.partitions[0]!
  replay(image, schemas.PartitionChangeRecord, { partitionId: 0, topicId: TOPIC, isr: [], eligibleLeaderReplicas: [1] })
  replay(image, schemas.PartitionChangeRecord, { partitionId: 0, topicId: TOPIC, leader: 1 })
  const after = image.topics.byName.get('orders')!.partitions[0]!
  expect(before).toMatchObject({ isr: [1], leaderEpoch: 0, partitionEpoch: 0 })
  expect(after).toMatchObject({
    isr: [],
    elr: [1],
    leader: 1,
    leaderEpoch: 1,
    partitionEpoch: 2,
    directories: [DIRECTORY],
  })
})

test('a partition recorded without directories is on none that is known', () => {
  const image = imageOf(topic(), partition(0, { directories: [] }))
  expect(image.topics.byName.get('orders')!.partitions[0]!.directories).toEqual([DIRECTORY_MIGRATING])
})

test('a topic takes its settings with it, and its name may come back', () => {
  const config: [Message, object] = [
    schemas.ConfigRecord,
    { resourceType: 2, resourceName: 'orders', name: 'retention.ms', value: '1' },
  ]
  const image = imageOf(
    topic(),
    config,
    [schemas.RemoveTopicRecord, { topicId: TOPIC }],
    topic('orders', 'b3RoZXIwMDAwMDAwMDAwMQ'),
  )
  expect(image.configs.of('TOPIC', 'orders').size).toBe(0)
  expect(image.topics.byName.get('orders')!.id).toBe('b3RoZXIwMDAwMDAwMDAwMQ')
})

test('a null value removes a setting', () => {
  const set = { resourceType: 4, resourceName: '', name: 'a', value: '1' }
  const image = imageOf([schemas.ConfigRecord, set], [schemas.ConfigRecord, { ...set, value: null }])
  expect(image.configs.resources()).toEqual([])
})

test('level 0 removes a feature, and kraft.version is not taken from records (KAFKA-18979)', () => {
  const level = (name: string, featureLevel: number): [Message, object] => [
    schemas.FeatureLevelRecord,
    { name, featureLevel },
  ]
  const image = imageOf(level('group.version', 1), level('group.version', 0), level('kraft.version', 1))
  expect(image.features.levels.size).toBe(0)
  expect(image.features.kraftVersion).toBe(0)
})

test('a change of a broker must name its present epoch', () => {
  const image = imageOf(broker(1, 5))
  expect(() => replay(image, schemas.BrokerRegistrationChangeRecord, { brokerId: 1, brokerEpoch: 4 })).toThrow(
    'the given epoch, 4, did not match the current broker epoch, 5',
  )
})

test('a delta has each changed partition once, with what it was before', () => {
  const image = imageOf(topic(), partition(0))
  const builder = new DeltaBuilder(image)
  for (const leader of [-1, 1]) {
    builder.replay(metadataRecord(schemas.PartitionChangeRecord, 2, { partitionId: 0, topicId: TOPIC, leader }))
  }
  builder.replay(metadataRecord(schemas.PartitionRecord, 2, partition(1)[1]))
  const delta = builder.build()
  expect(
    delta.changedPartitions.map(({ partition, previous }) => [
      partition.partition,
      partition.leaderEpoch,
      previous?.leaderEpoch,
    ]),
  ).toEqual([
    [0, 2, 0],
    [1, 0, undefined],
  ])
})

test('a delta tells a deleted topic as it was, and a topic of the same name as new', () => {
  const image = imageOf(topic(), partition(0))
  const builder = new DeltaBuilder(image)
  builder.replay(metadataRecord(schemas.RemoveTopicRecord, 0, { topicId: TOPIC }))
  const second = 'b3RoZXIwMDAwMDAwMDAwMQ'
  builder.replay(metadataRecord(schemas.TopicRecord, 0, { name: 'orders', topicId: second }))
  builder.replay(metadataRecord(schemas.PartitionRecord, 2, { ...partition(0)[1], topicId: second }))
  const { deletedTopics, changedPartitions } = builder.build()
  expect(deletedTopics.map(({ id, partitions }) => [id, partitions.length])).toEqual([[TOPIC, 1]])
  expect(changedPartitions.map(({ topic, previous }) => [topic.id, previous])).toEqual([[second, undefined]])
})

test('a topic that comes and goes within one delta leaves no trace', () => {
  const image = new MetadataImage()
  const builder = new DeltaBuilder(image)
  builder.replay(metadataRecord(schemas.TopicRecord, 0, { name: 'brief', topicId: TOPIC }))
  builder.replay(metadataRecord(schemas.PartitionRecord, 2, partition(0)[1]))
  builder.replay(metadataRecord(schemas.RemoveTopicRecord, 0, { topicId: TOPIC }))
  const { deletedTopics, changedPartitions } = builder.build()
  expect({ deletedTopics, changedPartitions }).toEqual({ deletedTopics: [], changedPartitions: [] })
})

test('a publisher first gets everything there is, then what changes', () => {
  const loader = new MetadataLoader(imageOf(topic(), partition(0)))
  const seen: [boolean, number][] = []
  loader.addPublisher(({ isFirst, changedPartitions }) => seen.push([isFirst, changedPartitions.length]))
  const record = metadataRecord(schemas.NoOpRecord, 0, {})
  const batch = { baseOffset: 7, lastOffset: 7, epoch: 2, timestampMs: 0, records: [record], controlRecords: [] }
  loader.onCommit([batch])
  expect(seen).toEqual([
    [true, 1],
    [false, 0],
  ])
  expect(loader.image).toMatchObject({ offset: 7, epoch: 2 })
})
