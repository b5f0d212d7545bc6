/**
 * What each API asks the authorizer: operation and resource, as Apache Kafka 4.3.1 does (KafkaApis, ControllerApis,
 * ConfigHelper). Each row is one request at a whole broker; `denied` shows what is asked when the first answer is no.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BROKER_APIS } from '../../src/broker/apis.ts'
import type { AuthorizerFactory } from '../../src/broker/authorizer.ts'
import { Produce } from '../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import { ListOffsets } from '../../src/protocol/messages/02-list-offsets.ts'
import { Metadata } from '../../src/protocol/messages/03-metadata.ts'
import { OffsetCommit } from '../../src/protocol/messages/08-offset-commit.ts'
import { OffsetFetch } from '../../src/protocol/messages/09-offset-fetch.ts'
import { FindCoordinator } from '../../src/protocol/messages/10-find-coordinator.ts'
import { JoinGroup } from '../../src/protocol/messages/11-join-group.ts'
import { Heartbeat } from '../../src/protocol/messages/12-heartbeat.ts'
import { LeaveGroup } from '../../src/protocol/messages/13-leave-group.ts'
import { SyncGroup } from '../../src/protocol/messages/14-sync-group.ts'
import { DescribeGroups } from '../../src/protocol/messages/15-describe-groups.ts'
import { ListGroups } from '../../src/protocol/messages/16-list-groups.ts'
import { ApiVersions } from '../../src/protocol/messages/18-api-versions.ts'
import { CreateTopics } from '../../src/protocol/messages/19-create-topics.ts'
import { DeleteTopics } from '../../src/protocol/messages/20-delete-topics.ts'
import { InitProducerId } from '../../src/protocol/messages/22-init-producer-id.ts'
import { OffsetForLeaderEpoch } from '../../src/protocol/messages/23-offset-for-leader-epoch.ts'
import { DescribeConfigs } from '../../src/protocol/messages/32-describe-configs.ts'
import { CreatePartitions } from '../../src/protocol/messages/37-create-partitions.ts'
import { DeleteGroups } from '../../src/protocol/messages/42-delete-groups.ts'
import { OffsetDelete } from '../../src/protocol/messages/47-offset-delete.ts'
import { DescribeQuorum } from '../../src/protocol/messages/55-describe-quorum.ts'
import { DescribeCluster } from '../../src/protocol/messages/60-describe-cluster.ts'
import { DescribeTopicPartitions } from '../../src/protocol/messages/75-describe-topic-partitions.ts'
import { writeBatch } from '../../src/protocol/record-batch.ts'
import type { AnyApi, RequestInput } from '../../src/protocol/schema.ts'
import { startBroker, type TestBroker } from '../../src/testing/start-broker.ts'
import { RawClient } from '../support/raw-client.ts'

const asker = { asked: new Set<string>(), denied: new Set<string>() }

function ask(question: string): boolean {
  asker.asked.add(question)
  return !asker.denied.has(question)
}

/** Takes notes of what it is asked, and denies what a row wants denied. */
const noting: AuthorizerFactory = {
  forPrincipal: () => ({
    allows: (operation, type, name) => ask(`${operation} ${type} ${name}`),
    allowsAny: (operation, type) => ask(`${operation} any ${type}`),
  }),
}

interface Row {
  readonly what: string
  readonly api: AnyApi
  readonly version: number
  readonly request: object
  readonly denied: readonly string[]
  readonly asks: readonly string[]
}

function row<A extends AnyApi>(
  api: A,
  version: number,
  request: RequestInput<A>,
  asks: readonly string[],
  { denied = [], when }: { denied?: readonly string[]; when?: string } = {},
): Row {
  const condition = when ?? (denied.length > 0 ? `without ${denied.join(', ')}` : undefined)
  return { what: `${api.name} v${version}${condition ? `, ${condition}` : ''}`, api, version, request, denied, asks }
}

