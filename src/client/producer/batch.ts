import { CODECS, type Codec, compress } from '../../protocol/compression.ts'
import { crc32c } from '../../protocol/crc32c.ts'
import { addToSequence, BATCH_OVERHEAD } from '../../protocol/record-batch.ts'

export interface HeaderToSend {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** Upper bound of what a record adds beyond key, value and headers: sizes, attributes and deltas at their longest. */
const MAX_RECORD_OVERHEAD = 21

/** What a record may take in a batch of its own, as Kafka estimates it before it accepts the record. */
export function largestBatchOf(key: Buffer | null, valueSize: number, headers: readonly HeaderToSend[]): number {
  let size = BATCH_OVERHEAD + MAX_RECORD_OVERHEAD + sizedSize(key?.length ?? -1) + sizedSize(valueSize)
  size += varintSize(headers.length)
  for (const header of headers) size += sizedSize(header.key.length) + sizedSize(header.value?.length ?? -1)
  return size
}

/**
 * A batch that is being filled, and then sent until it is acknowledged or given up. Records are encoded where they are
 * added, so that a record costs one copy and no object.
 */
export class ProducerBatch {
  recordCount = 0
  /** Bytes used of `buffer`; the header's 61 are filled in by `seal`. */
  position = BATCH_OVERHEAD
  buffer: Buffer
  readonly createdMs: number
  /** What the batch takes of the producer's memory. */
  readonly reservedBytes: number
  attempts = 0
  /** Place among the batches of its partition: retries are sent in this order. */
  readonly order: number
  baseSequence = -1
  /** Size of the records after compression as a part of their size before; 1 until compressed. */
  compressionRatio = 1
  #baseTimestamp = 0
  #maxTimestamp = 0
  #isSealed = false
  #attributes = 0

  constructor(buffer: Buffer, createdMs: number, order: number) {
    this.buffer = buffer
    this.reservedBytes = buffer.length
    this.createdMs = createdMs
    this.order = order
  }

  /**
   * Adds a record whose value is `source` from `start` to `end` (null for none). False, and nothing changed, when it
   * does not fit.
   */
  append(
    timestamp: number,
    key: Buffer | null,
    source: Buffer | null,
    start: number,
    end: number,
    headers: readonly HeaderToSend[],
  ): boolean {
    const timestampDelta = this.recordCount === 0 ? 0 : timestamp - this.#baseTimestamp
    const valueSize = source === null ? -1 : end - start
    let bodySize = 1 + varintSize(timestampDelta) + varintSize(this.recordCount)
    bodySize += sizedSize(key === null ? -1 : key.length) + sizedSize(valueSize) + varintSize(headers.length)
    for (let i = 0; i < headers.length; i++) {
      const header = headers[i]!
      bodySize += sizedSize(header.key.length) + sizedSize(header.value === null ? -1 : header.value.length)
    }
    const b = this.buffer
    let at = this.position
    if (at + varintSize(bodySize) + bodySize > b.length) return false
    if (this.recordCount === 0) {
      this.#baseTimestamp = timestamp
      this.#maxTimestamp = timestamp
    } else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    at = writeVarint(b, at, bodySize)
    b[at++] = 0
    at = writeVarint(b, at, timestampDelta)
    at = writeVarint(b, at, this.recordCount)
    at = writeSized(b, at, key)
    at = writeVarint(b, at, valueSize)
    if (valueSize > 0) {
      copy(source!, b, at, start, end)
      at += valueSize
    }
    at = writeVarint(b, at, headers.length)
    for (let i = 0; i < headers.length; i++) {
      at = writeSized(b, at, headers[i]!.key)
      at = writeSized(b, at, headers[i]!.value)
    }
    this.position = at
    this.recordCount++
    return true
  }

  get lastSequence(): number {
    return this.baseSequence < 0 ? -1 : addToSequence(this.baseSequence, this.recordCount - 1)
  }

  /**
   * Makes the bytes to send: compresses at the first call, and writes the header with who sends it. Called again when
   * the producer's epoch or the batch's sequence changed.
   */
  seal(
    codec: Codec,
    level: number | undefined,
    producerId: number,
    producerEpoch: number,
    baseSequence: number,
  ): Buffer {
    if (!this.#isSealed) {
      this.#isSealed = true
      if (codec !== 'none') {
        const packed = compress(codec, this.buffer.subarray(BATCH_OVERHEAD, this.position), level)
        this.buffer = Buffer.allocUnsafe(BATCH_OVERHEAD + packed.length)
        packed.copy(this.buffer, BATCH_OVERHEAD)
        this.compressionRatio = packed.length / (this.position - BATCH_OVERHEAD)
        this.position = this.buffer.length
        this.#attributes = CODECS.indexOf(codec)
      }
    }
    this.baseSequence = baseSequence
    const b = this.buffer
    writeInt64(b, 0, 0)
    b.writeInt32BE(this.position - 12, 8)
    b.writeInt32BE(-1, 12)
    b[16] = 2
    b.writeInt16BE(this.#attributes, 21)
    b.writeInt32BE(this.recordCount - 1, 23)
    writeInt64(b, 27, this.#baseTimestamp)
    writeInt64(b, 35, this.#maxTimestamp)
    writeInt64(b, 43, producerId)
    b.writeInt16BE(producerEpoch, 51)
    b.writeInt32BE(baseSequence, 53)
    b.writeInt32BE(this.recordCount, 57)
    b.writeUInt32BE(crc32c(b, 21, this.position), 17)
    return b.subarray(0, this.position)
  }

  /** The sealed bytes. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.position)
  }
}

/** Short values are copied faster by a loop than by a call into native code. */
function copy(source: Buffer, target: Buffer, at: number, start: number, end: number): void {
  if (end - start > 48) {
    source.copy(target, at, start, end)
    return
  }
  for (let i = start; i < end; i++) target[at++] = source[i]!
}

function varintSize(value: number): number {
  if (value > 0x3fffffff || value < -0x40000000) return longVarintSize(value)
  const raw = (value << 1) ^ (value >> 31)
  return raw < 0x80 ? 1 : raw < 0x4000 ? 2 : raw < 0x200000 ? 3 : raw < 0x10000000 ? 4 : 5
}

function longVarintSize(value: number): number {
  let size = 1
  for (let rest = value < 0 ? -2 * value - 1 : 2 * value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}

function sizedSize(size: number): number {
  return size < 0 ? 1 : varintSize(size) + size
}

/** Zigzag varint or varlong of a safe integer; answers with the position after it. */
function writeVarint(b: Buffer, position: number, value: number): number {
  let at = position
  if (value > 0x3fffffff || value < -0x40000000) {
    let rest = value < 0 ? -2 * value - 1 : 2 * value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) b[at++] = (rest % 0x80) | 0x80
    b[at++] = rest
    return at
  }
  let raw = (value << 1) ^ (value >> 31)
  while (raw >= 0x80) {
    b[at++] = (raw & 0x7f) | 0x80
    raw >>>= 7
  }
  b[at++] = raw
  return at
}

function writeSized(b: Buffer, position: number, value: Buffer | null): number {
  if (value === null) return writeVarint(b, position, -1)
  const at = writeVarint(b, position, value.length)
  copy(value, b, at, 0, value.length)
  return at + value.length
}

function writeInt64(b: Buffer, position: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  b.writeInt32BE(high, position)
  b.writeInt32BE((value - high * 0x1_0000_0000) | 0, position + 4)
}
