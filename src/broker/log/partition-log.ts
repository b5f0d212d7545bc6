import { dirname, join } from 'node:path'
import type { LogConfig } from '../../config/topic-config.ts'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { DecodeError } from '../../protocol/reader.ts'
import type { EpochStart } from '../../storage/leader-epoch-checkpoint.ts'
import { type AppendResult, appendAsIs, appendEntries, batchesToFollow } from './append.ts'
import { flushIndexes, flushLog, flushLogNow } from './flush.ts'
import type { PartitionLogOptions, ReadBound, ReadOptions, ReadResult } from './log-options.ts'
import { LOG, type LogState, rollLog, syncIdentity, writeSnapshot } from './log-state.ts'
import { type OpenedState, openState } from './open-state.ts'
import type { ProducerEntry } from './producer-entry.ts'
import { type FileRead, readFromFiles } from './reader.ts'
import { runAwaited, runNow } from './recovery.ts'
import type { Segment } from './segment.ts'
import { type FoundTimestamp, findLargestTimestamp, findTimestamp } from './timestamps.ts'
import { deleteOldSegments, moveLogStart, restartLog, truncateLog } from './truncate.ts'
import type { AppendEntry } from './validate.ts'

export type { AppendResult } from './append.ts'
export { AppendError, type RecordError } from './append-error.ts'
export {
  type LogResources,
  logResources,
  type PartitionLogOptions,
  type ReadBound,
  type ReadOptions,
  type ReadResult,
} from './log-options.ts'
export type { FoundTimestamp } from './timestamps.ts'
export { type AppendEntry, codecsOf } from './validate.ts'

/**
 * The log of one partition, in Apache Kafka's files. All changes are synchronous steps; fsyncs and reads of what is not in
 * memory are awaited. After a storage failure everything is refused with KAFKA_STORAGE_ERROR.
 */
export class PartitionLog {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  private readonly state: LogState
  private readonly now: () => number
  private readonly onFailure: PartitionLogOptions['onFailure']
  private failure: Error | undefined
  private isClosed = false
  /** Segments with renamed files, to be removed when their time has come. */
  private doomed: { segments: readonly Segment[]; dueMs: number }[] = []
  private flushing: Promise<void> = Promise.resolve()

  private constructor(options: PartitionLogOptions, { state, topicId, dropped }: OpenedState) {
    this.topic = options.topic
    this.partition = options.partition
    this.topicId = topicId
    this.state = state
    this.now = options.now
    this.onFailure = options.onFailure
    this.doom(dropped)
  }

  /** Loads the log of a directory, recovering what an unclean stop left; other work runs in between. */
  static async open(options: PartitionLogOptions): Promise<PartitionLog> {
    return new PartitionLog(options, await runAwaited(openState(options)))
  }

  /** The same at once, for new directories. */
  static create(options: PartitionLogOptions): PartitionLog {
    return new PartitionLog(options, runNow(openState(options)))
  }

  get dir(): string {
    return this.state.home.directory.path
  }

  /** `orders-0` */
  get name(): string {
    return this.state.partition
  }

  get config(): LogConfig {
    return this.state.config
  }

  /** Settings may change while the log runs; what exists is not rewritten. */
  set config(config: LogConfig) {
    this.state.config = config
  }

  get logStartOffset(): number {
    return this.state.logStartOffset
  }

  get logEndOffset(): number {
    return this.state.logEndOffset
  }

  get highWatermark(): number {
    return this.state.highWatermark
  }

  get recoveryPoint(): number {
    return this.state.recoveryPoint
  }

  /** First offset of the oldest transaction that is not decided below the high watermark; else the high watermark. */
  get lastStableOffset(): number {
    const { producers, highWatermark, logStartOffset } = this.state
    const first = producers.firstUnstableOffset
    return first !== undefined && first < highWatermark ? Math.max(first, logStartOffset) : highWatermark
  }

  get sizeInBytes(): number {
    return this.state.segments.sizeInBytes
  }

