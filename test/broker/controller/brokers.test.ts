import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../src/broker/clock.ts'
import { silentLogger } from '../../../src/broker/logger.ts'
import { metadataRecord } from '../../../src/broker/metadata/record.ts'
import { ProducerIds } from '../../../src/broker/producer-ids.ts'
import { supportedFeatureRanges } from '../../../src/config/features.ts'
import { errorName } from '../../../src/protocol/error-code.ts'
import { CreateTopics } from '../../../src/protocol/messages/19-create-topics.ts'
import { BrokerRegistration } from '../../../src/protocol/messages/62-broker-registration.ts'
import { BrokerHeartbeat } from '../../../src/protocol/messages/63-broker-heartbeat.ts'
import { AllocateProducerIds } from '../../../src/protocol/messages/67-allocate-producer-ids.ts'
import { PartitionChangeRecord } from '../../../src/protocol/records/metadata.ts'
import type { RequestInput } from '../../../src/protocol/schema.ts'
import { CLUSTER_ID, DIRECTORY_ID, formattedDirectory, STATIC_QUORUM, TestNode } from './harness.ts'

const features = supportedFeatureRanges(false).map(({ name, minVersion, maxVersion }) => ({
  name,
  minSupportedVersion: minVersion,
  maxSupportedVersion: maxVersion,
}))

function registration(more: Partial<RequestInput<typeof BrokerRegistration>> = {}) {
  return {
    brokerId: 2,
    clusterId: CLUSTER_ID,
    incarnationId: 'aW5jYXJuYXRpb24wMDAwMQ',
    listeners: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9192, securityProtocol: 0 }],
    features,
    logDirs: ['c2Vjb25kZGlyZWN0b3J5MQ'],
    ...more,
  }
}

async function register(node: TestNode, more: Partial<RequestInput<typeof BrokerRegistration>> = {}) {
  const { errorCode, brokerEpoch } = await node.channel.send(BrokerRegistration, 4, registration(more))
  return { error: errorName(errorCode), brokerEpoch }
}

async function createTopic(node: TestNode, name = 'orders', replicationFactor = 1) {
  const { topics } = await node.channel.send(CreateTopics, 7, {
    topics: [{ name, numPartitions: 2, replicationFactor }],
  })
  expect(topics[0]).toMatchObject({ errorCode: 0 })
}

const partitionsOf = (node: TestNode) => node.loader.image.topics.byName.get('orders')!.partitions

test('a start, a clean stop and the next start write what Apache Kafka writes', async () => {
  const first = await TestNode.running()
  const epoch = first.lifecycle!.brokerEpoch
  await createTopic(first)
  const created = first.log.nextOffset
  await first.stop()

  const start = first.records().filter(({ offset }) => offset >= epoch && offset < created)
  expect(start.map(({ type, version }) => [type, version])).toEqual([
    ['RegisterBrokerRecord', 4],
    ['BrokerRegistrationChangeRecord', 0],
    ['BrokerRegistrationChangeRecord', 3],
    ['TopicRecord', 0],
    ['PartitionRecord', 2],
    ['PartitionRecord', 2],
  ])
  expect(start[0]!.value).toMatchObject({ brokerEpoch: epoch, fenced: true, logDirs: [DIRECTORY_ID] })
  expect(start[0]!.offset).toBe(epoch)
  expect(start[4]!.value).toMatchObject({ leader: 1, isr: [1], replicas: [1], directories: [DIRECTORY_ID] })
  const stop = first.records().filter(({ offset }) => offset >= created)
  const handedOver = { isr: [], leader: -1, eligibleLeaderReplicas: [1], lastKnownElr: [1] }
  expect(stop.map(({ type, value }) => [type, value])).toMatchObject([
    ['BrokerRegistrationChangeRecord', { inControlledShutdown: 1 }],
    ['PartitionChangeRecord', { partitionId: 0, ...handedOver }],
    ['PartitionChangeRecord', { partitionId: 1, ...handedOver }],
    ['BrokerRegistrationChangeRecord', { fenced: 1 }],
  ])

  const second = await TestNode.running({ dir: first.dir, previousBrokerEpoch: epoch })
  const restart = second
    .records()
    .filter((record) => record.epoch === 2)
    .slice(2)
  const led = { isr: [1], leader: 1, eligibleLeaderReplicas: [], lastKnownElr: [], leaderRecoveryState: -1 }
  expect(restart.map(({ type, value }) => [type, value])).toMatchObject([
    ['RegisterBrokerRecord', { brokerEpoch: restart[0]!.offset }],
    ['BrokerRegistrationChangeRecord', { fenced: -1 }],
    ['PartitionChangeRecord', { partitionId: 0, ...led }],
    ['PartitionChangeRecord', { partitionId: 1, ...led }],
    ['BrokerRegistrationChangeRecord', { cordonedLogDirs: [] }],
  ])
  expect(partitionsOf(second)).toMatchObject([
    { leader: 1, leaderEpoch: 2 },
    { leader: 1, leaderEpoch: 2 },
  ])
})

