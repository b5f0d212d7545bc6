import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { BATCH_OVERHEAD } from '../../protocol/record-batch.ts'
import { baseOffsetAt, nextOffsetAt, sizeInBytesAt } from './batch-scanner.ts'

/** Batches from this size on are kept as they are; smaller ones are copied together, so that few objects are retained. */
const KEEP_FROM_BYTES = 8 * 1024
const FIRST_SLAB_BYTES = 4 * 1024
const LARGEST_SLAB_BYTES = 64 * 1024

/** What all logs of a broker keep in memory unless told otherwise. */
export const DEFAULT_TAIL_CACHE_BYTES = 32 * 1024 * 1024

/** Neighbouring batches in one buffer. */
interface Chunk {
  readonly tail: LogTail
  readonly buffer: Buffer
  readonly baseOffset: number
  nextOffset: number
  /** Bytes of `buffer` that are filled. */
  length: number
}

/**
 * Bounds what the tails of all logs of a broker hold: the oldest chunk of any log makes room for a new one. A kept slice
 * pins the network read that it is from, but what else came in that read is mostly here as well, and leaves soon after.
 */
export class TailCache {
  private readonly limitBytes: number
  /** Oldest first; so are the chunks of each log. */
  private readonly chunks = new Set<Chunk>()
  private heldBytes = 0

  constructor(limitBytes = DEFAULT_TAIL_CACHE_BYTES) {
    this.limitBytes = limitBytes
  }

  get sizeInBytes(): number {
    return this.heldBytes
  }

  added(chunk: Chunk): void {
    this.chunks.add(chunk)
    this.heldBytes += chunk.buffer.length
    for (const oldest of this.chunks) {
      if (this.heldBytes <= this.limitBytes) return
      this.removed(oldest)
      oldest.tail.forgetOldest()
    }
  }

  removed(chunk: Chunk): void {
    if (this.chunks.delete(chunk)) this.heldBytes -= chunk.buffer.length
  }
}

/**
 * The last batches of one log, in memory: consumers that keep up are served from here. Invariant: the chunks hold a
 * gapless end of what was appended since the log was opened.
 */
export class LogTail {
  private readonly cache: TailCache
  /** In order of their offsets, from `head` on; what is before has left the cache. */
  private chunks: Chunk[] = []
  private head = 0
  private slabBytes = FIRST_SLAB_BYTES

  constructor(cache: TailCache) {
    this.cache = cache
  }

  /** First offset that is here; undefined when nothing is. */
  get startOffset(): number | undefined {
    return this.chunks[this.head]?.baseOffset
  }

  /** Takes in a batch that was just appended; it must not change any more. */
  add(buffer: Buffer, start: number, end: number, baseOffset: number, nextOffset: number): void {
    const size = end - start
    let last = this.chunks[this.chunks.length - 1]
    if (last && last.nextOffset !== baseOffset) {
      this.clear()
      last = undefined
    }
    if (size >= KEEP_FROM_BYTES) {
      const slice = start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end)
      this.push(slice, size, baseOffset, nextOffset)
      return
    }
    if (last && last.buffer.length - last.length >= size && last.buffer.length <= LARGEST_SLAB_BYTES) {
      buffer.copy(last.buffer, last.length, start, end)
      last.length += size
      last.nextOffset = nextOffset
      return
    }
    const slab = Buffer.allocUnsafeSlow(Math.max(this.slabBytes, size))
    this.slabBytes = Math.min(this.slabBytes * 2, LARGEST_SLAB_BYTES)
    buffer.copy(slab, 0, start, end)
    this.push(slab, size, baseOffset, nextOffset)
  }

  /**
   * Whole batches from the one that holds `offset` on, below `upperBound`, up to `maxBytes`, the first also beyond it
   * if `minOneMessage`. Undefined when the offset is not here.
   */
  read(
    offset: number,
    upperBound: number,
    maxBytes: number,
    minOneMessage: boolean,
  ): { records: Buffer[]; nextOffset: number } | undefined {
    const { startOffset } = this
    if (startOffset === undefined || offset < startOffset) return undefined
    const records: Buffer[] = []
    let nextOffset = offset
    let left = maxBytes
    for (let i = this.chunkOf(offset); i < this.chunks.length; i++) {
      const chunk = this.chunks[i]!
      if (chunk.baseOffset >= upperBound) break
      const isWhole = chunk.baseOffset >= offset && chunk.nextOffset <= upperBound && chunk.length <= left
      const [start, end, next] = isWhole
        ? [0, chunk.length, chunk.nextOffset]
        : batchesWithin(chunk.buffer, chunk.length, offset, upperBound, left, minOneMessage && records.length === 0)
      if (end > start) {
        records.push(start === 0 && end === chunk.buffer.length ? chunk.buffer : chunk.buffer.subarray(start, end))
        nextOffset = next
        left -= end - start
      }
      if (next < chunk.nextOffset || end === start) break
    }
    return { records, nextOffset }
  }

  clear(): void {
    for (let i = this.head; i < this.chunks.length; i++) this.cache.removed(this.chunks[i]!)
    this.chunks = []
    this.head = 0
    this.slabBytes = FIRST_SLAB_BYTES
  }

  /** The cache has dropped the oldest chunk. */
  forgetOldest(): void {
    this.head++
    // Moves what is left only when that is the smaller part.
    if (this.head * 2 < this.chunks.length) return
    this.chunks = this.chunks.slice(this.head)
    this.head = 0
  }

  private push(buffer: Buffer, length: number, baseOffset: number, nextOffset: number): void {
    const chunk = { tail: this, buffer, baseOffset, nextOffset, length }
    this.chunks.push(chunk)
    this.cache.added(chunk)
  }

  /** Index of the first chunk that ends behind `offset`. */
  private chunkOf(offset: number): number {
    let low = this.head
    let high = this.chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.chunks[middle]!.nextOffset <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

/**
 * The range of whole batches of `buffer` that a read may answer: from the first that ends behind `offset`, below
 * `upperBound`, within `maxBytes` but at least one if `minOne`. Answers start, end (the same when there is none) and the
 * offset after the last of them.
 */
export function batchesWithin(
  buffer: Buffer,
  length: number,
  offset: number,
  upperBound: number,
  maxBytes: number,
  minOne: boolean,
): [start: number, end: number, nextOffset: number] {
  let position = 0
  // Batches before the one that holds the offset.
  while (length - position >= BATCH_OVERHEAD) {
    const size = checkedSizeAt(buffer, position)
    if (nextOffsetAt(buffer, position) > offset) break
    position += size
  }
  const start = position
  let end = position
  let nextOffset = offset
  while (length - position >= BATCH_OVERHEAD) {
    const size = checkedSizeAt(buffer, position)
    if (size > length - position || baseOffsetAt(buffer, position) >= upperBound) break
    if (position + size - start > maxBytes && !(minOne && position === start)) break
    nextOffset = nextOffsetAt(buffer, position)
    position += size
    end = position
  }
  return [start, end, nextOffset]
}

/** A length that cannot be one means that the file was changed behind our back; going on would never end. */
function checkedSizeAt(buffer: Buffer, position: number): number {
  const size = sizeInBytesAt(buffer, position)
  if (size >= BATCH_OVERHEAD) return size
  throw new ApiError(ErrorCode.CORRUPT_MESSAGE, `A batch of ${size} bytes where ${BATCH_OVERHEAD} are the least`)
}