const CLUSTER = 'CLUSTER kafka-cluster'
const BROKERS_OWN = `CLUSTER_ACTION ${CLUSTER}`
const records = writeBatch({ records: [{ value: Buffer.from('x') }] })
const orders = { name: 'orders', partitions: [{ partitionIndex: 0 }] }
const TOPIC_OPERATIONS = ['READ', 'WRITE', 'CREATE', 'DESCRIBE', 'DELETE', 'ALTER', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS']
const CLUSTER_OPERATIONS = [
  'CREATE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
  'ALTER',
  'DESCRIBE',
]
const member = { groupId: 'g', memberId: 'm' }
const of = (operations: readonly string[], resource: string) => operations.map((each) => `${each} ${resource}`)

const produce = (batch: Buffer, transactionalId: string | null = null): RequestInput<typeof Produce> => ({
  acks: 1,
  timeoutMs: 1000,
  transactionalId,
  topicData: [{ name: 'orders', partitionData: [{ index: 0, records: batch }] }],
})
const transactional = writeBatch({ records: [{ value: Buffer.from('x') }], isTransactional: true, producerId: 1 })
const fetch = (replicaId: number): RequestInput<typeof Fetch> => ({
  replicaId,
  maxWaitMs: 0,
  minBytes: 0,
  maxBytes: 1000,
  topics: [{ topic: 'orders', partitions: [{ partition: 0, partitionMaxBytes: 1000 }] }],
})
const newTopic = (name: string): RequestInput<typeof CreateTopics> => ({
  topics: [{ name, numPartitions: 1, replicationFactor: 1 }],
  timeoutMs: 1000,
  validateOnly: true,
})
const epochs: RequestInput<typeof OffsetForLeaderEpoch> = {
  replicaId: -1,
  topics: [{ topic: 'orders', partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }],
}
const configs = (resourceType: number, resourceName: string): RequestInput<typeof DescribeConfigs> => ({
  resources: [{ resourceType, resourceName, configurationKeys: null }],
})

const ROWS: readonly Row[] = [
  row(Produce, 9, produce(records), ['WRITE TOPIC orders']),
  row(Produce, 9, produce(transactional, 't'), ['WRITE TRANSACTIONAL_ID t'], { denied: ['WRITE TRANSACTIONAL_ID t'] }),
  row(Fetch, 12, fetch(-1), ['READ TOPIC orders']),
  row(Fetch, 12, fetch(1), [`CLUSTER_ACTION ${CLUSTER}`], { when: 'from a follower' }),
  row(
    ListOffsets,
    5,
    { replicaId: -1, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -1 }] }] },
    ['DESCRIBE TOPIC orders'],
  ),
  row(Metadata, 12, { topics: [{ name: 'orders' }] }, ['DESCRIBE TOPIC orders']),
  row(Metadata, 8, { topics: [], includeClusterAuthorizedOperations: true }, of(CLUSTER_OPERATIONS, CLUSTER), {
    when: 'with cluster operations',
  }),
  row(
    Metadata,
    12,
    { topics: [{ name: 'orders' }], includeTopicAuthorizedOperations: true },
    of(TOPIC_OPERATIONS, 'TOPIC orders'),
    { when: 'with topic operations' },
  ),
  row(
    Metadata,
    12,
    { topics: [{ name: 'absent' }], allowAutoTopicCreation: true },
    ['DESCRIBE TOPIC absent', `CREATE ${CLUSTER}`, 'CREATE TOPIC absent'],
    { denied: [`CREATE ${CLUSTER}`, 'CREATE TOPIC absent'] },
  ),
  row(OffsetCommit, 8, { groupId: 'g', topics: [orders] }, ['READ GROUP g', 'READ TOPIC orders']),
  row(OffsetCommit, 8, { groupId: 'g', topics: [orders] }, ['READ GROUP g'], { denied: ['READ GROUP g'] }),
  row(OffsetFetch, 7, { groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [0] }] }, [
    'DESCRIBE GROUP g',
    'DESCRIBE TOPIC orders',
  ]),
  row(OffsetFetch, 7, { groupId: 'g', topics: null }, ['DESCRIBE GROUP g'], { denied: ['DESCRIBE GROUP g'] }),
  row(FindCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] }, ['DESCRIBE GROUP g']),
  row(FindCoordinator, 4, { keyType: 1, coordinatorKeys: ['t'] }, ['DESCRIBE TRANSACTIONAL_ID t'], {
    denied: ['DESCRIBE TRANSACTIONAL_ID t'],
  }),
  row(JoinGroup, 5, { ...member, protocolType: 'consumer', sessionTimeoutMs: 10_000 }, ['READ GROUP g']),
  row(Heartbeat, 4, member, ['READ GROUP g']),
  row(LeaveGroup, 4, { groupId: 'g', members: [{ memberId: 'm' }] }, ['READ GROUP g']),
  row(SyncGroup, 3, member, ['READ GROUP g']),
  row(DescribeGroups, 5, { groups: ['g'] }, ['DESCRIBE GROUP g']),
  row(ListGroups, 4, {}, [`DESCRIBE ${CLUSTER}`]),
  row(ApiVersions, 0, {}, []),
  row(CreateTopics, 7, newTopic('new'), [`CREATE ${CLUSTER}`, 'DESCRIBE_CONFIGS TOPIC new']),
  row(CreateTopics, 7, newTopic('new'), [`CREATE ${CLUSTER}`, 'CREATE TOPIC new', 'DESCRIBE_CONFIGS TOPIC new'], {
    denied: [`CREATE ${CLUSTER}`],
  }),
  row(DeleteTopics, 6, { topics: [{ name: 'absent' }], timeoutMs: 1000 }, [`DELETE ${CLUSTER}`]),
  row(
    DeleteTopics,
    6,
    { topics: [{ name: 'orders' }], timeoutMs: 1000 },
    [`DELETE ${CLUSTER}`, 'DESCRIBE TOPIC orders', 'DELETE TOPIC orders'],
    { denied: [`DELETE ${CLUSTER}`, 'DELETE TOPIC orders'] },
  ),
  row(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 }, [`IDEMPOTENT_WRITE ${CLUSTER}`]),
  row(
    InitProducerId,
    4,
    { transactionalId: null, transactionTimeoutMs: 1000 },
    [`IDEMPOTENT_WRITE ${CLUSTER}`, 'WRITE any TOPIC'],
    { denied: [`IDEMPOTENT_WRITE ${CLUSTER}`] },
  ),
  row(InitProducerId, 4, { transactionalId: 't', transactionTimeoutMs: 1000 }, ['WRITE TRANSACTIONAL_ID t'], {
    denied: ['WRITE TRANSACTIONAL_ID t'],
  }),
  row(OffsetForLeaderEpoch, 4, epochs, [`CLUSTER_ACTION ${CLUSTER}`]),
  row(OffsetForLeaderEpoch, 4, epochs, [`CLUSTER_ACTION ${CLUSTER}`, 'DESCRIBE TOPIC orders'], {
    denied: [`CLUSTER_ACTION ${CLUSTER}`],
  }),
  row(DescribeConfigs, 4, configs(2, 'orders'), ['DESCRIBE_CONFIGS TOPIC orders'], { when: 'of a topic' }),
  row(DescribeConfigs, 4, configs(4, '1'), [`DESCRIBE_CONFIGS ${CLUSTER}`], { when: 'of a broker' }),
  row(DescribeConfigs, 4, configs(32, 'g'), ['DESCRIBE_CONFIGS GROUP g'], { when: 'of a group' }),
  row(
    CreatePartitions,
    3,
    { topics: [{ name: 'orders', count: 2, assignments: null }], timeoutMs: 1000, validateOnly: true },
    ['ALTER TOPIC orders'],
  ),
  row(DeleteGroups, 2, { groupsNames: ['g'] }, ['DELETE GROUP g']),
  row(OffsetDelete, 0, { groupId: 'g', topics: [orders] }, ['DELETE GROUP g', 'READ TOPIC orders']),
  row(DescribeQuorum, 1, { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }, [
    `DESCRIBE ${CLUSTER}`,
  ]),
  row(DescribeCluster, 1, {}, []),
  row(DescribeCluster, 1, { includeClusterAuthorizedOperations: true }, of(CLUSTER_OPERATIONS, CLUSTER), {
    when: 'with cluster operations',
  }),
  row(
    DescribeTopicPartitions,
    0,
    { topics: [{ name: 'orders' }], responsePartitionLimit: 10 },
    of(TOPIC_OPERATIONS, 'TOPIC orders'),
  ),
]

let broker: TestBroker
let client: RawClient

beforeAll(async () => {
  broker = await startBroker({ authorizers: noting, topics: ['orders'] })
  client = await RawClient.connect(Number(broker.bootstrapServers.split(':')[1]))
  // Makes __consumer_offsets, so that group requests find a coordinator.
  await client.send(FindCoordinator, 3, { key: 'g', keyType: 0 })
})

afterAll(async () => {
  await client.close()
  await broker.stop()
})

test.each(ROWS.map((each) => [each.what, each] as const))('%s asks what Kafka asks', async (_, each) => {
  asker.denied = new Set(each.denied)
  asker.asked.clear()
  await client.send(each.api, each.version, each.request)
  // The broker's own heartbeats to its controller ask for this at any time.
  if (!each.asks.includes(BROKERS_OWN)) asker.asked.delete(BROKERS_OWN)
  expect([...asker.asked].sort()).toEqual([...each.asks].sort())
})

test('every API that the broker serves has a row', () => {
  const rows = new Set(ROWS.map(({ api }) => api.name))
  expect(BROKER_APIS.map(({ api }) => api.name).filter((name) => !rows.has(name))).toEqual([])
})