test('after a kill its own broker is taken at once, and its partitions get a new leader epoch in the same batch', async () => {
  const first = await TestNode.running()
  await createTopic(first)
  first.kill()
  const second = await TestNode.start({ dir: first.dir })
  await second.register()
  const registered = second.records().at(-1)!
  expect(registered.type).toBe('RegisterBrokerRecord')
  const batch = second.records().filter((record) => record.batch === registered.batch)
  expect(batch.map(({ type }) => type)).toEqual([
    'PartitionChangeRecord',
    'PartitionChangeRecord',
    'RegisterBrokerRecord',
  ])
  expect(partitionsOf(second)).toMatchObject([
    { leader: 1, isr: [1], leaderEpoch: 1 },
    { leader: 1, isr: [1], leaderEpoch: 1 },
  ])
  await second.lifecycle!.unfence()
  expect(second.loader.image.brokers.get(1)).toMatchObject({ fenced: false })
})

test('a kill in the middle of a clean stop leaves partitions that are led again', async () => {
  const first = await TestNode.running()
  await createTopic(first)
  await first.lifecycle!.controlledShutdown()
  first.kill()
  const second = await TestNode.running({ dir: first.dir })
  expect(partitionsOf(second)).toMatchObject([
    { leader: 1, isr: [1], elr: [], leaderRecoveryState: 0 },
    { leader: 1, isr: [1] },
  ])
})

test('partitions that Apache Kafka left with lastKnownElr only are led again', async () => {
  const first = await TestNode.running()
  await createTopic(first)
  // Apache after kill -9: the old incarnation is fenced, and the unclean one leaves the ELR.
  const { id } = first.loader.image.topics.byName.get('orders')!
  await first.controller.decide(() => ({
    records: [0, 1].map((partitionId) =>
      metadataRecord(PartitionChangeRecord, 2, { partitionId, topicId: id, isr: [], leader: -1, lastKnownElr: [1] }),
    ),
    response: undefined,
  }))
  first.kill()
  const second = await TestNode.running({ dir: first.dir })
  expect(partitionsOf(second)).toMatchObject([
    { leader: 1, isr: [1], elr: [], lastKnownElr: [], leaderRecoveryState: 1 },
    { leader: 1 },
  ])
})

test.each([
  ['3.4', { RegisterBrokerRecord: 2, PartitionRecord: 0, PartitionChangeRecord: 0 }],
  ['3.7-IV1', { RegisterBrokerRecord: 2, PartitionRecord: 0, PartitionChangeRecord: 0 }],
  ['3.9', { RegisterBrokerRecord: 3, PartitionRecord: 1, PartitionChangeRecord: 1 }],
  ['4.2', { RegisterBrokerRecord: 3, PartitionRecord: 2, PartitionChangeRecord: 2 }],
])('at release %s records have the versions of that release', async (release, versions) => {
  const dir = formattedDirectory({ release, isStatic: true })
  const node = await TestNode.running({ dir, settings: STATIC_QUORUM })
  await createTopic(node)
  const epoch = await node.stop()
  const again = await TestNode.running({ dir, settings: STATIC_QUORUM, previousBrokerEpoch: epoch })
  expect(partitionsOf(again)).toMatchObject([{ leader: 1, isr: [1] }, { leader: 1 }])
  for (const [type, version] of Object.entries(versions)) {
    const found = again.records().filter((record) => record.type === type)
    expect([type, new Set(found.map((record) => record.version))]).toEqual([type, new Set([version])])
  }
})

