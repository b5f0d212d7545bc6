import { decompress } from '../protocol/compression.ts'
import { DecodeError, Reader } from '../protocol/reader.ts'
import {
  BATCH_OVERHEAD,
  type BatchHeader,
  batchCrcIsValid,
  DEFAULT_MAX_DECOMPRESSED,
  type RecordHeader,
  readBatches,
  type TimestampType,
} from '../protocol/record-batch.ts'
import { kafkaError } from './errors.ts'

/** A transaction that was aborted: records of that producer from that offset on are not to be read. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface FetchedOptions {
  /** Records before this offset were read already, and are skipped. */
  readonly fetchOffset: number
  /** Given for read_committed: aborted transactions that reach into these records. */
  readonly abortedTransactions?: readonly AbortedTransaction[] | null
  readonly checkCrcs: boolean
}

const ABORT_MARKER = 0

/**
 * Records of one partition as a fetch brought them, read one after the other without making an object of any: after
 * `next()` the fields tell where key and value lie in `buffer`. Control batches, and what aborted transactions wrote,
 * are passed over.
 */
export class FetchedRecords {
  readonly topic: string
  readonly partition: number
  /** Offset of the current record. */
  offset = -1
  timestamp: number | bigint = -1
  timestampType: TimestampType = 'CreateTime'
  buffer: Buffer = Buffer.alloc(0)
  /** Key and value are `buffer` from start to end; a start of -1 is null. */
  keyStart = -1
  keyEnd = -1
  valueStart = -1
  valueEnd = -1
  headerCount = 0
  /** Where reading goes on: after the last record, past whatever was passed over. */
  position: number
  /** Offset after the last whole batch. */
  readonly endOffset: number
  readonly sizeInBytes: number
  /** Leader epoch of the batch that was read last; -1 before. */
  leaderEpoch = -1
  readonly #records: Buffer
  readonly #batches: readonly { header: BatchHeader; position: number }[]
  readonly #fetchOffset: number
  readonly #checkCrcs: boolean
  /** By first offset, those that later batches may still reach. */
  readonly #aborted: AbortedTransaction[] | undefined
  readonly #abortedProducers = new Set<number>()
  #batchIndex = 0
  #header: BatchHeader | undefined
  #recordsLeft = 0
  #at = 0
  #end = 0
  #headersAt = 0
  #isCounted = false

