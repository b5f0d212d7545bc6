import { join } from 'node:path'
import type { BatchHeader } from '../../protocol/record-batch.ts'
import { type FileLayer, unlinkIfExists, writeFully } from '../../storage/file-layer.ts'
import { DELETED_SUFFIX, segmentFileName } from '../../storage/segment-files.ts'
import type { TimestampOffset } from '../../storage/time-index.ts'
import { BatchScanner, baseOffsetAt, magicAt, nextOffsetAt } from './batch-scanner.ts'
import { type OpenFiles, type PooledFile, pooledFile } from './open-files.ts'
import { SegmentIndexes } from './segment-indexes.ts'

/** What the segments of one log share. */
export interface SegmentHome {
  readonly files: FileLayer
  readonly openFiles: OpenFiles
  /** The partition directory; its path changes when it is renamed. */
  readonly directory: { path: string }
}

/** What a segment has to know of a batch that is appended to it. */
export type PlacedBatch = Pick<BatchHeader, 'lastOffset' | 'sizeInBytes' | 'maxTimestamp'>

const NO_TIMESTAMP = -1

/**
 * One `.log` file and its indexes. Invariants: `sizeInBytes` counts whole batches only; offsets rise from batch to batch;
 * all but the last segment of a log are sealed, that is no longer written to, with trimmed indexes.
 */
export class Segment {
  readonly baseOffset: number
  readonly log: PooledFile
  readonly indexes: SegmentIndexes
  /** Whole batches in the file, in bytes. */
  sizeInBytes: number
  /** When it was made or loaded: counts for segment.ms while its first record has no timestamp. */
  createdMs: number
  private readonly home: SegmentHome
  /** Undefined until the time index is asked. */
  private largest: TimestampOffset | undefined
  /** Largest timestamp of the first batch: segment.ms counts from it. Undefined until read; -1 without a batch. */
  private firstTimestamp: number | bigint | undefined
  private bytesSinceIndexEntry = 0
  private readonly jitter = Math.random()
  /** Whether the indexes lack their end: entries, the largest timestamp, the cut to size. */
  private isOpenEnded = false

  constructor(home: SegmentHome, baseOffset: number, sizeInBytes: number, createdMs: number) {
    this.home = home
    this.baseOffset = baseOffset
    this.sizeInBytes = sizeInBytes
    this.createdMs = createdMs
    this.log = pooledFile(join(home.directory.path, segmentFileName(baseOffset, 'log')))
    this.indexes = new SegmentIndexes(home.files, home.directory, baseOffset)
    if (sizeInBytes === 0) this.firstTimestamp = NO_TIMESTAMP
  }

  /** Makes the files of an empty segment; left-over files of the same name are emptied. */
  static create(
    home: SegmentHome,
    baseOffset: number,
    createdMs: number,
    { segmentIndexBytes, segmentBytes, preallocate }: SegmentSizes,
  ): Segment {
    const segment = new Segment(home, baseOffset, 0, createdMs)
    const fd = home.files.open(segment.log.path, 'w')
    try {
      if (preallocate) home.files.ftruncate(fd, segmentBytes)
    } finally {
      home.files.close(fd)
    }
    segment.indexes.create(segmentIndexBytes)
    segment.largest = { timestamp: NO_TIMESTAMP, offset: baseOffset }
    segment.isOpenEnded = true
    return segment
  }

  /** Largest timestamp and the last offset of its batch; (-1, baseOffset) when no batch has one. May read the time index. */
  get largestTimestamp(): TimestampOffset {
    this.largest ??= this.indexes.lastTimestamp()
    return this.largest
  }

  get isLargestTimestampKnown(): boolean {
    return this.largest !== undefined
  }

  /** Time that counts for retention: the largest timestamp, or when the file was last written if there is none. */
  retentionTime(): number | bigint {
    const { timestamp } = this.largestTimestamp
    if (timestamp >= 0) return timestamp
    return this.home.files.stat(this.log.path)?.mtimeMs ?? this.createdMs
  }

