import { ApiError, ErrorCode, errorFacts } from '../../protocol/error-code.ts'
import type { CreatePartitions } from '../../protocol/messages/37-create-partitions.ts'
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts'
import type { MetadataRecord } from '../metadata/record.ts'
import type { ClusterView } from './cluster-view.ts'
import type { Outcome } from './outcome.ts'
import { MAX_RECORDS_PER_REQUEST, type TopicControl } from './topics.ts'

type MorePartitions = RequestOf<typeof CreatePartitions>['topics'][number]
type Result = NonNullable<ResponseInput<typeof CreatePartitions>['results']>[number]

/** Adds partitions to topics. Each topic has its own answer; the records of all stand or fall together. */
export function createPartitions(
  topics: readonly MorePartitions[],
  view: ClusterView,
  topicControl: TopicControl,
): Outcome<Result[]> {
  const records: MetadataRecord[] = []
  const response = topics.map((topic): Result => {
    try {
      const added = createForOne(topic, view, topicControl)
      if (records.length + added.length > MAX_RECORDS_PER_REQUEST) {
        throw new ApiError(ErrorCode.POLICY_VIOLATION, 'Unable to perform excessively large batch operation.')
      }
      records.push(...added)
      return { name: topic.name }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const isStandard = error.message === errorFacts(error.code).message
      return { name: topic.name, errorCode: error.code, errorMessage: isStandard ? null : error.message }
    }
  })
  return { records, response }
}

function createForOne(
  { name, count, assignments }: MorePartitions,
  view: ClusterView,
  topicControl: TopicControl,
): MetadataRecord[] {
  const topic = view.image.topics.byName.get(name)
  if (!topic) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const existing = topic.partitions.length
  if (count === existing) {
    throw new ApiError(ErrorCode.INVALID_PARTITIONS, `Topic already has ${existing} partition(s).`)
  }
  if (count < existing) {
    throw new ApiError(
      ErrorCode.INVALID_PARTITIONS,
      `The topic ${name} currently has ${existing} partition(s); ${count} would not be an increase.`,
    )
  }
  const additional = count - existing
  if (assignments && assignments.length !== additional) {
    throw new ApiError(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      `Attempted to add ${additional} additional partition(s), but only ${assignments.length} assignment(s) were specified.`,
    )
  }
  if (additional > MAX_RECORDS_PER_REQUEST) {
    throw new ApiError(ErrorCode.POLICY_VIOLATION, 'Unable to perform excessively large batch operation.')
  }
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1
  const added = assignments
    ? assignments.map(({ brokerIds }, index) =>
        topicControl.manualPartition(brokerIds, existing + index, replicationFactor),
      )
    : topicControl.place(additional, replicationFactor)
  return topicControl.partitionRecords(topic.id, existing, added)
}
