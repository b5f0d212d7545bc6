import { gunzipSync, gzipSync } from 'node:zlib'
import { corrupt, tooLarge } from './corrupt.ts'

/** Output is collected in pieces of this size; zlib's own 16 KiB costs a fifth more time. */
const CHUNK_SIZE = 64 * 1024

export function compressGzip(data: Buffer, level: number): Buffer {
  return gzipSync(data, { level })
}

/** One or several members, one after the other. */
export function decompressGzip(data: Buffer, maxSize: number): Buffer {
  try {
    // zlib takes no limit below 1.
    const bytes = gunzipSync(data, { maxOutputLength: Math.max(maxSize, 1), chunkSize: CHUNK_SIZE })
    if (bytes.length > maxSize) throw tooLarge('gzip', maxSize)
    return bytes
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    if (error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('gzip', maxSize)
    throw corrupt('gzip', error.message)
  }
}
