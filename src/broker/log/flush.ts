/**
 * Makes a log durable up to an offset, segment by segment: the log file, then its indexes, then the names in the directory;
 * the recovery point moves last, as segments below it are never looked into again.
 */
import { isNotFound } from '../../storage/file-layer.ts'
import type { LogState } from './log-state.ts'
import type { Segment } from './segment.ts'

/** Awaited; the log may be appended to meanwhile. */
export async function flushLog(state: LogState, offset: number): Promise<void> {
  const { files, openFiles } = state.home
  const { truncations } = state
  const segments = unflushed(state, offset)
  if (segments.length === 0) return
  for (const segment of segments) {
    // Deleted by retention while others were flushed.
    if (!state.segments.all.includes(segment)) continue
    await openFiles.use(segment.log, (fd) => files.fsync(fd))
    await flushIndexes(state, segment)
  }
  if (state.truncations === truncations) flushed(state, offset)
}

/** Indexes that were written since the last flush, and the snapshot at the start of the segment. */
export async function flushIndexes(state: LogState, segment: Segment): Promise<void> {
  const { files } = state.home
  for (const path of changedIndexes(state, segment)) {
    const fd = openIfThere(state, path)
    if (fd === undefined) continue
    try {
      await files.fsync(fd)
    } finally {
      files.close(fd)
    }
  }
}

/** The same as `flushLog` with the event loop waiting. */
export function flushLogNow(state: LogState): void {
  const { files, openFiles } = state.home
  const offset = state.logEndOffset
  const segments = unflushed(state, offset)
  if (segments.length === 0) return
  for (const segment of segments) {
    files.fsyncSync(openFiles.fd(segment.log))
    for (const path of changedIndexes(state, segment)) {
      const fd = openIfThere(state, path)
      if (fd === undefined) continue
      try {
        files.fsyncSync(fd)
      } finally {
        files.close(fd)
      }
    }
  }
  flushed(state, offset)
}

function flushed(state: LogState, offset: number): void {
  const { files, directory } = state.home
  state.epochs.sync()
  if (state.hasNewNames) files.syncDirectory(directory.path)
  state.hasNewNames = false
  state.recoveryPoint = Math.max(state.recoveryPoint, offset)
}

function unflushed({ segments, recoveryPoint }: LogState, offset: number): Segment[] {
  if (offset <= recoveryPoint) return []
  return segments.from(recoveryPoint).filter(({ baseOffset }) => baseOffset < offset)
}

function changedIndexes({ snapshots, recoveryPoint }: LogState, { indexes, baseOffset }: Segment): string[] {
  const paths = indexes.takeChanged()
  if (baseOffset >= recoveryPoint && snapshots.all.includes(baseOffset)) paths.push(snapshots.pathOf(baseOffset))
  return paths
}

/** A segment may be deleted while it waits for its flush. */
function openIfThere({ home }: LogState, path: string): number | undefined {
  try {
    return home.files.open(path, 'r+')
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
