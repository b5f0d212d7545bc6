import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import { corrupt, decodeWith, tooLarge } from './corrupt.ts'

interface ZstdLibrary {
  compress(data: Buffer, level: number): Buffer
  /** One frame, of which at most `capacity` bytes come. */
  decompress(frame: Buffer, capacity: number): Buffer
}

/** What Node offers from 22.15 on; the type declarations are those of Node 20. */
interface NodeZstd {
  readonly zstdCompressSync?: (data: Buffer, options: object) => Buffer
  readonly zstdDecompressSync?: (data: Buffer, options: object) => Buffer
  readonly constants: { readonly ZSTD_c_compressionLevel?: number }
}

interface WasmZstd {
  init(): Promise<void>
  compress(data: Buffer, level: number): Uint8Array
  decompress(data: Buffer, options: { defaultHeapSize: number }): Uint8Array
}

const MAGIC = 0xfd2fb528
/** The low four bits of a skippable frame's magic are free. */
const SKIPPABLE_MAGIC = 0x184d2a50
const MAX_BLOCK_SIZE = 128 * 1024

const BLOCK_RAW = 0
const BLOCK_RLE = 1
const BLOCK_RESERVED = 3

let library: ZstdLibrary | undefined

export async function loadZstd(): Promise<void> {
  library ??= nodeZstd() ?? (await wasmZstd())
}

function loaded(): ZstdLibrary {
  library ??= nodeZstd()
  if (!library) throw new Error('zstd is used before prepareCodec has loaded it')
  return library
}

function nodeZstd(): ZstdLibrary | undefined {
  const { zstdCompressSync, zstdDecompressSync, constants } = zlib as unknown as NodeZstd
  const levelParameter = constants.ZSTD_c_compressionLevel
  if (!zstdCompressSync || !zstdDecompressSync || levelParameter === undefined) return undefined
  return {
    compress: (data, level) => zstdCompressSync(data, { params: { [levelParameter]: level } }),
    decompress: (frame, capacity) =>
      zstdDecompressSync(frame, { maxOutputLength: Math.max(capacity, 1), chunkSize: Math.max(capacity, 64) }),
  }
}

async function wasmZstd(): Promise<ZstdLibrary> {
  const zstd = createRequire(import.meta.url)('@bokuweb/zstd-wasm') as WasmZstd
  await zstd.init()
  return {
    compress: (data, level) => asBuffer(zstd.compress(data, level)),
    decompress: (frame, capacity) => asBuffer(zstd.decompress(frame, { defaultHeapSize: Math.max(capacity, 1) })),
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export function compressZstd(data: Buffer, level: number): Buffer {
  return loaded().compress(data, level)
}

/**
 * One or several frames, one after the other, of known or unknown content size. Streaming compressors, such as Java's,
 * do not write the size; how much a frame can hold at most follows from the headers of its blocks.
 */
export function decompressZstd(data: Buffer, maxSize: number): Buffer {
  const { decompress } = loaded()
  const pieces: Buffer[] = []
  let left = maxSize
  let position = 0
  do {
    const { end, contentSize, bound } = frameAt(data, position)
    const frame = data.subarray(position, end)
    position = end
    if (contentSize !== undefined && contentSize > left) throw tooLarge('zstd', maxSize)
    if (bound === 0) continue
    // With room for no more than what is left, a frame that would grow beyond it fails instead.
    const capacity = Math.min(contentSize ?? bound, left)
    const piece = decodeWith('zstd', () => decompress(frame, capacity))
    if (contentSize !== undefined && piece.length !== contentSize) {
      throw corrupt('zstd', `${piece.length} bytes in a frame that says ${contentSize}`)
    }
    pieces.push(piece)
    left -= piece.length
  } while (position < data.length)
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

interface Frame {
  readonly end: number
  /** What the frame says it holds, which is no more than `bound`; undefined when it does not say. */
  readonly contentSize: number | undefined
  readonly bound: number
}

/**
 *     magic uint32 | descriptor uint8 | window uint8? | dictionary id (0, 1, 2 or 4) | content size (0, 1, 2, 4 or 8) |
 *     blocks… | checksum uint32?
 *
 * All little-endian (RFC 8878). A block is three bytes, `last (1 bit) | type (2) | size (21)`, and its content.
 */
function frameAt(data: Buffer, start: number): Frame {
  const magic = uint(data, start, 4)
  if ((magic & ~0x0f) === SKIPPABLE_MAGIC) {
    const end = start + 8 + uint(data, start + 4, 4)
    if (end > data.length) throw corrupt('zstd', 'a frame is cut off')
    return { end, contentSize: undefined, bound: 0 }
  }
  if (magic !== MAGIC) throw corrupt('zstd', 'not a zstd frame')
  const descriptor = uint(data, start + 4, 1)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const dictionarySize = [0, 1, 2, 4][descriptor & 0x03]!
  const contentSizeSize = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  let position = start + 5
  let windowSize = Number.POSITIVE_INFINITY
  if (!isSingleSegment) {
    const window = uint(data, position++, 1)
    windowSize = 2 ** (10 + (window >> 3)) * (1 + (window & 7) / 8)
  }
  position += dictionarySize
  let contentSize: number | undefined
  if (contentSizeSize > 0) {
    contentSize = uint(data, position, contentSizeSize) + (contentSizeSize === 2 ? 256 : 0)
    if (isSingleSegment) windowSize = contentSize
  }
  position += contentSizeSize
  const maxBlockSize = Math.min(windowSize, MAX_BLOCK_SIZE)
  let bound = 0
  for (let isLast = false; !isLast; ) {
    const header = uint(data, position, 3)
    const type = (header >> 1) & 3
    const size = header >> 3
    if (type === BLOCK_RESERVED) throw corrupt('zstd', 'a block of reserved type')
    isLast = (header & 1) === 1
    bound += type === BLOCK_RAW || type === BLOCK_RLE ? size : maxBlockSize
    position += 3 + (type === BLOCK_RLE ? 1 : size)
  }
  if (descriptor & 0x04) position += 4
  if (position > data.length) throw corrupt('zstd', 'a frame is cut off')
  if (contentSize !== undefined && contentSize > bound) {
    throw corrupt('zstd', `a frame says ${contentSize} bytes where at most ${bound} fit`)
  }
  return { end: position, contentSize, bound }
}

function uint(data: Buffer, position: number, size: number): number {
  if (position + size > data.length) throw corrupt('zstd', 'a frame is cut off')
  return size === 8 ? Number(data.readBigUInt64LE(position)) : data.readUIntLE(position, size)
}
