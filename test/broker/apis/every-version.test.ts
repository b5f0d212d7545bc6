/** Each API about topics and the cluster over a real socket, in every version that Apache Kafka lists. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Metadata } from '../../../src/protocol/messages/03-metadata.ts'
import { CreateTopics } from '../../../src/protocol/messages/19-create-topics.ts'
import { DeleteTopics } from '../../../src/protocol/messages/20-delete-topics.ts'
import { DescribeConfigs } from '../../../src/protocol/messages/32-describe-configs.ts'
import { CreatePartitions } from '../../../src/protocol/messages/37-create-partitions.ts'
import { DescribeCluster } from '../../../src/protocol/messages/60-describe-cluster.ts'
import { DescribeTopicPartitions } from '../../../src/protocol/messages/75-describe-topic-partitions.ts'
import { ZERO_UUID } from '../../../src/storage/uuid.ts'
import { DataBroker, versionsOf } from '../../support/data-broker.ts'

let broker: DataBroker

beforeAll(async () => {
  broker = await DataBroker.start({ topics: ['orders'] })
})
afterAll(() => broker.stop())

const create = (name: string, version: number = 7) =>
  broker.client.send(CreateTopics, version, { topics: [{ name, numPartitions: 1, replicationFactor: 1 }] })

test.each(versionsOf(Metadata))('Metadata v%i names brokers and leaders', async (version) => {
  const { brokers, controllerId, clusterId, topics } = await broker.client.send(Metadata, version, {
    topics: [{ name: 'orders' }],
  })
  expect(brokers.map(({ nodeId, host }) => [nodeId, host])).toEqual([[1, '127.0.0.1']])
  expect([controllerId, clusterId === null]).toEqual([version >= 1 ? 1 : -1, version < 2])
  expect(topics.map(({ name, errorCode, topicId }) => [name, errorCode, topicId === ZERO_UUID])).toEqual([
    ['orders', 0, version < 10],
  ])
  expect(topics[0]!.partitions.map(({ leaderId, leaderEpoch }) => [leaderId, leaderEpoch])).toEqual([
    [1, version >= 7 ? 0 : -1],
  ])
})

test.each(versionsOf(CreateTopics))('a topic of CreateTopics v%i can be used at once', async (version) => {
  const name = `created-${version}`
  const { topics } = await create(name, version)
  expect(topics.map((topic) => [topic.name, topic.errorCode])).toEqual([[name, 0]])
  expect(topics[0]!.numPartitions).toBe(version >= 5 ? 1 : -1)
  expect(topics[0]!.topicId === ZERO_UUID).toBe(version < 7)
  expect(await broker.write(name, ['a'])).toBe(0)
})

test.each(versionsOf(DeleteTopics))('a topic of DeleteTopics v%i is gone at once', async (version) => {
  const name = `deleted-${version}`
  await create(name)
  const named = version >= 6 ? { topics: [{ name }] } : { topicNames: [name] }
  const { responses } = await broker.client.send(DeleteTopics, version, { ...named, timeoutMs: 10_000 })
  expect(responses.map((response) => [response.name, response.errorCode])).toEqual([[name, 0]])
  expect((await broker.fetchOne(name)).error).toBe('UNKNOWN_TOPIC_OR_PARTITION')
})

test.each(versionsOf(CreatePartitions))('a partition of CreatePartitions v%i can be used at once', async (version) => {
  const name = `grown-${version}`
  await create(name)
  const { results } = await broker.client.send(CreatePartitions, version, {
    topics: [{ name, count: 2, assignments: null }],
    timeoutMs: 10_000,
  })
  expect(results.map((result) => [result.name, result.errorCode])).toEqual([[name, 0]])
  expect(await broker.write(name, ['a'], { partition: 1 })).toBe(0)
})

test.each(versionsOf(DescribeConfigs))('DescribeConfigs v%i tells a setting of a topic', async (version) => {
  const { results } = await broker.client.send(DescribeConfigs, version, {
    resources: [{ resourceType: 2, resourceName: 'orders', configurationKeys: ['segment.bytes'] }],
    includeSynonyms: true,
    ...(version >= 3 ? { includeDocumentation: true } : {}),
  })
  const [{ errorCode, configs }] = results as [(typeof results)[0]]
  expect([errorCode, configs.length]).toEqual([0, 1])
  const { name, value, synonyms, documentation } = configs[0]!
  expect([name, value, synonyms.length > 0]).toEqual(['segment.bytes', '1073741824', true])
  expect(documentation !== null && documentation.length > 0).toBe(version >= 3)
})

test.each(versionsOf(DescribeCluster))('DescribeCluster v%i tells the brokers', async (version) => {
  const { errorCode, controllerId, brokers } = await broker.client.send(DescribeCluster, version, {})
  expect([errorCode, controllerId, brokers.map(({ brokerId }) => brokerId)]).toEqual([0, 1, [1]])
})

test.each(versionsOf(DescribeTopicPartitions))('DescribeTopicPartitions v%i tells leaders', async (version) => {
  const { topics } = await broker.client.send(DescribeTopicPartitions, version, { topics: [{ name: 'orders' }] })
  expect(topics[0]!.partitions.map(({ leaderId, isrNodes }) => [leaderId, isrNodes])).toEqual([[1, [1]]])
})
