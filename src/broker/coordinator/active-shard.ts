/** One shard while it serves: runs operations on its state machine and holds answers back until the log has committed. */

import type { Codec } from '../../protocol/compression.ts'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { NewRecord } from '../../protocol/record-batch.ts'
import type { Clock, Timer } from '../clock.ts'
import { BatchAppender } from './batch-appender.ts'
import type { CoordinatorLog } from './coordinator-log.ts'
import { type CoordinatorShard, type Outcome, Parked, type RecordSerde, type ShardHost } from './shard.ts'
import { ClockTimers, type TimedOperation } from './timers.ts'

export interface ActiveShardOptions<S extends CoordinatorShard<R>, R> {
  readonly clock: Clock
  readonly serde: RecordSerde<R>
  readonly createShard: (host: ShardHost<R>) => S
  readonly codec: Codec
  readonly commitTimeoutMs: number
  /** State and log have parted: the shard is of no use any more. */
  readonly onFailed: (error: unknown) => void
  /** An operation that a timer started failed by itself. */
  readonly onTimerFailed: (error: unknown) => void
}

/** Waits until everything below `offset` is committed. */
interface CommitWaiter {
  readonly offset: number
  readonly deadlineMs: number
  readonly resolve: () => void
  readonly reject: (error: ApiError) => void
}

export class ActiveShard<S extends CoordinatorShard<R>, R> {
  readonly machine: S
  private readonly log: CoordinatorLog
  private readonly options: ActiveShardOptions<S, R>
  private readonly timers: ClockTimers<R>
  private appender!: BatchAppender
  private committedOffset = 0
  /** Ordered by offset and by deadline: both only rise. */
  private waiters: CommitWaiter[] = []
  private commitTimer: Timer | undefined
  /** Ends the wait of operations whose answer another operation will give. */
  private readonly parked = new Set<(error: ApiError) => void>()
  private dropped: ApiError | undefined

  constructor(partition: number, log: CoordinatorLog, options: ActiveShardOptions<S, R>) {
    this.log = log
    this.options = options
    this.timers = new ClockTimers(options.clock, (_, operation) => this.runTimed(operation))
    this.machine = options.createShard({ partition, timers: this.timers })
  }

  /** The log has been replayed up to `endOffset`. */
  loadedTo(endOffset: number): void {
    this.committedOffset = Math.min(this.log.highWatermark, endOffset)
    this.appender = new BatchAppender(this.log, this.options.codec, endOffset, {
      onAppended: (nextOffset) => this.awaitCommit(nextOffset),
      onFailed: (error) => this.options.onFailed(error),
    })
    if (this.committedOffset < endOffset) this.awaitCommit(endOffset)
  }

  start(): void {
    this.machine.onLoaded(this.options.clock.now())
  }

  async run<T>(operation: (machine: S, nowMs: number) => Outcome<T, R>): Promise<T> {
    const response = this.decide((nowMs) => operation(this.machine, nowMs))
    const answer = response instanceof Parked ? await this.unparked(response) : response
    await this.committed()
    return answer
  }

  /** Decides, appends and replays until there is a response. Nothing else happens to the shard meanwhile. */
  private decide<T>(operation: (nowMs: number) => Outcome<T, R>): T | Parked<T> {
    const nowMs = this.options.clock.now()
    let outcome = operation(nowMs)
    for (;;) {
      const refusal = this.record(outcome, nowMs)
      if (refusal) {
        if (!outcome.next || !outcome.refused) throw refusal
        outcome = outcome.refused(refusal)
      } else if (outcome.next) outcome = outcome.next()
      else return outcome.response
    }
  }

  /** Returns why the records were refused; then nothing has happened. */
  private record(outcome: Outcome<unknown, R>, nowMs: number): ApiError | undefined {
    const { records = [], separable = false } = outcome
    if (records.length === 0) return undefined
    const serialized = records.map(
      (record): NewRecord => ({ timestamp: nowMs, ...this.options.serde.serialize(record) }),
    )
    let offset: number
    try {
      offset = this.appender.add(serialized, separable)
    } catch (error) {
      if (error instanceof ApiError) return error
      throw error
    }
    try {
      for (const record of records) this.machine.replay(record, { offset: offset++, producerId: -1, producerEpoch: -1 })
    } catch (error) {
      // Our own mistake; the log is right and the state is not.
      this.options.onFailed(error)
      throw error
    }
    return undefined
  }

  private unparked<T>(response: Parked<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.dropped) return reject(this.dropped)
      const end = (error: ApiError) => reject(error)
      this.parked.add(end)
      response.promise.then((value) => {
        this.parked.delete(end)
        resolve(value)
      })
    })
  }

  private runTimed(operation: TimedOperation<R>): void {
    try {
      this.decide(operation)
    } catch (error) {
      this.options.onTimerFailed(error)
    }
  }

  /** Resolves when everything the shard has written so far is committed. */
  private committed(): Promise<void> {
    if (this.dropped) return Promise.reject(this.dropped)
    const offset = this.appender.nextOffset
    if (offset <= this.committedOffset) return Promise.resolve()
    const deadlineMs = this.options.clock.now() + this.options.commitTimeoutMs
    return new Promise((resolve, reject) => {
      this.waiters.push({ offset, deadlineMs, resolve, reject })
      this.armCommitTimer()
    })
  }

  private awaitCommit(offset: number): void {
    this.log.committed(offset).then(
      () => this.onCommitted(offset),
      // The one who took the leadership away says so too; until then nothing more can be committed.
      (error) => !this.dropped && this.options.onFailed(error),
    )
  }

  private onCommitted(offset: number): void {
    if (offset <= this.committedOffset) return
    this.committedOffset = offset
    const count = this.waiters.findIndex((waiter) => waiter.offset > offset)
    const ready = this.waiters.splice(0, count < 0 ? this.waiters.length : count)
    for (const waiter of ready) waiter.resolve()
    if (this.waiters.length === 0) {
      this.commitTimer?.cancel()
      this.commitTimer = undefined
    }
  }

  private armCommitTimer(): void {
    const first = this.waiters[0]
    if (this.commitTimer || !first) return
    this.commitTimer = this.options.clock.after(first.deadlineMs - this.options.clock.now(), () => {
      this.commitTimer = undefined
      const now = this.options.clock.now()
      while (this.waiters[0] && this.waiters[0].deadlineMs <= now) {
        // The records stay in the log and may yet be committed; the client has to ask again.
        this.waiters.shift()!.reject(new ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE))
      }
      this.armCommitTimer()
    })
  }

  /** Resolves when no append is under way. */
  settled(): Promise<void> {
    return this.appender.drained()
  }

  /** Ends all timers and fails every answer not given yet. */
  drop(error: ApiError): void {
    if (this.dropped) return
    this.dropped = error
    this.timers.cancelAll()
    this.commitTimer?.cancel()
    this.appender.stop()
    this.endParked()
    for (const waiter of this.waiters.splice(0)) waiter.reject(error)
  }

  /** Whoever waits for another client: the shard they waited on is gone, another one may serve them. */
  private endParked(): void {
    for (const end of this.parked) end(new ApiError(ErrorCode.NOT_COORDINATOR))
    this.parked.clear()
  }

  /** A clean end: what is queued still goes to the log, and who waits for that gets the answer if it is committed at once. */
  async close(error: ApiError): Promise<void> {
    this.timers.cancelAll()
    this.endParked()
    await this.settled()
    // Commits of the last append are told in microtasks.
    await new Promise((resolve) => setImmediate(resolve))
    this.drop(error)
  }
}
