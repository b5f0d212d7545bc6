// Fetch v4–18: reads record batches. Sessions since v7 (KIP-227), truncation detection since v12 (KIP-595), topic ids
// since v13 (KIP-516), the replica id in a tagged field since v15 (KIP-903), leader hints since v16 (KIP-951).
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { Fetch } from '../../protocol/messages/01-fetch.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import { CLUSTER_NAME } from '../authorizer.ts'
import { type FetchAnswer, type FetchPartition, type FetchResponsePartition, sizeOfRecords } from '../fetch-sessions.ts'
import { handler } from '../handler.ts'
import type { Partition } from '../partition.ts'
import type { RequestContext } from '../request-context.ts'
import { leaderHint } from './current-leader.ts'

type Request = RequestOf<typeof Fetch>

const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const NO_BYTES: readonly Buffer[] = []

export const fetch = handler(Fetch, async (request, context) => {
  const { metadata, config } = context
  const session = context.fetchSessions.contextFor(
    request,
    context.apiVersion,
    (topicId) => metadata.topics.byId.get(topicId)?.name,
  )
  const partitions = [...session.partitions]
  const maxBytes = Math.min(request.maxBytes, config.fetchMaxBytes, Math.max(0, context.responseBytesLeft))
  const read = new FetchRead(request, context, maxBytes)
  const minBytes = Math.min(request.minBytes, maxBytes)
  const deadline = context.clock.now() + request.maxWaitMs
  let answers = await read.all(partitions)
  while (read.canWait && read.bytes < minBytes && !context.signal.aborted) {
    const leftMs = deadline - context.clock.now()
    if (leftMs <= 0) break
    if (!read.isOvertaken(answers)) await newsOf(partitions, leftMs, context)
    answers = await read.all(partitions)
  }
  context.whenSent(() => read.release())
  const response = session.respond(answers)
  // A follower knows the brokers by itself.
  return context.apiVersion >= 16 && !read.isFollower
    ? { ...response, nodeEndpoints: leaderEndpoints(answers, context) }
    : response
})

/** Reads the partitions of one request, again when it was parked. */
class FetchRead {
  /** Record bytes of the last reading. */
  bytes = 0
  /** An error while reading, or a truncation, must not wait for more bytes. */
  private mustAnswer = false
  /**
   * Partitions that cannot be read at all, with the reason. As in Kafka they do not end the wait for the others, or a
   * consumer of one deleted topic would ask again and again without a pause.
   */
  private unreadable: Map<FetchPartition, ErrorCode> | undefined
  private readableCount = 0
  /** Bytes that the answer may still take. Below 0 only if the client asked for that, which is refused. */
  private bytesLeft = 0
  private readonly request: Request
  private readonly context: RequestContext
  private readonly maxBytes: number
  private readonly replicaId: number
  private readonly allowed = new Map<string, boolean>()
  private releases: (() => void)[] = []

  constructor(request: Request, context: RequestContext, maxBytes: number) {
    this.request = request
    this.context = context
    this.maxBytes = maxBytes
    this.replicaId = context.apiVersion >= 15 ? request.replicaState.replicaId : request.replicaId
  }

  get isFollower(): boolean {
    return this.replicaId >= 0
  }

  get canWait(): boolean {
    return this.readableCount > 0 && !this.mustAnswer
  }

  /** The records of the reading before this one, if there was one, must not be used any more. */
  async all(partitions: readonly FetchPartition[]): Promise<FetchAnswer[]> {
    this.release()
    this.context.returnResponseBytes(this.bytes)
    this.unreadable ??= this.findUnreadable(partitions)
    this.readableCount = partitions.length - this.unreadable.size
    if (this.readableCount > 0) this.checkIsolation()
    this.bytes = 0
    this.bytesLeft = this.maxBytes
    const answers: FetchAnswer[] = []
    for (const request of partitions) {
      if (this.unreadable.has(request)) continue
      let response: FetchResponsePartition
      try {
        response = await this.one(request)
        const size = sizeOfRecords(response)
        this.bytes += size
        this.bytesLeft -= size
        if (response.divergingEpoch) this.mustAnswer = true
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        this.mustAnswer = true
        response = this.failure(request, error.code)
      }
      this.bytesLeft = Math.max(0, this.bytesLeft)
      answers.push({ request, response })
    }
    for (const [request, code] of this.unreadable) {
      answers.push({ request, response: { ...this.failure(request, code), abortedTransactions: [] } })
    }
    return answers
  }

