/**
 * `.kafka_cleanshutdown` says that the directory was stopped cleanly and by which incarnation of the broker (KIP-966):
 * `{"version":0,"brokerEpoch":13}`. While it is there nothing is recovered, so it is deleted before any log is opened
 * and written after everything else.
 */
import { dirname } from 'node:path'
import { type FileLayer, nodeFiles, readTextIfExists, unlinkIfExists, writeFully } from './file-layer.ts'

export const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown'

export interface CleanShutdown {
  /** Undefined when the file does not say, as files of old versions do not. */
  readonly brokerEpoch: number | undefined
}

/** Undefined when there is no file: the last stop was not clean. */
export function readCleanShutdown(path: string, files: FileLayer = nodeFiles): CleanShutdown | undefined {
  const text = readTextIfExists(path, files)
  if (text === undefined) return undefined
  return { brokerEpoch: brokerEpochOf(text) }
}

/** Durable when it returns. */
export function writeCleanShutdown(path: string, brokerEpoch: number, files: FileLayer = nodeFiles): void {
  const fd = files.open(path, 'w')
  try {
    writeFully(files, fd, [Buffer.from(JSON.stringify({ version: 0, brokerEpoch }))], 0)
    files.fsyncSync(fd)
  } finally {
    files.close(fd)
  }
  files.syncDirectory(dirname(path))
}

/** Durable when it returns: a crash of the machine must not bring the marker back over logs that were written since. */
export function deleteCleanShutdown(path: string, files: FileLayer = nodeFiles): void {
  unlinkIfExists(path, files)
  files.syncDirectory(dirname(path))
}

function brokerEpochOf(text: string): number | undefined {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    // Kafka 0.8 to 3.6 wrote an empty file.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  const epoch = (content as { brokerEpoch?: unknown } | null)?.brokerEpoch
  return typeof epoch === 'number' && Number.isSafeInteger(epoch) ? epoch : undefined
}
