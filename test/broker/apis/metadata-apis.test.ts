// Metadata, DescribeTopicPartitions, DescribeCluster and DescribeConfigs, and what each asks the authorizer.
import { beforeEach, describe, expect, test } from 'vitest'
import { metadata } from '../../../src/broker/apis/03-metadata.ts'
import { createTopics } from '../../../src/broker/apis/19-create-topics.ts'
import { deleteTopics } from '../../../src/broker/apis/20-delete-topics.ts'
import { describeConfigs } from '../../../src/broker/apis/32-describe-configs.ts'
import { createPartitions } from '../../../src/broker/apis/37-create-partitions.ts'
import { describeQuorum } from '../../../src/broker/apis/55-describe-quorum.ts'
import { describeCluster } from '../../../src/broker/apis/60-describe-cluster.ts'
import { describeTopicPartitions } from '../../../src/broker/apis/75-describe-topic-partitions.ts'
import type { Handler } from '../../../src/broker/handler.ts'
import { errorName } from '../../../src/protocol/error-code.ts'
import type { Metadata } from '../../../src/protocol/messages/03-metadata.ts'
import type { ResponseOf } from '../../../src/protocol/schema.ts'
import { CLUSTER_ID, TestNode } from '../controller/harness.ts'
import { call, RecordingAuthorizer } from './broker-context.ts'

let node: TestNode

beforeEach(async () => {
  node = await TestNode.running()
  await call(node, createTopics, {
    topics: [
      { name: 'orders', numPartitions: 2, replicationFactor: 1 },
      { name: 'secret', numPartitions: 1, replicationFactor: 1, configs: [{ name: 'retention.ms', value: '7' }] },
    ],
  })
})

const idOf = (name: string) => node.loader.image.topics.byName.get(name)!.id
const errorsOf = ({ topics }: ResponseOf<typeof Metadata>) =>
  topics.map(({ name, errorCode }) => [name, errorName(errorCode)])
const grantedAll = (...denied: string[]) => new RecordingAuthorizer((question) => !denied.includes(question))

