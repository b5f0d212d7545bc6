/**
 * The records inside a batch, read and written; the header around them is in `batch-header.ts`.
 *
 *     length varint | attributes int8 | timestampDelta varlong | offsetDelta varint | key | value | headerCount varint |
 *     headers…
 *
 * Key, value and header fields are a varint size, -1 for null, and that many bytes. Deltas count from the batch's base.
 */
import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_OVERHEAD,
  type BatchHeader,
  CONTROL_FLAG,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LOG_APPEND_TIME_FLAG,
  LOG_OVERHEAD,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  readBatchHeader,
  sealBatch,
  setBatchOffsetAndEpoch,
  type TimestampType,
  TRANSACTIONAL_FLAG,
  writeInt64,
} from './batch-header.ts'
import { CODECS, type Codec, compress, decompress } from './compression.ts'
import { DecodeError, Reader } from './reader.ts'
import { Writer } from './writer.ts'

export {
  addToSequence,
  BATCH_OVERHEAD,
  type BatchHeader,
  batchCrcIsValid,
  batchMagicAt,
  batchSizeAt,
  readBatches,
  readBatchHeader,
  setBatchOffsetAndEpoch,
  setBatchTimestamp,
  type TimestampType,
} from './batch-header.ts'

/** What records may take decompressed, in bytes, unless a caller says otherwise. */
export const DEFAULT_MAX_DECOMPRESSED = 128 * 1024 * 1024

/** length, attributes, timestamp delta, offset delta, key size, value size, header count: one byte each. */
const SMALLEST_RECORD = 7

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

export interface LogRecord {
  readonly offset: number
  readonly timestamp: number | bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: RecordHeader[]
}

const NO_HEADERS: RecordHeader[] = Object.freeze([] as RecordHeader[]) as RecordHeader[]

/**
 * All records of the batch at `position`, control records too. Keys and values are slices: of `buffer`, or of the
 * decompressed bytes, which may take at most `maxSize`. Does not look at the checksum. Throws `DecodeError` on records
 * that do not fill the batch exactly.
 */
export function readRecords(buffer: Buffer, position = 0, maxSize = DEFAULT_MAX_DECOMPRESSED): LogRecord[] {
  const header = readBatchHeader(buffer, position)
  const reader = recordsReader(buffer, position, header, maxSize)
  const { baseOffset, baseTimestamp, recordCount } = header
  const appendTime = header.timestampType === 'LogAppendTime' ? header.maxTimestamp : undefined
  const records: LogRecord[] = []
  for (let i = 0; i < recordCount; i++) {
    const end = endOfRecord(reader)
    reader.int8()
    const timestampDelta = reader.varlong()
    const offset = baseOffset + reader.varint()
    const key = sizedSlice(reader)
    const value = sizedSlice(reader)
    const headers = readHeaders(reader)
    if (reader.position !== end) throw wrongRecordSize(reader, end)
    records.push({ offset, timestamp: appendTime ?? addTimestamps(baseTimestamp, timestampDelta), key, value, headers })
  }
  refuseRest(reader)
  return records
}

/** One record as `scanRecords` shows it: sizes instead of bytes; -1 stands for null. */
export type RecordVisitor = (
  offsetDelta: number,
  timestamp: number | bigint,
  keySize: number,
  valueSize: number,
) => void

/**
 * Walks the records of a batch as `readRecords` does, with the same checks, but without making anything of them: what a
 * broker needs to check a produced batch.
 */
export function scanRecords(
  buffer: Buffer,
  position: number,
  visit: RecordVisitor,
  maxSize = DEFAULT_MAX_DECOMPRESSED,
): void {
  const header = readBatchHeader(buffer, position)
  const reader = recordsReader(buffer, position, header, maxSize)
  const { baseTimestamp, recordCount } = header
  const appendTime = header.timestampType === 'LogAppendTime' ? header.maxTimestamp : undefined
  for (let i = 0; i < recordCount; i++) {
    const end = endOfRecord(reader)
    reader.int8()
    const timestampDelta = reader.varlong()
    const offsetDelta = reader.varint()
    const keySize = skipSized(reader)
    const valueSize = skipSized(reader)
    for (let left = headerCount(reader); left > 0; left--) {
      if (skipSized(reader) < 0) throw new DecodeError('Invalid negative header key size')
      skipSized(reader)
    }
    if (reader.position !== end) throw wrongRecordSize(reader, end)
    visit(offsetDelta, appendTime ?? addTimestamps(baseTimestamp, timestampDelta), keySize, valueSize)
  }
  refuseRest(reader)
}

