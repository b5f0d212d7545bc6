import { dirname } from 'node:path'
import { type FileLayer, nodeFiles, unlinkIfExists, writeFully } from './file-layer.ts'

/**
 * Replaces a file so that a reader, or a restart after a kill, finds the old content or the new, never a mix: a temporary
 * file beside it (`<name>.tmp`, as Kafka names it) is written, fsynced and renamed, then the directory is fsynced.
 * Without `sync` that holds for a kill of the process only.
 */
export function writeFileAtomically(
  path: string,
  data: Buffer | string,
  { mode, temporaryPath = `${path}.tmp`, sync = true }: { mode?: number; temporaryPath?: string; sync?: boolean } = {},
  files: FileLayer = nodeFiles,
): void {
  // A rest of an earlier write may be read-only.
  if (mode !== undefined) unlinkIfExists(temporaryPath, files)
  const fd = files.open(temporaryPath, 'w', 0o666)
  try {
    writeFully(files, fd, [typeof data === 'string' ? Buffer.from(data) : data], 0)
    if (sync) files.fsyncSync(fd)
  } finally {
    files.close(fd)
  }
  if (mode !== undefined) files.chmod(temporaryPath, mode)
  files.rename(temporaryPath, path)
  if (sync) files.syncDirectory(dirname(path))
}
