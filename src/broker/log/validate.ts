/**
 * What a batch must be before it gets its place in the log: the checks of Apache Kafka 4.3.1 for magic 2, in its order and
 * with its texts. Older formats are refused, as in Kafka 4.
 */
import type { LogConfig } from '../../config/topic-config.ts'
import { CODECS, type Codec } from '../../protocol/compression.ts'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { DecodeError } from '../../protocol/reader.ts'
import {
  BATCH_OVERHEAD,
  type BatchHeader,
  batchCrcIsValid,
  batchMagicAt,
  batchSizeAt,
  readBatchHeader,
  readRecords,
  scanRecords,
  setBatchTimestamp,
  writeBatch,
} from '../../protocol/record-batch.ts'
import { AppendError, type RecordError } from './append-error.ts'

export interface AppendEntry {
  /** Whole batches; a client sends exactly one. Patched in place, and kept by the log's tail cache. */
  readonly records: Buffer
  readonly origin: 'client' | 'coordinator' | 'raft'
  /** Version of the Produce request, which decides what a client may send. */
  readonly requestVersion?: number
  /** Of the transaction that a marker ends (KIP-890); 2 wants a higher epoch. */
  readonly transactionVersion?: number
}

/** A batch that may be appended: where it is, and its header. */
export interface ValidBatch {
  readonly buffer: Buffer
  readonly position: number
  readonly header: BatchHeader
}

const NO_TIMESTAMP = -1
const MAX_INT64 = 0x7fff_ffff_ffff_ffffn

/** Checks all batches of an entry, sets timestamps and recompresses as the topic wants. Throws an `ApiError`. */
export function validateEntry(entry: AppendEntry, config: LogConfig, partition: string, nowMs: number): ValidBatch[] {
  try {
    if (entry.origin === 'client') return [validateClientBatch(entry, config, partition, nowMs)]
    return validateOwnBatches(entry, config, partition, nowMs)
  } catch (error) {
    // Bytes that are no records: Kafka names them invalid too.
    if (error instanceof DecodeError) throw new AppendError(ErrorCode.INVALID_RECORD, error.message)
    throw error
  }
}

function validateClientBatch(entry: AppendEntry, config: LogConfig, partition: string, nowMs: number): ValidBatch {
  const { records: buffer } = entry
  const header = soleHeader(buffer, entry.requestVersion ?? 0)
  checkBatch(buffer, 0, header, config, partition)
  checkClientHeader(header, partition)
  const found = checkRecords(buffer, header, config, partition, nowMs)
  const target = targetCodec(config, header.codec)
  if (target !== header.codec || (header.codec !== 'none' && !found.isConsecutive)) {
    return rewritten(buffer, header, target, config, partition, nowMs)
  }
  const type = config.messageTimestampType
  const maxTimestamp = type === 'LogAppendTime' ? nowMs : found.maxTimestamp
  if (header.timestampType === type && header.maxTimestamp === maxTimestamp) return { buffer, position: 0, header }
  setBatchTimestamp(buffer, 0, type, maxTimestamp)
  return { buffer, position: 0, header: readBatchHeader(buffer) }
}

/** Batches that a coordinator or the raft layer made: trusted in what they hold, checked in their frame. */
function validateOwnBatches(entry: AppendEntry, config: LogConfig, partition: string, nowMs: number): ValidBatch[] {
  const { records: buffer, origin } = entry
  const batches: ValidBatch[] = []
  for (let position = 0; position < buffer.length; ) {
    let header = readBatchHeader(buffer, position)
    if (header.magic !== 2) throw new AppendError(ErrorCode.INVALID_RECORD, `Batch of magic ${header.magic}`)
    if (position + header.sizeInBytes > buffer.length) {
      throw new AppendError(ErrorCode.CORRUPT_MESSAGE, `Torn batch at position ${position} in append to ${partition}`)
    }
    if (origin === 'raft') {
      if (!batchCrcIsValid(buffer, position, header.sizeInBytes)) throw corrupt(header, partition)
    } else {
      checkBatch(buffer, position, header, config, partition)
      if (config.messageTimestampType === 'LogAppendTime') {
        setBatchTimestamp(buffer, position, 'LogAppendTime', nowMs)
        header = readBatchHeader(buffer, position)
      }
    }
    batches.push({ buffer, position, header })
    position += header.sizeInBytes
  }
  if (batches.length === 0) throw new AppendError(ErrorCode.INVALID_RECORD, 'Record batch has no batches at all')
  return batches
}

