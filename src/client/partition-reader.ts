import type { OffsetReset } from '../config/offset-reset.ts'
import { ZERO_UUID } from '../protocol/codec.ts'
import { prepareCodec } from '../protocol/compression.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { Fetch } from '../protocol/messages/01-fetch.ts'
import type { ResponseOf } from '../protocol/schema.ts'
import { backoffMs, delay } from './backoff.ts'
import type { Cluster } from './cluster.ts'
import type { Connection } from './connection.ts'
import { ClientError, isRetriable, kafkaError } from './errors.ts'
import { FetchedRecords } from './fetched-records.ts'
import type { MetadataCache } from './metadata-cache.ts'
import { type Seek, type Seeking, StartOffsets } from './start-offsets.ts'
import { topicAuthorizationError } from './topic-metadata.ts'
import { byTopic, type TopicPartition } from './topic-partition.ts'

const COLLECTOR = 'org.apache.kafka.clients.consumer.internals.FetchCollector'

/** Fetched and not yet read, in bytes over all partitions: above it nothing more is fetched. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024

export interface ReaderSettings {
  readonly minBytes: number
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  readonly maxWaitMs: number
  readonly isReadCommitted: boolean
  readonly checkCrcs: boolean
  readonly rackId: string
  /** Where to start without a valid offset. */
  readonly reset: OffsetReset
}

/** Where to begin in a partition: at an offset, at an end, or where the reset policy says. */
export type Start = { offset: number; leaderEpoch?: number } | Seek

export interface AssignedPartition extends TopicPartition {
  readonly start: Start
}

export interface Position extends TopicPartition {
  readonly offset: number
  /** Of the last record before; -1 when that is not known. */
  readonly leaderEpoch: number
}

interface State extends Seeking {
  isFetching: boolean
  /** No fetch before this time. */
  retryAtMs: number
  /** Fetched, and not handed out. */
  ready: FetchedRecords | undefined
  /** Handed out last. */
  current: FetchedRecords | undefined
}

type PartitionData = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number]

const STALE_METADATA = new Set<number>([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.OFFSET_NOT_AVAILABLE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
  ErrorCode.LEADER_NOT_AVAILABLE,
])

const WARNED = new Map<number, string>([
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'Received unknown topic or partition error in fetch for partition'],
  [ErrorCode.UNKNOWN_TOPIC_ID, 'Received unknown topic ID error in fetch for partition'],
  [ErrorCode.INCONSISTENT_TOPIC_ID, 'Received inconsistent topic ID error in fetch for partition'],
])

/**
 * Reads partitions that were assigned to it. One fetch is on its way to each leader, for the partitions of which
 * nothing is waiting to be read: the next records travel while the last ones are read, and memory stays bounded.
 */
export class PartitionReader {
  readonly #cluster: Cluster
  readonly #metadata: MetadataCache
  readonly #settings: ReaderSettings
  #states: State[] = []
  readonly #busyNodes = new Set<number>()
  readonly #startOffsets: StartOffsets
  #isSeeking = false
  #bufferedBytes = 0
  #error: unknown
  #wake: (() => void) | undefined
  #turn = 0
  #timer: NodeJS.Timeout | undefined

  constructor(cluster: Cluster, metadata: MetadataCache, settings: ReaderSettings) {
    this.#cluster = cluster
    this.#metadata = metadata
    this.#settings = settings
    this.#startOffsets = new StartOffsets(cluster, metadata, settings)
  }