describe('Metadata', () => {
  test('tells brokers, cluster and all topics', async () => {
    const response = await call(node, metadata, { topics: null })
    expect(response).toMatchObject({
      clusterId: CLUSTER_ID,
      controllerId: 1,
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: 9092, rack: null }],
    })
    expect(response.topics).toMatchObject([
      {
        name: 'orders',
        topicId: idOf('orders'),
        isInternal: false,
        partitions: [0, 1].map((partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: 1,
          leaderEpoch: 0,
          replicaNodes: [1],
          isrNodes: [1],
          offlineReplicas: [],
        })),
      },
      { name: 'secret', partitions: [{ leaderId: 1 }] },
    ])
  })

  test.each([
    [0, [], ['orders', 'secret']],
    [1, [], []],
    [1, null, ['orders', 'secret']],
  ])('v%i: topics %j asks for %j', async (version, topics, names) => {
    const response = await call(node, metadata, { topics }, { version })
    expect(response.topics.map(({ name }) => name)).toEqual(names)
  })

  test('finds topics by id from v12 on', async () => {
    const unknown = 'dW5rbm93bjAwMDAwMDAwMQ'
    const topics = [idOf('secret'), unknown].map((topicId) => ({ name: null, topicId }))
    const response = await call(node, metadata, { topics })
    expect(errorsOf(response)).toEqual([
      ['secret', 'NONE'],
      [null, 'UNKNOWN_TOPIC_ID'],
    ])
    await expect(call(node, metadata, { topics }, { version: 11 })).rejects.toThrow(
      'Topic name can not be null for version 11',
    )
  })

  test('creates a missing topic behind the answer, which a client then retries', async () => {
    const ask = () => call(node, metadata, { topics: [{ name: 'new' }, { name: 'bad name' }] })
    expect(errorsOf(await ask())).toEqual([
      ['new', 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['bad name', 'INVALID_TOPIC_EXCEPTION'],
    ])
    await expect.poll(async () => errorsOf(await ask())[0]).toEqual(['new', 'NONE'])
    expect(node.loader.image.topics.byName.has('bad name')).toBe(false)
  })

  test('creates internal topics with their own counts and settings', async () => {
    const other = await TestNode.running({
      settings: { 'offsets.topic.num.partitions': '4', 'offsets.topic.replication.factor': '1' },
    })
    await call(other, metadata, { topics: [{ name: '__consumer_offsets' }] })
    const topics = () => other.loader.image.topics.byName.get('__consumer_offsets')
    await expect.poll(() => topics()?.partitions.length).toBe(4)
    expect(other.loader.image.configs.of('TOPIC', '__consumer_offsets')).toEqual(
      new Map([
        ['cleanup.policy', 'compact'],
        ['compression.type', 'producer'],
        ['segment.bytes', '104857600'],
      ]),
    )
    const [described] = (await call(other, metadata, { topics: null })).topics
    expect(described!.isInternal).toBe(true)
  })

  test.each([
    ['the client', {}, { allowAutoTopicCreation: false }],
    ['the broker', { 'auto.create.topics.enable': 'false' }, {}],
  ])('creates nothing where %s does not want it', async (_, settings, request) => {
    const other = await TestNode.running({ settings })
    const offset = other.log.nextOffset
    await call(other, metadata, { topics: [{ name: 'new' }], ...request })
    await other.stop()
    expect(
      other
        .records()
        .slice(offset)
        .some(({ type }) => type === 'TopicRecord'),
    ).toBe(false)
  })

  test.each([
    [5, 'LEADER_NOT_AVAILABLE'],
    [6, 'LISTENER_NOT_FOUND'],
  ])('v%i: a leader without the listener is %s', async (version, error) => {
    const topics = [{ name: 'secret' }]
    const response = await call(node, metadata, { topics }, { version, listenerName: 'EXTERNAL' })
    expect(response.brokers).toEqual([])
    expect(response.topics[0]!.partitions[0]).toMatchObject({ leaderId: -1, offlineReplicas: version < 5 ? [] : [1] })
    expect(errorName(response.topics[0]!.partitions[0]!.errorCode)).toBe(error)
  })

  test('a partition without a leader is LEADER_NOT_AVAILABLE, its replica offline', async () => {
    await node.lifecycle!.controlledShutdown()
    const response = await call(node, metadata, { topics: [{ name: 'secret' }] })
    expect(response).toMatchObject({ brokers: [], controllerId: -1 })
    expect(response.topics[0]!.partitions[0]).toMatchObject({ leaderId: -1, isrNodes: [], offlineReplicas: [1] })
    expect(errorName(response.topics[0]!.partitions[0]!.errorCode)).toBe('LEADER_NOT_AVAILABLE')
  })

  test('does not tell of topics that may not be described', async () => {
    const authorizer = grantedAll('DESCRIBE TOPIC secret', 'DESCRIBE TOPIC none')
    expect(errorsOf(await call(node, metadata, { topics: null }, { authorizer }))).toEqual([['orders', 'NONE']])
    const named = await call(node, metadata, { topics: [{ name: 'secret' }, { name: 'none' }] }, { authorizer })
    expect(named.topics).toMatchObject(
      ['secret', 'none'].map((name) => ({ name, errorCode: 29, topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions: [] })),
    )
    const byId = await call(node, metadata, { topics: [{ name: null, topicId: idOf('secret') }] }, { authorizer })
    expect(errorsOf(byId)).toEqual([[null, 'TOPIC_AUTHORIZATION_FAILED']])
  })

  test('does not create what may not be created', async () => {
    const authorizer = grantedAll('CREATE CLUSTER kafka-cluster', 'CREATE TOPIC new')
    expect(errorsOf(await call(node, metadata, { topics: [{ name: 'new' }] }, { authorizer }))).toEqual([
      ['new', 'TOPIC_AUTHORIZATION_FAILED'],
    ])
  })

  test('tells authorized operations when asked (KIP-430)', async () => {
    const request = { topics: [{ name: 'orders' }], includeTopicAuthorizedOperations: true }
    const response = await call(
      node,
      metadata,
      { ...request, includeClusterAuthorizedOperations: true },
      { version: 10 },
    )
    expect(response.topics[0]!.topicAuthorizedOperations).toBe(0b1101_1111_1000)
    expect(response.clusterAuthorizedOperations).toBe(0b1_1111_1010_0000)
    const without = await call(node, metadata, { topics: [{ name: 'orders' }] }, { version: 10 })
    expect([without.topics[0]!.topicAuthorizedOperations, without.clusterAuthorizedOperations]).toEqual([
      -2147483648, -2147483648,
    ])
  })
})

