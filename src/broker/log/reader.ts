/** Reads of what is not in memory: awaited, whole batches only, and never with the event loop standing still. */
import { BATCH_OVERHEAD } from '../../protocol/record-batch.ts'
import type { FileLayer } from '../../storage/file-layer.ts'
import { nextOffsetAt, sizeInBytesAt } from './batch-scanner.ts'
import type { IndexCache } from './index-cache.ts'
import type { OpenFiles } from './open-files.ts'
import type { ReadBuffers } from './read-buffers.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import { batchesWithin } from './tail-cache.ts'

/** At most so much is read for one answer, unless a single batch is larger: consumers ask for 1 MiB by default. */
const MAX_READ_BYTES = 2 * 1024 * 1024
/** Read beyond what is asked for, because the offset index points a little before the batch that is wanted. */
const LEAD_BYTES = 8 * 1024

export interface FileRead {
  readonly records: Buffer[]
  /** Offset after the last batch of `records`; the fetch offset when there is none. */
  readonly nextOffset: number
  /** See `ReadResult.release`. */
  readonly release?: () => void
}

export interface ReadSource {
  readonly files: FileLayer
  readonly openFiles: OpenFiles
  readonly segments: Segments
  readonly indexCache: IndexCache
  readonly readBuffers: ReadBuffers
}

/** Whole batches from the one that holds `offset` on, below `upperBound`, from one segment, as `LogTail.read`. */
export async function readFromFiles(
  source: ReadSource,
  offset: number,
  upperBound: number,
  maxBytes: number,
  minOneMessage: boolean,
): Promise<FileRead> {
  const { segments } = source
  for (let index = segments.indexOf(offset); ; index++) {
    const segment = segments.at(index)
    if (!segment || segment.baseOffset >= upperBound) return { records: [], nextOffset: offset }
    const wanted = Math.min(maxBytes, MAX_READ_BYTES)
    const found = await readSegment(source, segment, offset, upperBound, wanted, minOneMessage)
    // After compaction the rest of a segment may hold nothing at or above the offset.
    if (found) return found
  }
}

async function readSegment(
  { files, openFiles, segments, indexCache, readBuffers }: ReadSource,
  segment: Segment,
  offset: number,
  upperBound: number,
  maxBytes: number,
  minOneMessage: boolean,
): Promise<FileRead | undefined> {
  await segment.indexes.load()
  if (segment !== segments.active) indexCache.used(segment.indexes)
  const end = segment.sizeInBytes
  let position = segment.indexes.offset.floor(offset)
  let wanted = maxBytes + LEAD_BYTES
  while (position < end) {
    const readSize = Math.min(wanted, end - position)
    const buffer = readBuffers.take(readSize)
    const at = position
    const length = await openFiles.use(segment.log, (fd) => files.read(fd, buffer, 0, readSize, at))
    const [start, stop, nextOffset] = batchesWithin(buffer, length, offset, upperBound, maxBytes, minOneMessage)
    if (stop > start) {
      return { records: [buffer.subarray(start, stop)], nextOffset, release: () => readBuffers.giveBack(buffer) }
    }
    // The batch that holds the offset begins at `start`; it is not whole in what was read, or may not be answered.
    const size = length - start >= BATCH_OVERHEAD ? sizeInBytesAt(buffer, start) : BATCH_OVERHEAD
    const isWhole = size <= length - start
    const isLast = position + start + size > end
    const isBehind = isWhole && nextOffsetAt(buffer, start) > offset
    readBuffers.giveBack(buffer)
    if (isBehind || isLast) {
      return position + start >= end ? undefined : { records: [], nextOffset: offset }
    }
    if (!isWhole && size > maxBytes && !minOneMessage && size > BATCH_OVERHEAD)
      return { records: [], nextOffset: offset }
    position += start
    wanted = Math.max(maxBytes, size)
  }
  return undefined
}
