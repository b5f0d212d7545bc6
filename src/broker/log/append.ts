/** Appends: one synchronous step from the checks to the new log end. */
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { type BatchHeader, batchCrcIsValid, readBatches, setBatchOffsetAndEpoch } from '../../protocol/record-batch.ts'
import type { AbortedTransaction } from '../../storage/transaction-index.ts'
import { type LogState, rollLog, syncIdentityNow } from './log-state.ts'
import type { PlacedBatch } from './segment.ts'
import { readTransactionMarker } from './transaction-marker.ts'
import { type AppendEntry, type ValidBatch, validateEntry } from './validate.ts'

export interface AppendResult {
  readonly firstOffset: number
  readonly lastOffset: number
  /** -1 when the producer chose the timestamps. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  /** The records were here already; the offsets are those they have. */
  readonly isDuplicate: boolean
}

interface PendingBatch extends PlacedBatch {
  readonly buffer: Buffer
  readonly start: number
  readonly baseOffset: number
}

/**
 * Validates each entry, gives it offsets, and writes all in one go (more when a segment rolls in between). An entry that is
 * refused answers its `ApiError` and leaves no trace. Throws when the files cannot be written; the log is then unusable.
 */
export function appendEntries(
  state: LogState,
  entries: readonly AppendEntry[],
  leaderEpoch: number,
  nowMs: number,
): (AppendResult | ApiError)[] {
  const call = new AppendCall(state, leaderEpoch, nowMs)
  const results = entries.map((entry) => call.add(entry))
  call.write()
  return results
}

/** Appends batches as they are, offsets and epochs included, as a follower does. */
export function appendAsIs(state: LogState, batches: readonly ValidBatch[], nowMs: number): void {
  const call = new AppendCall(state, -1, nowMs)
  call.addAsIs(batches)
  call.write()
}

/** Batches that a leader sent: intact, and with offsets that rise from the log end on. */
export function batchesToFollow(state: LogState, records: Buffer): ValidBatch[] {
  const batches: ValidBatch[] = []
  let nextOffset = state.logEndOffset
  for (const { header, position } of readBatches(records)) {
    if (!batchCrcIsValid(records, position, header.sizeInBytes)) {
      throw new ApiError(ErrorCode.CORRUPT_MESSAGE, `Record is corrupt (stored crc = ${header.crc})`)
    }
    if (header.baseOffset < nextOffset) {
      throw new Error(
        `Unexpected offset in append to ${state.partition}. First offset ${header.baseOffset} is less than ` +
          `the next offset ${nextOffset}.`,
      )
    }
    nextOffset = header.nextOffset
    batches.push({ buffer: records, position, header })
  }
  return batches
}

class AppendCall {
  private readonly state: LogState
  private readonly leaderEpoch: number
  private readonly nowMs: number
  /** Offset that the next record gets; the state's log end follows when the bytes are written. */
  private nextOffset: number
  private pending: PendingBatch[] = []
  private pendingBytes = 0
  private aborted: AbortedTransaction[] = []

  constructor(state: LogState, leaderEpoch: number, nowMs: number) {
    this.state = state
    this.leaderEpoch = leaderEpoch
    this.nowMs = nowMs
    this.nextOffset = state.logEndOffset
  }

  add(entry: AppendEntry): AppendResult | ApiError {
    const { state, nowMs } = this
    let batches: ValidBatch[]
    try {
      batches = validateEntry(entry, state.config, state.partition, nowMs)
      this.checkSize(batches)
    } catch (error) {
      if (error instanceof ApiError) return error
      throw error
    }
    const { logStartOffset } = state
    const [{ header: first }] = batches as [ValidBatch]
    const duplicate =
      entry.origin === 'client' && first.producerId >= 0 ? state.producers.duplicateOf(first) : undefined
    if (duplicate) {
      const { firstOffset, lastOffset, timestamp } = duplicate
      return { firstOffset, lastOffset, logAppendTimeMs: Number(timestamp), logStartOffset, isDuplicate: true }
    }
    const recordCount = batches.reduce((sum, { header }) => sum + header.lastOffsetDelta + 1, 0)
    this.rollIfDue(batches, this.nextOffset + recordCount - 1)
    const refused = this.updateProducers(batches, entry)
    if (refused) return refused
    const firstOffset = this.nextOffset
    this.noteEpoch(this.leaderEpoch, firstOffset)
    for (const { buffer, position, header } of batches) {
      setBatchOffsetAndEpoch(buffer, position, this.nextOffset, this.leaderEpoch)
      this.queue(buffer, position, header, this.nextOffset)
    }
    state.producers.endOffset = this.nextOffset
    const isAppendTime = entry.origin !== 'raft' && state.config.messageTimestampType === 'LogAppendTime'
    const logAppendTimeMs = isAppendTime ? nowMs : -1
    return { firstOffset, lastOffset: this.nextOffset - 1, logAppendTimeMs, logStartOffset, isDuplicate: false }
  }

  addAsIs(batches: readonly ValidBatch[]): void {
    const { state } = this
    for (const batch of batches) {
      const { buffer, position, header } = batch
      // A gap is where a leader has compacted records away.
      this.nextOffset = header.baseOffset
      this.rollIfDue([batch], header.lastOffset)
      if (header.partitionLeaderEpoch >= 0) this.noteEpoch(header.partitionLeaderEpoch, header.baseOffset)
      if (header.producerId >= 0) {
        const marker = header.isControl ? readTransactionMarker(buffer, position) : undefined
        const aborted = state.producers.append(header, header.baseOffset, 'replay', marker)
        if (aborted) this.aborted.push(aborted)
      }
      this.queue(buffer, position, header, header.baseOffset)
      state.producers.endOffset = this.nextOffset
    }
  }