  get segments(): readonly Segment[] {
    return this.state.segments.all
  }

  get isOffline(): boolean {
    return this.failure !== undefined
  }

  /** What is known of the producers that wrote lately, by producer id. */
  get activeProducers(): ReadonlyMap<number, ProducerEntry> {
    return this.state.producers.active
  }

  /**
   * Validates, gives offsets, writes and moves the log end in one step. The answer has a result or the refusal for each
   * entry. Throws KAFKA_STORAGE_ERROR, and tells `onFailure`, when the files cannot be written.
   */
  appendAsLeader(entries: readonly AppendEntry[], leaderEpoch: number, nowMs: number): (AppendResult | ApiError)[] {
    return this.change('appending records to', () => {
      const { segments, config } = this.state
      const segmentCount = segments.count
      const results = appendEntries(this.state, entries, leaderEpoch, nowMs)
      if (segments.count !== segmentCount) this.flushSealed()
      if (this.state.logEndOffset - this.state.recoveryPoint >= config.flushMessages) flushLogNow(this.state)
      return results
    })
  }

  /** Appends batches with the offsets and epochs they have. Throws when they do not rise or are corrupt. */
  appendAsFollower(records: Buffer): void {
    const batches = batchesToFollow(this.state, records)
    if (batches.length > 0) this.change('appending records to', () => appendAsIs(this.state, batches, this.now()))
  }

