/**
 * The answer of each API when a request fails as a whole: one place for all of them, so that handlers only throw.
 * What each holds was compared, byte by byte, with what Apache Kafka 4.3.1 answers.
 */
import { ErrorCode, errorFacts } from '../protocol/error-code.ts'
import type { Produce } from '../protocol/messages/00-produce.ts'
import type { Fetch } from '../protocol/messages/01-fetch.ts'
import type { ListOffsets } from '../protocol/messages/02-list-offsets.ts'
import type { Metadata } from '../protocol/messages/03-metadata.ts'
import type { OffsetCommit } from '../protocol/messages/08-offset-commit.ts'
import type { OffsetFetch } from '../protocol/messages/09-offset-fetch.ts'
import type { FindCoordinator } from '../protocol/messages/10-find-coordinator.ts'
import type { JoinGroup } from '../protocol/messages/11-join-group.ts'
import type { DescribeGroups } from '../protocol/messages/15-describe-groups.ts'
import type { CreateTopics } from '../protocol/messages/19-create-topics.ts'
import type { DeleteTopics } from '../protocol/messages/20-delete-topics.ts'
import type { DeleteRecords } from '../protocol/messages/21-delete-records.ts'
import type { InitProducerId } from '../protocol/messages/22-init-producer-id.ts'
import type { OffsetForLeaderEpoch } from '../protocol/messages/23-offset-for-leader-epoch.ts'
import type { AddPartitionsToTxn } from '../protocol/messages/24-add-partitions-to-txn.ts'
import type { WriteTxnMarkers } from '../protocol/messages/27-write-txn-markers.ts'
import type { TxnOffsetCommit } from '../protocol/messages/28-txn-offset-commit.ts'
import type { CreateAcls } from '../protocol/messages/30-create-acls.ts'
import type { DeleteAcls } from '../protocol/messages/31-delete-acls.ts'
import type { DescribeConfigs } from '../protocol/messages/32-describe-configs.ts'
import type { AlterConfigs } from '../protocol/messages/33-alter-configs.ts'
import type { AlterReplicaLogDirs } from '../protocol/messages/34-alter-replica-log-dirs.ts'
import type { CreatePartitions } from '../protocol/messages/37-create-partitions.ts'
import type { CreateDelegationToken } from '../protocol/messages/38-create-delegation-token.ts'
import type { DeleteGroups } from '../protocol/messages/42-delete-groups.ts'
import type { ElectLeaders } from '../protocol/messages/43-elect-leaders.ts'
import type { IncrementalAlterConfigs } from '../protocol/messages/44-incremental-alter-configs.ts'
import type { AlterPartitionReassignments } from '../protocol/messages/45-alter-partition-reassignments.ts'
import type { ListPartitionReassignments } from '../protocol/messages/46-list-partition-reassignments.ts'
import type { DescribeClientQuotas } from '../protocol/messages/48-describe-client-quotas.ts'
import type { AlterClientQuotas } from '../protocol/messages/49-alter-client-quotas.ts'
import type { DescribeUserScramCredentials } from '../protocol/messages/50-describe-user-scram-credentials.ts'
import type { AlterUserScramCredentials } from '../protocol/messages/51-alter-user-scram-credentials.ts'
import type { DescribeQuorum } from '../protocol/messages/55-describe-quorum.ts'
import type { DescribeProducers } from '../protocol/messages/61-describe-producers.ts'
import type { ConsumerGroupHeartbeat } from '../protocol/messages/68-consumer-group-heartbeat.ts'
import type { ConsumerGroupDescribe } from '../protocol/messages/69-consumer-group-describe.ts'
import type { ControllerRegistration } from '../protocol/messages/70-controller-registration.ts'
import type { DescribeTopicPartitions } from '../protocol/messages/75-describe-topic-partitions.ts'
import type { ShareGroupHeartbeat } from '../protocol/messages/76-share-group-heartbeat.ts'
import type { ShareGroupDescribe } from '../protocol/messages/77-share-group-describe.ts'
import type { ShareFetch } from '../protocol/messages/78-share-fetch.ts'
import type { ShareAcknowledge } from '../protocol/messages/79-share-acknowledge.ts'
import type { AddRaftVoter } from '../protocol/messages/80-add-raft-voter.ts'
import type { RemoveRaftVoter } from '../protocol/messages/81-remove-raft-voter.ts'
import type { InitializeShareGroupState } from '../protocol/messages/83-initialize-share-group-state.ts'
import type { ReadShareGroupState } from '../protocol/messages/84-read-share-group-state.ts'
import type { WriteShareGroupState } from '../protocol/messages/85-write-share-group-state.ts'
import type { DeleteShareGroupState } from '../protocol/messages/86-delete-share-group-state.ts'
import type { ReadShareGroupStateSummary } from '../protocol/messages/87-read-share-group-state-summary.ts'
import type { StreamsGroupHeartbeat } from '../protocol/messages/88-streams-group-heartbeat.ts'
import type { StreamsGroupDescribe } from '../protocol/messages/89-streams-group-describe.ts'
import type { DescribeShareGroupOffsets } from '../protocol/messages/90-describe-share-group-offsets.ts'
import type { AlterShareGroupOffsets } from '../protocol/messages/91-alter-share-group-offsets.ts'
import type { DeleteShareGroupOffsets } from '../protocol/messages/92-delete-share-group-offsets.ts'
import type { AnyApi, RequestOf, ResponseInput } from '../protocol/schema.ts'

