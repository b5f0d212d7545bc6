/** The one partition of an internal topic that a coordinator shard keeps its records in. */
export interface CoordinatorLog {
  /**
   * Appends one batch, offsets still to be assigned. Resolves when it is written (not yet replicated); rejects with an
   * `ApiError` when it is not. The runtime never has two appends of one partition under way.
   */
  append(batch: Buffer): Promise<{ firstOffset: number; lastOffset: number }>
  /** Resolves when the high watermark is at or past `offset`; rejects when this broker stops leading before. */
  committed(offset: number): Promise<void>
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly logEndOffset: number
  readonly leaderEpoch: number
  /** `max.message.bytes` of the topic: how large a batch may be, in bytes. Kafka's default when left out. */
  readonly maxBatchBytes?: number
  /** Whole batches from the one that holds `fromOffset` on, up to the log end; one at least, then up to `maxBytes`. */
  read(fromOffset: number, maxBytes: number): Promise<Buffer[]>
}

/** Default of `message.max.bytes`. */
export const DEFAULT_MAX_BATCH_BYTES = 1_048_588