/** The one batch that a Produce request may have per partition. */
function soleHeader(buffer: Buffer, version: number): BatchHeader {
  const refuse = (text: string) =>
    new ApiError(ErrorCode.INVALID_RECORD, `Produce requests with version ${version} ${text}`)
  const size = sizeOrCorrupt(buffer, 0)
  if (size < 0 || size > buffer.length) throw refuse('must have at least one record batch per partition')
  if (batchMagicAt(buffer, 0) !== 2) throw refuse('are only allowed to contain record batches with magic version 2')
  if (size < BATCH_OVERHEAD) throw corruptSize(size)
  const header = readBatchHeader(buffer)
  if (version < 7 && header.codec === 'zstd') {
    throw new ApiError(
      ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
      `Produce requests with version ${version} are not allowed to use ZStandard compression`,
    )
  }
  const next = sizeOrCorrupt(buffer, size)
  // What is left over and no whole batch is not appended.
  if (next >= 0 && size + next <= buffer.length) {
    throw refuse('are only allowed to contain exactly one record batch per partition')
  }
  return header
}

function sizeOrCorrupt(buffer: Buffer, position: number): number {
  try {
    // The magic must be there as well to count as a batch.
    return buffer.length - position < 17 ? -1 : batchSizeAt(buffer, position)
  } catch (error) {
    if (error instanceof DecodeError) throw new ApiError(ErrorCode.CORRUPT_MESSAGE, error.message)
    throw error
  }
}

function checkBatch(buffer: Buffer, position: number, header: BatchHeader, config: LogConfig, partition: string): void {
  const { sizeInBytes } = header
  if (sizeInBytes > config.maxMessageBytes) {
    throw new ApiError(
      ErrorCode.MESSAGE_TOO_LARGE,
      `The record batch size in the append to ${partition} is ${sizeInBytes} bytes ` +
        `which exceeds the maximum configured value of ${config.maxMessageBytes}).`,
    )
  }
  if (!batchCrcIsValid(buffer, position, sizeInBytes)) throw corrupt(header, partition)
}

function checkClientHeader(header: BatchHeader, partition: string): void {
  const refuse = (text: string) => new AppendError(ErrorCode.INVALID_RECORD, text)
  const { baseOffset, lastOffset, lastOffsetDelta, recordCount } = header
  if (baseOffset !== 0) {
    throw refuse(
      `The baseOffset of the record batch in the append to ${partition} should be 0, but it is ${baseOffset}`,
    )
  }
  if (lastOffsetDelta < 0) {
    throw refuse(`Batch has an invalid offset range: [${baseOffset}, ${lastOffset}] in topic partition ${partition}`)
  }
  if (recordCount <= 0) {
    throw refuse(`Invalid reported count for record batch: ${recordCount} in topic partition ${partition}`)
  }
  if (lastOffsetDelta + 1 !== recordCount) {
    throw refuse(
      `Inconsistent batch offset range [${baseOffset}, ${lastOffset}] and count of records ${recordCount} ` +
        `in topic partition ${partition}`,
    )
  }
  if (header.isControl) throw refuse(`Clients are not allowed to write control records in topic partition ${partition}`)
  if (header.producerId >= 0 && header.baseSequence < 0) {
    throw refuse(
      `Invalid sequence number ${header.baseSequence} in record batch with producerId ${header.producerId} ` +
        `in topic partition ${partition}`,
    )
  }
}

interface FoundRecords {
  readonly maxTimestamp: number | bigint
  /** Whether the offsets are 0, 1, 2, …; some old clients write others in compressed batches. */
  readonly isConsecutive: boolean
}

/** Walks the records, decompressing: each must be whole, have its key and an admissible timestamp. */
function checkRecords(
  buffer: Buffer,
  header: BatchHeader,
  config: LogConfig,
  partition: string,
  nowMs: number,
): FoundRecords {
  const errors: RecordError[] = []
  let hasInvalidTimestamp = false
  let maxTimestamp: number | bigint = NO_TIMESTAMP
  let isConsecutive = true
  let index = 0
  const { compact, messageTimestampType, messageTimestampBeforeMaxMs, messageTimestampAfterMaxMs } = config
  const isCreateTime = messageTimestampType === 'CreateTime'
  scanRecords(buffer, 0, (offsetDelta, timestamp, keySize) => {
    if (compact && keySize < 0) {
      const text = `Compacted topic cannot accept message without key in topic partition ${partition}`
      errors.push({ batchIndex: index, batchIndexErrorMessage: text })
    } else if (isCreateTime && timestamp !== NO_TIMESTAMP) {
      const age = typeof timestamp === 'number' ? nowMs - timestamp : Number(BigInt(nowMs) - timestamp)
      if (age > messageTimestampBeforeMaxMs || -age > messageTimestampAfterMaxMs) {
        hasInvalidTimestamp = true
        const bounds = `[${int64Sum(nowMs, -messageTimestampBeforeMaxMs)}, ${int64Sum(nowMs, messageTimestampAfterMaxMs)}]`
        const text =
          `Timestamp ${timestamp} of message with offset ${offsetDelta} is out of range. ` +
          `The timestamp should be within ${bounds}`
        errors.push({ batchIndex: index, batchIndexErrorMessage: text })
      }
    } else if (header.timestampType === 'LogAppendTime') {
      hasInvalidTimestamp = true
      errors.push({ batchIndex: index, batchIndexErrorMessage: wrongTimestampType(buffer, header, index) })
    }
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    if (offsetDelta !== index) isConsecutive = false
    index++
  })
  if (errors.length > 0) throw refusedRecords(errors, hasInvalidTimestamp)
  return { maxTimestamp, isConsecutive }
}