/** What went wrong with a request. */
export interface Failure {
  readonly code: ErrorCode
  /** What the failing code said. */
  readonly message: string
}

/** As an API's answer shows it: what only repeats the code's own text, or may tell what it should not, is left out. */
interface ShownFailure {
  readonly code: ErrorCode
  readonly message: string | null
}

type BuildOf<A extends AnyApi> = (
  request: RequestOf<A>,
  failure: ShownFailure,
  version: number,
) => ResponseInput<A> | undefined
type Build = BuildOf<AnyApi>

/** Typed by the API that the key of the table stands for. */
function of<A extends AnyApi>(build: BuildOf<A>): Build {
  return build as Build
}

/** The response, or undefined for a request to which none is sent (Produce with acks=0). */
export function errorResponse<A extends AnyApi>(
  api: A,
  version: number,
  request: unknown,
  failure: Failure,
): ResponseInput<A> | undefined {
  const build = BUILDERS[api.key]
  const shown = shownFailure(failure)
  return (build ? build(request as RequestOf<AnyApi>, shown, version) : topLevel(api, shown)) as
    | ResponseInput<A>
    | undefined
}

function shownFailure({ code, message }: Failure): ShownFailure {
  const isHidden = code === ErrorCode.UNKNOWN_SERVER_ERROR || message === errorFacts(code).message
  return { code, message: isHidden ? null : message }
}

function topLevel({ response: { fields } }: AnyApi, { code, message }: ShownFailure): object {
  return 'errorMessage' in fields ? { errorCode: code, errorMessage: message } : { errorCode: code }
}

const errorOnly: Build = (_, { code }) => ({ errorCode: code })
const withStandardText: Build = (_, failure) => ({ errorCode: failure.code, errorMessage: textOf(failure) })

/** Kafka's own text for the code: some APIs answer with it instead of with what the failing code said. */
function textOf({ code }: ShownFailure): string {
  return errorFacts(code).message
}

/** One answer per topic and partition of the request. */
function perPartition<T extends { readonly partitions: readonly unknown[] }, Topic, Partition>(
  topics: readonly T[],
  topicOf: (topic: T) => Topic,
  partitionOf: (partition: T['partitions'][number]) => Partition,
): (Topic & { partitions: Partition[] })[] {
  return topics.map((topic) => ({ ...topicOf(topic), partitions: topic.partitions.map(partitionOf) }))
}

