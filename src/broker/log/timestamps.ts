/** Finds offsets by timestamp, for ListOffsets. */
import { prepareCodec } from '../../protocol/compression.ts'
import { BATCH_OVERHEAD, readBatchHeader, readRecords } from '../../protocol/record-batch.ts'
import { sizeInBytesAt } from './batch-scanner.ts'
import type { ReadSource } from './reader.ts'
import { maxTimestampAt, type Segment } from './segment.ts'

const WINDOW_BYTES = 64 * 1024

export interface FoundTimestamp {
  readonly offset: number
  readonly timestamp: number | bigint
  readonly leaderEpoch: number
}

/** The first record from `logStartOffset` on with a timestamp of at least `timestamp`. */
export async function findTimestamp(
  source: ReadSource,
  timestamp: number | bigint,
  logStartOffset: number,
): Promise<FoundTimestamp | undefined> {
  // Segments may come and go while we wait: this is the log as it was.
  for (const segment of [...source.segments.all]) {
    await segment.indexes.load()
    if (segment.retentionTime() < timestamp) continue
    const { time, offset } = segment.indexes
    const position = offset.floor(Math.max(time.floor(timestamp).offset, logStartOffset))
    return findInSegment(source, segment, position, (buffer, at) => maxTimestampAt(buffer, at) >= timestamp, {
      isMatch: (record) => record.timestamp >= timestamp && record.offset >= logStartOffset,
    })
  }
  return undefined
}

/** The first record with the largest timestamp of the log (KIP-734). */
export async function findLargestTimestamp(source: ReadSource): Promise<FoundTimestamp | undefined> {
  let best: Segment | undefined
  for (const segment of [...source.segments.all]) {
    await segment.indexes.load()
    if (!best || segment.largestTimestamp.timestamp > best.largestTimestamp.timestamp) best = segment
  }
  if (!best) return undefined
  const { timestamp, offset } = best.largestTimestamp
  if (timestamp < 0) return undefined
  const position = best.indexes.offset.floor(offset)
  return findInSegment(source, best, position, (buffer, at) => maxTimestampAt(buffer, at) === timestamp, {
    isMatch: (record) => record.timestamp === timestamp,
  })
}

/** Goes through the batches from `position` on; records are read of those only that `mayHold` picks by their header. */
async function findInSegment(
  { files, openFiles }: ReadSource,
  segment: Segment,
  position: number,
  mayHold: (buffer: Buffer, at: number) => boolean,
  { isMatch }: { isMatch: (record: { offset: number; timestamp: number | bigint }) => boolean },
): Promise<FoundTimestamp | undefined> {
  const end = segment.sizeInBytes
  let window = Buffer.alloc(0)
  let windowStart = position
  const ensure = async (length: number) => {
    const at = position - windowStart
    if (at + length <= window.length) return at
    const buffer = Buffer.allocUnsafeSlow(Math.min(Math.max(WINDOW_BYTES, length), end - position))
    const start = position
    const count = await openFiles.use(segment.log, (fd) => files.read(fd, buffer, 0, buffer.length, start))
    window = buffer.subarray(0, count)
    windowStart = position
    return 0
  }
  while (position + BATCH_OVERHEAD <= end) {
    let at = await ensure(BATCH_OVERHEAD)
    if (window.length - at < BATCH_OVERHEAD) return undefined
    const sizeInBytes = sizeInBytesAt(window, at)
    if (mayHold(window, at)) {
      at = await ensure(sizeInBytes)
      const header = readBatchHeader(window, at)
      await prepareCodec(header.codec)
      const record = readRecords(window, at).find(isMatch)
      if (record) {
        return { offset: record.offset, timestamp: record.timestamp, leaderEpoch: header.partitionLeaderEpoch }
      }
    }
    position += sizeInBytes
  }
  return undefined
}
