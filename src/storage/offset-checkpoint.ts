/**
 * `recovery-point-offset-checkpoint`, `log-start-offset-checkpoint`, `replication-offset-checkpoint` and
 * `cleaner-offset-checkpoint` at the top of a log directory: an offset per partition, `topic partition offset` a line.
 */
import { integer, readCheckpoint, writeCheckpoint } from './checkpoint-text.ts'
import { type FileLayer, nodeFiles } from './file-layer.ts'

export const RECOVERY_POINT_CHECKPOINT = 'recovery-point-offset-checkpoint'
export const LOG_START_CHECKPOINT = 'log-start-offset-checkpoint'
export const REPLICATION_CHECKPOINT = 'replication-offset-checkpoint'
export const CLEANER_CHECKPOINT = 'cleaner-offset-checkpoint'

export interface PartitionOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Throws `MalformedFileError` when malformed; no entries when empty or missing. */
export function readOffsetCheckpoint(path: string, files: FileLayer = nodeFiles): PartitionOffset[] {
  return readCheckpoint(path, 3, files).map(([topic, partition, offset]) => ({
    topic: topic!,
    partition: integer(partition!, path),
    offset: integer(offset!, path),
  }))
}

export function writeOffsetCheckpoint(
  path: string,
  entries: readonly PartitionOffset[],
  files: FileLayer = nodeFiles,
): void {
  const lines = entries.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`)
  writeCheckpoint(path, lines, files)
}
