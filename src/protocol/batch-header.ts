/**
 * Record batches, format v2 (magic 2): the bytes that producers send, logs keep and consumers fetch.
 *
 *     baseOffset int64 | batchLength int32 | partitionLeaderEpoch int32 | magic int8 | crc uint32 | attributes int16 |
 *     lastOffsetDelta int32 | baseTimestamp int64 | maxTimestamp int64 | producerId int64 | producerEpoch int16 |
 *     baseSequence int32 | recordCount int32 | records…
 *
 * `batchLength` counts what follows it. The CRC-32C covers everything from the attributes on, so that a broker may set
 * offset and leader epoch in place. Only the records are compressed, never the header.
 */
import { CODECS, type Codec } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { DecodeError, Reader } from './reader.ts'

/** Size of the header of a batch in bytes. */
export const BATCH_OVERHEAD = 61

/** The only format that is written since Kafka 4.0. */
export const MAGIC = 2

/** Offset and length, in bytes: what does not count into `batchLength`. */
export const LOG_OVERHEAD = 12

export const LENGTH_AT = 8
export const LEADER_EPOCH_AT = 12
export const MAGIC_AT = 16
const CRC_AT = 17
export const ATTRIBUTES_AT = 21
export const LAST_OFFSET_DELTA_AT = 23
export const BASE_TIMESTAMP_AT = 27
export const MAX_TIMESTAMP_AT = 35
export const PRODUCER_ID_AT = 43
export const PRODUCER_EPOCH_AT = 51
export const BASE_SEQUENCE_AT = 53
export const RECORD_COUNT_AT = 57

export const CODEC_MASK = 0x07
export const LOG_APPEND_TIME_FLAG = 0x08
export const TRANSACTIONAL_FLAG = 0x10
export const CONTROL_FLAG = 0x20
export const DELETE_HORIZON_FLAG = 0x40

/** Least size of a message of the formats before v2, without offset and length. */
const SMALLEST_LEGACY_LENGTH = 14
const MAX_INT32 = 0x7fffffff

export type TimestampType = 'CreateTime' | 'LogAppendTime'

export interface BatchHeader {
  readonly baseOffset: number
  readonly lastOffset: number
  /** The offset after the batch. */
  readonly nextOffset: number
  /** The whole batch, header included. */
  readonly sizeInBytes: number
  readonly partitionLeaderEpoch: number
  /** Anything but 2 is not a v2 batch, and all fields but this, `baseOffset` and `sizeInBytes` mean nothing. */
  readonly magic: number
  readonly crc: number
  readonly attributes: number
  readonly codec: Codec
  readonly timestampType: TimestampType
  readonly isTransactional: boolean
  readonly isControl: boolean
  /** `baseTimestamp` is the time from which the cleaner may drop the batch's tombstones (KIP-534). */
  readonly hasDeleteHorizon: boolean
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number | bigint
  readonly maxTimestamp: number | bigint
  /** -1 without idempotence. */
  readonly producerId: number
  readonly producerEpoch: number
  /** -1 without idempotence. */
  readonly baseSequence: number
  /** Sequence of the last record; after 2^31 - 1 follows 0. */
  readonly lastSequence: number
  readonly recordCount: number
}

/**
 * Size in bytes of the batch at `position`, from its length field; -1 when fewer than 12 bytes are there. The batch may
 * well reach beyond `end`. Throws `DecodeError` on a length that no format allows, so that walking always advances.
 */
export function batchSizeAt(buffer: Buffer, position: number, end = buffer.length): number {
  if (end - position < LOG_OVERHEAD) return -1
  const length = buffer.readInt32BE(position + LENGTH_AT)
  if (length < SMALLEST_LEGACY_LENGTH) {
    throw new DecodeError(`Record size ${length} is less than the minimum record overhead (${SMALLEST_LEGACY_LENGTH})`)
  }
  return LOG_OVERHEAD + length
}

/** Magic of the batch at `position`, of which 17 bytes must be there: at the same place in every format. */
export function batchMagicAt(buffer: Buffer, position: number): number {
  return buffer.readInt8(position + MAGIC_AT)
}

/**
 * Reads the 61 bytes of a batch header. Throws `DecodeError` when they are not there or cannot be one. A batch of
 * another format than v2 is answered with its `magic`, for the caller to refuse: only then may the rest be nonsense.
 */