function wrongTimestampType(buffer: Buffer, header: BatchHeader, index: number): string {
  const { offset, timestamp, key, value } = readRecords(buffer)[index]!
  const [name, absent] = header.codec === 'none' ? ['DefaultRecord', 0] : ['PartialDefaultRecord', -1]
  return (
    `Invalid timestamp type in message ${name}(offset=${offset}, timestamp=${timestamp}, ` +
    `key=${key?.length ?? absent} bytes, value=${value?.length ?? absent} bytes). ` +
    'Producer should not set timestamp type to LogAppendTime.'
  )
}

function refusedRecords(errors: RecordError[], hasInvalidTimestamp: boolean): AppendError {
  if (hasInvalidTimestamp) {
    const text = 'One or more records have been rejected due to invalid timestamp'
    return new AppendError(ErrorCode.INVALID_TIMESTAMP, text, errors)
  }
  const shown = errors
    .slice(0, 3)
    .map((error) => `RecordError(batchIndex=${error.batchIndex}, message='${error.batchIndexErrorMessage}')`)
  const text =
    `One or more records have been rejected due to ${errors.length} record errors in total, ` +
    `and only showing the first three errors at most: [${shown.join(', ')}]`
  return new AppendError(ErrorCode.INVALID_RECORD, text, errors)
}

/** `compression.type` of the topic: the producer's own, or one that it imposes. */
function targetCodec({ compressionType }: LogConfig, source: Codec): Codec {
  if (compressionType === 'producer') return source
  return compressionType === 'uncompressed' ? 'none' : compressionType
}

/** The same records as a new batch, in the codec that the topic wants and with consecutive offsets. */
function rewritten(
  buffer: Buffer,
  header: BatchHeader,
  codec: Codec,
  config: LogConfig,
  partition: string,
  nowMs: number,
): ValidBatch {
  const batch = writeBatch({
    codec,
    level: levelOf(config, codec),
    isTransactional: header.isTransactional,
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    baseSequence: header.baseSequence,
    records: readRecords(buffer).map(({ key, value, timestamp, headers }) => ({ key, value, timestamp, headers })),
  })
  if (config.messageTimestampType === 'LogAppendTime') setBatchTimestamp(batch, 0, 'LogAppendTime', nowMs)
  if (batch.length > config.maxMessageBytes) {
    throw new ApiError(
      ErrorCode.MESSAGE_TOO_LARGE,
      `Message batch size is ${batch.length} bytes in append topartition ${partition} ` +
        `which exceeds the maximum configured size of ${config.maxMessageBytes}.`,
    )
  }
  return { buffer: batch, position: 0, header: readBatchHeader(batch) }
}

function levelOf(config: LogConfig, codec: Codec): number | undefined {
  switch (codec) {
    case 'gzip':
      return config.compressionGzipLevel
    case 'lz4':
      return config.compressionLz4Level
    case 'zstd':
      return config.compressionZstdLevel
    default:
      return undefined
  }
}

/** Codecs that an append may need: those of its batches, and the one the topic imposes. */
export function codecsOf(records: Buffer, { compressionType }: LogConfig): Codec[] {
  const codecs = new Set<Codec>()
  if (compressionType !== 'producer' && compressionType !== 'uncompressed') codecs.add(compressionType)
  if (records.length >= BATCH_OVERHEAD) codecs.add(CODECS[records.readInt16BE(21) & 0x07] ?? 'none')
  return [...codecs]
}

function corrupt(header: BatchHeader, partition: string): ApiError {
  return new ApiError(
    ErrorCode.CORRUPT_MESSAGE,
    `Record is corrupt (stored crc = ${header.crc}) in topic partition ${partition}.`,
  )
}

function corruptSize(size: number): ApiError {
  return new ApiError(
    ErrorCode.CORRUPT_MESSAGE,
    `Record batch is corrupt (the size ${size} is smaller than the minimum allowed overhead ${BATCH_OVERHEAD})`,
  )
}

/** A sum as Java's long arithmetic has it, for texts: settings may be 2^63 - 1. */
function int64Sum(a: number, b: number): bigint {
  const wide = BigInt(b)
  const clamped = wide > MAX_INT64 ? MAX_INT64 : wide < -MAX_INT64 ? -MAX_INT64 : wide
  return BigInt.asIntN(64, BigInt(a) + clamped)
}
