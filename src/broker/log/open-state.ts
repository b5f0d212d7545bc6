import { join } from 'node:path'
import { makeDirectories } from '../../storage/file-layer.ts'
import { PARTITION_METADATA, readPartitionMetadata, writePartitionMetadata } from '../../storage/partition-metadata.ts'
import { ZERO_UUID } from '../../storage/uuid.ts'
import { silentLogger } from '../logger.ts'
import { loadLog } from './loader.ts'
import { logResources, type PartitionLogOptions } from './log-options.ts'
import type { LogState } from './log-state.ts'
import type { Steps } from './recovery.ts'
import type { Segment } from './segment.ts'
import { LogTail } from './tail-cache.ts'

/** `producer.id.expiration.ms` */
const DEFAULT_PRODUCER_EXPIRATION_MS = 86_400_000

export interface OpenedState {
  readonly state: LogState
  /** The zero id for a directory without partition.metadata: it was killed while it was made. */
  readonly topicId: string
  readonly dropped: readonly Segment[]
}

/** Makes a partition directory, which is durable with its first append, or loads what is in it. */
export function* openState(options: PartitionLogOptions): Steps<OpenedState> {
  const { dir, config, logger = silentLogger, now } = options
  const { files, openFiles, tailCache, indexCache, readBuffers } = options.resources ?? logResources()
  const partition = `${options.topic}-${options.partition}`
  const producerIdExpirationMs = options.producerIdExpirationMs ?? DEFAULT_PRODUCER_EXPIRATION_MS
  makeDirectories(dir, files, { sync: false })
  const metadataPath = join(dir, PARTITION_METADATA)
  let topicId = readPartitionMetadata(metadataPath, files)
  const isNew = topicId === undefined
  if (topicId === undefined && options.topicId !== undefined) {
    writePartitionMetadata(metadataPath, options.topicId, files)
    topicId = options.topicId
  }
  const home = { files, openFiles, directory: { path: dir } }
  const { dropped, ...loaded } = yield* loadLog({
    home,
    partition,
    config,
    logger,
    nowMs: now(),
    isClean: options.isClean ?? false,
    logStartOffset: options.logStartOffset ?? 0,
    recoveryPoint: options.recoveryPoint ?? 0,
    producerIdExpirationMs,
  })
  const { logStartOffset, logEndOffset, producers } = loaded
  const highWatermark = Math.min(Math.max(options.highWatermark ?? 0, logStartOffset), logEndOffset)
  producers.highWatermarkMoved(highWatermark)
  const state: LogState = {
    ...loaded,
    home,
    partition,
    logger,
    indexCache,
    readBuffers,
    producerIdExpirationMs,
    config,
    highWatermark,
    tail: new LogTail(tailCache),
    truncations: 0,
    hasNewNames: !options.isClean,
    // What a killed process wrote may not be on disk yet.
    isIdentityDurable: !isNew && (options.isClean ?? false),
  }
  return { state, topicId: topicId ?? ZERO_UUID, dropped }
}
