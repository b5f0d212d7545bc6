/** `leader-epoch-checkpoint` of a partition: where each leader epoch begins, `epoch startOffset` a line, both rising. */
import { integer, readCheckpoint, writeCheckpoint } from './checkpoint-text.ts'
import { type FileLayer, nodeFiles } from './file-layer.ts'

export const LEADER_EPOCH_CHECKPOINT = 'leader-epoch-checkpoint'

export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/** Throws `MalformedFileError` when malformed; no entries when empty or missing. */
export function readLeaderEpochs(path: string, files: FileLayer = nodeFiles): EpochStart[] {
  return readCheckpoint(path, 2, files).map(([epoch, startOffset]) => ({
    epoch: integer(epoch!, path),
    startOffset: integer(startOffset!, path),
  }))
}

/** Replaces the file as a whole. Without `sync` a crash of the machine may bring the old one back, or an empty one. */
export function writeLeaderEpochs(
  path: string,
  entries: readonly EpochStart[],
  { sync }: { sync: boolean } = { sync: true },
  files: FileLayer = nodeFiles,
): void {
  const lines = entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`)
  writeCheckpoint(path, lines, files, { sync })
}
