/**
 * `.timeindex`: `timestamp int64 | offset - baseOffset int32` per entry. An entry says that up to its offset (the last of
 * a batch) no timestamp is larger. Timestamps rise, so that after disorder entries are left out. The last entry of a
 * sealed segment holds its largest timestamp.
 */
import { IndexEntries } from './index-entries.ts'

export const TIME_INDEX_ENTRY_SIZE = 12

export interface TimestampOffset {
  readonly timestamp: number | bigint
  readonly offset: number
}

export class TimeIndex {
  readonly baseOffset: number
  readonly entries: IndexEntries

  /** `bytes`: the content of the file; a zero-filled tail, as an active segment's file has, is left out. */
  constructor(baseOffset: number, bytes?: Buffer) {
    this.baseOffset = baseOffset
    this.entries = new IndexEntries(TIME_INDEX_ENTRY_SIZE, bytes)
    const isUsed = (entry: number) => entry === 0 || !this.entries.isZero(entry)
    const used = this.entries.lastWhere(isUsed) + 1
    // One entry of zeros alone is a record of 1970 at the base offset; the first of many is an empty, preallocated file.
    const isEmpty = used === 1 && this.entries.count > 1 && this.entries.isZero(0)
    this.entries.truncate(isEmpty ? 0 : used)
  }

  get count(): number {
    return this.entries.count
  }

  timestampOf(entry: number): number | bigint {
    return this.entries.int64(entry, 0)
  }

  offsetOf(entry: number): number {
    return this.baseOffset + this.entries.int32(entry, 8)
  }

  /** (-1, baseOffset) when there is no entry. */
  get last(): TimestampOffset {
    return this.at(this.count - 1)
  }

  at(entry: number): TimestampOffset {
    if (entry < 0) return { timestamp: -1, offset: this.baseOffset }
    return { timestamp: this.timestampOf(entry), offset: this.offsetOf(entry) }
  }

  /** Adds an entry when the timestamp is larger than the last one's; else the last one says it already. */
  maybeAppend(timestamp: number | bigint, offset: number): void {
    if (timestamp <= this.last.timestamp) return
    const slot = this.entries.push()
    slot.bytes.writeBigInt64BE(BigInt(timestamp), slot.position)
    slot.bytes.writeInt32BE(offset - this.baseOffset, slot.position + 8)
  }

  /** The last entry with a timestamp of at most `timestamp`; (-1, baseOffset) when there is none. */
  floor(timestamp: number | bigint): TimestampOffset {
    return this.at(this.entries.lastWhere((entry) => this.timestampOf(entry) <= timestamp))
  }

  /** Drops entries of offsets from `offset` on. */
  truncateTo(offset: number): void {
    this.entries.truncate(this.entries.lastWhere((entry) => this.offsetOf(entry) < offset) + 1)
  }
}
