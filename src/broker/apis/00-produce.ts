// Produce v0–13: appends record batches to partitions this broker leads. Versions below 3 are only advertised
// (KIP-896: librdkafka needs to see them); v13 names topics by id (KIP-516).

import { prepareCodec } from '../../protocol/compression.ts'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { Produce } from '../../protocol/messages/00-produce.ts'
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts'
import { CloseConnection, handler } from '../handler.ts'
import type { AppendResult } from '../log/append.ts'
import { AppendError } from '../log/partition-log.ts'
import { isInternalTopic } from '../metadata/internal-topics.ts'
import type { Partition } from '../partition.ts'
import type { RequestContext } from '../request-context.ts'
import { leaderHint } from './current-leader.ts'

type ProduceTopic = RequestOf<typeof Produce>['topicData'][number]
type ProducePartition = ProduceTopic['partitionData'][number]
type ProduceResponse = ResponseInput<typeof Produce>
type TopicResponse = NonNullable<ProduceResponse['responses']>[number]
type PartitionResponse = NonNullable<TopicResponse['partitionResponses']>[number]

const LOGGER = 'kafka.server.KafkaApis'
/** Only a client of this id may write to internal topics, as in Apache Kafka. */
const ADMIN_CLIENT_ID = '__admin_client'
/** Byte of the batch header with the transactional flag, and the flag (low byte of attributes int16 at 21). */
const ATTRIBUTES_LOW_BYTE = 22
const TRANSACTIONAL = 0x10
const CODEC_MASK = 0x07
const ZSTD = 4

export const produce = handler(Produce, async (request, context) => {
  if (request.topicData.some((topic) => topic.partitionData.some(isTransactional))) {
    const { transactionalId } = request
    if (transactionalId === null || !context.authorizer.allows('WRITE', 'TRANSACTIONAL_ID', transactionalId)) {
      throw new ApiError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    }
  }
  // Everything from here to the queues of the partitions is one step: the next Produce may overtake a wait, but not it.
  if (request.topicData.some((topic) => needsZstd(topic, context))) await prepareCodec('zstd')
  const pending = request.topicData.map((topic) => appendTopic(topic, request, context))
  context.appendsQueued()
  const topics = await Promise.all(pending)
  if (request.acks !== 0) return withLeaderHints(topics, context)
  const failures = topics.flatMap(({ name, partitionResponses }) =>
    partitionResponses
      .filter(({ errorCode }) => errorCode)
      .map(({ index, errorCode }) => `${name}-${index} -> ${errorCode}`),
  )
  if (failures.length === 0) return undefined
  context.logger.info(
    `Closing connection due to error during produce request from client id ${context.clientId} with ack=0\n` +
      `Topic and partition to exceptions: ${failures.join(', ')}`,
    LOGGER,
  )
  throw new CloseConnection('produce with acks=0 failed')
})

/** zstd alone has a library that loads asynchronously (on a Node.js without its own). */
function needsZstd(topic: ProduceTopic, { apiVersion, metadata, partitions }: RequestContext): boolean {
  const name = apiVersion >= 13 ? metadata.topics.byId.get(topic.topicId)?.name : topic.name
  return topic.partitionData.some(({ index, records }) => {
    if (records && records.length > ATTRIBUTES_LOW_BYTE && (records[ATTRIBUTES_LOW_BYTE]! & CODEC_MASK) === ZSTD)
      return true
    return name !== undefined && partitions.get(name, index)?.log.config.compressionType === 'zstd'
  })
}

function isTransactional({ records }: ProducePartition): boolean {
  return (
    records !== null && records.length > ATTRIBUTES_LOW_BYTE && (records[ATTRIBUTES_LOW_BYTE]! & TRANSACTIONAL) !== 0
  )
}

interface AnsweredTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionResponses: (PartitionResponse & { index: number; errorCode: number })[]
}