  constructor(topic: string, partition: number, records: Buffer, options: FetchedOptions) {
    this.topic = topic
    this.partition = partition
    this.position = options.fetchOffset
    this.sizeInBytes = records.length
    this.#records = records
    this.#fetchOffset = options.fetchOffset
    this.#checkCrcs = options.checkCrcs
    this.#aborted = options.abortedTransactions
      ? [...options.abortedTransactions].sort((a, b) => a.firstOffset - b.firstOffset)
      : undefined
    this.#batches = [...readBatches(records)]
    this.endOffset = Math.max(options.fetchOffset, this.#batches.at(-1)?.header.nextOffset ?? 0)
  }

  /** Codecs that must be prepared before the records are read. */
  get codecs(): Set<BatchHeader['codec']> {
    return new Set(this.#batches.map(({ header }) => header.codec))
  }

  /** Bytes came, but not one whole batch: the partition cannot be read on. */
  get isCutOff(): boolean {
    return this.#batches.length === 0 && this.#records.length > 0
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0
  }

  /** Moves to the next record; false when there is none left. Throws on records that cannot be read. */
  next(): boolean {
    for (;;) {
      while (this.#recordsLeft > 0) {
        this.#recordsLeft--
        this.#readRecord()
        if (this.offset >= this.#fetchOffset) {
          this.position = this.offset + 1
          this.#isCounted = true
          return true
        }
      }
      if (this.#header) {
        this.position = Math.max(this.position, this.#header.nextOffset)
        this.#header = undefined
      }
      if (!this.#nextBatch()) return false
    }
  }

  /** Whether every record was read. */
  get isDone(): boolean {
    return this.#recordsLeft === 0 && this.#batchIndex >= this.#batches.length
  }

  /** Whether `next` has found anything. */
  get hasBegun(): boolean {
    return this.#isCounted
  }

  key(): Buffer | null {
    return this.keyStart < 0 ? null : this.buffer.subarray(this.keyStart, this.keyEnd)
  }

  value(): Buffer | null {
    return this.valueStart < 0 ? null : this.buffer.subarray(this.valueStart, this.valueEnd)
  }

  headers(): RecordHeader[] {
    const reader = new Reader(this.buffer, this.#headersAt, this.#end)
    const headers: RecordHeader[] = []
    for (let i = 0; i < this.headerCount; i++) {
      const key = reader.utf8(nonNegative(reader.varint()))
      const size = reader.varint()
      headers.push({ key, value: size < 0 ? null : reader.slice(size) })
    }
    return headers
  }

  #nextBatch(): boolean {
    while (this.#batchIndex < this.#batches.length) {
      const { header, position } = this.#batches[this.#batchIndex++]!
      if (header.nextOffset <= this.#fetchOffset) continue
      this.#checkCrc(header, position)
      this.leaderEpoch = header.partitionLeaderEpoch
      if (this.#isPassedOver(header, position)) {
        this.position = header.nextOffset
        continue
      }
      this.#openBatch(header, position)
      return true
    }
    return false
  }

  #openBatch(header: BatchHeader, position: number): void {
    const start = position + BATCH_OVERHEAD
    const end = position + header.sizeInBytes
    if (header.codec === 'none' || start === end) {
      this.buffer = this.#records
      this.#at = start
      this.#end = end
    } else {
      this.buffer = decompress(header.codec, this.#records.subarray(start, end), DEFAULT_MAX_DECOMPRESSED)
      this.#at = 0
      this.#end = this.buffer.length
    }
    this.timestampType = header.timestampType
    this.#header = header
    this.#recordsLeft = Math.max(0, header.recordCount)
  }

  #isPassedOver(header: BatchHeader, position: number): boolean {
    if (this.#aborted) {
      while (this.#aborted.length > 0 && this.#aborted[0]!.firstOffset <= header.lastOffset) {
        this.#abortedProducers.add(this.#aborted.shift()!.producerId)
      }
      if (header.isControl && this.#isAbortMarker(header, position)) this.#abortedProducers.delete(header.producerId)
      else if (header.isTransactional && this.#abortedProducers.has(header.producerId)) return true
    }
    return header.isControl
  }

  /** The key of a control record is its version and its type, an int16 each. */
  #isAbortMarker(header: BatchHeader, position: number): boolean {
    if (header.recordCount <= 0) return false
    this.#openBatch(header, position)
    this.#readRecord()
    this.#recordsLeft = 0
    this.#header = undefined
    if (this.keyEnd - this.keyStart < 4) return false
    return this.buffer.readInt16BE(this.keyStart + 2) === ABORT_MARKER
  }

  #checkCrc(header: BatchHeader, position: number): void {
    if (!this.#checkCrcs || batchCrcIsValid(this.#records, position, header.sizeInBytes)) return
    throw kafkaError(
      `Record batch for partition ${this.topic}-${this.partition} at offset ${header.baseOffset} is invalid, cause: Record is corrupt (stored crc = ${header.crc})`,
    )
  }

  /**
   * length varint | attributes int8 | timestampDelta varlong | offsetDelta varint | key | value | headerCount varint | …
   * Reading past the end yields zeros, so a lying length shows when the record does not end where it said.
   */
  #readRecord(): void {
    const b = this.buffer
    const header = this.#header!
    const size = this.#varint()
    const end = this.#at + size
    if (size < 0 || end > this.#end) throw corrupt('a record reaches beyond its batch')
    this.#at++
    const delta = this.#varlong()
    const offsetDelta = this.#varint()
    this.offset = header.baseOffset + offsetDelta
    if (this.timestampType === 'LogAppendTime') this.timestamp = header.maxTimestamp
    else if (typeof delta === 'number' && typeof header.baseTimestamp === 'number') {
      this.timestamp = header.baseTimestamp + delta
    } else this.timestamp = BigInt.asIntN(64, BigInt(header.baseTimestamp) + BigInt(delta))
    const keySize = this.#varint()
    this.keyStart = keySize < 0 ? -1 : this.#at
    if (keySize > 0) this.#at += keySize
    this.keyEnd = this.#at
    const valueSize = this.#varint()
    this.valueStart = valueSize < 0 ? -1 : this.#at
    if (valueSize > 0) this.#at += valueSize
    this.valueEnd = this.#at
    this.headerCount = this.#varint()
    this.#headersAt = this.#at
    if (this.#at > end || this.headerCount < 0 || this.headerCount > end - this.#at)
      throw corrupt('a field is too long')
    if (this.headerCount === 0 && this.#at !== end) throw corrupt('bytes are left after a record')
    if (b.length < end) throw corrupt('a record reaches beyond its batch')
    this.#at = end
  }

  #varint(): number {
    const b = this.buffer
    let byte = b[this.#at++]!
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let raw = byte & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      byte = b[this.#at++]!
      raw |= (byte & 0x7f) << shift
      if (!(byte >= 0x80)) return (raw >>> 1) ^ -(raw & 1)
    }
    throw corrupt('a varint is longer than 5 bytes')
  }

  #varlong(): number | bigint {
    const first = this.buffer[this.#at]!
    if (first < 0x80) {
      this.#at++
      return (first >>> 1) ^ -(first & 1)
    }
    const reader = new Reader(this.buffer, this.#at, this.#end)
    const value = reader.varlong()
    this.#at = reader.position
    return value
  }
}

function nonNegative(size: number): number {
  if (size < 0) throw corrupt('a header without key')
  return size
}

function corrupt(what: string): DecodeError {
  return new DecodeError(`Invalid record: ${what}`)
}
