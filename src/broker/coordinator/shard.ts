/**
 * What a coordinator is, as the runtime sees it: one state machine per partition of an internal topic, without I/O and
 * without a clock. An operation looks at the state and says what to record and what to answer; `replay` does the changing.
 */
import type { ApiError } from '../../protocol/error-code.ts'
import type { ShardTimers } from './timers.ts'

/** Where a record stands in the log, and who wrote it. `producerId` is -1 outside transactions. */
export interface RecordOrigin {
  readonly offset: number
  readonly producerId: number
  readonly producerEpoch: number
}

/**
 * A state machine over records of type `R`. Durable state changes only in `replay`, which runs alike while the log is
 * loaded and while requests are served. Soft state (sessions, timers, who waits for what) changes in the operations
 * themselves; it is lost without harm when the shard is dropped.
 */
export interface CoordinatorShard<R> {
  replay(record: R, origin: RecordOrigin): void
  /** A transaction of `producerId` has ended: what it wrote becomes visible, or is forgotten. */
  replayEndTransaction(producerId: number, producerEpoch: number, committed: boolean): void
  /** The log has been replayed to its end: time to start timers. */
  onLoaded(nowMs: number): void
}

/**
 * What an operation decided. Its records are appended and replayed at once, before anything else is decided; the
 * response leaves when they are committed.
 */
export type Outcome<T, R> = Answer<T, R> | Continuation<T, R>

interface Recorded<R> {
  readonly records?: readonly R[]
  /** Records that may be spread over several batches, such as tombstones of unrelated offsets. */
  readonly separable?: boolean
}

interface Answer<T, R> extends Recorded<R> {
  /** A `Parked` one is answered by a later operation. */
  readonly response: T | Parked<T>
  readonly next?: undefined
}

interface Continuation<T, R> extends Recorded<R> {
  /** Goes on deciding when the records have been replayed. */
  readonly next: () => Outcome<T, R>
  /** Goes on instead when the records are larger than a batch may be: nothing of them was appended or replayed. */
  readonly refused?: (error: ApiError) => Outcome<T, R>
}

/** A response that a later operation gives. Answering twice does nothing. */
export class Parked<T> {
  readonly promise: Promise<T>
  private resolve!: (value: T) => void

  constructor() {
    this.promise = new Promise((resolve) => {
      this.resolve = resolve
    })
  }

  answer(value: T): void {
    this.resolve(value)
  }
}

/** A key or value that this version of the record types does not know. */
export class UnknownRecordTypeError extends Error {
  override readonly name = 'UnknownRecordTypeError'
  readonly type: number

  constructor(type: number) {
    super(`Unknown record type ${type}`)
    this.type = type
  }
}

/** Turns records into keys and values of the log and back. */
export interface RecordSerde<R> {
  /** The value of a tombstone is null. */
  serialize(record: R): { key: Buffer; value: Buffer | null }
  /** Throws `UnknownRecordTypeError` for a key it does not know, another error for bytes that make no sense. */
  deserialize(key: Buffer | null, value: Buffer | null): R
}

/** What a shard is given when it is made. */
export interface ShardHost<R> {
  /** Partition of the internal topic. */
  readonly partition: number
  readonly timers: ShardTimers<R>
}
