/**
 * Rebuilds what follows from the batches of a log: where it ends, the indexes, leader epochs and producers. Batches are
 * scanned from the segment that holds the recovery point on; at the first that is torn, corrupt or out of order the log
 * ends, as in Apache Kafka.
 */
import { DecodeError } from '../../protocol/reader.ts'
import { type BatchHeader, readBatchHeader } from '../../protocol/record-batch.ts'
import { type BatchScanner, baseOffsetAt, magicAt, nextOffsetAt } from './batch-scanner.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import { readTransactionMarker } from './transaction-marker.ts'

/** The event loop gets a turn after so many scanned bytes. */
const BYTES_PER_TURN = 16 * 1024 * 1024

const PRODUCER_ID_AT = 43
const MAX_RELATIVE_OFFSET = 0x7fff_ffff

export interface RecoveredSegment {
  readonly nextOffset: number
  /** Bytes that were cut off; more than 0 means that nothing behind this segment can be kept. */
  readonly cutBytes: number
}

/** Work that answers the bytes it went through, so that whoever runs it can let other work in between. */
export type Steps<T> = Generator<number, T, void>

/** Runs to the end, giving the event loop a turn now and then. */
export async function runAwaited<T>(steps: Steps<T>): Promise<T> {
  let bytes = 0
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    bytes += step.value
    if (bytes < BYTES_PER_TURN) continue
    bytes = 0
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Runs to the end at once. */
export function runNow<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/**
 * Scans every batch of `segment`, cuts off what is no whole valid batch, and rebuilds its indexes. `fileSize` is the size of
 * the file. Batches of unsupported formats throw: cutting them off would lose records.
 */
export function* recoverSegment(
  segment: Segment,
  fileSize: number,
  {
    epochs,
    producers,
    indexIntervalBytes,
  }: { epochs: LeaderEpochs; producers: ProducerState; indexIntervalBytes: number },
): Steps<RecoveredSegment> {
  segment.startRebuild()
  const scanner = segment.scanner(fileSize)
  let nextOffset = segment.baseOffset
  for (;;) {
    const position = segment.sizeInBytes
    const header = validBatchAt(scanner, position, segment.baseOffset, nextOffset)
    if (!header) break
    segment.place([header], indexIntervalBytes)
    nextOffset = header.nextOffset
    const latest = epochs.latest
    if (header.partitionLeaderEpoch >= 0 && (latest === undefined || header.partitionLeaderEpoch > latest)) {
      epochs.assignUnwritten(header.partitionLeaderEpoch, header.baseOffset)
    }
    replayProducer(producers, header, scanner, position, segment)
    yield header.sizeInBytes
  }
  return { nextOffset, cutBytes: segment.finishRebuild(fileSize) }
}

/** Takes the producers of batches from `fromOffset` on, in a segment that is known to be whole, into the state. */
export function* replayProducers(segment: Segment, fromOffset: number, producers: ProducerState): Steps<void> {
  const scanner = segment.scanner()
  let { position } = segment.locate(fromOffset)
  for (;;) {
    const batch = scanner.batchAt(position)
    if (!batch) return
    const { buffer, at, sizeInBytes } = batch
    // Most batches need no more than this look.
    const hasProducer = buffer.readInt32BE(at + PRODUCER_ID_AT) >= 0
    if (hasProducer) replayProducer(producers, readBatchHeader(buffer, at), scanner, position)
    else producers.endOffset = nextOffsetAt(buffer, at)
    position += sizeInBytes
    yield sizeInBytes
  }
}

/** The header of a whole, intact batch with rising offsets; undefined where the log ends. */
function validBatchAt(
  scanner: BatchScanner,
  position: number,
  segmentBase: number,
  nextOffset: number,
): BatchHeader | undefined {
  const batch = scanner.batchAt(position)
  if (!batch) return undefined
  const { buffer, at, sizeInBytes } = batch
  const magic = magicAt(buffer, at)
  if (magic === 0 || magic === 1) {
    throw new Error(`Message format v${magic} at position ${position} of segment ${segmentBase} is not supported`)
  }
  if (magic !== 2 || baseOffsetAt(buffer, at) < nextOffset) return undefined
  if (!scanner.isIntact(position, sizeInBytes)) return undefined
  try {
    const again = scanner.batchAt(position)!
    const header = readBatchHeader(again.buffer, again.at)
    const isInReach = header.lastOffset - segmentBase <= MAX_RELATIVE_OFFSET
    return header.lastOffsetDelta >= 0 && isInReach ? header : undefined
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** `segment`: whose transaction index is rebuilt, if it is. */
function replayProducer(
  producers: ProducerState,
  header: BatchHeader,
  scanner: BatchScanner,
  position: number,
  segment?: Segment,
): void {
  if (header.producerId >= 0) {
    const marker = header.isControl ? readTransactionMarker(scanner.bytes(position, header.sizeInBytes), 0) : undefined
    const aborted = producers.append(header, header.baseOffset, 'replay', marker)
    if (aborted) segment?.indexes.addAborted(aborted)
  }
  producers.endOffset = header.nextOffset
}
