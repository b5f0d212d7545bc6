import { dirname } from 'node:path'
import { type FileLayer, nodeFiles, unlinkIfExists, writeFully } from './file-layer.ts'

/**
 * Replaces a file so that a reader, or a restart after a kill, finds the old content or the new, never a mix: a temporary
 * file beside it (`<name>.tmp`, as Kafka names it) is written, fsynced and renamed, then the directory is fsynced.
 */
export function writeFileAtomically(
  path: string,
  data: Buffer | string,
  { mode, temporaryPath = `${path}.tmp` }: { mode?: number; temporaryPath?: string } = {},
  files: FileLayer = nodeFiles,
): void {
  // A rest of an earlier write may be read-only.
  if (mode !== undefined) unlinkIfExists(temporaryPath, files)
  const fd = files.open(temporaryPath, 'w', 0o666)
  try {
    writeFully(files, fd, [typeof data === 'string' ? Buffer.from(data) : data], 0)
    files.fsyncSync(fd)
  } finally {
    files.close(fd)
  }
  if (mode !== undefined) files.chmod(temporaryPath, mode)
  files.rename(temporaryPath, path)
  files.syncDirectory(dirname(path))
}
