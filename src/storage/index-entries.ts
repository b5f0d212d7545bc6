/**
 * A growing array of fixed-size index entries in one Buffer. Entries up to `persistedCount` are in the file as well; what
 * lies behind is written when the log is flushed, rolled or closed: after a kill the indexes of what was not flushed are
 * rebuilt from the log anyway.
 */
export class IndexEntries {
  readonly entrySize: number
  private bytes: Buffer
  private length: number
  /** Entries at the front that the file holds too. */
  persistedCount: number

  /** `bytes` is the content of the file: whole entries only count. */
  constructor(entrySize: number, bytes: Buffer = Buffer.alloc(0)) {
    this.entrySize = entrySize
    this.length = Math.floor(bytes.length / entrySize)
    this.persistedCount = this.length
    this.bytes = bytes
  }

  get count(): number {
    return this.length
  }

  get sizeInBytes(): number {
    return this.length * this.entrySize
  }

  /** Memory held, in bytes. */
  get capacity(): number {
    return this.bytes.length
  }

  /** Space of one new entry at the end: the buffer and where in it to write. */
  push(): { bytes: Buffer; position: number } {
    const position = this.length * this.entrySize
    if (position + this.entrySize > this.bytes.length) {
      const grown = Buffer.alloc(Math.max(this.entrySize * 8, this.bytes.length * 2))
      this.bytes.copy(grown, 0, 0, position)
      this.bytes = grown
    }
    this.length++
    return { bytes: this.bytes, position }
  }

  int32(entry: number, at: number): number {
    return this.bytes.readInt32BE(entry * this.entrySize + at)
  }

  int64(entry: number, at: number): number | bigint {
    const value = this.bytes.readBigInt64BE(entry * this.entrySize + at)
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
  }

  isZero(entry: number): boolean {
    const end = (entry + 1) * this.entrySize
    for (let i = entry * this.entrySize; i < end; i++) if (this.bytes[i] !== 0) return false
    return true
  }

  truncate(count: number): void {
    if (count >= this.length) return
    this.length = count
    this.persistedCount = Math.min(this.persistedCount, count)
  }

  /** Bytes of entries that the file lacks. */
  unpersisted(): Buffer {
    return this.bytes.subarray(this.persistedCount * this.entrySize, this.length * this.entrySize)
  }

  /** All entries, as the trimmed file holds them. */
  toBuffer(): Buffer {
    return this.bytes.subarray(0, this.length * this.entrySize)
  }

  /** The last entry for which `isAtMost` holds, which must hold for a front part only; -1 when for none. */
  lastWhere(isAtMost: (entry: number) => boolean): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isAtMost(middle)) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
