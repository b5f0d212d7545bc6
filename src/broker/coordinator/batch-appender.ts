/** Collects the records of one shard into batches and appends them to its log, one batch at a time. */

import type { Codec } from '../../protocol/compression.ts'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { BATCH_OVERHEAD, type NewRecord, writeBatch } from '../../protocol/record-batch.ts'
import { type CoordinatorLog, DEFAULT_MAX_BATCH_BYTES } from './coordinator-log.ts'

/** Most that a record takes besides its key and value, in bytes (varints at their longest). */
const MAX_RECORD_OVERHEAD = 21

/** What became of an append. */
export interface AppenderEvents {
  /** Everything below `nextOffset` is in the log. */
  onAppended(nextOffset: number): void
  /** A batch did not get into the log, or not where it was expected: what the shard knows is no longer what the log says. */
  onFailed(error: unknown): void
}

interface PendingBatch {
  readonly records: NewRecord[]
  sizeInBytes: number
}

/**
 * Batches wait for each other: a batch was decided on a state that holds all batches before it, so it must not reach the
 * log when one of them did not. What comes in one tick, and while an append is under way, shares a batch.
 */
export class BatchAppender {
  /** Offset that the next record added will get. */
  nextOffset: number
  private readonly log: CoordinatorLog
  private readonly codec: Codec
  private readonly events: AppenderEvents
  private pending: PendingBatch[] = []
  private expectedOffset: number
  private running: Promise<void> | undefined
  private stopped = false

  constructor(log: CoordinatorLog, codec: Codec, nextOffset: number, events: AppenderEvents) {
    this.log = log
    this.codec = codec
    this.nextOffset = nextOffset
    this.expectedOffset = nextOffset
    this.events = events
  }

  /**
   * Takes records for the log and says which offset the first of them will get. All of them share a batch unless they
   * are `separable`. Throws MESSAGE_TOO_LARGE, and takes none, when they fit in no batch.
   */
  add(records: readonly NewRecord[], separable: boolean): number {
    const maxBytes = this.log.maxBatchBytes ?? DEFAULT_MAX_BATCH_BYTES
    const groups = separable ? records.map((record) => [record]) : [records]
    const sizes = groups.map((group) => group.reduce((sum, record) => sum + sizeUpperBound(record), 0))
    const largest = sizes.reduce((a, b) => Math.max(a, b), 0)
    if (BATCH_OVERHEAD + largest > maxBytes) {
      throw new ApiError(
        ErrorCode.MESSAGE_TOO_LARGE,
        `${records.length} records of ${largest} bytes do not fit in a batch of ${maxBytes} bytes`,
      )
    }
    const firstOffset = this.nextOffset
    for (let i = 0; i < groups.length; i++) this.addToBatch(groups[i]!, sizes[i]!, maxBytes)
    this.running ??= this.run()
    return firstOffset
  }

  private addToBatch(records: readonly NewRecord[], sizeInBytes: number, maxBytes: number): void {
    let batch = this.pending.at(-1)
    if (!batch || batch.sizeInBytes + sizeInBytes > maxBytes) {
      batch = { records: [], sizeInBytes: BATCH_OVERHEAD }
      this.pending.push(batch)
    }
    for (const record of records) batch.records.push(record)
    batch.sizeInBytes += sizeInBytes
    this.nextOffset += records.length
  }

  private async run(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    for (let batch = this.pending.shift(); batch && !this.stopped; batch = this.pending.shift()) {
      try {
        const { records } = batch
        const { firstOffset, lastOffset } = await this.log.append(
          // Kafka's coordinators number their records from 0 although no producer id goes with them.
          writeBatch({ codec: this.codec, baseSequence: 0, records }),
        )
        if (this.stopped) return
        const next = this.expectedOffset + records.length
        if (firstOffset !== this.expectedOffset || lastOffset !== next - 1) {
          throw new Error(`records expected at ${this.expectedOffset} were appended at ${firstOffset}`)
        }
        this.expectedOffset = next
        this.events.onAppended(next)
      } catch (error) {
        if (!this.stopped) this.events.onFailed(error)
        return
      }
    }
    this.running = undefined
  }

  /** Resolves when nothing is waiting to be appended. */
  async drained(): Promise<void> {
    await this.running
  }

  /** Forgets what is not appended yet and says no more. */
  stop(): void {
    this.stopped = true
    this.pending = []
  }
}

function sizeUpperBound(record: NewRecord): number {
  return MAX_RECORD_OVERHEAD + (record.key?.length ?? 0) + (record.value?.length ?? 0)
}
