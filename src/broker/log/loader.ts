/** Opens the files of a partition directory, and repairs what a kill left behind. */
import { dirname, join } from 'node:path'
import type { LogConfig } from '../../config/topic-config.ts'
import { type FileLayer, unlinkIfExists } from '../../storage/file-layer.ts'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  parseSegmentFileName,
  type SegmentFileName,
  SWAP_SUFFIX,
  segmentFileName,
} from '../../storage/segment-files.ts'
import type { Logger } from '../logger.ts'
import { BatchScanner, nextOffsetAt } from './batch-scanner.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { ProducerEntry } from './producer-entry.ts'
import { ProducerSnapshots } from './producer-snapshots.ts'
import { ProducerState } from './producer-state.ts'
import { recoverSegment, replayProducers, type Steps } from './recovery.ts'
import { Segment, type SegmentHome } from './segment.ts'
import { Segments } from './segments.ts'

const LOADER = 'org.apache.kafka.storage.internals.log.LogLoader'

export interface LoadOptions {
  readonly home: SegmentHome
  /** `orders-0` */
  readonly partition: string
  readonly config: LogConfig
  readonly logger: Logger
  readonly nowMs: number
  /** Whether the log was closed cleanly: then nothing is scanned. */
  readonly isClean: boolean
  /** From the checkpoints of the log directory; 0 when they do not name the partition. */
  readonly logStartOffset: number
  readonly recoveryPoint: number
  readonly producerIdExpirationMs: number
}

export interface LoadedLog {
  readonly segments: Segments
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly snapshots: ProducerSnapshots
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly recoveryPoint: number
  /** Segments that recovery dropped; their files are renamed and may be removed. */
  readonly dropped: readonly Segment[]
}

export function* loadLog(options: LoadOptions): Steps<LoadedLog> {
  const { home, partition, config, logger, nowMs } = options
  const { files, directory } = home
  const listing = tidyUp(files, directory.path, logger)
  const found = findSegments(home, listing, nowMs)
  const epochs = new LeaderEpochs(files, directory)
  epochs.load()
  const snapshots = new ProducerSnapshots(files, directory)
  snapshots.found(listing.filter(({ kind }) => kind === 'snapshot').map(({ baseOffset }) => baseOffset))
  const producers = new ProducerState(partition)
  const dropped: Segment[] = []
  const segments = new Segments()

  let logEndOffset = 0
  let recoverFrom = recoveryStart(found, options)
  let isRecovered = recoverFrom < found.length
  if (!isRecovered && found.length > 0) {
    const end = found.at(-1)!.segment.readNextOffset()
    logEndOffset = end.nextOffset
    if (!end.isWhole) {
      logger.warn(`The last segment of ${partition} does not end with a whole batch: recovering it.`, LOADER)
      recoverFrom = found.length - 1
      isRecovered = true
    }
  }
  for (const { segment } of found.slice(0, recoverFrom)) segments.add(segment)
  if (isRecovered) {
    logEndOffset = yield* recover(options, found, recoverFrom, { segments, epochs, producers, snapshots, dropped })
  }
  if (segments.count > 0 && logEndOffset < options.logStartOffset) {
    logger.warn(
      `Deleting all segments because logEndOffset (${logEndOffset}) is smaller than logStartOffset ` +
        `${options.logStartOffset}. This could happen if segment files were deleted from the file system.`,
      LOADER,
    )
    dropped.push(...segments.all)
    drop(segments.all)
    segments.remove(segments.all)
    epochs.clear()
    snapshots.deleteWhere(() => true)
  }
  if (segments.count === 0) {
    segments.add(Segment.create(home, options.logStartOffset, nowMs, config))
    logEndOffset = options.logStartOffset
    producers.clear(logEndOffset)
    isRecovered = true
  }
  const logStartOffset = Math.max(options.logStartOffset, segments.first.baseOffset)
  epochs.fitTo(options.logStartOffset, logEndOffset)
  snapshots.deleteStray(segments.all.map(({ baseOffset }) => baseOffset))
  if (!isRecovered) yield* loadProducers(options, { segments, producers, snapshots }, logStartOffset, logEndOffset)
  const recoveryPoint = options.isClean && !isRecovered ? logEndOffset : Math.min(options.recoveryPoint, logEndOffset)
  return { segments, epochs, producers, snapshots, logStartOffset, logEndOffset, recoveryPoint, dropped }
}

interface FoundSegment {
  readonly segment: Segment
  readonly fileSize: number
  /** Whether its indexes are there and can be trusted as far as a look shows. */
  readonly hasIndexes: boolean
}

interface RecoveryTarget {
  readonly segments: Segments
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly snapshots: ProducerSnapshots
  readonly dropped: Segment[]
}

