/** Bytes that are not a valid message. The connection they came from is closed, as Kafka does. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

const MAX_SAFE_HIGH = 0x1fffff

/** As in Apache Kafka, compact strings are no longer than the others may be. */
const MAX_STRING_SIZE = 0x7fff

/**
 * Strings, byte fields and structs that the arrays of one message may hold. An element of two bytes on the wire takes
 * a hundred in memory, so that a frame of 100 MB could otherwise fill the heap; honest messages stay far below.
 */
const MAX_ELEMENTS = 1_000_000

/**
 * A cursor over the bytes of one message. Every read is checked against the end before anything is allocated, so
 * hostile lengths cost nothing: what a message can make us allocate is bounded by its own size.
 */
export class Reader {
  readonly buffer: Buffer
  position: number
  readonly end: number
  /** How many more of them may come; a client that trusts its server may raise it. */
  elementsLeft = MAX_ELEMENTS

  constructor(buffer: Buffer, position = 0, end = buffer.length) {
    this.buffer = buffer
    this.position = position
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  /** Advances over `size` bytes and returns where they begin. */
  private take(size: number): number {
    const start = this.position
    if (size > this.end - start) throw underflow(size, this.end - start)
    this.position = start + size
    return start
  }

  int8(): number {
    const at = this.take(1)
    return (this.buffer[at]! << 24) >> 24
  }

  uint8(): number {
    return this.buffer[this.take(1)]!
  }

  bool(): boolean {
    return this.buffer[this.take(1)]! !== 0
  }

  int16(): number {
    const at = this.take(2)
    const b = this.buffer
    return ((b[at]! << 24) | (b[at + 1]! << 16)) >> 16
  }

  uint16(): number {
    const at = this.take(2)
    return (this.buffer[at]! << 8) | this.buffer[at + 1]!
  }

  int32(): number {
    const at = this.take(4)
    const b = this.buffer
    return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  /** An int64 that must be a safe integer. */
  int64(): number {
    const high = this.int32()
    const low = this.int32() >>> 0
    const value = high * 0x1_0000_0000 + low
    if (high > MAX_SAFE_HIGH || high < -MAX_SAFE_HIGH - 1 || (high === -MAX_SAFE_HIGH - 1 && low === 0)) {
      throw new DecodeError(`int64 ${this.buffer.readBigInt64BE(this.position - 8)} is beyond what Kafka assigns`)
    }
    return value
  }

  /** Any int64: a number where it is exact, else a bigint. */
  int64Wide(): number | bigint {
    const high = this.int32()
    const low = this.int32() >>> 0
    if (high > MAX_SAFE_HIGH || high < -MAX_SAFE_HIGH - 1 || (high === -MAX_SAFE_HIGH - 1 && low === 0)) {
      return this.buffer.readBigInt64BE(this.position - 8)
    }
    return high * 0x1_0000_0000 + low
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.take(8))
  }

  unsignedVarint(): number {
    const b = this.buffer
    let position = this.position
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (position >= this.end) throw underflow(1, 0)
      const byte = b[position++]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        if (shift === 28 && byte > 0x0f) break
        this.position = position
        return value >>> 0
      }
    }
    throw new DecodeError('varint is longer than 5 bytes or exceeds 32 bits')
  }

  /** Zigzag varint, int32. */
  varint(): number {
    const raw = this.unsignedVarint()
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** Zigzag varlong, int64: a number where it is exact, else a bigint. */
  varlong(): number | bigint {
    let low = 0
    let shift = 0
    const b = this.buffer
    let position = this.position
    // Up to four bytes (28 bits) stay in int32 arithmetic; longer values are rare and take the bigint path.
    while (shift < 28) {
      if (position >= this.end) throw underflow(1, 0)
      const byte = b[position++]!
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.position = position
        return (low >>> 1) ^ -(low & 1)
      }
      shift += 7
    }
    let high = 0
    let scale = 1
    while (shift < 49) {
      if (position >= this.end) throw underflow(1, 0)
      const byte = b[position++]!
      high += (byte & 0x7f) * scale
      if (byte < 0x80) {
        this.position = position
        const raw = high * 0x1000_0000 + low
        return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
      }
      scale *= 128
      shift += 7
    }
    let wide = BigInt(high) * 0x1000_0000n + BigInt(low)
    for (let wideShift = 49n; wideShift < 70n; wideShift += 7n) {
      if (position >= this.end) throw underflow(1, 0)
      const byte = b[position++]!
      wide |= BigInt(byte & 0x7f) << wideShift
      if (byte < 0x80) {
        if (wideShift === 63n && byte > 1) break
        this.position = position
        const value = wide & 1n ? -((wide >> 1n) + 1n) : wide >> 1n
        return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
      }
    }
    throw new DecodeError('varlong is longer than 10 bytes or exceeds 64 bits')
  }

  uuid(): string {
    const at = this.take(16)
    return this.buffer.toString('base64url', at, at + 16)
  }

  /** `size` bytes as a slice of the message. */
  slice(size: number): Buffer {
    const at = this.take(size)
    return this.buffer.subarray(at, at + size)
  }

  utf8(size: number): string {
    const at = this.take(size)
    return this.buffer.toString('utf8', at, at + size)
  }

  string(): string {
    return this.utf8(required(this.int16()))
  }

  nullableString(): string | null {
    const size = this.int16()
    return size < 0 ? nullWhen(size) : this.utf8(size)
  }

  compactString(): string {
    return this.compactUtf8(required(this.unsignedVarint() - 1))
  }

  compactNullableString(): string | null {
    const size = this.unsignedVarint() - 1
    return size < 0 ? null : this.compactUtf8(size)
  }

  private compactUtf8(size: number): string {
    if (size > MAX_STRING_SIZE) throw new DecodeError(`string of ${size} bytes where ${MAX_STRING_SIZE} are allowed`)
    return this.utf8(size)
  }

  bytes(): Buffer {
    return this.slice(required(this.int32()))
  }

  nullableBytes(): Buffer | null {
    const size = this.int32()
    return size < 0 ? nullWhen(size) : this.slice(size)
  }

  compactBytes(): Buffer {
    return this.slice(required(this.unsignedVarint() - 1))
  }

  compactNullableBytes(): Buffer | null {
    const size = this.unsignedVarint() - 1
    return size < 0 ? null : this.slice(size)
  }

  /** Count of an array whose elements take at least `minElementSize` bytes each. */
  arrayCount(minElementSize: number): number {
    return this.checkCount(required(this.int32()), minElementSize)
  }

  /** The same, -1 for null. */
  nullableArrayCount(minElementSize: number): number {
    const count = this.int32()
    if (count < 0) {
      nullWhen(count)
      return -1
    }
    return this.checkCount(count, minElementSize)
  }

  compactArrayCount(minElementSize: number): number {
    return this.checkCount(required(this.unsignedVarint() - 1), minElementSize)
  }

  compactNullableArrayCount(minElementSize: number): number {
    const count = this.unsignedVarint() - 1
    return count < 0 ? -1 : this.checkCount(count, minElementSize)
  }

  /** Accounts for `count` elements that take memory of their own, before they are read. */
  countElements(count: number): void {
    this.elementsLeft -= count
    if (this.elementsLeft < 0) throw new DecodeError('the arrays of one message have too many elements')
  }

  private checkCount(count: number, minElementSize: number): number {
    if (count * minElementSize > this.end - this.position) {
      throw new DecodeError(`array of ${count} elements in ${this.end - this.position} bytes`)
    }
    return count
  }
}

function underflow(wanted: number, left: number): DecodeError {
  return new DecodeError(`${wanted} bytes wanted where ${left} are left`)
}

function required(size: number): number {
  if (size < 0) throw new DecodeError('null where the message allows none')
  return size
}

function nullWhen(size: number): null {
  if (size !== -1) throw new DecodeError(`negative length ${size}`)
  return null
}
