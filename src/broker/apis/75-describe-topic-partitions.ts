// DescribeTopicPartitions v0 (KIP-966): topics in the order of their names, a bounded number of partitions at a time;
// the cursor says where the next request goes on. Also tells the eligible leader replicas.
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { DescribeTopicPartitions } from '../../protocol/messages/75-describe-topic-partitions.ts'
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts'
import { authorizedOperations } from '../authorized-operations.ts'
import { handler } from '../handler.ts'
import type { PartitionImage } from '../metadata/image.ts'
import { isInternalTopic } from '../metadata/internal-topics.ts'
import { endpointOf, offlineReplicas } from '../metadata/partition-view.ts'
import { invalidTopicName } from '../metadata/topic-name.ts'
import type { RequestContext } from '../request-context.ts'

type Response = ResponseInput<typeof DescribeTopicPartitions>
type Topic = NonNullable<Response['topics']>[number]
type Cursor = NonNullable<Response['nextCursor']>

export const describeTopicPartitions = handler(DescribeTopicPartitions, (request, context) => {
  const { authorizer, config } = context
  const isAll = request.topics.length === 0
  const names = namesOf(request, context)
  const mayDescribe = (name: string) => authorizer.allows('DESCRIBE', 'TOPIC', name)
  const limit = Math.max(
    1,
    Math.min(config.get<number>('max.request.partition.size.limit'), request.responsePartitionLimit),
  )
  const allowed = names.filter(mayDescribe).sort()
  const { topics, nextCursor } = describe(allowed, limit, isAll, request.cursor, context)
  const denied = isAll ? [] : names.filter((name) => !mayDescribe(name))
  return {
    topics: [
      ...topics.map((topic) => ({
        ...topic,
        topicAuthorizedOperations: authorizedOperations(authorizer, 'TOPIC', topic.name ?? ''),
      })),
      ...denied.map((name) => ({ name, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED })),
    ],
    nextCursor,
  }
})

/** The names from the cursor on. */
function namesOf({ topics, cursor }: RequestOf<typeof DescribeTopicPartitions>, context: RequestContext): string[] {
  const asked = topics.length > 0 ? topics.map(({ name }) => name) : context.metadata.topics.byName.keys()
  const names = new Set([...asked].filter((name) => name >= (cursor?.topicName ?? '')))
  if (cursor && topics.length > 0 && !names.has(cursor.topicName)) {
    throw new ApiError(
      ErrorCode.INVALID_REQUEST,
      `DescribeTopicPartitionsRequest topic list should contain the cursor topic: ${cursor.topicName}`,
    )
  }
  if (cursor && cursor.partitionIndex < 0) {
    throw new ApiError(
      ErrorCode.INVALID_REQUEST,
      `DescribeTopicPartitionsRequest cursor partition must be valid: Cursor(topicName='${cursor.topicName}', partitionIndex=${cursor.partitionIndex})`,
    )
  }
  return [...names]
}

function describe(
  names: readonly string[],
  limit: number,
  isAll: boolean,
  cursor: RequestOf<typeof DescribeTopicPartitions>['cursor'],
  context: RequestContext,
): { topics: Topic[]; nextCursor: Cursor | null } {
  const topics: Topic[] = []
  let left = limit
  for (const name of names) {
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
    const topic = context.metadata.topics.byName.get(name)
    if (!topic) {
      if (!isAll) topics.push(unknown(name))
      continue
    }
    const start = name === cursor?.topicName ? cursor.partitionIndex : 0
    const partitions = topic.partitions.slice(start, start + left)
    topics.push({
      name,
      topicId: topic.id,
      isInternal: isInternalTopic(name),
      partitions: partitions.map((partition) => describePartition(partition, context)),
    })
    const next = start + partitions.length
    if (next < topic.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: next } }
    left -= partitions.length
  }
  return { topics, nextCursor: null }
}

function unknown(name: string): Topic {
  const errorCode = invalidTopicName(name) ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  return { errorCode, name, isInternal: isInternalTopic(name) }
}

function describePartition(partition: PartitionImage, { metadata, listenerName }: RequestContext) {
  return {
    partitionIndex: partition.partition,
    leaderId: endpointOf(metadata, partition.leader, listenerName) ? partition.leader : -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    eligibleLeaderReplicas: partition.elr,
    lastKnownElr: partition.lastKnownElr,
    offlineReplicas: offlineReplicas(metadata, partition, listenerName),
  }
}
