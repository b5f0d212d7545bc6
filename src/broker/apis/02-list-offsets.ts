// ListOffsets v1–11: offsets by timestamp, and the special ones: earliest -2, latest -1, of the largest timestamp -3
// (KIP-734), local and remote bounds -4 to -6 (KIP-405, KIP-1005, KIP-1023), which equal the plain ones or -1 as
// nothing is stored remotely.
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { ListOffsets } from '../../protocol/messages/02-list-offsets.ts'
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts'
import { handler } from '../handler.ts'
import { CONSUMER_REPLICA_ID, type Partition } from '../partition.ts'
import type { RequestContext } from '../request-context.ts'

type Request = RequestOf<typeof ListOffsets>
type AskedPartition = Request['topics'][number]['partitions'][number]
type ResponseTopic = NonNullable<ResponseInput<typeof ListOffsets>['topics']>[number]
type PartitionAnswer = NonNullable<ResponseTopic['partitions']>[number]

const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6
/** First version in which each special timestamp may be asked for. */
const SUPPORTED_SINCE = new Map<number | bigint, number>([
  [LATEST, 1],
  [EARLIEST, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
])
/** Reads any replica; used by Apache's replica verification tool. */
const DEBUGGING_REPLICA_ID = -2
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const UNKNOWN: PartitionAnswer = { timestamp: -1, offset: -1 }

export const listOffsets = handler(ListOffsets, async (request, context) => {
  const { isolationLevel, topics } = request
  if (topics.length > 0 && isolationLevel !== READ_UNCOMMITTED && isolationLevel !== READ_COMMITTED) {
    throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, `Unknown isolation level ${isolationLevel}`)
  }
  const asked = askedByTopic(topics)
  return {
    topics: await Promise.all(
      [...asked].map(async ([name, partitions]) => ({
        name,
        partitions: await Promise.all(
          [...partitions.values()].map((partition) => answer(name, partition, request, context)),
        ),
      })),
    ),
  }
})

interface Asked {
  readonly partition: AskedPartition
  isDuplicated: boolean
}

/** Topic → partition → what is asked. Topics without partitions are not answered; a partition is answered once. */
function askedByTopic(topics: Request['topics']): Map<string, Map<number, Asked>> {
  const asked = new Map<string, Map<number, Asked>>()
  for (const { name, partitions } of topics) {
    if (partitions.length === 0) continue
    let ofTopic = asked.get(name)
    if (!ofTopic) asked.set(name, (ofTopic = new Map()))
    for (const partition of partitions) {
      const known = ofTopic.get(partition.partitionIndex)
      if (known) known.isDuplicated = true
      else ofTopic.set(partition.partitionIndex, { partition, isDuplicated: false })
    }
  }
  return asked
}

async function answer(
  topic: string,
  { partition, isDuplicated }: Asked,
  request: Request,
  context: RequestContext,
): Promise<PartitionAnswer> {
  const { partitionIndex } = partition
  try {
    if (!context.authorizer.allows('DESCRIBE', 'TOPIC', topic)) {
      throw new ApiError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    }
    if (isDuplicated) throw new ApiError(ErrorCode.INVALID_REQUEST)
    const { leaderEpoch, ...found } = await offsetOf(topic, partition, request, context)
    // KIP-320 added the epoch in v4.
    return { partitionIndex, ...found, ...(context.apiVersion >= 4 ? { leaderEpoch } : {}) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { partitionIndex, ...UNKNOWN, errorCode: error.code }
  }
}

async function offsetOf(
  topic: string,
  { partitionIndex, timestamp, currentLeaderEpoch }: AskedPartition,
  { replicaId, isolationLevel }: Request,
  { apiVersion, partitions }: RequestContext,
): Promise<PartitionAnswer> {
  if (timestamp < 0 && apiVersion < (SUPPORTED_SINCE.get(timestamp) ?? Number.POSITIVE_INFINITY)) {
    throw new ApiError(ErrorCode.UNSUPPORTED_VERSION)
  }
  const partition = partitions.get(topic, partitionIndex) ?? partitions.leader(topic, partitionIndex)
  if (replicaId !== DEBUGGING_REPLICA_ID) partition.checkLeader(currentLeaderEpoch)
  const { log } = partition
  const isConsumer = replicaId === CONSUMER_REPLICA_ID
  const lastFetchable = !isConsumer
    ? log.logEndOffset
    : isolationLevel === READ_COMMITTED
      ? log.lastStableOffset
      : log.highWatermark
  switch (timestamp) {
    case LATEST:
      return { timestamp: -1, offset: lastFetchable, leaderEpoch: partition.leaderEpoch }
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { timestamp: -1, offset: log.logStartOffset, leaderEpoch: epochAt(partition, log.logStartOffset) }
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return UNKNOWN
    default: {
      const found =
        timestamp === MAX_TIMESTAMP ? await log.maxTimestampOffset() : await log.offsetForTimestamp(timestamp)
      return found && found.offset < lastFetchable ? found : UNKNOWN
    }
  }
}

function epochAt(partition: Partition, offset: number): number {
  return partition.log.epochForOffset(offset) ?? -1
}