const named = ({ name }: { name: string }) => ({ name })

const BUILDERS: Readonly<Record<number, Build>> = {
  0: of<typeof Produce>(({ acks, topicData }, { code, message }) =>
    acks === 0
      ? undefined
      : {
          responses: topicData.map(({ name, topicId, partitionData }) => ({
            name,
            topicId,
            partitionResponses: partitionData.map(({ index }) => ({
              index,
              errorCode: code,
              baseOffset: -1,
              errorMessage: message,
            })),
          })),
        },
  ),
  // Fetch: clients before v7 look for the error at each partition, later ones at the top.
  1: of<typeof Fetch>(({ sessionId, topics }, { code }, version) => ({
    errorCode: code,
    sessionId,
    responses:
      version >= 13
        ? []
        : perPartition(
            topics,
            ({ topic }) => ({ topic }),
            ({ partition }) => ({
              partitionIndex: partition,
              errorCode: code,
              highWatermark: -1,
              abortedTransactions: [],
              records: Buffer.alloc(0),
            }),
          ),
  })),
  2: of<typeof ListOffsets>(({ topics }, { code }) => ({
    topics: perPartition(topics, named, ({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
  })),
  3: of<typeof Metadata>(({ topics }, { code }) => ({
    errorCode: code,
    topics: (topics ?? []).map(({ name, topicId }) => ({ name: name ?? '', topicId, errorCode: code })),
  })),
  8: of<typeof OffsetCommit>(({ topics }, { code }) => ({
    topics: perPartition(
      topics,
      ({ name, topicId }) => ({ name, topicId }),
      ({ partitionIndex }) => ({ partitionIndex, errorCode: code }),
    ),
  })),
  // OffsetFetch: v0 and v1 have the error at each partition, v8 and up at each group.
  9: of<typeof OffsetFetch>(({ topics, groups }, { code }, version) => {
    if (version >= 8) return { groups: groups.map(({ groupId }) => ({ groupId, errorCode: code })) }
    if (version >= 2) return { errorCode: code }
    return {
      topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          committedOffset: -1,
          metadata: '',
          errorCode: code,
        })),
      })),
    }
  }),
  10: of<typeof FindCoordinator>(({ coordinatorKeys }, failure, version) => {
    const error = { errorCode: failure.code, errorMessage: textOf(failure), nodeId: -1, host: '', port: -1 }
    return version >= 4 ? { coordinators: coordinatorKeys.map((key) => ({ ...error, key })) } : error
  }),
  11: of<typeof JoinGroup>((_, { code }, version) => ({ errorCode: code, protocolName: version >= 7 ? null : '' })),
  15: of<typeof DescribeGroups>(({ groups }, { code }) => ({
    groups: groups.map((groupId) => ({ groupId, errorCode: code })),
  })),
  19: of<typeof CreateTopics>(({ topics }, { code, message }) => ({
    topics: topics.map(({ name }) => ({ name, errorCode: code, errorMessage: message })),
  })),
  20: of<typeof DeleteTopics>(({ topics, topicNames }, { code }, version) => ({
    responses:
      version >= 6
        ? topics.map(({ name, topicId }) => ({ name, topicId, errorCode: code }))
        : topicNames.map((name) => ({ name, errorCode: code })),
  })),
  21: of<typeof DeleteRecords>(({ topics }, { code }) => ({
    topics: perPartition(topics, named, ({ partitionIndex }) => ({
      partitionIndex,
      lowWatermark: -1,
      errorCode: code,
    })),
  })),
  22: of<typeof InitProducerId>((_, { code }) => ({ errorCode: code, producerId: -1, producerEpoch: -1 })),
  23: of<typeof OffsetForLeaderEpoch>(({ topics }, { code }) => ({
    topics: perPartition(
      topics,
      ({ topic }) => ({ topic }),
      ({ partition }) => ({ partition, errorCode: code }),
    ),
  })),
  24: of<typeof AddPartitionsToTxn>(({ v3AndBelowTopics }, { code }, version) =>
    version >= 4
      ? { errorCode: code }
      : {
          resultsByTopicV3AndBelow: v3AndBelowTopics.map(({ name, partitions }) => ({
            name,
            resultsByPartition: partitions.map((partitionIndex) => ({
              partitionIndex,
              partitionErrorCode: code,
            })),
          })),
        },
  ),
  27: of<typeof WriteTxnMarkers>(({ markers }, { code }) => ({
    markers: markers.map(({ producerId, topics }) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode: code })),
      })),
    })),
  })),
  28: of<typeof TxnOffsetCommit>(({ topics }, { code }) => ({
    topics: perPartition(topics, named, ({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
  })),
  30: of<typeof CreateAcls>(({ creations }, { code, message }) => ({
    results: creations.map(() => ({ errorCode: code, errorMessage: message })),
  })),
  31: of<typeof DeleteAcls>(({ filters }, { code, message }) => ({
    filterResults: filters.map(() => ({ errorCode: code, errorMessage: message })),
  })),
  32: of<typeof DescribeConfigs>(({ resources }, failure) => ({
    results: resources.map(({ resourceType, resourceName }) => ({
      errorCode: failure.code,
      errorMessage: textOf(failure),
      resourceType,
      resourceName,
    })),
  })),
  33: of<typeof AlterConfigs>(perResource),
  44: of<typeof IncrementalAlterConfigs>(perResource),
  34: of<typeof AlterReplicaLogDirs>(({ dirs }, { code }) => ({
    results: dirs.flatMap(({ topics }) =>
      topics.map(({ name, partitions }) => ({
        topicName: name,
        partitions: partitions.map((partitionIndex) => ({ partitionIndex, errorCode: code })),
      })),
    ),
  })),
  37: of<typeof CreatePartitions>(({ topics }, { code, message }) => ({
    results: topics.map(({ name }) => ({ name, errorCode: code, errorMessage: message })),
  })),
  38: of<typeof CreateDelegationToken>((_, { code }, version) => ({
    errorCode: code,
    principalType: 'User',
    principalName: 'ANONYMOUS',
    ...(version >= 3 ? { tokenRequesterPrincipalType: 'User', tokenRequesterPrincipalName: 'ANONYMOUS' } : {}),
    issueTimestampMs: -1,
    expiryTimestampMs: -1,
    maxTimestampMs: -1,
  })),
  42: of<typeof DeleteGroups>(({ groupsNames }, { code }) => ({
    results: groupsNames.map((groupId) => ({ groupId, errorCode: code })),
  })),
  43: of<typeof ElectLeaders>(({ topicPartitions }, { code, message }, version) => ({
    ...(version >= 1 ? { errorCode: code } : {}),
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({
        partitionId,
        errorCode: code,
        errorMessage: message,
      })),
    })),
  })),
  45: of<typeof AlterPartitionReassignments>(({ topics }, { code, message }) => ({
    errorCode: code,
    errorMessage: message,
    responses: perPartition(topics, named, ({ partitionIndex }) => ({
      partitionIndex,
      errorCode: code,
      errorMessage: message,
    })),
  })),
  46: of<typeof ListPartitionReassignments>(({ topics }, { code, message }) => ({
    errorCode: code,
    errorMessage: message,
    topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex })),
    })),
  })),
  48: of<typeof DescribeClientQuotas>((_, { code, message }) => ({
    errorCode: code,
    errorMessage: message,
    entries: null,
  })),
  49: of<typeof AlterClientQuotas>(({ entries }, failure) => ({
    entries: entries.map(({ entity }) => ({ errorCode: failure.code, errorMessage: textOf(failure), entity })),
  })),
  50: of<typeof DescribeUserScramCredentials>(({ users }, { code, message }) => ({
    errorCode: code,
    errorMessage: message,
    results: (users ?? []).map(() => ({ errorCode: code, errorMessage: message })),
  })),
  51: of<typeof AlterUserScramCredentials>(({ deletions, upsertions }, { code, message }) => ({
    results: [...new Set([...deletions, ...upsertions].map(({ name }) => name))].map((user) => ({
      user,
      errorCode: code,
      errorMessage: message,
    })),
  })),
  61: of<typeof DescribeProducers>(({ topics }, { code }) => ({
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode: code })),
    })),
  })),
  69: of<typeof ConsumerGroupDescribe>(perGroupId),
  77: of<typeof ShareGroupDescribe>(perGroupId),
  89: of<typeof StreamsGroupDescribe>(perGroupId),
  75: of<typeof DescribeTopicPartitions>(({ topics }, { code }) => ({
    topics: topics.map(({ name }) => ({ name, errorCode: code })),
  })),
  // APIs that answer with the code alone, or with Kafka's text for it, though they have room for a message.
  68: of<typeof ConsumerGroupHeartbeat>(errorOnly),
  76: of<typeof ShareGroupHeartbeat>(errorOnly),
  78: of<typeof ShareFetch>(errorOnly),
  79: of<typeof ShareAcknowledge>(errorOnly),
  88: of<typeof StreamsGroupHeartbeat>(errorOnly),
  55: of<typeof DescribeQuorum>(withStandardText),
  70: of<typeof ControllerRegistration>(withStandardText),
  80: of<typeof AddRaftVoter>(withStandardText),
  81: of<typeof RemoveRaftVoter>(withStandardText),
  91: of<typeof AlterShareGroupOffsets>(withStandardText),
  92: of<typeof DeleteShareGroupOffsets>(withStandardText),
  // The state of share groups
  83: of<typeof InitializeShareGroupState>((request, { code }) => statePerPartition(request, { errorCode: code })),
  84: of<typeof ReadShareGroupState>((request, failure) =>
    statePerPartition(request, { errorCode: failure.code, errorMessage: textOf(failure) }),
  ),
  85: of<typeof WriteShareGroupState>((request, failure) =>
    statePerPartition(request, { errorCode: failure.code, errorMessage: textOf(failure) }),
  ),
  86: of<typeof DeleteShareGroupState>((request, { code }) => statePerPartition(request, { errorCode: code })),
  87: of<typeof ReadShareGroupStateSummary>((request, failure) =>
    statePerPartition(request, {
      errorCode: failure.code,
      errorMessage: textOf(failure),
      stateEpoch: 0,
      leaderEpoch: 0,
      startOffset: 0,
    }),
  ),
  90: of<typeof DescribeShareGroupOffsets>(({ groups }, { code, message }) => ({
    groups: groups.map(({ groupId }) => ({ groupId, errorCode: code, errorMessage: message })),
  })),
}

function perResource(
  { resources }: { resources: readonly { resourceType: number; resourceName: string }[] },
  { code, message }: ShownFailure,
) {
  return {
    responses: resources.map(({ resourceType, resourceName }) => ({
      errorCode: code,
      errorMessage: message,
      resourceType,
      resourceName,
    })),
  }
}

function perGroupId({ groupIds }: { groupIds: readonly string[] }, { code }: ShownFailure) {
  return { groups: groupIds.map((groupId) => ({ groupId, errorCode: code })) }
}

interface StateRequest {
  readonly topics: readonly {
    readonly topicId: string
    readonly partitions: readonly { readonly partition: number }[]
  }[]
}

function statePerPartition<Error>({ topics }: StateRequest, error: Error) {
  return {
    results: perPartition(
      topics,
      ({ topicId }) => ({ topicId }),
      ({ partition }) => ({ partition, ...error }),
    ),
  }
}