  /** Reads these partitions from now on, and no others. */
  assign(partitions: readonly AssignedPartition[]): void {
    this.#states = partitions.map(({ topic, partition, start }) => ({
      topic,
      partition,
      seek: typeof start === 'string' ? start : undefined,
      fetchOffset: typeof start === 'string' ? -1 : start.offset,
      leaderEpoch: typeof start === 'string' ? -1 : (start.leaderEpoch ?? -1),
      isFetching: false,
      retryAtMs: 0,
      ready: undefined,
      current: undefined,
    }))
    this.#bufferedBytes = 0
    this.#pump()
  }

  /** Where reading stands, of the partitions where that is known: what a group commits. */
  positions(): Position[] {
    return this.#states.flatMap(({ topic, partition, seek, fetchOffset, leaderEpoch, current, ready }) => {
      if (current) {
        const epoch = current.isDone ? current.leaderEpoch : -1
        return [{ topic, partition, offset: current.position, leaderEpoch: epoch }]
      }
      if (seek !== undefined) return []
      return [{ topic, partition, offset: ready ? ready.position : fetchOffset, leaderEpoch }]
    })
  }

  /** Makes the next call of `next` throw. */
  fail(error: unknown): void {
    this.#error ??= error
    this.#wake?.()
  }

  /** Something changed that fetching may have waited for. */
  poke(): void {
    this.#pump()
  }

  /**
   * The next records of some partition, to be read to the end before the next call; undefined when the deadline comes
   * first or `signal` is aborted. Throws what makes reading on impossible.
   */
  async next(deadlineMs: number, signal?: AbortSignal): Promise<FetchedRecords | undefined> {
    for (;;) {
      if (signal?.aborted || this.#cluster.isClosed) return undefined
      if (this.#error !== undefined) {
        const error = this.#error
        this.#error = undefined
        throw error
      }
      const records = this.#take()
      this.#pump()
      if (records) return records
      const leftMs = deadlineMs - Date.now()
      if (leftMs <= 0) return undefined
      await this.#woken(leftMs, signal)
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#states = []
    this.#wake?.()
  }

  #take(): FetchedRecords | undefined {
    for (let i = 0; i < this.#states.length; i++) {
      const state = this.#states[(this.#turn + i) % this.#states.length]!
      if (!state.ready) continue
      this.#turn = (this.#turn + i + 1) % this.#states.length
      const records = state.ready
      state.ready = undefined
      state.current = records
      this.#bufferedBytes -= records.sizeInBytes
      return records
    }
    return undefined
  }

  async #woken(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      const timer = timeoutMs < 0x7fffffff ? setTimeout(done, timeoutMs) : undefined
      signal?.addEventListener('abort', done)
      this.#wake = done
    })
  }

  /** Starts whatever may be started: looking up offsets, and one fetch per leader. */
  #pump(): void {
    if (this.#cluster.isClosed) return
    if (!this.#isSeeking && this.#states.some((state) => state.seek !== undefined)) void this.#seekAll()
    if (this.#bufferedBytes >= MAX_BUFFERED_BYTES) return
    const now = Date.now()
    const byLeader = new Map<number, State[]>()
    let nextRetryMs = Number.POSITIVE_INFINITY
    for (const state of this.#states) {
      if (state.seek !== undefined || state.isFetching || state.ready) continue
      if (state.retryAtMs > now) {
        nextRetryMs = Math.min(nextRetryMs, state.retryAtMs)
        continue
      }
      const leader = this.#metadata.leaderOf(state)
      if (leader < 0 || this.#busyNodes.has(leader)) continue
      const list = byLeader.get(leader)
      if (list) list.push(state)
      else byLeader.set(leader, [state])
    }
    for (const [leader, states] of byLeader) void this.#fetch(leader, states)
    if (nextRetryMs !== Number.POSITIVE_INFINITY) this.#pumpAt(nextRetryMs)
  }

  #pumpAt(atMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#pump(), Math.max(1, atMs - Date.now()))
  }

  async #fetch(leader: number, states: readonly State[]): Promise<void> {
    this.#busyNodes.add(leader)
    for (const state of states) state.isFetching = true
    try {
      const connection = await this.#cluster.connect(this.#cluster.node(leader)!)
      if (connection) await this.#fetchFrom(connection, states)
      else this.#pause(states)
    } catch (error) {
      if (isRetriable(error)) this.#pause(states)
      else this.fail(error)
    } finally {
      this.#busyNodes.delete(leader)
      for (const state of states) state.isFetching = false
      this.#pump()
      this.#wake?.()
    }
  }

  async #fetchFrom(connection: Connection, states: readonly State[]): Promise<void> {
    const { minBytes, maxBytes, partitionMaxBytes, maxWaitMs, isReadCommitted, rackId } = this.#settings
    const offsets = new Map(states.map((state) => [state, state.fetchOffset]))
    const idOf = (topic: string) => this.#metadata.topics.get(topic)?.topicId ?? ZERO_UUID
    const knowsIds = states.every(({ topic }) => idOf(topic) !== ZERO_UUID)
    const request = {
      maxWaitMs,
      minBytes,
      maxBytes: Math.min(maxBytes, Math.max(partitionMaxBytes, MAX_BUFFERED_BYTES - this.#bufferedBytes)),
      isolationLevel: isReadCommitted ? 1 : 0,
      rackId,
      topics: byTopic(states).map(([topic, list]) => ({
        topic,
        topicId: idOf(topic),
        partitions: list.map(({ partition, fetchOffset }) => ({
          partition,
          fetchOffset,
          partitionMaxBytes,
        })),
      })),
    }
    const version = connection.versionOf(Fetch, knowsIds ? Fetch.versions[1] : 12)
    const timeoutMs = this.#cluster.requestTimeoutMs + maxWaitMs
    const response = await connection.send(Fetch, version ?? 'newest', request, timeoutMs)
    if (response.errorCode !== ErrorCode.NONE) {
      this.#pause(states)
      this.#metadata.refreshSoon()
      return
    }
    for (const { topic, topicId, partitions } of response.responses) {
      const name = topic === '' ? this.#metadata.nameOf(topicId) : topic
      for (const data of partitions) {
        const state = states.find((one) => one.topic === name && one.partition === data.partitionIndex)
        // Reassigned, or moved, while the fetch was on its way.
        if (!state || !this.#states.includes(state) || state.fetchOffset !== offsets.get(state)) continue
        await this.#received(state, data)
      }
    }
  }

  async #received(state: State, data: PartitionData): Promise<void> {
    if (data.errorCode !== ErrorCode.NONE) {
      this.#failed(state, data.errorCode)
      return
    }
    if (!data.records || data.records.length === 0) return
    const records = new FetchedRecords(state.topic, state.partition, data.records, {
      fetchOffset: state.fetchOffset,
      abortedTransactions: this.#settings.isReadCommitted ? data.abortedTransactions : null,
      checkCrcs: this.#settings.checkCrcs,
    })
    if (records.isCutOff) {
      this.fail(
        kafkaError(
          `There are some messages at [Partition=Offset]: {${state.topic}-${state.partition}=${state.fetchOffset}} whose size is larger than the fetch size ${this.#settings.partitionMaxBytes} and hence cannot be returned.`,
        ),
      )
      return
    }
    for (const codec of records.codecs) await prepareCodec(codec)
    if (!this.#states.includes(state)) return
    state.fetchOffset = records.endOffset
    state.ready = records
    this.#bufferedBytes += records.sizeInBytes
  }

  #failed(state: State, code: number): void {
    const name = `${state.topic}-${state.partition}`
    if (STALE_METADATA.has(code)) {
      const warning = WARNED.get(code)
      if (warning) this.#cluster.log.warn(`${warning} ${name}`, COLLECTOR)
      this.#pause([state])
      this.#metadata.refreshSoon()
    } else if (code === ErrorCode.OFFSET_OUT_OF_RANGE) {
      if (this.#settings.reset.kind === 'none') this.fail(outOfRange(state))
      else state.seek = 'policy'
    } else if (code === ErrorCode.TOPIC_AUTHORIZATION_FAILED) {
      this.#cluster.log.warn(`Not authorized to read from partition ${name}.`, COLLECTOR)
      this.fail(topicAuthorizationError(state.topic))
    } else if (code === ErrorCode.CORRUPT_MESSAGE) {
      this.fail(
        kafkaError(`Encountered corrupt message when fetching offset ${state.fetchOffset} for topic-partition ${name}`),
      )
    } else {
      if (code === ErrorCode.UNKNOWN_SERVER_ERROR) {
        const text = `Unknown server error while fetching offset ${state.fetchOffset} for topic-partition ${name}`
        this.#cluster.log.warn(text, COLLECTOR)
      }
      this.#pause([state])
    }
  }

  #pause(states: readonly State[]): void {
    const atMs = Date.now() + this.#cluster.retryBackoffMs
    for (const state of states) state.retryAtMs = atMs
  }

  /** Finds the offsets of all partitions that are to begin at an end or by policy. */
  async #seekAll(): Promise<void> {
    this.#isSeeking = true
    try {
      for (let attempt = 0; !this.#cluster.isClosed; attempt++) {
        const seeking = this.#states.filter((state) => state.seek !== undefined)
        if (seeking.length === 0) return
        await this.#startOffsets.find(seeking)
        this.#pump()
        if (!this.#states.some((state) => state.seek !== undefined)) return
        const { retryBackoffMs, retryBackoffMaxMs, closing } = this.#cluster
        await delay(backoffMs(attempt, retryBackoffMs, retryBackoffMaxMs), closing)
      }
    } catch (error) {
      this.fail(error)
    } finally {
      this.#isSeeking = false
    }
  }
}

function outOfRange({ topic, partition, fetchOffset }: State): ClientError {
  return new ClientError(
    'org.apache.kafka.clients.consumer.OffsetOutOfRangeException',
    `Fetch position FetchPosition{offset=${fetchOffset}, offsetEpoch=Optional.empty} is out of range for partition ${topic}-${partition}`,
    ErrorCode.OFFSET_OUT_OF_RANGE,
    false,
  )
}
