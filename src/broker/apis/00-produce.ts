// Produce v0–13: appends record batches to partitions this broker leads. Versions below 3 are only advertised
// (KIP-896: librdkafka needs to see them); v13 names topics by id (KIP-516).

import { LENGTH_AT, LOG_OVERHEAD, MAGIC, MAGIC_AT } from '../../protocol/batch-header.ts'
import { prepareCodec } from '../../protocol/compression.ts'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { Produce } from '../../protocol/messages/00-produce.ts'
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts'
import { CloseConnection, handler } from '../handler.ts'
import type { AppendResult } from '../log/append.ts'
import { type AppendEntry, AppendError } from '../log/partition-log.ts'
import { isInternalTopic } from '../metadata/internal-topics.ts'
import type { AppendListener, Partition } from '../partition.ts'
import type { RequestContext } from '../request-context.ts'
import { leaderHint } from './current-leader.ts'

type ProduceRequest = RequestOf<typeof Produce>
type ProduceTopic = ProduceRequest['topicData'][number]
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
/** Least length of a batch of any format, as its length field counts. */
const SMALLEST_LENGTH = 14
const ZSTD = 4
/**
 * Without a transaction coordinator no partition can be part of a transaction. Were its records written, they would hold
 * back readers of committed records for ever.
 */
const NOT_IN_TRANSACTION = 'Partition was not added to the transaction'
const NO_RECORDS = Buffer.alloc(0)

export const produce = handler(Produce, (request, context) => {
  if (request.topicData.some((topic) => topic.partitionData.some(isTransactional))) {
    const { transactionalId } = request
    if (transactionalId === null || !context.authorizer.allows('WRITE', 'TRANSACTIONAL_ID', transactionalId)) {
      throw new ApiError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    }
  }
  // Everything from here to the queues of the partitions is one step: the next Produce may overtake a wait, but not it.
  if (!request.topicData.some((topic) => needsZstd(topic, context))) return appendAll(request, context)
  return prepareCodec('zstd').then(() => appendAll(request, context))
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

/**
 * As Kafka sees a request: a partition that is named twice is written once, with what came last, and a topic without
 * partitions is not answered.
 */
function distinct(topics: readonly ProduceTopic[], { apiVersion }: RequestContext): readonly ProduceTopic[] {
  if (topics.length === 1 && topics[0]!.partitionData.length === 1) return topics
  const byTopic = new Map<string, { topic: ProduceTopic; partitions: Map<number, ProducePartition> }>()
  for (const topic of topics) {
    if (topic.partitionData.length === 0) continue
    const key = apiVersion >= 13 ? topic.topicId : topic.name
    let known = byTopic.get(key)
    if (!known) byTopic.set(key, (known = { topic, partitions: new Map() }))
    for (const partition of topic.partitionData) known.partitions.set(partition.index, partition)
  }
  return [...byTopic.values()].map(({ topic, partitions }) => ({ ...topic, partitionData: [...partitions.values()] }))
}

/**
 * Whether the batch has the transactional flag. Bytes that cannot be a batch of any format fail the whole request here,
 * as in Kafka, whose first look at the records this is.
 */
function isTransactional({ records }: ProducePartition): boolean {
  if (records === null || records.length < LOG_OVERHEAD) return false
  const length = records.readInt32BE(LENGTH_AT)
  if (length < SMALLEST_LENGTH) {
    const text = `Record size ${length} is less than the minimum record overhead (${SMALLEST_LENGTH})`
    throw new ApiError(ErrorCode.CORRUPT_MESSAGE, text)
  }
  if (records.length <= MAGIC_AT) return false
  const magic = records.readInt8(MAGIC_AT)
  if (magic < 0 || magic > MAGIC) {
    throw new ApiError(ErrorCode.CORRUPT_MESSAGE, `Invalid magic found in record: ${magic}`)
  }
  return records.length > ATTRIBUTES_LOW_BYTE && (records[ATTRIBUTES_LOW_BYTE]! & TRANSACTIONAL) !== 0
}

interface AnsweredTopic {
  readonly name: string
  readonly topicId: string
  /** In the order of the request, each there once its partition has answered. */
  readonly partitionResponses: AnsweredPartition[]
}

type AnsweredPartition = PartitionResponse & { readonly index: number; readonly errorCode: number }

/**
 * Queues everything and answers when every partition has. The partitions are counted instead of having a promise each:
 * nearly every request has one, and comes with thousands of others in the same second.
 */
function appendAll(request: ProduceRequest, context: RequestContext): Promise<ProduceResponse | undefined> {
  return new Promise((resolve, reject) => {
    const topics: AnsweredTopic[] = []
    // One more than there are partitions, until all are queued.
    let waiting = 1
    const finishOne = () => {
      if (--waiting > 0) return
      try {
        resolve(responseOf(topics, request, context))
      } catch (error) {
        reject(error)
      }
    }
    for (const { name: givenName, topicId, partitionData } of distinct(request.topicData, context)) {
      const name = context.apiVersion >= 13 ? context.metadata.topics.byId.get(topicId)?.name : givenName
      const partitionResponses: AnsweredPartition[] = []
      topics.push({ name: name ?? '', topicId, partitionResponses })
      for (const [position, partition] of partitionData.entries()) {
        waiting++
        appendPartition(name, partition, request, context, (outcome) => {
          if (outcome instanceof Error && !(outcome instanceof ApiError)) return reject(outcome)
          partitionResponses[position] =
            outcome instanceof Error
              ? failureOf(partition.index, outcome, context.partitions.get(name ?? '', partition.index))
              : answerOf(partition.index, outcome)
          finishOne()
        })
      }
    }
    context.appendsQueued()
    finishOne()
  })
}

/** Queues the records of one partition, unless they are refused at once. */
function appendPartition(
  topic: string | undefined,
  produced: ProducePartition,
  { acks, timeoutMs }: ProduceRequest,
  context: RequestContext,
  settle: AppendListener,
): void {
  const { index, records } = produced
  let partition: Partition
  try {
    partition = partitionFor(topic, index, acks, context)
    if (isTransactional(produced)) throw new ApiError(ErrorCode.INVALID_TXN_STATE, NOT_IN_TRANSACTION)
  } catch (error) {
    settle(error as Error)
    return
  }
  const entry: AppendEntry = { records: records ?? NO_RECORDS, origin: 'client', requestVersion: context.apiVersion }
  partition.enqueue(entry, (outcome) => {
    if (acks !== -1 || outcome instanceof Error || partition.highWatermark > outcome.lastOffset) settle(outcome)
    else committedWithin(timeoutMs, partition, outcome, context).then(() => settle(outcome), settle)
  })
}

/** The partition to append to; throws when this client may not, or nobody can here. */
function partitionFor(topic: string | undefined, index: number, acks: number, context: RequestContext): Partition {
  if (topic === undefined) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_ID)
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
  return partition
}

/** Waits until the append is on every in-sync replica; REQUEST_TIMED_OUT leaves it written, as in Kafka. */
function committedWithin(
  timeoutMs: number,
  partition: Partition,
  result: AppendResult,
  { clock }: RequestContext,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(timeoutMs, () => reject(new ApiError(ErrorCode.REQUEST_TIMED_OUT)))
    partition
      .committed(result.lastOffset + 1)
      .then(resolve, reject)
      .finally(timer.cancel)
  })
}