async function appendTopic(
  topic: ProduceTopic,
  request: RequestOf<typeof Produce>,
  context: RequestContext,
): Promise<AnsweredTopic> {
  const byId = context.apiVersion >= 13
  const name = byId ? (context.metadata.topics.byId.get(topic.topicId)?.name ?? '') : topic.name
  const partitionResponses = await Promise.all(
    topic.partitionData.map(async (partition) => {
      const { index } = partition
      try {
        if (byId && name === '') throw new ApiError(ErrorCode.UNKNOWN_TOPIC_ID)
        return { index, errorCode: ErrorCode.NONE, ...(await appendPartition(name, partition, request, context)) }
      } catch (error) {
        return { index, ...failureOf(error) }
      }
    }),
  )
  return { name, topicId: topic.topicId, partitionResponses }
}

async function appendPartition(
  topic: string,
  { index, records }: ProducePartition,
  { acks, timeoutMs }: RequestOf<typeof Produce>,
  context: RequestContext,
): Promise<PartitionResponse> {
  if (!context.authorizer.allows('WRITE', 'TOPIC', topic)) throw new ApiError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
  if (!context.metadata.topics.byName.get(topic)?.partitions[index]) {
    throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  }
  if (acks !== 0 && acks !== 1 && acks !== -1) throw new ApiError(ErrorCode.INVALID_REQUIRED_ACKS)
  if (isInternalTopic(topic) && context.clientId !== ADMIN_CLIENT_ID) {
    throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, `Cannot append to internal topic ${topic}`)
  }
  const partition = context.partitions.leader(topic, index)
  if (acks === -1 && partition.isr.length < partition.effectiveMinIsr) {
    throw new ApiError(ErrorCode.NOT_ENOUGH_REPLICAS)
  }
  const result = await partition.append({
    records: records ?? Buffer.alloc(0),
    origin: 'client',
    requestVersion: context.apiVersion,
  })
  if (acks === -1) await committedWithin(timeoutMs, partition, result, context)
  return {
    baseOffset: result.firstOffset,
    logAppendTimeMs: result.logAppendTimeMs,
    logStartOffset: result.logStartOffset,
  }
}

/** Waits until the append is on every in-sync replica; REQUEST_TIMED_OUT leaves it written, as in Kafka. */
function committedWithin(
  timeoutMs: number,
  partition: Partition,
  result: AppendResult,
  { clock }: RequestContext,
): Promise<void> | undefined {
  const offset = result.lastOffset + 1
  if (partition.highWatermark >= offset) return undefined
  return new Promise((resolve, reject) => {
    const timer = clock.after(timeoutMs, () => reject(new ApiError(ErrorCode.REQUEST_TIMED_OUT)))
    partition.committed(offset).then(resolve, reject).finally(timer.cancel)
  })
}

function failureOf(error: unknown): PartitionResponse & { errorCode: number } {
  if (!(error instanceof ApiError)) throw error
  return {
    errorCode: error.code,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: error instanceof AppendError ? error.recordErrors : [],
    errorMessage: error instanceof AppendError ? error.message : null,
  }
}

function withLeaderHints(topics: AnsweredTopic[], context: RequestContext): ProduceResponse {
  if (context.apiVersion < 10) return { responses: topics }
  const nodeEndpoints = new Map<number, { nodeId: number; host: string; port: number; rack: string | null }>()
  const responses = topics.map(({ name, topicId, partitionResponses }) => ({
    name,
    topicId,
    partitionResponses: partitionResponses.map((partition) => {
      if (partition.errorCode !== ErrorCode.NOT_LEADER_OR_FOLLOWER) return partition
      const { currentLeader, endpoint } = leaderHint(context, name, partition.index)
      if (endpoint) nodeEndpoints.set(endpoint.nodeId, endpoint)
      return { ...partition, currentLeader }
    }),
  }))
  return { responses, nodeEndpoints: [...nodeEndpoints.values()] }
}