  /** Milliseconds that the segment has waited for its roll when a batch of `timestamp` comes at `nowMs`. */
  waitedForRollMs(nowMs: number, timestamp: number | bigint): number {
    this.firstTimestamp ??= this.readFirstTimestamp()
    return this.firstTimestamp >= 0 ? Number(timestamp) - Number(this.firstTimestamp) : nowMs - this.createdMs
  }

  /** Taken off segment.ms, so that logs that began together do not all roll at once. Random, but lasting. */
  rollJitterMs({ segmentJitterMs, segmentMs }: { segmentJitterMs: number; segmentMs: number }): number {
    return segmentJitterMs <= 0 ? 0 : this.jitter * Math.min(segmentJitterMs, segmentMs)
  }

  /** Writes `buffers` behind what is there. A short write or error is cut off again before it is thrown. */
  write(buffers: readonly Buffer[]): void {
    const { files, openFiles } = this.home
    const fd = openFiles.fd(this.log)
    try {
      writeFully(files, fd, buffers, this.sizeInBytes)
    } catch (error) {
      files.ftruncate(fd, this.sizeInBytes)
      throw error
    }
  }

  /** Counts batches that were written, in order, and indexes them. */
  place(batches: readonly PlacedBatch[], indexIntervalBytes: number): void {
    const { offset: offsetIndex, time: timeIndex } = this.indexes
    this.isOpenEnded = true
    if (batches.length > 0 && (this.firstTimestamp ?? NO_TIMESTAMP) < 0 && this.sizeInBytes === 0) {
      this.firstTimestamp = batches[0]!.maxTimestamp
    }
    for (const { lastOffset, sizeInBytes, maxTimestamp } of batches) {
      if (maxTimestamp > this.largestTimestamp.timestamp) this.largest = { timestamp: maxTimestamp, offset: lastOffset }
      if (this.bytesSinceIndexEntry > indexIntervalBytes) {
        offsetIndex.append(lastOffset, this.sizeInBytes)
        timeIndex.maybeAppend(this.largest!.timestamp, this.largest!.offset)
        this.bytesSinceIndexEntry = 0
      }
      this.sizeInBytes += sizeInBytes
      this.bytesSinceIndexEntry += sizeInBytes
    }
  }

  /** Begins to rebuild size and indexes from the file: `place` the batches found, then `finishRebuild`. */
  startRebuild(): void {
    this.indexes.reset()
    this.isOpenEnded = true
    this.sizeInBytes = 0
    this.bytesSinceIndexEntry = 0
    this.firstTimestamp = NO_TIMESTAMP
    this.largest = { timestamp: NO_TIMESTAMP, offset: this.baseOffset }
  }

  /** Cuts off what lies behind the last placed batch. Answers how many bytes that were. */
  finishRebuild(fileSize: number): number {
    const cut = fileSize - this.sizeInBytes
    if (cut > 0) this.truncateFile(this.sizeInBytes)
    this.seal()
    return cut
  }

  /** The segment is complete, or the log closes: the time index gets the largest timestamp, files are trimmed. */
  seal(): void {
    if (!this.isOpenEnded) return
    const { timestamp, offset } = this.largestTimestamp
    this.indexes.time.maybeAppend(timestamp, offset)
    this.indexes.trim()
    this.isOpenEnded = false
  }

  /** Cuts space that was allocated in advance. */
  trimLog(): void {
    this.truncateFile(this.sizeInBytes)
  }

  /** Drops the batch that holds `offset` and all behind it. Answers the first offset that is gone, at most `offset`. */
  truncateTo(offset: number): number {
    const { position, endOffset } = this.locate(offset)
    this.truncateFile(position)
    this.indexes.truncateTo(offset)
    this.sizeInBytes = position
    this.bytesSinceIndexEntry = 0
    this.largest = undefined
    if (position === 0) this.firstTimestamp = NO_TIMESTAMP
    this.largest = this.scanLargestTimestamp()
    this.isOpenEnded = true
    return endOffset
  }