  /** Lets the memory of what was read be used again. */
  release(): void {
    for (const release of this.releases) release()
    this.releases = []
  }

  /** Whether a partition has moved on since it was read: others may have been read from files after it. */
  isOvertaken(answers: readonly FetchAnswer[]): boolean {
    return answers.some(({ request: { topic, partition }, response }) => {
      if (topic === undefined || response.errorCode) return false
      const local = this.context.partitions.get(topic, partition)
      if (!local?.isLeader) return true
      const { highWatermark, lastStableOffset } = local.log
      return highWatermark !== response.highWatermark || lastStableOffset !== response.lastStableOffset
    })
  }

  private checkIsolation(): void {
    const { isolationLevel } = this.request
    if (this.isFollower || isolationLevel === READ_UNCOMMITTED || isolationLevel === READ_COMMITTED) return
    throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, `Unknown isolation level ${isolationLevel}`)
  }

  private findUnreadable(partitions: readonly FetchPartition[]): Map<FetchPartition, ErrorCode> {
    const { byName } = this.context.metadata.topics
    const unreadable = new Map<FetchPartition, ErrorCode>()
    for (const request of partitions) {
      const { topic, partition } = request
      if (topic === undefined) unreadable.set(request, ErrorCode.UNKNOWN_TOPIC_ID)
      else if (!this.isAllowed(topic)) unreadable.set(request, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
      else if (!byName.get(topic)?.partitions[partition]) {
        unreadable.set(request, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      }
    }
    return unreadable
  }

  private async one(request: FetchPartition): Promise<FetchResponsePartition> {
    const partition = this.leaderOf(request)
    const { log } = partition
    const { isFollower } = this
    const { highWatermark, lastStableOffset, logStartOffset } = log
    const state = { partitionIndex: request.partition, highWatermark, lastStableOffset, logStartOffset }
    const divergingEpoch = divergence(partition, request)
    if (divergingEpoch) return { ...state, divergingEpoch, abortedTransactions: null, records: NO_BYTES }
    const { fetchOffset } = request
    if (typeof fetchOffset === 'bigint') throw new ApiError(ErrorCode.OFFSET_OUT_OF_RANGE)
    if (isFollower) partition.recordFollowerFetch(this.replicaId, fetchOffset)
    const isReadCommitted = !isFollower && this.request.isolationLevel === READ_COMMITTED
    const maxBytes = Math.min(request.maxBytes, this.bytesLeft)
    // Kafka fails on a negative size.
    if (maxBytes < 0) throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)
    const claimed = this.context.claimResponseBytes(maxBytes)
    const reading = log.read(fetchOffset, {
      maxBytes: claimed,
      // The first records of an answer come even when they are larger than all limits (KIP-74).
      minOneMessage: this.bytes === 0,
      upTo: isFollower ? 'logEnd' : isReadCommitted ? 'lastStableOffset' : 'highWatermark',
    })
    const { records, abortedTransactions, release } = reading instanceof Promise ? await reading : reading
    if (release) this.releases.push(release)
    this.context.returnResponseBytes(claimed - sizeOfRecords({ records }))
    return { ...state, records, abortedTransactions: isReadCommitted ? (abortedTransactions ?? []) : null }
  }

  private leaderOf({ topic, topicId, partition: index, currentLeaderEpoch }: FetchPartition): Partition {
    const { metadata, partitions } = this.context
    if (topic === undefined) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_ID)
    const image = metadata.topics.byName.get(topic)?.partitions[index]
    if (!image) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    const partition = partitions.get(topic, index) ?? partitions.leader(topic, index)
    if (this.context.apiVersion >= 13 && partition.topicId !== topicId) {
      throw new ApiError(ErrorCode.INCONSISTENT_TOPIC_ID)
    }
    // Here any negative epoch stands for "does not know".
    partition.checkLeader(Math.max(-1, currentLeaderEpoch))
    if (this.replicaId >= 0 && !image.replicas.includes(this.replicaId)) {
      throw new ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    }
    return partition
  }

  /** A follower needs CLUSTER_ACTION, a consumer READ on the topic; asked once a request. */
  private isAllowed(topic: string): boolean {
    let isAllowed = this.allowed.get(topic)
    if (isAllowed === undefined) {
      const { authorizer } = this.context
      isAllowed =
        this.replicaId >= 0
          ? authorizer.allows('CLUSTER_ACTION', 'CLUSTER', CLUSTER_NAME)
          : authorizer.allows('READ', 'TOPIC', topic)
      this.allowed.set(topic, isAllowed)
    }
    return isAllowed
  }

  private failure({ topic, partition }: FetchPartition, code: ErrorCode): FetchResponsePartition {
    const { apiVersion } = this.context
    const response = {
      partitionIndex: partition,
      // Clients of v5 and below do not know KAFKA_STORAGE_ERROR; this one makes them refresh their metadata.
      errorCode: code === ErrorCode.KAFKA_STORAGE_ERROR && apiVersion <= 5 ? ErrorCode.NOT_LEADER_OR_FOLLOWER : code,
      highWatermark: -1,
      abortedTransactions: null,
      records: NO_BYTES,
    }
    if (apiVersion < 16 || topic === undefined || !isStaleLeader(code)) return response
    return { ...response, currentLeader: leaderHint(this.context, topic, partition).currentLeader }
  }
}