describe('another broker', () => {
  test('may not take the id of one that lives', async () => {
    const clock = new ManualClock()
    const node = await TestNode.running({ clock })
    expect((await register(node)).error).toBe('NONE')
    const second = { incarnationId: 'aW5jYXJuYXRpb24wMDAwMg' }
    expect((await register(node, second)).error).toBe('DUPLICATE_BROKER_REGISTRATION')
    await clock.advance(9_000)
    expect((await register(node, second)).error).toBe('NONE')
  })

  test.each<[string, Partial<RequestInput<typeof BrokerRegistration>>, string]>([
    ['another cluster', { clusterId: 'other' }, 'INCONSISTENT_CLUSTER_ID'],
    ['no directories', { logDirs: [] }, 'INVALID_REGISTRATION'],
    ['a reserved directory', { logDirs: ['AAAAAAAAAAAAAAAAAAAAAA'] }, 'INVALID_REGISTRATION'],
    ['a directory twice', { logDirs: [1, 2].map(() => 'c2Vjb25kZGlyZWN0b3J5MQ') }, 'INVALID_REGISTRATION'],
    ["another broker's directory", { logDirs: [DIRECTORY_ID] }, 'INVALID_REGISTRATION'],
    ['no metadata.version', { features: [] }, 'INVALID_REGISTRATION'],
    [
      'too old features',
      { features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 20 }] },
      'UNSUPPORTED_VERSION',
    ],
    ['a ZooKeeper broker', { isMigratingZkBroker: true }, 'BROKER_ID_NOT_REGISTERED'],
  ])('is refused with %s', async (_, more, error) => {
    const node = await TestNode.running()
    expect((await register(node, more)).error).toBe(error)
  })

  test('is fenced when it is not heard of for broker.session.timeout.ms, and its partitions get other leaders', async () => {
    const clock = new ManualClock()
    const node = await TestNode.running({ clock })
    const { brokerEpoch } = await register(node)
    const alive = () =>
      node.channel.send(BrokerHeartbeat, 2, {
        brokerId: 2,
        brokerEpoch,
        currentMetadataOffset: node.loader.image.offset,
        cordonedLogDirs: [],
      })
    expect(await alive()).toMatchObject({ isFenced: false, isCaughtUp: true })
    await createTopic(node, 'orders', 2)
    await clock.advance(8_000)
    await alive()
    await clock.advance(8_000)
    expect(node.loader.image.brokers.get(2)).toMatchObject({ fenced: false })
    await clock.advance(9_000)
    await expect.poll(() => node.loader.image.brokers.get(2)!.fenced).toBe(true)
    expect(partitionsOf(node).map(({ leader, isr }) => [leader, isr])).toEqual([
      [1, [1]],
      [1, [1]],
    ])
  })

  test('is not unfenced before it has caught up with its own registration', async () => {
    const node = await TestNode.running()
    const { brokerEpoch } = await register(node)
    const heartbeat = { brokerId: 2, brokerEpoch, currentMetadataOffset: brokerEpoch - 1 }
    expect(await node.channel.send(BrokerHeartbeat, 2, heartbeat)).toMatchObject({ isFenced: true, isCaughtUp: false })
  })

  test('is told its epoch is stale after a new registration', async () => {
    const node = await TestNode.running()
    const heartbeat = { brokerId: 1, brokerEpoch: 3, currentMetadataOffset: 100 }
    expect(errorName((await node.channel.send(BrokerHeartbeat, 2, heartbeat)).errorCode)).toBe('STALE_BROKER_EPOCH')
  })
})

test('a failed log directory takes its partitions offline', async () => {
  const node = await TestNode.running()
  await register(node, { logDirs: ['c2Vjb25kZGlyZWN0b3J5MQ', 'dGhpcmRkaXJlY3RvcnkwMQ'] })
  await createTopic(node)
  await node.lifecycle!.directoryFailed(DIRECTORY_ID)
  expect(partitionsOf(node)).toMatchObject([{ leader: -1, elr: [1] }, { leader: -1 }])
})

describe('producer ids', () => {
  const idsOf = (node: TestNode) =>
    new ProducerIds({
      brokerId: 1,
      brokerEpoch: () => node.lifecycle!.brokerEpoch,
      controller: node.channel,
      logger: silentLogger,
    })

  test('come in blocks whose record is durable before the first id is given out', async () => {
    const node = await TestNode.running()
    const ids = idsOf(node)
    const given = await Promise.all(Array.from({ length: 3 }, () => ids.next()))
    expect(given).toEqual([0, 1, 2])
    expect(node.records().filter(({ type }) => type === 'ProducerIdsRecord')).toMatchObject([
      { value: { brokerId: 1, brokerEpoch: node.lifecycle!.brokerEpoch, nextProducerId: 1000 } },
    ])
  })

  test('are never given twice, also not after a kill', async () => {
    const first = await TestNode.running()
    await idsOf(first).next()
    first.kill()
    const second = await TestNode.running({ dir: first.dir })
    expect(await idsOf(second).next()).toBe(1000)
  })

  test('go on with the next block when one is used up', async () => {
    const node = await TestNode.running()
    const ids = idsOf(node)
    const given = await Promise.all(Array.from({ length: 1001 }, () => ids.next()))
    expect(new Set(given).size).toBe(1001)
    expect(Math.max(...given)).toBe(1000)
  })

  test('are refused to a stale broker', async () => {
    const node = await TestNode.running()
    const { errorCode } = await node.channel.send(AllocateProducerIds, 0, { brokerId: 1, brokerEpoch: 0 })
    expect(errorName(errorCode)).toBe('STALE_BROKER_EPOCH')
  })
})
