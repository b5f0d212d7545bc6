/** A partition of an internal topic in memory: what a coordinator needs of a log, and means to make it fail. */

import type { CoordinatorLog } from '../../src/broker/coordinator/coordinator-log.ts'
import { readBatches, readBatchHeader, readRecords, setBatchOffsetAndEpoch } from '../../src/protocol/record-batch.ts'

export class MemoryCoordinatorLog implements CoordinatorLog {
  readonly batches: Buffer[] = []
  logStartOffset = 0
  logEndOffset = 0
  highWatermark = 0
  leaderEpoch = 0
  maxBatchBytes: number | undefined
  /** Appends from now on fail with this. */
  appendError: Error | undefined
  /** Off: appended records stay uncommitted until `commit`. */
  commitsAtOnce = true
  /** Batches are read only when this resolves. */
  readable: Promise<void> = Promise.resolve()
  private waiters: { offset: number; resolve: () => void }[] = []

  async append(batch: Buffer): Promise<{ firstOffset: number; lastOffset: number }> {
    await new Promise((resolve) => setImmediate(resolve))
    if (this.appendError) throw this.appendError
    return this.appendNow(batch)
  }

  /** Puts a batch into the log, as if another coordinator had written it. */
  appendNow(batch: Buffer): { firstOffset: number; lastOffset: number } {
    const firstOffset = this.logEndOffset
    const copy = Buffer.from(batch)
    setBatchOffsetAndEpoch(copy, 0, firstOffset, this.leaderEpoch)
    const { lastOffset } = readBatchHeader(copy)
    this.batches.push(copy)
    this.logEndOffset = lastOffset + 1
    if (this.commitsAtOnce) this.commit()
    return { firstOffset, lastOffset }
  }

  /** Takes the segments of a log as they are, offsets included. */
  load(segment: Buffer): void {
    for (const { header, position } of readBatches(segment)) {
      this.batches.push(segment.subarray(position, position + header.sizeInBytes))
      this.logEndOffset = header.lastOffset + 1
    }
    this.commit()
  }

  commit(offset = this.logEndOffset): void {
    this.highWatermark = offset
    const ready = this.waiters.filter((waiter) => waiter.offset <= offset)
    this.waiters = this.waiters.filter((waiter) => waiter.offset > offset)
    for (const waiter of ready) waiter.resolve()
  }

  committed(offset: number): Promise<void> {
    if (this.highWatermark >= offset) return Promise.resolve()
    return new Promise((resolve) => this.waiters.push({ offset, resolve }))
  }

  async read(fromOffset: number, maxBytes: number): Promise<Buffer[]> {
    await this.readable
    const found: Buffer[] = []
    let size = 0
    for (const batch of this.batches) {
      if (readBatchHeader(batch).lastOffset < fromOffset) continue
      if (found.length > 0 && size + batch.length > maxBytes) break
      found.push(batch)
      size += batch.length
    }
    return found
  }

  /** Keys and values of all records, in order. */
  records(): { key: Buffer | null; value: Buffer | null }[] {
    return this.batches.flatMap((batch) => readRecords(batch).map(({ key, value }) => ({ key, value })))
  }
}