function isStaleLeader(code: number | undefined): boolean {
  return code === ErrorCode.NOT_LEADER_OR_FOLLOWER || code === ErrorCode.FENCED_LEADER_EPOCH
}

/**
 * Whether the client's log parted from ours before its fetch offset: then it learns where, and truncates. Fails with
 * OFFSET_OUT_OF_RANGE when the epoch it names is not known here.
 */
function divergence({ log }: Partition, { lastFetchedEpoch, fetchOffset }: FetchPartition) {
  if (lastFetchedEpoch < 0) return undefined
  const { leaderEpoch: epoch, endOffset } = log.endOffsetForEpoch(lastFetchedEpoch)
  if (endOffset < 0 || epoch < 0 || fetchOffset < log.logStartOffset) {
    throw new ApiError(ErrorCode.OFFSET_OUT_OF_RANGE)
  }
  return epoch < lastFetchedEpoch || endOffset < fetchOffset ? { epoch, endOffset } : undefined
}

/** Resolves when one of the partitions has news, the time is over, or the connection or the broker ends. */
function newsOf(asked: readonly FetchPartition[], leftMs: number, context: RequestContext): Promise<void> {
  const { partitions, clock, signal } = context
  return new Promise((resolve) => {
    const stops: (() => void)[] = []
    let isDone = false
    const finish = () => {
      if (isDone) return
      isDone = true
      for (const stop of stops) stop()
      resolve()
    }
    // What other partitions append in the same tick goes into the same answer.
    let isScheduled = false
    const onNews = () => {
      if (isScheduled) return
      isScheduled = true
      setImmediate(finish)
    }
    for (const { topic, partition } of asked) {
      const local = topic === undefined ? undefined : partitions.get(topic, partition)
      if (local) stops.push(local.watch(onNews))
    }
    const timer = clock.after(leftMs, finish)
    signal.addEventListener('abort', finish, { once: true })
    stops.push(timer.cancel, () => signal.removeEventListener('abort', finish))
  })
}

function leaderEndpoints(answers: readonly FetchAnswer[], context: RequestContext) {
  const endpoints = new Map<number, NonNullable<ReturnType<typeof leaderHint>['endpoint']>>()
  for (const { request, response } of answers) {
    if (request.topic === undefined || !isStaleLeader(response.errorCode)) continue
    const { endpoint } = leaderHint(context, request.topic, request.partition)
    if (endpoint) endpoints.set(endpoint.nodeId, endpoint)
  }
  return [...endpoints.values()]
}
