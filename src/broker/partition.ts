/**
 * One partition as its leader (later: or follower) sees it: queues appends so that all of a tick go to the log in one
 * write, computes the high watermark from the in-sync replicas, and wakes who waits for either.
 */
import { ApiError, ErrorCode } from '../protocol/error-code.ts'
import type { AppendResult } from './log/append.ts'
import type { AppendEntry, PartitionLog } from './log/partition-log.ts'
import type { PartitionImage } from './metadata/image.ts'

/** An append is written at once up to this many bytes a tick; more would stall the event loop on a busy disk. */
const MAX_BYTES_PER_TICK = 1024 * 1024

/** Replica id of a request that comes from a consumer (KIP-903 moved it into a tagged field). */
export const CONSUMER_REPLICA_ID = -1

/** Hears what became of an append: where the records are, or why they are not. It must not throw. */
export type AppendListener = (outcome: AppendResult | Error) => void

interface QueuedAppend {
  readonly entry: AppendEntry
  readonly settle: AppendListener
}

interface CommitWaiter {
  readonly offset: number
  readonly resolve: () => void
  readonly reject: (error: ApiError) => void
}

export interface PartitionOptions {
  readonly brokerId: number
  readonly now: () => number
}

export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly log: PartitionLog
  private readonly brokerId: number
  private readonly now: () => number
  private image: PartitionImage | undefined
  private queue: QueuedAppend[] = []
  private flushScheduled = false
  private commitWaiters: CommitWaiter[] = []
  private readonly watchers = new Set<() => void>()
  /** Log end offsets of the other replicas, as their fetches told them. */
  private readonly followerEnds = new Map<number, number>()
  private closed = false

  constructor(topic: string, topicId: string, index: number, log: PartitionLog, options: PartitionOptions) {
    this.topic = topic
    this.topicId = topicId
    this.index = index
    this.log = log
    this.brokerId = options.brokerId
    this.now = options.now
  }

  get isLeader(): boolean {
    return !this.closed && this.image?.leader === this.brokerId
  }

  get leaderEpoch(): number {
    return this.image?.leaderEpoch ?? -1
  }

  get isr(): readonly number[] {
    return this.image?.isr ?? []
  }

  get highWatermark(): number {
    return this.log.highWatermark
  }

  /** Takes over what the metadata says; a new leader epoch starts at the log end. */
  applyImage(image: PartitionImage): void {
    const previousEpoch = this.leaderEpoch
    this.image = image
    if (this.isLeader && image.leaderEpoch > previousEpoch) {
      this.log.assignLeaderEpoch(image.leaderEpoch, this.log.logEndOffset)
    }
    if (this.isLeader) this.advanceHighWatermark()
    else this.failWaiters(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    this.wake()
  }

  /**
   * Fails unless this broker leads and the caller's view of the epoch is the current one (KIP-320): an older one is
   * fenced, a newer one means that our metadata lag behind. -1 stands for "does not know".
   */
  checkLeader(callersEpoch: number): void {
    if (callersEpoch !== -1 && callersEpoch !== this.leaderEpoch) {
      throw new ApiError(
        callersEpoch < this.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH,
      )
    }
    if (!this.isLeader) throw new ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  }

  /** In-sync replicas that an append with acks=all needs: `min.insync.replicas`, but no more than there are replicas. */
  get effectiveMinIsr(): number {
    return Math.min(this.log.config.minInsyncReplicas, this.image?.replicas.length ?? 1)
  }

  /**
   * Queues records for the log. Everything queued in one tick is validated, given offsets and written in one
   * synchronous step; the promise settles after it, with an `ApiError` where the records were refused.
   */
  append(entry: AppendEntry): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.enqueue(entry, (outcome) => {
        if (outcome instanceof Error) reject(outcome)
        else resolve(outcome)
      })
    })
  }

  /** The same without a promise: Produce comes through here tens of thousands of times a second. */
  enqueue(entry: AppendEntry, settle: AppendListener): void {
    this.queue.push({ entry, settle })
    this.scheduleFlush()
  }

  private scheduleFlush(): void {
    if (this.flushScheduled) return
    this.flushScheduled = true
    setImmediate(() => this.flushQueue())
  }

  private flushQueue(): void {
    this.flushScheduled = false
    if (this.queue.length === 0) return
    let count = 0
    for (let bytes = 0; count < this.queue.length && (count === 0 || bytes < MAX_BYTES_PER_TICK); count++) {
      bytes += this.queue[count]!.entry.records.length
    }
    const appends = count === this.queue.length ? this.queue : this.queue.slice(0, count)
    this.queue = this.queue.slice(count)
    if (this.queue.length > 0) this.scheduleFlush()
    let results: (AppendResult | ApiError)[]
    try {
      if (!this.isLeader) throw new ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
      results = this.log.appendAsLeader(
        appends.map((append) => append.entry),
        this.leaderEpoch,
        this.now(),
      )
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error))
      for (const append of appends) append.settle(failure)
      return
    }
    this.advanceHighWatermark()
    for (let i = 0; i < appends.length; i++) appends[i]!.settle(results[i]!)
    this.wake()
  }

  /** A follower has fetched up to `offset`: it holds everything before it. */
  recordFollowerFetch(replicaId: number, offset: number): void {
    this.followerEnds.set(replicaId, offset)
    this.advanceHighWatermark()
    this.wake()
  }

  /** highWatermark = least log end offset of the in-sync replicas; it never falls. */
  private advanceHighWatermark(): void {
    let lowest = this.log.logEndOffset
    for (const replica of this.isr) {
      if (replica !== this.brokerId) lowest = Math.min(lowest, this.followerEnds.get(replica) ?? -1)
    }
    if (lowest <= this.log.highWatermark) return
    this.log.updateHighWatermark(lowest)
    if (this.commitWaiters.length === 0) return
    const ready = this.commitWaiters.filter((waiter) => waiter.offset <= lowest)
    this.commitWaiters = this.commitWaiters.filter((waiter) => waiter.offset > lowest)
    for (const waiter of ready) waiter.resolve()
  }

  /** Resolves when the high watermark has reached `offset`; rejects when this broker stops leading before. */
  committed(offset: number): Promise<void> {
    if (this.log.highWatermark >= offset) return Promise.resolve()
    return new Promise((resolve, reject) => this.commitWaiters.push({ offset, resolve, reject }))
  }

  /** Calls `watcher` whenever there may be something new to read, or no longer a leader to read from. */
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher)
    return () => this.watchers.delete(watcher)
  }

  wake(): void {
    for (const watcher of this.watchers) watcher()
  }

  private failWaiters(code: ErrorCode): void {
    const waiters = this.commitWaiters
    this.commitWaiters = []
    for (const waiter of waiters) waiter.reject(new ApiError(code))
  }

  /** Writes what is queued and lets nobody append or wait any more. The log itself is closed by its manager. */
  close(code: ErrorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER): void {
    while (this.queue.length > 0) this.flushQueue()
    this.closed = true
    this.failWaiters(code)
    this.wake()
    this.watchers.clear()
  }
}