/** A reader over the records of a batch, decompressed. */
function recordsReader(buffer: Buffer, position: number, header: BatchHeader, maxSize: number): Reader {
  const { magic, sizeInBytes, codec, recordCount } = header
  if (magic !== MAGIC) throw new DecodeError(`Invalid magic found in record: ${magic}`)
  const end = position + sizeInBytes
  if (end > buffer.length) throw new DecodeError(`batch of ${sizeInBytes} bytes where ${buffer.length - position} are`)
  if (recordCount < 0) throw new DecodeError(`Found invalid record count ${recordCount} in magic v2 batch`)
  const start = position + BATCH_OVERHEAD
  // A batch without records has nothing to decompress: compaction leaves such headers, whatever the codec.
  const reader =
    codec === 'none' || start === end
      ? new Reader(buffer, start, end)
      : new Reader(decompress(codec, buffer.subarray(start, end), maxSize))
  if (recordCount * SMALLEST_RECORD > reader.remaining) {
    throw new DecodeError(`${recordCount} records in ${reader.remaining} bytes`)
  }
  return reader
}

function endOfRecord(reader: Reader): number {
  const size = reader.varint()
  if (size < SMALLEST_RECORD - 1 || size > reader.remaining) {
    throw new DecodeError(`record of ${size} bytes where ${reader.remaining} are left`)
  }
  return reader.position + size
}

function wrongRecordSize(reader: Reader, end: number): DecodeError {
  return new DecodeError(`a record ends at ${reader.position}, not at ${end} as its length says`)
}

function refuseRest(reader: Reader): void {
  if (reader.remaining > 0) {
    throw new DecodeError('Incorrect declared batch size, records still remaining in file')
  }
}

/** As in Apache Kafka, any negative size stands for null. */
function sizedSlice(reader: Reader): Buffer | null {
  const size = reader.varint()
  return size < 0 ? null : reader.slice(size)
}

function skipSized(reader: Reader): number {
  const size = reader.varint()
  if (size < 0) return -1
  if (size > reader.remaining) throw new DecodeError(`${size} bytes wanted where ${reader.remaining} are left`)
  reader.position += size
  return size
}

function headerCount(reader: Reader): number {
  const count = reader.varint()
  if (count < 0) throw new DecodeError(`Found invalid number of record headers ${count}`)
  // A header takes two bytes at least.
  if (count * 2 > reader.remaining) {
    throw new DecodeError(
      `Found invalid number of record headers. ${count} is larger than the remaining size of the buffer`,
    )
  }
  return count
}

function readHeaders(reader: Reader): RecordHeader[] {
  const count = headerCount(reader)
  if (count === 0) return NO_HEADERS
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    const keySize = reader.varint()
    if (keySize < 0) throw new DecodeError('Invalid negative header key size')
    headers.push({ key: reader.utf8(keySize), value: sizedSlice(reader) })
  }
  return headers
}

export interface NewRecord {
  readonly key?: Buffer | null
  readonly value?: Buffer | null
  /** Milliseconds since 1970; -1, no timestamp, when left out. */
  readonly timestamp?: number | bigint
  readonly headers?: readonly RecordHeader[]
  /** Place in the batch; one after the record before when left out. */
  readonly offsetDelta?: number
}

export interface NewBatch {
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
  /** Must be prepared with `prepareCodec`. */
  readonly codec?: Codec
  readonly level?: number
  readonly timestampType?: TimestampType
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly records: readonly NewRecord[]
}

/**
 * A batch as a producer or coordinator writes it: timestamps count from the first record's, and `maxTimestamp` is the
 * largest. Keys of a control batch are `controlKey(…)`.
 */
export function writeBatch(batch: NewBatch): Buffer {
  const { codec = 'none', records } = batch
  const baseTimestamp = records[0]?.timestamp ?? -1
  const writer = new Writer(BATCH_OVERHEAD + estimatedSize(records))
  if (codec === 'none') writer.skip(BATCH_OVERHEAD)
  let maxTimestamp: number | bigint = -1
  let lastOffsetDelta = -1
  for (const record of records) {
    const { timestamp = -1, offsetDelta = lastOffsetDelta + 1 } = record
    if (offsetDelta <= lastOffsetDelta) throw new RangeError(`offset delta ${offsetDelta} after ${lastOffsetDelta}`)
    lastOffsetDelta = offsetDelta
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    writeRecord(writer, record, timestampDelta(timestamp, baseTimestamp), offsetDelta)
  }
  const bytes = codec === 'none' ? writer.toBuffer() : withHeaderSpace(compress(codec, writer.toBuffer(), batch.level))
  writeHeader(bytes, batch, lastOffsetDelta, baseTimestamp, maxTimestamp)
  return bytes
}

function withHeaderSpace(records: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(BATCH_OVERHEAD + records.length)
  records.copy(bytes, BATCH_OVERHEAD)
  return bytes
}

