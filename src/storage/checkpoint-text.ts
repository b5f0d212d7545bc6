/**
 * The shape that Kafka's checkpoint files share:
 *
 *     version
 *     number of entries
 *     one entry a line…
 *
 * Each line ends with a newline. An empty file means "no entries": Kafka creates it so.
 */
import { writeFileAtomically } from './atomic-file.ts'
import { type FileLayer, readTextIfExists } from './file-layer.ts'
import { MalformedFileError } from './malformed-file-error.ts'

const VERSION = 0

/** Entries of a checkpoint file, the fields of each; none when the file is empty or missing. */
export function readCheckpoint(path: string, fieldCount: number, files: FileLayer): string[][] {
  const text = readTextIfExists(path, files)
  if (text === undefined) return []
  const lines = text.split(/\r\n|\r|\n/)
  // What follows the last line end is no line; a file without a last line end has its last line there.
  if (lines.at(-1) === '') lines.pop()
  const [versionLine, countLine, ...entryLines] = lines
  if (versionLine === undefined) return []
  const version = integer(versionLine, path)
  if (version !== VERSION) {
    throw new MalformedFileError(
      `Unrecognised version:${version}, expected version: ${VERSION} in checkpoint file at: ${path}`,
    )
  }
  if (countLine === undefined) return []
  const count = integer(countLine, path)
  const entries = entryLines.map((line) => {
    const fields = line.split(/\s+/)
    if (fields.length !== fieldCount) throw malformed(line, path)
    return fields
  })
  if (entries.length !== count) {
    throw new MalformedFileError(
      `Expected [${count}] entries in checkpoint file [${path}], but found only [${entries.length}]`,
    )
  }
  return entries
}

export function writeCheckpoint(
  path: string,
  entries: readonly string[],
  files: FileLayer,
  { sync }: { sync: boolean } = { sync: true },
): void {
  const lines = [String(VERSION), String(entries.length), ...entries]
  writeFileAtomically(path, `${lines.join('\n')}\n`, { sync }, files)
}

/** A decimal int64 of a checkpoint; offsets beyond 2^53 are no offsets that Kafka assigns. */
export function integer(text: string, path: string): number {
  const value = Number(text)
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value)) throw malformed(text, path)
  return value
}

function malformed(line: string, path: string): MalformedFileError {
  return new MalformedFileError(`Malformed line in checkpoint file [${path}]: ${line}`)
}