/** Index of the first segment to scan; the number of segments when none has to be. */
function recoveryStart(found: readonly FoundSegment[], { isClean, recoveryPoint }: LoadOptions): number {
  const lacking = found.findIndex(({ hasIndexes }) => !hasIndexes)
  let start = found.length
  if (!isClean && found.length > 0) {
    start = Math.max(
      0,
      found.findLastIndex(({ segment }) => segment.baseOffset <= recoveryPoint),
    )
  }
  return lacking >= 0 ? Math.min(start, lacking) : start
}

/** Scans the segments from `start` on. Answers the log end. */
function* recover(
  options: LoadOptions,
  found: readonly FoundSegment[],
  start: number,
  target: RecoveryTarget,
): Steps<number> {
  const { config, logger, partition, home } = options
  const { segments, epochs, producers, snapshots, dropped } = target
  const { baseOffset } = found[start]!.segment
  snapshots.deleteWhere((offset) => offset > baseOffset || offset <= options.logStartOffset)
  yield* loadProducersUpTo(options, target, options.logStartOffset, baseOffset)
  let logEndOffset = baseOffset
  for (let i = start; i < found.length; i++) {
    const { segment, fileSize } = found[i]!
    logger.info(
      `[LogLoader partition=${partition}, dir=${dirname(home.directory.path)}] Recovering unflushed segment ` +
        `${segment.baseOffset}. ${i - start} recovered for ${partition}.`,
      LOADER,
    )
    takeSnapshot(producers, snapshots, segment.baseOffset)
    const { nextOffset, cutBytes } = yield* recoverSegment(segment, fileSize, {
      epochs,
      producers,
      indexIntervalBytes: config.indexIntervalBytes,
    })
    segments.add(segment)
    logEndOffset = nextOffset
    if (cutBytes > 0 && !isUnusedSpace(config)) {
      logger.warn(
        `Corruption found in segment ${segment.baseOffset} of ${partition} at position ${segment.sizeInBytes}, ` +
          `truncating to offset ${nextOffset} (${cutBytes} bytes cut off)`,
        LOADER,
      )
    }
    if (cutBytes > 0 && i < found.length - 1) {
      const rest = found.slice(i + 1).map((other) => other.segment)
      logger.info(`Deleting segments as part of log recovery: ${rest.map((one) => one.baseOffset).join(', ')}`, LOADER)
      drop(rest)
      dropped.push(...rest)
      break
    }
  }
  takeSnapshot(producers, snapshots, logEndOffset)
  return logEndOffset
}

/** With preallocation a file ends in zeros that were never written. */
function isUnusedSpace({ preallocate }: LogConfig): boolean {
  return preallocate
}

/** The producers as of the log end, from the latest snapshot and the batches behind it. */
function* loadProducers(
  options: LoadOptions,
  target: Pick<RecoveryTarget, 'segments' | 'producers' | 'snapshots'>,
  logStartOffset: number,
  logEndOffset: number,
): Steps<void> {
  const { producers, snapshots } = target
  if (snapshots.latest === undefined) {
    // Closed cleanly without a snapshot: the log is empty, or was last written before there were any. Kafka then takes
    // the producers as unknown rather than scan everything.
    producers.clear(logEndOffset)
  } else {
    snapshots.deleteWhere((offset) => offset > logEndOffset || offset <= logStartOffset)
    yield* loadProducersUpTo(options, target, logStartOffset, logEndOffset)
  }
  takeSnapshot(producers, snapshots, logEndOffset)
}

export function* loadProducersUpTo(
  { nowMs, producerIdExpirationMs, logger }: Pick<LoadOptions, 'nowMs' | 'producerIdExpirationMs' | 'logger'>,
  { segments, producers, snapshots }: Pick<RecoveryTarget, 'segments' | 'producers' | 'snapshots'>,
  logStartOffset: number,
  endOffset: number,
): Steps<void> {
  const snapshot = snapshots.readLatest((message) => logger.warn(message, LOADER))
  if (snapshot) {
    const entries = snapshot.entries.map((entry) => ProducerEntry.fromSnapshot(entry))
    producers.load(entries, snapshot.offset, nowMs, producerIdExpirationMs)
  } else producers.clear(logStartOffset)
  if (producers.endOffset < endOffset && segments.count > 0) {
    for (const segment of segments.from(producers.endOffset)) {
      yield* replayProducers(segment, Math.max(producers.endOffset, logStartOffset), producers)
    }
  }
  producers.endOffset = endOffset
}

/** A snapshot at `offset`, unless it is there or there is nothing to say: an empty log gets none. */
function takeSnapshot(producers: ProducerState, snapshots: ProducerSnapshots, offset: number): void {
  if (offset <= (snapshots.latest ?? 0)) return
  snapshots.write(
    offset,
    [...producers.active.values()].map((entry) => entry.toSnapshot()),
    // A torn one is known by its checksum, and made anew.
    { sync: false },
  )
}

/** Renames files of segments that are given up, the last first: what stays has no gap. */
function drop(segments: readonly Segment[]): void {
  for (const segment of [...segments].reverse()) segment.renameToDeleted()
}

