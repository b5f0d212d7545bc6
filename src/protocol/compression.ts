/** How the records of a batch are compressed; the index is the id in the batch's attributes. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type Codec = (typeof CODECS)[number]

/** Loads the library of a codec; afterwards `compress` and `decompress` work for it. */
export async function prepareCodec(_codec: Codec): Promise<void> {}

export function compress(codec: Codec, data: Buffer, _level?: number): Buffer {
  if (codec === 'none') return data
  throw new Error(`${codec} is not loaded`)
}

export function decompress(codec: Codec, data: Buffer, _maxSize: number): Buffer {
  if (codec === 'none') return data
  throw new Error(`${codec} is not loaded`)
}
