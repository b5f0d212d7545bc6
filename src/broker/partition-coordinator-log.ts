import type { CoordinatorLog } from './coordinator/coordinator-log.ts'
import type { Partition } from './partition.ts'

/** A partition of an internal topic as the coordinator that lives on it sees it. */
export class PartitionCoordinatorLog implements CoordinatorLog {
  private readonly partition: Partition

  constructor(partition: Partition) {
    this.partition = partition
  }

  get logStartOffset(): number {
    return this.partition.log.logStartOffset
  }

  get logEndOffset(): number {
    return this.partition.log.logEndOffset
  }

  get highWatermark(): number {
    return this.partition.highWatermark
  }

  get leaderEpoch(): number {
    return this.partition.leaderEpoch
  }

  get maxBatchBytes(): number {
    return this.partition.log.config.maxMessageBytes
  }

  append(batch: Buffer): Promise<{ firstOffset: number; lastOffset: number }> {
    return this.partition.append({ records: batch, origin: 'coordinator' })
  }

  committed(offset: number): Promise<void> {
    return this.partition.committed(offset)
  }

  async read(fromOffset: number, maxBytes: number): Promise<Buffer[]> {
    const read = await this.partition.log.read(fromOffset, { maxBytes, minOneMessage: true, upTo: 'logEnd' })
    return [...read.records]
  }
}