function findSegments(home: SegmentHome, listing: readonly SegmentFileName[], nowMs: number): FoundSegment[] {
  const { files, directory } = home
  const names = new Set(listing.map(({ baseOffset, kind }) => segmentFileName(baseOffset, kind)))
  const found: FoundSegment[] = []
  for (const { baseOffset, kind } of listing) {
    if (kind !== 'log') continue
    const fileSize = files.stat(join(directory.path, segmentFileName(baseOffset, 'log')))!.size
    const segment = new Segment(home, baseOffset, fileSize, nowMs)
    let hasIndexes =
      names.has(segmentFileName(baseOffset, 'index')) && names.has(segmentFileName(baseOffset, 'timeindex'))
    if (names.has(segmentFileName(baseOffset, 'txnindex'))) hasIndexes &&= hasValidTransactionIndex(segment)
    found.push({ segment, fileSize, hasIndexes })
  }
  return found.sort((a, b) => a.segment.baseOffset - b.segment.baseOffset)
}

function hasValidTransactionIndex({ indexes }: Segment): boolean {
  try {
    indexes.loadTransactionIndex()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error
    return false
  }
}

/**
 * Removes what was about to be deleted or not finished, completes an interrupted swap of compacted segments, and removes
 * indexes without a log. Answers the segment files that are left.
 */
function tidyUp(files: FileLayer, path: string, logger: Logger): SegmentFileName[] {
  let listing = list(files, path)
  const remove = ({ baseOffset, kind, suffix }: SegmentFileName) =>
    unlinkIfExists(join(path, segmentFileName(baseOffset, kind, suffix)), files)
  const has = (suffix: string) => listing.some((file) => file.suffix.endsWith(suffix))
  if (has(DELETED_SUFFIX) || has(CLEANED_SUFFIX) || has(SWAP_SUFFIX)) {
    const cleaned = listing.filter(({ suffix }) => suffix === CLEANED_SUFFIX)
    const firstCleaned = Math.min(...cleaned.map(({ baseOffset }) => baseOffset))
    for (const file of listing) {
      // A swap at or behind an unfinished compaction belongs to a split that was not completed.
      const isInvalidSwap = file.suffix === SWAP_SUFFIX && file.baseOffset >= firstCleaned
      if (file.suffix.endsWith(DELETED_SUFFIX) || file.suffix === CLEANED_SUFFIX || isInvalidSwap) remove(file)
    }
    completeSwap(files, path, logger)
    listing = list(files, path)
  }
  const logs = new Set(listing.filter(({ kind }) => kind === 'log').map(({ baseOffset }) => baseOffset))
  const isOrphan = ({ kind, baseOffset }: SegmentFileName) =>
    kind !== 'log' && kind !== 'snapshot' && !logs.has(baseOffset)
  for (const file of listing.filter(isOrphan)) {
    logger.warn(`Found an orphaned index file ${join(path, segmentFileName(file.baseOffset, file.kind))}`, LOADER)
    remove(file)
  }
  return listing.filter((file) => file.suffix === '' && !isOrphan(file))
}

/** Deletes the segments that finished compacted ones (`.swap`) cover, then gives these their names. */
function completeSwap(files: FileLayer, path: string, logger: Logger): void {
  const swaps = list(files, path).filter(({ suffix }) => suffix === SWAP_SUFFIX)
  const swappedLogs = swaps.filter(({ kind }) => kind === 'log')
  for (const { baseOffset } of swappedLogs) {
    const endOffset = endOfSwap(files, join(path, segmentFileName(baseOffset, 'log', SWAP_SUFFIX)), baseOffset)
    for (const file of list(files, path)) {
      if (file.suffix === '' && file.baseOffset >= baseOffset && file.baseOffset < endOffset) {
        logger.info(`Deleting segment file ${file.baseOffset}.${file.kind} that is compacted already.`, LOADER)
        unlinkIfExists(join(path, segmentFileName(file.baseOffset, file.kind)), files)
      }
    }
  }
  for (const { baseOffset, kind } of swaps) {
    const name = segmentFileName(baseOffset, kind)
    logger.info(`Recovering file ${name} by renaming from ${SWAP_SUFFIX} files.`, LOADER)
    files.rename(join(path, name + SWAP_SUFFIX), join(path, name))
  }
}

function endOfSwap(files: FileLayer, path: string, baseOffset: number): number {
  const fd = files.open(path, 'r')
  try {
    const scanner = new BatchScanner(files, fd, files.size(fd))
    let nextOffset = baseOffset
    for (let position = 0; ; ) {
      const batch = scanner.batchAt(position)
      if (!batch) return nextOffset
      nextOffset = nextOffsetAt(batch.buffer, batch.at)
      position += batch.sizeInBytes
    }
  } finally {
    files.close(fd)
  }
}

function list(files: FileLayer, path: string): SegmentFileName[] {
  return files.readdir(path).flatMap(({ name, isDirectory }) => {
    const parsed = isDirectory ? undefined : parseSegmentFileName(name)
    return parsed ? [parsed] : []
  })
}
