import type { Records } from './schema.ts'

/** From this size on, record bytes are passed on as they are instead of being copied. */
const COPY_BELOW = 2048

/**
 * Grows a message. Large record slices are not copied: `finish` answers with the pieces in order, for one gathered
 * write to a socket or file.
 */
export class Writer {
  private buffer: Buffer
  private position = 0
  /** Where the piece that is being written begins in `buffer`. */
  private pieceStart = 0
  private pieces: Buffer[] = []
  private piecesSize = 0

  constructor(initialSize = 256) {
    this.buffer = Buffer.allocUnsafe(initialSize)
  }

  /** Bytes written so far. */
  get size(): number {
    return this.piecesSize + this.position - this.pieceStart
  }

  /** All pieces in order. The writer must not be used afterwards. */
  finish(): Buffer[] {
    this.endPiece()
    return this.pieces
  }

  /** All bytes as one buffer; copies only when there is more than one piece. */
  toBuffer(): Buffer {
    const pieces = this.finish()
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  }

  private endPiece(): void {
    if (this.position === this.pieceStart) return
    this.pieces.push(this.buffer.subarray(this.pieceStart, this.position))
    this.piecesSize += this.position - this.pieceStart
    this.pieceStart = this.position
  }

  /** Makes room for `size` bytes, advances over them and returns where they begin. */
  private reserve(size: number): number {
    const at = this.position
    if (at + size > this.buffer.length) return this.grow(size)
    this.position = at + size
    return at
  }

  private grow(size: number): number {
    const used = this.position - this.pieceStart
    const next = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, used + size))
    this.buffer.copy(next, 0, this.pieceStart, this.position)
    this.buffer = next
    this.pieceStart = 0
    this.position = used + size
    return used
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) throw outOfRange(value, 'int8')
    const at = this.reserve(1)
    this.buffer[at] = value
  }

  bool(value: boolean): void {
    const at = this.reserve(1)
    this.buffer[at] = value ? 1 : 0
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) throw outOfRange(value, 'int16')
    const at = this.reserve(2)
    const b = this.buffer
    b[at] = value >> 8
    b[at + 1] = value
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) throw outOfRange(value, 'uint16')
    this.int16((value << 16) >> 16)
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw outOfRange(value, 'int32')
    const at = this.reserve(4)
    const b = this.buffer
    b[at] = value >> 24
    b[at + 1] = value >> 16
    b[at + 2] = value >> 8
    b[at + 3] = value
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) throw outOfRange(value, 'uint32')
    this.int32(value | 0)
  }

  /** Only what a number holds exactly: anything else would be written as garbage. */
  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw outOfRange(value, 'int64')
    const high = Math.floor(value / 0x1_0000_0000)
    this.int32(high | 0)
    this.int32((value - high * 0x1_0000_0000) | 0)
  }

  int64Wide(value: number | bigint): void {
    if (typeof value !== 'bigint') {
      this.int64(value)
      return
    }
    const at = this.reserve(8)
    this.buffer.writeBigInt64BE(value, at)
  }

  float64(value: number): void {
    const at = this.reserve(8)
    this.buffer.writeDoubleBE(value, at)
  }

  unsignedVarint(value: number): void {
    let rest = value >>> 0
    while (rest >= 0x80) {
      this.unsignedByte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.unsignedByte(rest)
  }

  private unsignedByte(value: number): void {
    const at = this.reserve(1)
    this.buffer[at] = value
  }

  /** Zigzag varint, int32. */
  varint(value: number): void {
    if ((value | 0) !== value) throw outOfRange(value, 'int32')
    this.unsignedVarint((value << 1) ^ (value >> 31))
  }

  /** Zigzag varlong, int64. */
  varlong(value: number | bigint): void {
    if (typeof value === 'number' && value >= -0x4000_0000 && value < 0x4000_0000) {
      this.varint(value)
      return
    }
    const wide = BigInt(value)
    if (BigInt.asIntN(64, wide) !== wide) throw outOfRange(value, 'int64')
    let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n))
    while (rest >= 0x80n) {
      this.unsignedByte(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.unsignedByte(Number(rest))
  }

  uuid(value: string): void {
    const at = this.reserve(16)
    if (value.length !== 22 || this.buffer.write(value, at, 16, 'base64url') !== 16) {
      throw new TypeError(`not a uuid: ${value}`)
    }
  }

  /** Leaves `size` bytes for the caller to fill. */
  skip(size: number): void {
    this.reserve(size)
  }

  raw(value: Buffer): void {
    const at = this.reserve(value.length)
    value.copy(this.buffer, at)
  }

  private utf8(value: string, size: number): void {
    const at = this.reserve(size)
    this.buffer.write(value, at, size, 'utf8')
  }

  string(value: string): void {
    const size = Buffer.byteLength(value)
    if (size > 0x7fff) throw new RangeError(`string of ${size} bytes where 32767 fit`)
    this.int16(size)
    this.utf8(value, size)
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  compactString(value: string): void {
    const size = Buffer.byteLength(value)
    if (size > 0x7fff) throw new RangeError(`string of ${size} bytes where 32767 fit`)
    this.unsignedVarint(size + 1)
    this.utf8(value, size)
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactString(value)
  }

  bytes(value: Buffer): void {
    this.int32(value.length)
    this.raw(value)
  }

  nullableBytes(value: Buffer | null): void {
    if (value === null) this.int32(-1)
    else this.bytes(value)
  }

  compactBytes(value: Buffer): void {
    this.unsignedVarint(value.length + 1)
    this.raw(value)
  }

  compactNullableBytes(value: Buffer | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactBytes(value)
  }

  records(value: Records | null): void {
    if (value === null) {
      this.int32(-1)
      return
    }
    this.int32(sizeOf(value))
    this.gather(value)
  }

  compactRecords(value: Records | null): void {
    if (value === null) {
      this.unsignedVarint(0)
      return
    }
    this.unsignedVarint(sizeOf(value) + 1)
    this.gather(value)
  }

  private gather(value: Records): void {
    if (Buffer.isBuffer(value)) this.slice(value)
    else for (const piece of value) this.slice(piece)
  }

  /** Appends a slice by reference, unless it is so small that copying it is cheaper. */
  private slice(value: Buffer): void {
    if (value.length < COPY_BELOW) {
      this.raw(value)
      return
    }
    this.endPiece()
    this.pieces.push(value)
    this.piecesSize += value.length
  }
}

function sizeOf(value: Records): number {
  if (Buffer.isBuffer(value)) return value.length
  let size = 0
  for (const piece of value) size += piece.length
  return size
}

function outOfRange(value: unknown, type: string): RangeError {
  return new RangeError(`${value} is not an ${type}`)
}
