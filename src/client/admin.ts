import { ErrorCode } from '../protocol/error-code.ts'
import { CreateTopics } from '../protocol/messages/19-create-topics.ts'
import { DeleteTopics } from '../protocol/messages/20-delete-topics.ts'
import { DescribeConfigs } from '../protocol/messages/32-describe-configs.ts'
import { CreatePartitions } from '../protocol/messages/37-create-partitions.ts'
import { ListPartitionReassignments } from '../protocol/messages/46-list-partition-reassignments.ts'
import { DescribeCluster } from '../protocol/messages/60-describe-cluster.ts'
import { DescribeTopicPartitions } from '../protocol/messages/75-describe-topic-partitions.ts'
import type { ResponseOf } from '../protocol/schema.ts'
import type { AdminClient, Attempt } from './admin-client.ts'
import type { TopicMetadata } from './cluster.ts'
import { throwIfFailed } from './errors.ts'

export interface NewTopic {
  readonly name: string
  /** -1 for the cluster's default, also with an assignment. */
  readonly partitions: number
  readonly replicationFactor: number
  /** Broker ids per partition; empty to let the cluster choose. */
  readonly assignment: readonly (readonly number[])[]
  readonly configs: ReadonlyMap<string, string>
}

export interface PartitionDescription {
  readonly partition: number
  /** -1 without leader. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** Null from a cluster that does not tell. */
  readonly elr: readonly number[] | null
  readonly lastKnownElr: readonly number[] | null
}

export interface TopicDescription {
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
  /** By partition number. */
  readonly partitions: readonly PartitionDescription[]
}

export type ConfigEntry = ResponseOf<typeof DescribeConfigs>['results'][number]['configs'][number]

export interface Reassignment {
  readonly replicas: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

/** All topics, as metadata lists them; internal ones only when asked for. */
export async function listTopics(admin: AdminClient, { listInternal = false } = {}): Promise<TopicMetadata[]> {
  const { topics } = await admin.call('listTopics', 'any', ({ connection }) => admin.cluster.metadata(connection, null))
  return topics.filter((topic) => listInternal || !topic.isInternal)
}

export async function createTopic(admin: AdminClient, topic: NewTopic): Promise<void> {
  await admin.call('createTopics', 'controller', async ({ send }) => {
    const { topics } = await send(CreateTopics, {
      topics: [
        {
          name: topic.name,
          numPartitions: topic.partitions,
          replicationFactor: topic.replicationFactor,
          assignments: topic.assignment.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
          configs: [...topic.configs].map(([name, value]) => ({ name, value })),
        },
      ],
      timeoutMs: admin.cluster.requestTimeoutMs,
    })
    for (const { errorCode, errorMessage } of topics) throwIfFailed(errorCode, errorMessage)
  })
}

export async function deleteTopics(admin: AdminClient, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  await admin.call('deleteTopics', 'controller', async ({ connection, send }) => {
    const byName = (connection.versionOf(DeleteTopics) ?? 0) < 6
    const { responses } = await send(DeleteTopics, {
      ...(byName ? { topicNames: names } : { topics: names.map((name) => ({ name })) }),
      timeoutMs: admin.cluster.requestTimeoutMs,
    })
    for (const { errorCode, errorMessage } of responses) throwIfFailed(errorCode, errorMessage)
  })
}

export interface NewPartitions {
  readonly topic: string
  readonly totalCount: number
  /** Broker ids of each added partition; null to let the cluster choose. */
  readonly assignment: readonly (readonly number[])[] | null
}

export async function createPartitions(admin: AdminClient, wanted: readonly NewPartitions[]): Promise<void> {
  await admin.call('createPartitions', 'controller', async ({ send }) => {
    const { results } = await send(CreatePartitions, {
      topics: wanted.map(({ topic, totalCount, assignment }) => ({
        name: topic,
        count: totalCount,
        assignments: assignment?.map((brokerIds) => ({ brokerIds })) ?? null,
      })),
      timeoutMs: admin.cluster.requestTimeoutMs,
    })
    for (const { errorCode, errorMessage } of results) throwIfFailed(errorCode, errorMessage)
  })
}

/**
 * Describes topics by name: page by page through DescribeTopicPartitions (KIP-966), else from metadata, which knows
 * nothing of eligible leader replicas. Throws the error of the first topic that has one.
 */
export async function describeTopics(
  admin: AdminClient,
  names: readonly string[],
  partitionsPerResponse = 2000,
  timeoutMs = admin.apiTimeoutMs,
): Promise<TopicDescription[]> {
  if (names.length === 0) return []
  return admin.call(
    'describeTopicPartitions',
    'any',
    async (attempt) => {
      if (attempt.connection.versionOf(DescribeTopicPartitions) !== undefined) {
        return describeByPages(attempt, [...names].sort(), partitionsPerResponse)
      }
      const { topics } = await admin.cluster.metadata(attempt.connection, names)
      return topics.map(fromMetadata)
    },
    timeoutMs,
  )
}

/** The topic of that id, from the metadata of all topics; undefined when there is none. */
export async function describeTopicById(admin: AdminClient, topicId: string): Promise<TopicDescription | undefined> {
  const topics = await listTopics(admin, { listInternal: true })
  const found = topics.find((topic) => topic.topicId === topicId)
  return found && fromMetadata(found)
}

/** Settings of topics, in the order the server sent them. */
export async function describeTopicConfigs(
  admin: AdminClient,
  names: readonly string[],
): Promise<Map<string, ConfigEntry[]>> {
  if (names.length === 0) return new Map()
  return admin.call('describeConfigs', 'any', async ({ send }) => {
    const resources = names.map((resourceName) => ({ resourceType: 2, resourceName, configurationKeys: null }))
    const { results } = await send(DescribeConfigs, { resources })
    for (const { errorCode, errorMessage } of results) throwIfFailed(errorCode, errorMessage)
    return new Map(results.map(({ resourceName, configs }) => [resourceName, configs]))
  })
}

/** Ids of the live brokers. */
export async function liveBrokers(admin: AdminClient): Promise<Set<number>> {
  return admin.call('listNodes', 'any', async ({ connection, send }) => {
    if (connection.versionOf(DescribeCluster) === undefined) {
      await admin.cluster.metadata(connection, [])
      return new Set(admin.cluster.nodes.keys())
    }
    const { errorCode, errorMessage, brokers } = await send(DescribeCluster, {})
    throwIfFailed(errorCode, errorMessage)
    return new Set(brokers.map(({ brokerId }) => brokerId))
  })
}

/**
 * Partitions that are moving, by `topic-partition`. Empty where the cluster cannot tell or does not let us know: the
 * description is right without.
 */
export async function listReassignments(
  admin: AdminClient,
  topics: readonly TopicDescription[],
): Promise<Map<string, Reassignment>> {
  return admin.call('listPartitionReassignments', 'any', async ({ connection, send }) => {
    if (connection.versionOf(ListPartitionReassignments) === undefined) return new Map()
    const {
      errorCode,
      errorMessage,
      topics: moving,
    } = await send(ListPartitionReassignments, {
      timeoutMs: admin.cluster.requestTimeoutMs,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitionIndexes: partitions.map(({ partition }) => partition),
      })),
    })
    if (errorCode === ErrorCode.CLUSTER_AUTHORIZATION_FAILED) return new Map()
    throwIfFailed(errorCode, errorMessage)
    return new Map(
      moving.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => [
          `${name}-${partitionIndex}`,
          { replicas, adding: addingReplicas, removing: removingReplicas },
        ]),
      ),
    )
  })
}