export function readBatchHeader(buffer: Buffer, position = 0): BatchHeader {
  if (position < 0 || buffer.length - position < BATCH_OVERHEAD) {
    throw new DecodeError(`${buffer.length - position} bytes where a batch header takes ${BATCH_OVERHEAD}`)
  }
  const length = buffer.readInt32BE(position + LENGTH_AT)
  const magic = buffer.readInt8(position + MAGIC_AT)
  if (magic === MAGIC ? length < BATCH_OVERHEAD - LOG_OVERHEAD : length < SMALLEST_LEGACY_LENGTH) {
    throw new DecodeError(
      `Record batch is corrupted (the size ${length + LOG_OVERHEAD} is smaller than the minimum allowed overhead ${BATCH_OVERHEAD})`,
    )
  }
  const isReadable = magic === MAGIC
  const attributes = buffer.readInt16BE(position + ATTRIBUTES_AT)
  const codec = CODECS[attributes & CODEC_MASK]
  if (codec === undefined && isReadable) {
    throw new DecodeError(`Unknown compression type id: ${attributes & CODEC_MASK}`)
  }
  const baseOffset = safeInt64At(buffer, position, 'offset')
  const lastOffsetDelta = buffer.readInt32BE(position + LAST_OFFSET_DELTA_AT)
  const baseSequence = buffer.readInt32BE(position + BASE_SEQUENCE_AT)
  const lastOffset = baseOffset + lastOffsetDelta
  return {
    baseOffset,
    lastOffset,
    nextOffset: lastOffset + 1,
    sizeInBytes: length + LOG_OVERHEAD,
    partitionLeaderEpoch: buffer.readInt32BE(position + LEADER_EPOCH_AT),
    magic,
    crc: buffer.readUInt32BE(position + CRC_AT),
    attributes,
    codec: codec ?? 'none',
    timestampType: attributes & LOG_APPEND_TIME_FLAG ? 'LogAppendTime' : 'CreateTime',
    isTransactional: (attributes & TRANSACTIONAL_FLAG) !== 0,
    isControl: (attributes & CONTROL_FLAG) !== 0,
    hasDeleteHorizon: (attributes & DELETE_HORIZON_FLAG) !== 0,
    lastOffsetDelta,
    baseTimestamp: int64At(buffer, position + BASE_TIMESTAMP_AT),
    maxTimestamp: int64At(buffer, position + MAX_TIMESTAMP_AT),
    producerId: isReadable ? safeInt64At(buffer, position + PRODUCER_ID_AT, 'producer id') : -1,
    producerEpoch: buffer.readInt16BE(position + PRODUCER_EPOCH_AT),
    baseSequence,
    lastSequence: baseSequence < 0 ? baseSequence : addToSequence(baseSequence, lastOffsetDelta),
    recordCount: buffer.readInt32BE(position + RECORD_COUNT_AT),
  }
}

/** Sequences count from 0 to 2^31 - 1 and begin again. */
export function addToSequence(sequence: number, increment: number): number {
  return sequence > MAX_INT32 - increment ? increment - (MAX_INT32 - sequence) - 1 : sequence + increment
}

/** Whether the stored checksum fits the bytes, all of which must be there. */
export function batchCrcIsValid(buffer: Buffer, position: number, sizeInBytes: number): boolean {
  if (sizeInBytes < BATCH_OVERHEAD || position + sizeInBytes > buffer.length) return false
  const computed = crc32c(buffer, position + ATTRIBUTES_AT, position + sizeInBytes)
  return computed === buffer.readUInt32BE(position + CRC_AT)
}

/** Gives a batch its place in the log. Neither field is covered by the checksum. */
export function setBatchOffsetAndEpoch(
  buffer: Buffer,
  position: number,
  baseOffset: number,
  partitionLeaderEpoch: number,
): void {
  writeInt64(buffer, position, baseOffset)
  buffer.writeInt32BE(partitionLeaderEpoch, position + LEADER_EPOCH_AT)
}

/**
 * Sets who chose the timestamps, and the largest of them, and the checksum anew. With LogAppendTime readers take
 * `maxTimestamp` for every record of the batch, so the records themselves stay as they are, even compressed.
 */
export function setBatchTimestamp(
  buffer: Buffer,
  position: number,
  type: TimestampType,
  maxTimestamp: number | bigint,
): void {
  const attributes = buffer.readInt16BE(position + ATTRIBUTES_AT)
  const changed = type === 'LogAppendTime' ? attributes | LOG_APPEND_TIME_FLAG : attributes & ~LOG_APPEND_TIME_FLAG
  buffer.writeInt16BE(changed, position + ATTRIBUTES_AT)
  writeInt64(buffer, position + MAX_TIMESTAMP_AT, maxTimestamp)
  sealBatch(buffer, position, LOG_OVERHEAD + buffer.readInt32BE(position + LENGTH_AT))
}

/** Writes the checksum of a batch whose other bytes are in place. */
export function sealBatch(buffer: Buffer, position: number, sizeInBytes: number): void {
  buffer.writeUInt32BE(crc32c(buffer, position + ATTRIBUTES_AT, position + sizeInBytes), position + CRC_AT)
}

/** Whole batches from the front of `buffer`; stops at a last one that is cut off, as fetch answers have it. */
export function* readBatches(buffer: Buffer): Generator<{ header: BatchHeader; position: number }> {
  let position = 0
  while (true) {
    const sizeInBytes = batchSizeAt(buffer, position)
    if (sizeInBytes < 0 || sizeInBytes > buffer.length - position) return
    // A message of an older format may be shorter than a v2 header, and is refused before that header is read.
    const magic = batchMagicAt(buffer, position)
    if (magic !== MAGIC) throw new DecodeError(`Invalid magic found in record: ${magic}`)
    const header = readBatchHeader(buffer, position)
    yield { header, position }
    position += header.sizeInBytes
  }
}

// --- int64 ------------------------------------------------------------------------------------------------------

function int64At(buffer: Buffer, position: number): number | bigint {
  return new Reader(buffer, position, position + 8).int64Wide()
}

function safeInt64At(buffer: Buffer, position: number, what: string): number {
  const value = int64At(buffer, position)
  if (typeof value === 'bigint') throw new DecodeError(`${what} ${value} is beyond what Kafka assigns`)
  return value
}

export function writeInt64(buffer: Buffer, position: number, value: number | bigint): void {
  if (typeof value === 'bigint') {
    buffer.writeBigInt64BE(value, position)
    return
  }
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an int64 that a number can hold`)
  const high = Math.floor(value / 0x1_0000_0000)
  buffer.writeInt32BE(high, position)
  buffer.writeInt32BE((value - high * 0x1_0000_0000) | 0, position + 4)
}
