import { type FileLayer, nodeFiles } from '../../storage/file-layer.ts'
import { parseSnapshotFileName, type SnapshotId } from '../../storage/snapshot-file.ts'
import type { RaftLog } from './raft-log.ts'

/**
 * The newest snapshot that goes with the log; undefined when there is none. Unfinished ones (`.part`) do not count, nor
 * do those older than the log start. Throws when the log begins later than 0 and no snapshot says what came before.
 */
export function latestSnapshot(
  directory: string,
  logStartOffset: number,
  files: FileLayer = nodeFiles,
): SnapshotId | undefined {
  const latest = files
    .readdir(directory)
    .map(({ name }) => parseSnapshotFileName(name))
    .filter((id): id is SnapshotId => id !== undefined && id.offset >= logStartOffset)
    .sort((a, b) => a.offset - b.offset || a.epoch - b.epoch)
    .at(-1)
  if (!latest && logStartOffset > 0) {
    throw new Error(
      `Inconsistent snapshot state: the metadata log in ${directory} starts at offset ${logStartOffset}, but there is no snapshot at or above it.`,
    )
  }
  return latest
}

/**
 * A snapshot beyond the log's end (or of a newer epoch) replaces the log: a follower that stopped between fetching the
 * one and cutting the other leaves such a directory behind. Returns whether the log was emptied.
 */
export function discardLogBehindSnapshot(log: RaftLog, snapshot: SnapshotId): boolean {
  const epoch = log.latestEpoch() ?? 0
  if (snapshot.epoch < epoch || (snapshot.epoch === epoch && snapshot.offset <= log.logEndOffset)) return false
  log.truncateFullyAndStartAt(snapshot.offset)
  return true
}