async function describeByPages(
  { send }: Attempt,
  names: readonly string[],
  limit: number,
): Promise<TopicDescription[]> {
  const found = new Map<string, TopicDescription & { partitions: PartitionDescription[] }>()
  let cursor: { topicName: string; partitionIndex: number } | null = null
  do {
    const from: string = cursor?.topicName ?? ''
    const rest = names.filter((name) => name >= from)
    const page: ResponseOf<typeof DescribeTopicPartitions> = await send(DescribeTopicPartitions, {
      topics: rest.map((name) => ({ name })),
      responsePartitionLimit: limit,
      cursor,
    })
    for (const topic of page.topics) {
      throwIfFailed(topic.errorCode)
      const { name, topicId, isInternal } = topic
      const partitions = topic.partitions.map((one) => ({
        partition: one.partitionIndex,
        leader: one.leaderId,
        replicas: one.replicaNodes,
        isr: one.isrNodes,
        elr: one.eligibleLeaderReplicas,
        lastKnownElr: one.lastKnownElr,
      }))
      const known = found.get(name!)
      if (known) known.partitions.push(...partitions)
      else found.set(name!, { name: name!, topicId, isInternal, partitions })
    }
    const next = page.nextCursor
    // A server that points at the same place again would keep us here for ever.
    const isStuck: boolean | null =
      next && cursor && next.topicName === cursor.topicName && next.partitionIndex === cursor.partitionIndex
    cursor = isStuck ? null : next
  } while (cursor)
  return [...found.values()].map((topic) => ({ ...topic, partitions: byNumber(topic.partitions) }))
}

function fromMetadata(topic: TopicMetadata): TopicDescription {
  throwIfFailed(topic.errorCode)
  return {
    name: topic.name!,
    topicId: topic.topicId,
    isInternal: topic.isInternal,
    partitions: byNumber(
      topic.partitions.map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => ({
        partition: partitionIndex,
        leader: leaderId,
        replicas: replicaNodes,
        isr: isrNodes,
        elr: null,
        lastKnownElr: null,
      })),
    ),
  }
}

function byNumber(partitions: readonly PartitionDescription[]): PartitionDescription[] {
  return [...partitions].sort((a, b) => a.partition - b.partition)
}
