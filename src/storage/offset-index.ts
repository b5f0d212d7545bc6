/**
 * `.index`: where in the log some offsets are, `offset - baseOffset int32 | position int32` per entry, both rising. There
 * is an entry per index.interval.bytes of log: the last offset of the first batch beyond, and where that batch begins.
 */
import { IndexEntries } from './index-entries.ts'

export const OFFSET_INDEX_ENTRY_SIZE = 8

const MAX_RELATIVE_OFFSET = 0x7fff_ffff

export class OffsetIndex {
  readonly baseOffset: number
  readonly entries: IndexEntries

  /** `bytes`: the content of the file; a zero-filled tail, as an active segment's file has, is left out. */
  constructor(baseOffset: number, bytes?: Buffer) {
    this.baseOffset = baseOffset
    this.entries = new IndexEntries(OFFSET_INDEX_ENTRY_SIZE, bytes)
    // No entry points to position 0: the batch there is found without an index.
    const used = this.entries.lastWhere((entry) => this.entries.int32(entry, 4) !== 0) + 1
    this.entries.truncate(used)
  }

  get count(): number {
    return this.entries.count
  }

  get lastOffset(): number {
    return this.count === 0 ? this.baseOffset : this.offsetOf(this.count - 1)
  }

  offsetOf(entry: number): number {
    return this.baseOffset + this.entries.int32(entry, 0)
  }

  positionOf(entry: number): number {
    return this.entries.int32(entry, 4)
  }

  /** Whether an offset is in reach of the segment's relative offsets. */
  canHold(offset: number): boolean {
    return offset >= this.baseOffset && offset - this.baseOffset <= MAX_RELATIVE_OFFSET
  }

  append(offset: number, position: number): void {
    if (this.count > 0 && offset <= this.lastOffset) {
      throw new Error(
        `Attempt to append an offset ${offset} no larger than the last offset appended (${this.lastOffset})`,
      )
    }
    const slot = this.entries.push()
    slot.bytes.writeInt32BE(offset - this.baseOffset, slot.position)
    slot.bytes.writeInt32BE(position, slot.position + 4)
  }

  /** Position in bytes from which a batch with `offset` is found by going forward; 0 before the first entry. */
  floor(offset: number): number {
    const entry = this.entries.lastWhere((candidate) => this.offsetOf(candidate) <= offset)
    return entry < 0 ? 0 : this.positionOf(entry)
  }

  /** Drops entries of offsets from `offset` on. */
  truncateTo(offset: number): void {
    this.entries.truncate(this.entries.lastWhere((entry) => this.offsetOf(entry) < offset) + 1)
  }

  /** First entry that does not rise, or that points beyond `logSize`; undefined when the index is consistent. */
  firstBadEntry(logSize: number): number | undefined {
    for (let entry = 0; entry < this.count; entry++) {
      const rises =
        entry === 0 ||
        (this.offsetOf(entry) > this.offsetOf(entry - 1) && this.positionOf(entry) > this.positionOf(entry - 1))
      if (!rises || this.offsetOf(entry) < this.baseOffset || this.positionOf(entry) >= logSize) return entry
    }
    return undefined
  }
}
