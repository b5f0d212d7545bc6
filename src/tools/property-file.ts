import { readFileSync } from 'node:fs'
import { JavaError } from '../config/java-error.ts'
import { parseProperties } from '../config/properties.ts'

/** The settings in a `*.properties` file; throws what Java throws when it cannot be read. */
export function loadProperties(path: string): Map<string, string> {
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  } catch (error) {
    throw fileError(path, error as NodeJS.ErrnoException)
  }
  return parseProperties(text)
}

function fileError(path: string, error: NodeJS.ErrnoException): Error {
  if (error.code === 'ENOENT') return new JavaError('java.nio.file.NoSuchFileException', path)
  if (error.code === 'EACCES') return new JavaError('java.nio.file.AccessDeniedException', path)
  if (error.code === 'EISDIR') return new JavaError('java.io.IOException', 'Is a directory')
  return new JavaError('java.io.IOException', `${path}: ${error.message}`)
}