  /**
   * Whole batches from the one that holds `fetchOffset` on. At once from the tail cache, else a promise. Throws (or
   * rejects with) OFFSET_OUT_OF_RANGE outside [logStartOffset, logEndOffset].
   */
  read(fetchOffset: number, { maxBytes, minOneMessage, upTo }: ReadOptions): ReadResult | Promise<ReadResult> {
    this.checkUsable()
    const { tail, logStartOffset, logEndOffset } = this.state
    if (fetchOffset < logStartOffset || fetchOffset > logEndOffset) {
      throw new ApiError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `Received request for offset ${fetchOffset} for partition ${this.name}, but we only have log segments ` +
          `in the range ${logStartOffset} to ${logEndOffset}.`,
      )
    }
    const upperBound =
      upTo === 'logEnd' ? logEndOffset : upTo === 'highWatermark' ? this.highWatermark : this.lastStableOffset
    if (fetchOffset >= upperBound) return this.answer({ records: [], nextOffset: fetchOffset }, fetchOffset, upTo)
    const cached = tail.read(fetchOffset, upperBound, maxBytes, minOneMessage)
    if (cached) return this.answer(cached, fetchOffset, upTo)
    return this.readFiles(fetchOffset, upperBound, { maxBytes, minOneMessage, upTo })
  }

  private async readFiles(
    fetchOffset: number,
    upperBound: number,
    { maxBytes, minOneMessage, upTo }: ReadOptions,
  ): Promise<ReadResult> {
    const { truncations } = this.state
    const found = await this.awaited('reading from', () =>
      readFromFiles(this.source, fetchOffset, upperBound, maxBytes, minOneMessage),
    )
    // What was read may be of a log that has been cut off since.
    if (truncations !== this.state.truncations || fetchOffset < this.logStartOffset) {
      found.release?.()
      return this.read(fetchOffset, { maxBytes, minOneMessage, upTo })
    }
    return this.answer(found, fetchOffset, upTo)
  }

  private answer({ records, nextOffset, release }: FileRead, fetchOffset: number, upTo: ReadBound): ReadResult {
    if (upTo !== 'lastStableOffset') return { records, fetchOffset, release }
    return { records, fetchOffset, abortedTransactions: this.abortedBetween(fetchOffset, nextOffset), release }
  }

  private abortedBetween(fetchOffset: number, endOffset: number): { producerId: number; firstOffset: number }[] {
    if (endOffset <= fetchOffset) return []
    const found: { producerId: number; firstOffset: number }[] = []
    for (const { indexes } of this.state.segments.from(fetchOffset)) {
      for (const { producerId, firstOffset, lastOffset, lastStableOffset } of indexes.aborted) {
        if (lastOffset >= fetchOffset && firstOffset < endOffset) found.push({ producerId, firstOffset })
        if (lastStableOffset >= endOffset) return found
      }
    }
    return found
  }

  /** The first record with a timestamp of at least `timestamp`; undefined when there is none. */
  offsetForTimestamp(timestamp: number | bigint): Promise<FoundTimestamp | undefined> {
    return this.awaited('fetching offset by timestamp for', () =>
      findTimestamp(this.source, timestamp, this.logStartOffset),
    )
  }

  /** The first record with the largest timestamp; undefined when no record has one. */
  maxTimestampOffset(): Promise<FoundTimestamp | undefined> {
    return this.awaited('fetching offset by timestamp for', () => findLargestTimestamp(this.source))
  }

  /** The largest epoch not above `leaderEpoch` and the offset after it; -1 for both when it is newer than any here. */
  endOffsetForEpoch(leaderEpoch: number): { leaderEpoch: number; endOffset: number } {
    return this.state.epochs.endOffsetFor(leaderEpoch, this.logEndOffset)
  }

  latestEpoch(): number | undefined {
    return this.state.epochs.latest
  }

  epochForOffset(offset: number): number | undefined {
    return this.state.epochs.epochOf(offset)
  }

  get epochStarts(): readonly EpochStart[] {
    return this.state.epochs.all
  }

  assignLeaderEpoch(epoch: number, startOffset: number): void {
    this.change('assigning a leader epoch in', () => this.state.epochs.assign(epoch, startOffset))
  }

  /** Kept within the log. */
  updateHighWatermark(offset: number): void {
    const { state } = this
    state.highWatermark = Math.min(Math.max(offset, state.logStartOffset), state.logEndOffset)
    state.producers.highWatermarkMoved(state.highWatermark)
  }

  /** DeleteRecords: throws OFFSET_OUT_OF_RANGE beyond the high watermark; an offset that is deleted already is fine. */
  advanceLogStartOffset(offset: number): void {
    if (offset > this.highWatermark) {
      throw new ApiError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `Cannot increment the log start offset to ${offset} of partition ${this.name} since it is larger than the ` +
          `high watermark ${this.highWatermark}`,
      )
    }
    this.change('increasing log start offset for', () => moveLogStart(this.state, offset))
  }

  truncateTo(offset: number): void {
    this.change('truncating', () => this.doom(truncateLog(this.state, offset, this.now())))
  }

  truncateFullyAndStartAt(offset: number): void {
    this.change('truncating', () => this.doom(restartLog(this.state, offset, this.now())))
  }

  /** Begins a new segment, unless the active one is empty. */
  roll(): void {
    this.change('rolling', () => rollLog(this.state, this.now()))
    this.flushSealed()
  }

  /** Drops segments that retention or DeleteRecords allow; files are renamed now and removed after a delay. */
  deleteOldSegments(nowMs: number): number {
    return this.change('deleting old segments of', () => {
      const dropped = deleteOldSegments(this.state, nowMs)
      this.doom(dropped)
      return dropped.length
    })
  }

  /** Removes renamed files whose `file.delete.delay.ms` is over. */
  removeDeletedFiles(nowMs: number): void {
    const due = this.doomed.filter(({ dueMs }) => dueMs <= nowMs)
    if (due.length === 0) return
    this.doomed = this.doomed.filter(({ dueMs }) => dueMs > nowMs)
    this.change('removing files of', () => {
      for (const segment of due.flatMap(({ segments }) => segments)) {
        segment.deleteRenamed()
        this.state.snapshots.deleteRenamed(segment.baseOffset)
      }
    })
  }

  removeExpiredProducers(nowMs: number): void {
    this.state.producers.removeExpired(nowMs, this.state.producerIdExpirationMs)
  }

  /** Makes a new directory durable without holding anybody up; a first append that comes before does it at once. */
  syncIdentity(): void {
    const { isIdentityDurable } = this.state
    if (isIdentityDurable) return
    // A failure takes the log offline, which is how others learn of it.
    this.awaited('creating', () => syncIdentity(this.state)).catch(() => undefined)
  }

  /** Makes everything up to now durable; the recovery point moves when it is. */
  flush(): Promise<void> {
    return this.flushUpTo(this.logEndOffset)
  }

  /** The same, waiting for the disk: for who must not answer before, such as the metadata log. */
  flushNow(): void {
    this.change('flushing', () => flushLogNow(this.state))
  }

  /**
   * A clean stop: everything durable, a producer snapshot at the log end, indexes trimmed, files closed. Nothing can be
   * done with the log afterwards.
   */
  async close(): Promise<void> {
    if (this.isClosed) return
    this.checkUsable()
    await this.flush()
    this.change('closing', () => {
      const { active } = this.state.segments
      active.seal()
      if (this.config.preallocate) active.trimLog()
      writeSnapshot(this.state, { sync: true })
      this.state.epochs.sync()
    })
    await this.awaited('closing', () => flushIndexes(this.state, this.state.segments.active))
    this.closeFiles()
  }

  /** Lets go of the files as they are. */
  closeFiles(): void {
    this.isClosed = true
    this.state.tail.clear()
    for (const segment of this.segments) segment.close()
  }

  /** Moves the partition directory within its log directory: for deletion, or as a stray. The log is not usable after. */
  renameDirectory(name: string): void {
    const { home } = this.state
    const path = join(dirname(this.dir), name)
    this.closeFiles()
    home.files.rename(this.dir, path)
    home.files.syncDirectory(dirname(path))
    home.directory.path = path
    for (const segment of this.segments) segment.directoryRenamed()
  }

  private get source() {
    const { home, segments, indexCache, readBuffers } = this.state
    return { files: home.files, openFiles: home.openFiles, segments, indexCache, readBuffers }
  }

  private flushUpTo(offset: number): Promise<void> {
    this.flushing = this.flushing.then(() => this.awaited('flushing', () => flushLog(this.state, offset)))
    return this.flushing
  }

  /** After a roll, in the background; a failure takes the log offline, and whoever waits for a flush is told. */
  private flushSealed(): void {
    const { active } = this.state.segments
    this.flushUpTo(active.baseOffset).catch((error: unknown) => {
      if (!this.failure && !this.isClosed) this.state.logger.error(`Error while flushing ${this.name}`, LOG, error)
    })
  }

  private doom(segments: readonly Segment[]): void {
    if (segments.length > 0) this.doomed.push({ segments, dueMs: this.now() + this.config.fileDeleteDelayMs })
  }

  private checkUsable(): void {
    if (!this.failure && !this.isClosed) return
    throw new ApiError(ErrorCode.KAFKA_STORAGE_ERROR, `The log of ${this.name} in dir ${dirname(this.dir)} is offline`)
  }

  /** Runs a change of the log; an error of the file system takes it offline. */
  private change<T>(what: string, operation: () => T): T {
    this.checkUsable()
    try {
      return operation()
    } catch (error) {
      throw this.storageError(what, error)
    }
  }

  private async awaited<T>(what: string, operation: () => Promise<T>): Promise<T> {
    this.checkUsable()
    try {
      return await operation()
    } catch (error) {
      throw this.storageError(what, error)
    }
  }

  private storageError(what: string, error: unknown): unknown {
    if (error instanceof ApiError || error instanceof DecodeError) return error
    const message = `Error while ${what} ${this.name} in dir ${dirname(this.dir)}`
    // What was under way while the log was closed, and its files renamed, says nothing about the disk.
    if (!this.failure && !this.isClosed) {
      this.failure = error as Error
      this.state.logger.error(message, LOG, error)
      this.state.tail.clear()
      this.onFailure?.(error as Error)
    }
    return new ApiError(ErrorCode.KAFKA_STORAGE_ERROR, message)
  }
}