function answerOf(index: number, { firstOffset, logAppendTimeMs, logStartOffset }: AppendResult): AnsweredPartition {
  return { index, errorCode: ErrorCode.NONE, baseOffset: firstOffset, logAppendTimeMs, logStartOffset }
}

/** What Kafka finds out only when it appends: the answer then tells where the log starts. */
const FOUND_IN_LOG: ReadonlySet<number> = new Set([
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_TXN_STATE,
])

function failureOf(index: number, failure: ApiError, partition: Partition | undefined): AnsweredPartition {
  const details = failure instanceof AppendError ? failure : undefined
  const isUnverified = failure.message === NOT_IN_TRANSACTION
  const isFoundInLog = details !== undefined || (FOUND_IN_LOG.has(failure.code) && !isUnverified)
  return {
    index,
    errorCode: failure.code,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: isFoundInLog ? (partition?.log.logStartOffset ?? -1) : -1,
    recordErrors: details?.recordErrors ?? [],
    errorMessage: isUnverified || (details && details.recordErrors.length > 0) ? failure.message : null,
  }
}

/** With acks=0 nothing is answered, and a failure ends the connection: it is all that its producer can notice. */
function responseOf(
  topics: AnsweredTopic[],
  { acks }: ProduceRequest,
  context: RequestContext,
): ProduceResponse | undefined {
  if (acks !== 0) return withLeaderHints(topics, context)
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
}

function withLeaderHints(topics: AnsweredTopic[], context: RequestContext): ProduceResponse {
  if (context.apiVersion < 10 || !topics.some(hasStaleLeader)) return { responses: topics }
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

function hasStaleLeader({ partitionResponses }: AnsweredTopic): boolean {
  return partitionResponses.some(({ errorCode }) => errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER)
}
