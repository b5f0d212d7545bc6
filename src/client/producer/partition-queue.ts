import { BATCH_OVERHEAD } from '../../protocol/record-batch.ts'
import type { ProducerBatch } from './batch.ts'

// How Kafka's producer estimates what compression will make of a batch that is still open.
const COMPRESSION_MARGIN = 1.05
const IMPROVEMENT_STEP = 0.005
const DETERIORATION_STEP = 0.05

/** What the producer holds for one partition: batches that are filled, full, sent, and to be sent again. */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** The batch that takes records. */
  open: ProducerBatch | undefined
  /** Full batches that were never sent, oldest first. */
  readonly full: ProducerBatch[] = []
  /** Sent and unanswered, oldest first. */
  readonly inFlight: ProducerBatch[] = []
  /**
   * Batches to be sent again, by order. While there are any, nothing newer is sent and they go one at a time: order is
   * kept whatever failed.
   */
  readonly retries: ProducerBatch[] = []
  /** No retry before this time. */
  retryAtMs = 0
  /** The leader as metadata names it; -1 while unknown. */
  leaderId = -1
  producerId = -1
  producerEpoch = -1
  nextSequence = 0
  /** A batch with a sequence was given up, or the broker lost track: a new epoch must begin before the next send. */
  needsNewEpoch = false
  #order = 0
  /** Estimated size of records after compression, as a part of their size before. */
  #compressionRatio = 1

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  /** Size before compression of a batch that is to have `batchSize` bytes after it. */
  uncompressedSize(batchSize: number): number {
    const records = batchSize - BATCH_OVERHEAD
    return BATCH_OVERHEAD + Math.floor(records / (this.#compressionRatio * COMPRESSION_MARGIN))
  }

  /** The records of a batch were compressed to `ratio` of their size: better is believed slowly, worse at once. */
  noteCompression(ratio: number): void {
    const estimate = this.#compressionRatio
    if (ratio > estimate) this.#compressionRatio = Math.max(estimate + DETERIORATION_STEP, ratio)
    else this.#compressionRatio = Math.max(estimate - IMPROVEMENT_STEP, ratio)
  }

  /** A batch turned out too large for the broker: begin anew with batches that fit uncompressed. */
  distrustCompression(): void {
    this.#compressionRatio = Math.max(1, this.#compressionRatio)
  }

  nextOrder(): number {
    return this.#order++
  }

  get isEmpty(): boolean {
    return !this.open && this.full.length === 0 && this.inFlight.length === 0 && this.retries.length === 0
  }

  /** Takes no more records into the open batch. */
  closeOpen(): void {
    if (!this.open) return
    this.full.push(this.open)
    this.open = undefined
  }

  /** When a batch may be sent, in milliseconds since the epoch; Infinity while none may. */
  readyAtMs(lingerMs: number): number {
    if (this.retries.length > 0) return this.inFlight.length > 0 ? Number.POSITIVE_INFINITY : this.retryAtMs
    if (this.needsNewEpoch && this.inFlight.length > 0) return Number.POSITIVE_INFINITY
    if (this.full.length > 0) return 0
    return this.open ? this.open.createdMs + lingerMs : Number.POSITIVE_INFINITY
  }

  /** The next batch to send, which `readyAtMs` said is due. */
  take(): ProducerBatch | undefined {
    if (this.retries.length > 0) return this.retries.shift()
    if (this.full.length === 0) this.closeOpen()
    return this.full.shift()
  }

  /** Puts a batch among the retries, in order. */
  retry(batch: ProducerBatch, atMs: number): void {
    let at = this.retries.length
    while (at > 0 && this.retries[at - 1]!.order > batch.order) at--
    this.retries.splice(at, 0, batch)
    this.retryAtMs = Math.max(this.retryAtMs, atMs)
  }

  answered(batch: ProducerBatch): void {
    const at = this.inFlight.indexOf(batch)
    if (at >= 0) this.inFlight.splice(at, 1)
  }

  /** Whether an earlier batch is still on its way or waits to be sent again. */
  hasEarlier(batch: ProducerBatch): boolean {
    return [this.inFlight, this.retries].some((batches) => batches.some((other) => other.order < batch.order))
  }

  /** Every batch that is not acknowledged, oldest first. */
  all(): ProducerBatch[] {
    const batches = [...this.inFlight, ...this.retries, ...this.full, ...(this.open ? [this.open] : [])]
    return batches.sort((a, b) => a.order - b.order)
  }
}