  /** Writes what is pending; only then the log end moves. */
  write(): void {
    const { state, pending } = this
    if (pending.length === 0) return
    if (!state.isIdentityDurable) syncIdentityNow(state)
    const segment = state.segments.active
    segment.indexes.reopen(state.config.segmentIndexBytes)
    segment.write(piecesOf(pending))
    segment.place(pending, state.config.indexIntervalBytes)
    for (const { buffer, start, sizeInBytes, baseOffset, lastOffset } of pending) {
      state.tail.add(buffer, start, start + sizeInBytes, baseOffset, lastOffset + 1)
    }
    for (const transaction of this.aborted) segment.indexes.addAborted(transaction)
    state.logEndOffset = this.nextOffset
    this.pending = []
    this.pendingBytes = 0
    this.aborted = []
  }

  private checkSize(batches: readonly ValidBatch[]): void {
    const size = sizeOf(batches)
    const { segmentBytes } = this.state.config
    if (size <= segmentBytes) return
    throw new ApiError(
      ErrorCode.RECORD_LIST_TOO_LARGE,
      `Message batch size is ${size} bytes in append to partition ${this.state.partition}, ` +
        `which exceeds the maximum configured segment size of ${segmentBytes}.`,
    )
  }

  /** Begins a new segment when the active one is full, by bytes, time, index entries or reach of offsets. */
  private rollIfDue(batches: readonly ValidBatch[], lastOffset: number): void {
    const { state, nowMs } = this
    const { config } = state
    const { active } = state.segments
    const size = active.sizeInBytes + this.pendingBytes
    const isDue =
      size > config.segmentBytes - sizeOf(batches) ||
      !active.indexes.offset.canHold(lastOffset) ||
      active.indexes.isFull(config.segmentIndexBytes) ||
      (size > 0 && this.hasWaited(batches, active.sizeInBytes))
    if (!isDue) return
    const from = this.nextOffset
    this.nextOffset = this.pending.length > 0 ? this.pending.at(-1)!.lastOffset + 1 : state.logEndOffset
    this.write()
    this.nextOffset = from
    // A follower's next batch may lie behind a gap: the segment begins where it does.
    state.logEndOffset = from
    rollLog(state, nowMs)
  }

  /** segment.ms since the first timestamp of the segment; with compaction max.compaction.lag.ms, if that is less. */
  private hasWaited(batches: readonly ValidBatch[], sizeInBytes: number): boolean {
    const { config, segments } = this.state
    const limit =
      config.compact && config.maxCompactionLagMs > 0
        ? Math.min(config.maxCompactionLagMs, config.segmentMs)
        : config.segmentMs
    let largest: number | bigint = -1
    for (const { header } of batches) if (header.maxTimestamp > largest) largest = header.maxTimestamp
    const firstPending = sizeInBytes === 0 ? this.pending[0]?.maxTimestamp : undefined
    const waited =
      firstPending !== undefined && firstPending >= 0
        ? Number(largest) - Number(firstPending)
        : segments.active.waitedForRollMs(this.nowMs, largest)
    return waited > limit - segments.active.rollJitterMs(config)
  }

  private updateProducers(batches: readonly ValidBatch[], entry: AppendEntry): ApiError | undefined {
    const { producers } = this.state
    const ids = batches.filter(({ header }) => header.producerId >= 0).map(({ header }) => header.producerId)
    if (ids.length === 0) return undefined
    const restore = batches.length > 1 ? producers.save(new Set(ids)) : undefined
    const abortedBefore = this.aborted.length
    try {
      let offset = this.nextOffset
      for (const { buffer, position, header } of batches) {
        if (header.producerId >= 0) {
          const marker = header.isControl ? readTransactionMarker(buffer, position) : undefined
          const aborted = producers.append(header, offset, entry.origin, marker, entry.transactionVersion)
          if (aborted) this.aborted.push(aborted)
        }
        offset += header.lastOffsetDelta + 1
      }
      return undefined
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      restore?.()
      this.aborted.length = abortedBefore
      return error
    }
  }

  private noteEpoch(epoch: number, startOffset: number): void {
    const { epochs } = this.state
    if (epochs.latest !== epoch) epochs.assign(epoch, startOffset)
  }

  private queue(buffer: Buffer, start: number, header: BatchHeader, baseOffset: number): void {
    const { sizeInBytes, maxTimestamp, lastOffsetDelta } = header
    const lastOffset = baseOffset + lastOffsetDelta
    this.pending.push({ buffer, start, sizeInBytes, maxTimestamp, baseOffset, lastOffset })
    this.pendingBytes += sizeInBytes
    this.nextOffset = lastOffset + 1
  }
}

/** The bytes of the batches; neighbours in one buffer are one piece. */
function piecesOf(batches: readonly PendingBatch[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let i = 0; i < batches.length; ) {
    const { buffer, start } = batches[i]!
    let end = start
    for (; i < batches.length && batches[i]!.buffer === buffer && batches[i]!.start === end; i++) {
      end += batches[i]!.sizeInBytes
    }
    pieces.push(start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end))
  }
  return pieces
}

function sizeOf(batches: readonly ValidBatch[]): number {
  let size = 0
  for (const { header } of batches) size += header.sizeInBytes
  return size
}
