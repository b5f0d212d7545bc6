import { compressGzip, decompressGzip } from './compression/gzip.ts'
import { compressLz4, decompressLz4, loadLz4 } from './compression/lz4.ts'
import { compressSnappy, decompressSnappy, loadSnappy } from './compression/snappy.ts'
import { compressZstd, decompressZstd, loadZstd } from './compression/zstd.ts'
import { DecodeError } from './reader.ts'

/** How the records of a batch are compressed; the index is the id in the batch's attributes. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type Codec = (typeof CODECS)[number]

/** Kafka's levels (KIP-390), least and greatest; snappy has none. */
export const COMPRESSION_LEVELS = {
  gzip: { min: 1, max: 9, default: -1 },
  lz4: { min: 1, max: 17, default: 9 },
  zstd: { min: -131072, max: 22, default: 3 },
} as const

/**
 * Loads the library of a codec; `compress` and `decompress` of it are synchronous afterwards. Without it zstd throws on
 * a Node version that has none of its own, and the first use of snappy or lz4 takes some milliseconds longer.
 */
export async function prepareCodec(codec: Codec): Promise<void> {
  switch (codec) {
    case 'snappy':
      loadSnappy()
      return
    case 'lz4':
      loadLz4()
      return
    case 'zstd':
      await loadZstd()
      return
    default:
  }
}

/** Compresses records as a Java producer does. `level` is one of Kafka's; its default when left out. */
export function compress(codec: Codec, data: Buffer, level?: number): Buffer {
  switch (codec) {
    case 'none':
      return data
    case 'gzip':
      return compressGzip(data, checkedLevel(codec, level))
    case 'snappy':
      return compressSnappy(data)
    case 'lz4':
      // The library has one speed, Kafka's default; other levels are accepted and change nothing.
      checkedLevel(codec, level)
      return compressLz4(data)
    case 'zstd':
      return compressZstd(data, checkedLevel(codec, level))
  }
}

/**
 * Decompresses records in any form that Kafka's clients write. What comes out is at most `maxSize` bytes, and not much
 * more than that is ever allocated. Throws `DecodeError` beyond it, and on bytes that are not of the codec.
 */
export function decompress(codec: Codec, data: Buffer, maxSize: number): Buffer {
  switch (codec) {
    case 'none':
      if (data.length > maxSize) throw new DecodeError(`${data.length} bytes where ${maxSize} are allowed`)
      return data
    case 'gzip':
      return decompressGzip(data, maxSize)
    case 'snappy':
      return decompressSnappy(data, maxSize)
    case 'lz4':
      return decompressLz4(data, maxSize)
    case 'zstd':
      return decompressZstd(data, maxSize)
  }
}

function checkedLevel(codec: 'gzip' | 'lz4' | 'zstd', level: number | undefined): number {
  const levels = COMPRESSION_LEVELS[codec]
  if (level === undefined || level === levels.default) return levels.default
  if (Number.isInteger(level) && level >= levels.min && level <= levels.max) return level
  throw new RangeError(`${codec} has levels ${levels.min} to ${levels.max}, not ${level}`)
}