  /**
   * Position of the batch that holds `offset`, or of the first behind it. `endOffset` is where a log ends that is cut there:
   * `offset`, or before it when the batch begins before it.
   */
  locate(offset: number): { position: number; endOffset: number } {
    const scanner = this.scanner()
    let position = this.indexes.offset.floor(offset - 1)
    for (;;) {
      const batch = scanner.batchAt(position)
      if (!batch) return { position, endOffset: offset }
      if (nextOffsetOf(batch.buffer, batch.at) > offset) {
        return { position, endOffset: Math.min(offset, baseOffsetAt(batch.buffer, batch.at)) }
      }
      position += batch.sizeInBytes
    }
  }

  /** Offset after the last batch. `isWhole` is false when the file does not end with a whole batch. */
  readNextOffset(): { nextOffset: number; isWhole: boolean } {
    if (this.sizeInBytes === 0) return { nextOffset: this.baseOffset, isWhole: true }
    const { offset: index } = this.indexes
    const scanner = this.scanner()
    let position = index.floor(index.lastOffset)
    let nextOffset = this.baseOffset
    if (position > 0 && position >= this.sizeInBytes) return { nextOffset, isWhole: false }
    for (;;) {
      const batch = scanner.batchAt(position)
      if (!batch) return { nextOffset, isWhole: position === this.sizeInBytes }
      const next = nextOffsetOf(batch.buffer, batch.at)
      if (next <= nextOffset) return { nextOffset, isWhole: false }
      nextOffset = next
      position += batch.sizeInBytes
    }
  }

  scanner(end = this.sizeInBytes): BatchScanner {
    return new BatchScanner(this.home.files, this.home.openFiles.fd(this.log), end)
  }

  close(): void {
    this.home.openFiles.close(this.log)
  }

  /** Marks the files for deletion, the log first: an index without its log is removed at load. */
  renameToDeleted(): void {
    this.close()
    const { files, directory } = this.home
    for (const kind of KINDS) {
      const path = join(directory.path, segmentFileName(this.baseOffset, kind))
      if (files.stat(path)) files.rename(path, path + DELETED_SUFFIX)
    }
    // A read that is under way may open them once more.
    this.log.path += DELETED_SUFFIX
    this.indexes.suffix = DELETED_SUFFIX
  }

  deleteRenamed(): void {
    const { files, directory } = this.home
    for (const kind of KINDS) {
      unlinkIfExists(join(directory.path, segmentFileName(this.baseOffset, kind, DELETED_SUFFIX)), files)
    }
  }

  /** Follows a rename of the partition directory; the file must be closed. */
  directoryRenamed(): void {
    this.log.path = join(this.home.directory.path, segmentFileName(this.baseOffset, 'log'))
  }

  private truncateFile(size: number): void {
    const { files, openFiles } = this.home
    const fd = openFiles.fd(this.log)
    if (files.size(fd) !== size) files.ftruncate(fd, size)
  }

  private readFirstTimestamp(): number | bigint {
    const batch = this.scanner().batchAt(0)
    return batch ? maxTimestampAt(batch.buffer, batch.at) : NO_TIMESTAMP
  }

  /** The last entry of the time index, or a batch behind it with a larger timestamp. */
  private scanLargestTimestamp(): TimestampOffset {
    let largest = this.indexes.time.last
    const scanner = this.scanner()
    let position = this.indexes.offset.floor(largest.offset)
    for (;;) {
      const batch = scanner.batchAt(position)
      if (!batch) return largest
      const timestamp = maxTimestampAt(batch.buffer, batch.at)
      if (timestamp > largest.timestamp) largest = { timestamp, offset: nextOffsetAt(batch.buffer, batch.at) - 1 }
      position += batch.sizeInBytes
    }
  }
}

export interface SegmentSizes {
  readonly segmentIndexBytes: number
  readonly segmentBytes: number
  readonly preallocate: boolean
}

const KINDS = ['log', 'index', 'timeindex', 'txnindex'] as const
const MAX_TIMESTAMP_AT = 35

export function maxTimestampAt(buffer: Buffer, position: number): number | bigint {
  const value = buffer.readBigInt64BE(position + MAX_TIMESTAMP_AT)
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

function nextOffsetOf(buffer: Buffer, at: number): number {
  const magic = magicAt(buffer, at)
  if (magic !== 2) throw new Error(`Message format v${magic} is not supported`)
  return nextOffsetAt(buffer, at)
}