function writeHeader(
  bytes: Buffer,
  batch: NewBatch,
  lastOffsetDelta: number,
  baseTimestamp: number | bigint,
  maxTimestamp: number | bigint,
): void {
  setBatchOffsetAndEpoch(bytes, 0, batch.baseOffset ?? 0, batch.partitionLeaderEpoch ?? -1)
  bytes.writeInt32BE(bytes.length - LOG_OVERHEAD, LENGTH_AT)
  bytes.writeInt8(MAGIC, MAGIC_AT)
  const attributes =
    CODECS.indexOf(batch.codec ?? 'none') |
    (batch.timestampType === 'LogAppendTime' ? LOG_APPEND_TIME_FLAG : 0) |
    (batch.isTransactional ? TRANSACTIONAL_FLAG : 0) |
    (batch.isControl ? CONTROL_FLAG : 0)
  bytes.writeInt16BE(attributes, ATTRIBUTES_AT)
  bytes.writeInt32BE(lastOffsetDelta, LAST_OFFSET_DELTA_AT)
  writeInt64(bytes, BASE_TIMESTAMP_AT, baseTimestamp)
  writeInt64(bytes, MAX_TIMESTAMP_AT, maxTimestamp)
  writeInt64(bytes, PRODUCER_ID_AT, batch.producerId ?? -1)
  bytes.writeInt16BE(batch.producerEpoch ?? -1, PRODUCER_EPOCH_AT)
  bytes.writeInt32BE(batch.baseSequence ?? -1, BASE_SEQUENCE_AT)
  bytes.writeInt32BE(batch.records.length, RECORD_COUNT_AT)
  sealBatch(bytes, 0, bytes.length)
}

function writeRecord(writer: Writer, record: NewRecord, delta: number | bigint, offsetDelta: number): void {
  const { key = null, value = null, headers = NO_HEADERS } = record
  let size = 1 + sizeOfVarlong(delta) + sizeOfVarint(offsetDelta) + sizeOfBytes(key) + sizeOfBytes(value)
  size += sizeOfVarint(headers.length)
  for (const header of headers) {
    const keySize = Buffer.byteLength(header.key)
    size += sizeOfVarint(keySize) + keySize + sizeOfBytes(header.value)
  }
  writer.varint(size)
  writer.int8(0)
  writer.varlong(delta)
  writer.varint(offsetDelta)
  writeBytes(writer, key)
  writeBytes(writer, value)
  writer.varint(headers.length)
  for (const header of headers) {
    writeBytes(writer, Buffer.from(header.key))
    writeBytes(writer, header.value)
  }
}

function writeBytes(writer: Writer, value: Buffer | null): void {
  if (value === null) {
    writer.varint(-1)
    return
  }
  writer.varint(value.length)
  writer.raw(value)
}

/** Room for records without headers; more is found as it is needed. */
function estimatedSize(records: readonly NewRecord[]): number {
  let size = 0
  for (const { key, value } of records) size += 24 + (key?.length ?? 0) + (value?.length ?? 0)
  return size
}

function sizeOfBytes(value: Buffer | null): number {
  return value === null ? 1 : sizeOfVarint(value.length) + value.length
}

function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x20_0000 ? 3 : zigzag < 0x1000_0000 ? 4 : 5
}

function sizeOfVarlong(value: number | bigint): number {
  if (typeof value === 'number' && value >= -0x4000_0000 && value < 0x4000_0000) return sizeOfVarint(value)
  const wide = BigInt(value)
  let size = 1
  for (let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n)); rest >= 0x80n; rest >>= 7n) size++
  return size
}

// --- timestamps ---------------------------------------------------------------------------------------------------

function timestampDelta(timestamp: number | bigint, base: number | bigint): number | bigint {
  if (typeof timestamp === 'number' && typeof base === 'number') {
    const difference = timestamp - base
    if (Number.isSafeInteger(difference)) return difference
  }
  return narrowed(BigInt.asIntN(64, BigInt(timestamp) - BigInt(base)))
}

function addTimestamps(base: number | bigint, delta: number | bigint): number | bigint {
  if (typeof base === 'number' && typeof delta === 'number') {
    const sum = base + delta
    if (Number.isSafeInteger(sum)) return sum
  }
  // Sums wrap at 64 bits, as in Java: a delta may be the way round.
  return narrowed(BigInt.asIntN(64, BigInt(base) + BigInt(delta)))
}

function narrowed(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

// --- control records ----------------------------------------------------------------------------------------------

/** What a control record says: the second int16 of its key. */
export const ControlType = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const

export type ControlType = (typeof ControlType)[keyof typeof ControlType]

/** Key of a control record: `version int16 | type int16`, version 0. */
export function controlKey(type: ControlType): Buffer {
  const key = Buffer.alloc(4)
  key.writeInt16BE(type, 2)
  return key
}

/** Type of a control record by its key; a number that `ControlType` lacks comes from a newer Kafka. */
export function controlTypeOf(key: Buffer | null): number {
  if (key === null || key.length < 4) throw new DecodeError('key of a control record is shorter than 4 bytes')
  const version = key.readInt16BE(0)
  if (version < 0)
    throw new DecodeError(`Invalid version found for control record: ${version}. May indicate data corruption`)
  return key.readInt16BE(2)
}
