import {
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  LOG_OVERHEAD,
  MAGIC_AT,
} from '../../protocol/batch-header.ts'
import { crc32c } from '../../protocol/crc32c.ts'
import { BATCH_OVERHEAD } from '../../protocol/record-batch.ts'
import type { FileLayer } from '../../storage/file-layer.ts'

/** Start of what the checksum covers, and the checksum's own place. */
const CRC_AT = 17
const ATTRIBUTES_AT = 21

const WINDOW_BYTES = 1024 * 1024

/** Base offset of the batch at `position`. */
export function baseOffsetAt(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position) * 0x1_0000_0000 + buffer.readUInt32BE(position + 4)
}

/** Offset after the last record of the batch at `position`, of which 61 bytes must be there. */
export function nextOffsetAt(buffer: Buffer, position: number): number {
  return baseOffsetAt(buffer, position) + buffer.readInt32BE(position + LAST_OFFSET_DELTA_AT) + 1
}

/** Whole size in bytes of the batch at `position`, as its length field says. */
export function sizeInBytesAt(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position + LENGTH_AT) + LOG_OVERHEAD
}

export function leaderEpochAt(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position + LEADER_EPOCH_AT)
}

export function magicAt(buffer: Buffer, position: number): number {
  return buffer.readInt8(position + MAGIC_AT)
}

/**
 * Looks at batches of a file through a window of 1 MiB that is read synchronously: for loading, recovery and truncation,
 * never for serving.
 */
export class BatchScanner {
  private readonly files: FileLayer
  private readonly fd: number
  /** Bytes of the file that count. */
  readonly end: number
  private window = Buffer.alloc(0)
  /** Place of the window in the file, and how much of it is filled. */
  private windowStart = 0
  private windowLength = 0

  constructor(files: FileLayer, fd: number, end: number) {
    this.files = files
    this.fd = fd
    this.end = end
  }

  /**
   * Makes the header of the batch at `position` readable: answers the buffer and where in it the batch begins; undefined
   * when the file ends within the header or the batch, or the length field cannot be one.
   */
  batchAt(position: number): { buffer: Buffer; at: number; sizeInBytes: number } | undefined {
    if (position + BATCH_OVERHEAD > this.end) return undefined
    const at = this.ensure(position, BATCH_OVERHEAD)
    const sizeInBytes = sizeInBytesAt(this.window, at)
    if (sizeInBytes < BATCH_OVERHEAD || position + sizeInBytes > this.end) return undefined
    return { buffer: this.window, at, sizeInBytes }
  }

  /** The whole batch, as a slice that is valid until the next call. */
  bytes(position: number, sizeInBytes: number): Buffer {
    const at = this.ensure(position, sizeInBytes)
    return this.window.subarray(at, at + sizeInBytes)
  }

  /** Checks a batch against its checksum, piece by piece when it is larger than the window. */
  isIntact(position: number, sizeInBytes: number): boolean {
    let at = this.ensure(position, BATCH_OVERHEAD)
    const stored = this.window.readUInt32BE(at + CRC_AT)
    if (sizeInBytes <= WINDOW_BYTES) {
      at = this.ensure(position, sizeInBytes)
      return crc32c(this.window, at + ATTRIBUTES_AT, at + sizeInBytes) === stored
    }
    let crc = 0
    for (let done = ATTRIBUTES_AT; done < sizeInBytes; ) {
      const piece = Math.min(WINDOW_BYTES, sizeInBytes - done)
      at = this.ensure(position + done, piece)
      crc = crc32c(this.window, at, at + piece, crc)
      done += piece
    }
    return crc === stored
  }

  /** Place in the window of `length` bytes from `position` of the file on. */
  private ensure(position: number, length: number): number {
    const at = position - this.windowStart
    if (at >= 0 && at + length <= this.windowLength) return at
    const wanted = Math.min(Math.max(WINDOW_BYTES, length), this.end - position)
    if (this.window.length < wanted) this.window = Buffer.allocUnsafeSlow(wanted)
    this.windowStart = position
    this.windowLength = this.files.readSync(this.fd, this.window, 0, wanted, position)
    if (this.windowLength < length) {
      throw new Error(`File ends at ${position + this.windowLength}, before position ${position + length}`)
    }
    return 0
  }
}
