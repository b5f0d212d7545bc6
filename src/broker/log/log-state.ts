import { dirname, join } from 'node:path'
import type { LogConfig } from '../../config/topic-config.ts'
import { PARTITION_METADATA } from '../../storage/partition-metadata.ts'
import type { Logger } from '../logger.ts'
import type { IndexCache } from './index-cache.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { ProducerSnapshots } from './producer-snapshots.ts'
import type { ProducerState } from './producer-state.ts'
import type { ReadBuffers } from './read-buffers.ts'
import { Segment, type SegmentHome } from './segment.ts'
import type { Segments } from './segments.ts'
import type { LogTail } from './tail-cache.ts'

/**
 * All that a log is; the operations on it are in append.ts, reader.ts, truncate.ts and so on. Invariants:
 * logStartOffset ≤ highWatermark ≤ logEndOffset; recoveryPoint ≤ logEndOffset; the active segment ends at logEndOffset.
 */
export interface LogState {
  readonly home: SegmentHome
  /** `orders-0` */
  readonly partition: string
  readonly logger: Logger
  readonly segments: Segments
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly snapshots: ProducerSnapshots
  readonly tail: LogTail
  readonly indexCache: IndexCache
  readonly readBuffers: ReadBuffers
  readonly producerIdExpirationMs: number
  config: LogConfig
  logStartOffset: number
  logEndOffset: number
  highWatermark: number
  /** Below it the log and its indexes are on disk for sure. */
  recoveryPoint: number
  /** Counts truncations: what was under way before one must not change the state after it. */
  truncations: number
  /** Files were made or renamed since the directory was last synced. */
  hasNewNames: boolean
  /** Whether partition.metadata and the names of it and of its directory are on disk for sure: before any record is. */
  isIdentityDurable: boolean
}

export const LOG = 'org.apache.kafka.storage.internals.log.UnifiedLog'

function identityOf({ directory }: SegmentHome): string[] {
  return [join(directory.path, PARTITION_METADATA), directory.path, dirname(directory.path)]
}

/**
 * The same as `syncIdentity`, with the event loop waiting: for a first append that comes before the other is done. A
 * directory without partition.metadata is put aside at the next start, with all its records.
 */
export function syncIdentityNow(state: LogState): void {
  const { files } = state.home
  const [metadata, directory, parent] = identityOf(state.home) as [string, string, string]
  const fd = files.open(metadata, 'r+')
  try {
    files.fsyncSync(fd)
  } finally {
    files.close(fd)
  }
  files.syncDirectory(directory)
  files.syncDirectory(parent)
  state.isIdentityDurable = true
}

/** Makes a new partition directory durable without holding anybody up. */
export async function syncIdentity(state: LogState): Promise<void> {
  const { files } = state.home
  for (const path of identityOf(state.home)) {
    if (state.isIdentityDurable) return
    if (process.platform === 'win32' && !path.endsWith(PARTITION_METADATA)) continue
    const fd = files.open(path, 'r')
    try {
      await files.fsync(fd)
    } finally {
      files.close(fd)
    }
  }
  state.isIdentityDurable = true
}

/**
 * Seals the active segment and begins a new one at the log end, with a snapshot of the producers there. What was sealed is
 * not on disk for sure until the next flush.
 */
export function rollLog(state: LogState, nowMs: number): Segment {
  const { segments, home, config, logEndOffset, snapshots, producers } = state
  const { active } = segments
  // An empty segment cannot make room by rolling; its index may be full by its size of 0.
  if (active.baseOffset === logEndOffset) return active
  active.seal()
  if (config.preallocate) active.trimLog()
  active.indexes.unload()
  const segment = Segment.create(home, logEndOffset, nowMs, config)
  segments.add(segment)
  state.hasNewNames = true
  producers.endOffset = logEndOffset
  writeSnapshot(state, { sync: false })
  state.logger.info(`[UnifiedLog partition=${state.partition}] Rolled new log segment at offset ${logEndOffset}.`, LOG)
  if (snapshots.latest !== logEndOffset) throw new Error(`No producer snapshot at offset ${logEndOffset}`)
  return segment
}

/** A snapshot of the producers at the log end, unless it is there; an empty log gets none. */
export function writeSnapshot({ producers, snapshots }: LogState, options: { sync: boolean }): void {
  if (producers.endOffset <= (snapshots.latest ?? 0)) return
  snapshots.write(
    producers.endOffset,
    [...producers.active.values()].map((entry) => entry.toSnapshot()),
    options,
  )
}