describe('DescribeTopicPartitions', () => {
  const pages = async (limit: number, names: string[] = []) => {
    const seen: [string | null, number[]][][] = []
    let cursor: { topicName: string; partitionIndex: number } | null = null
    do {
      const topics = names.map((name) => ({ name }))
      const response: Awaited<ReturnType<typeof ask>> = await ask(topics, limit, cursor)
      seen.push(response.topics.map(({ name, partitions }) => [name, partitions.map((p) => p.partitionIndex)]))
      cursor = response.nextCursor
    } while (cursor)
    return seen
  }
  const ask = (
    topics: { name: string }[],
    responsePartitionLimit: number,
    cursor: { topicName: string; partitionIndex: number } | null,
  ) => call(node, describeTopicPartitions, { topics, responsePartitionLimit, cursor })

  test('goes through topics in the order of their names, so many partitions at a time', async () => {
    expect(await pages(100)).toEqual([
      [
        ['orders', [0, 1]],
        ['secret', [0]],
      ],
    ])
    expect(await pages(2)).toEqual([[['orders', [0, 1]]], [['secret', [0]]]])
    expect(await pages(0, ['secret', 'orders'])).toEqual([[['orders', [0]]], [['orders', [1]]], [['secret', [0]]]])
  })

  test('tells eligible leader replicas', async () => {
    await node.lifecycle!.controlledShutdown()
    const { topics } = await ask([{ name: 'secret' }], 10, null)
    expect(topics[0]!.partitions[0]).toMatchObject({ leaderId: -1, eligibleLeaderReplicas: [1], lastKnownElr: [1] })
  })

  test('says what is unknown or not a name', async () => {
    const { topics } = await ask([{ name: 'none' }, { name: 'bad name' }], 10, null)
    expect(topics.map(({ name, errorCode }) => [name, errorName(errorCode)])).toEqual([
      ['bad name', 'INVALID_TOPIC_EXCEPTION'],
      ['none', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ])
  })

  test.each([
    [
      { topicName: 'secret', partitionIndex: 0 },
      'DescribeTopicPartitionsRequest topic list should contain the cursor topic: secret',
    ],
    [
      { topicName: 'orders', partitionIndex: -1 },
      "DescribeTopicPartitionsRequest cursor partition must be valid: Cursor(topicName='orders', partitionIndex=-1)",
    ],
  ])('refuses the cursor %j', async (cursor, text) => {
    await expect(ask([{ name: 'orders' }], 10, cursor)).rejects.toThrow(text)
  })
})

describe('DescribeCluster', () => {
  test('tells the brokers on the listener', async () => {
    expect(await call(node, describeCluster, {})).toMatchObject({
      clusterId: CLUSTER_ID,
      controllerId: 1,
      brokers: [{ brokerId: 1, host: '127.0.0.1', port: 9092, isFenced: false }],
      clusterAuthorizedOperations: -2147483648,
    })
  })

  test('tells a client that wants a controller where it is', async () => {
    const { errorCode, errorMessage } = await call(node, describeCluster, { endpointType: 2 })
    expect([errorName(errorCode), errorMessage]).toEqual([
      'MISMATCHED_ENDPOINT_TYPE',
      'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER',
    ])
  })

  test('leaves out fenced brokers unless they are asked for', async () => {
    await node.lifecycle!.controlledShutdown()
    expect((await call(node, describeCluster, {})).brokers).toEqual([])
    const { brokers } = await call(node, describeCluster, { includeFencedBrokers: true })
    expect(brokers).toMatchObject([{ brokerId: 1, isFenced: true }])
  })
})

describe('DescribeConfigs', () => {
  const describeOne = async (resourceType: number, resourceName: string, configurationKeys: string[] | null = null) => {
    const { results } = await call(node, describeConfigs, {
      resources: [{ resourceType, resourceName, configurationKeys }],
      includeSynonyms: true,
    })
    return results[0]!
  }

  test('tells where a setting of a topic comes from', async () => {
    const { configs } = await describeOne(2, 'secret', ['retention.ms', 'min.insync.replicas'])
    const byName = new Map(configs.map((config) => [config.name, config]))
    expect(byName.get('retention.ms')).toMatchObject({ value: '7', configSource: 1 })
    // With eligible leader replicas the broker's min.insync.replicas became a setting of the cluster.
    expect(byName.get('min.insync.replicas')).toMatchObject({ value: '1', configSource: 3 })
  })

  test.each([
    [2, 'none', 'UNKNOWN_TOPIC_OR_PARTITION', ''],
    [2, '..', 'INVALID_TOPIC_EXCEPTION', "Topic name is invalid: '..' is not allowed"],
    [4, '2', 'INVALID_REQUEST', 'Unexpected broker id, expected 1 or empty string, but received 2'],
    [32, '', 'INVALID_REQUEST', 'Group name must not be empty'],
  ])('refuses resource type %i named "%s"', async (type, name, error, text) => {
    const { errorCode, errorMessage } = await describeOne(type, name)
    expect([errorName(errorCode), errorMessage]).toEqual([error, text])
  })

  test('refuses a resource type that there is not', async () => {
    await expect(describeOne(3, 'x')).rejects.toThrow('Unexpected resource type UNKNOWN for resource x')
  })
})

describe('asks the authorizer', () => {
  // biome-ignore lint/suspicious/noExplicitAny: handlers of several APIs.
  const table: [string, Handler<any>, object, string[]][] = [
    ['Metadata', metadata, { topics: [{ name: 'orders' }] }, ['DESCRIBE TOPIC orders']],
    [
      'Metadata',
      metadata,
      { topics: [{ name: 'new' }] },
      ['CREATE CLUSTER kafka-cluster', 'DESCRIBE TOPIC new', 'DESCRIBE_CONFIGS TOPIC new'],
    ],
    [
      'CreateTopics',
      createTopics,
      { topics: [{ name: 'new', numPartitions: 1, replicationFactor: 1 }] },
      ['CREATE CLUSTER kafka-cluster', 'DESCRIBE_CONFIGS TOPIC new'],
    ],
    [
      'DeleteTopics',
      deleteTopics,
      { topics: [{ name: 'orders' }], timeoutMs: 30_000 },
      ['DELETE CLUSTER kafka-cluster'],
    ],
    [
      'DescribeConfigs',
      describeConfigs,
      {
        resources: [
          { resourceType: 2, resourceName: 'orders' },
          { resourceType: 4, resourceName: '1' },
          { resourceType: 32, resourceName: 'g' },
        ],
      },
      ['DESCRIBE_CONFIGS TOPIC orders', 'DESCRIBE_CONFIGS CLUSTER kafka-cluster', 'DESCRIBE_CONFIGS GROUP g'],
    ],
    [
      'CreatePartitions',
      createPartitions,
      { topics: [{ name: 'orders', count: 3, assignments: null }], timeoutMs: 30_000 },
      ['ALTER TOPIC orders'],
    ],
    ['DescribeQuorum', describeQuorum, { topics: [] }, ['DESCRIBE CLUSTER kafka-cluster']],
    ['DescribeCluster', describeCluster, {}, []],
  ]

  test.each(table)('%s', async (_, handler, request, asked) => {
    const authorizer = new RecordingAuthorizer()
    await call(node, handler, request, { authorizer })
    expect(authorizer.asked.sort()).toEqual(asked.sort())
  })

  test('DescribeTopicPartitions only for what it names', async () => {
    const authorizer = new RecordingAuthorizer()
    await call(node, describeTopicPartitions, { topics: [{ name: 'orders' }] }, { authorizer })
    expect(authorizer.asked.every((question) => question.endsWith('TOPIC orders'))).toBe(true)
  })
})
