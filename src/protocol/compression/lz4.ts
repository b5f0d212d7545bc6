import { createRequire } from 'node:module'
import { corrupt, decodeWith, tooLarge } from './corrupt.ts'

interface Lz4Library {
  /** A block, after its uncompressed size (4 bytes). */
  compressSync(data: Buffer): Buffer
  /** One frame; checks every checksum that it has. */
  decompressFrameSync(data: Buffer): Buffer
}

const MAGIC = 0x184d2204
/** The low four bits of a skippable frame's magic are free. */
const SKIPPABLE_MAGIC = 0x184d2a50

const FLAG_DICTIONARY_OR_RESERVED = 0x03
const FLAG_CONTENT_CHECKSUM = 0x04
const FLAG_CONTENT_SIZE = 0x08
const FLAG_BLOCK_CHECKSUM = 0x10
const FLAG_INDEPENDENT = 0x20
const VERSION = 0x40

/** Set in the size of a block that is stored as it is. */
const STORED = 0x8000_0000

/** Frame header as Java writes it: independent blocks of 64 KiB at most, no checksums but the header's own. */
const HEADER = Buffer.from('04224d18604082', 'hex')
const BLOCK_SIZE = 64 * 1024

/** A byte of a compressed block stands for 255 at most. */
const MAX_RATIO = 255

let library: Lz4Library | undefined

export function loadLz4(): Lz4Library {
  return (library ??= createRequire(import.meta.url)('lz4-napi') as Lz4Library)
}

export function compressLz4(data: Buffer): Buffer {
  const { compressSync } = loadLz4()
  const pieces: Buffer[] = [HEADER]
  for (let start = 0; start < data.length; start += BLOCK_SIZE) {
    const block = data.subarray(start, start + BLOCK_SIZE)
    const compressed = compressSync(block).subarray(4)
    const isStored = compressed.length >= block.length
    const size = Buffer.allocUnsafe(4)
    size.writeUInt32LE(isStored ? STORED + block.length : compressed.length)
    pieces.push(size, isStored ? block : compressed)
  }
  pieces.push(Buffer.alloc(4))
  return Buffer.concat(pieces)
}

/**
 * One or several frames, one after the other. Blocks that depend on earlier ones are refused, as Java does: no consumer
 * of Apache Kafka could read them.
 */
export function decompressLz4(data: Buffer, maxSize: number): Buffer {
  const pieces: Buffer[] = []
  let left = maxSize
  let position = 0
  do {
    const frame = frameAt(data, position)
    position = frame.end
    for (const piece of decompressFrame(data, frame, left)) {
      left -= piece.length
      if (left < 0) throw tooLarge('lz4', maxSize)
      pieces.push(piece)
    }
  } while (position < data.length)
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

/** A frame's extent, from its headers alone. */
interface Frame {
  readonly start: number
  readonly end: number
  readonly isSkippable: boolean
  readonly maxBlockSize: number
  /** Where each block begins with its size. */
  readonly blocks: readonly number[]
  /** No more than this can come out of it. */
  readonly bound: number
}

function frameAt(data: Buffer, start: number): Frame {
  const magic = uint32(data, start)
  if ((magic & ~0x0f) === SKIPPABLE_MAGIC) {
    const end = start + 8 + uint32(data, start + 4)
    if (end > data.length) throw corrupt('lz4', 'a frame is cut off')
    return { start, end, isSkippable: true, maxBlockSize: 0, blocks: [], bound: 0 }
  }
  if (magic !== MAGIC) throw corrupt('lz4', 'Stream unsupported (invalid magic bytes)')
  const flags = data[start + 4] ?? 0
  if ((flags & 0xc0) !== VERSION) throw corrupt('lz4', `Version ${flags >> 6} is unsupported`)
  if (flags & FLAG_DICTIONARY_OR_RESERVED) throw corrupt('lz4', 'Reserved bits must be 0')
  if (!(flags & FLAG_INDEPENDENT)) throw corrupt('lz4', 'Dependent block stream is unsupported')
  const sizeCode = (data[start + 5] ?? 0) >> 4
  if (sizeCode < 4 || sizeCode > 7) throw corrupt('lz4', `Block size value must be between 4 and 7, not ${sizeCode}`)
  const maxBlockSize = 1 << (2 * sizeCode + 8)
  const checksumSize = flags & FLAG_BLOCK_CHECKSUM ? 4 : 0
  const blocks: number[] = []
  let bound = 0
  let position = start + (flags & FLAG_CONTENT_SIZE ? 15 : 7)
  while (true) {
    const field = uint32(data, position)
    const size = field % STORED
    if (size === 0) break
    if (size > maxBlockSize) throw corrupt('lz4', `Block size ${size} exceeded max: ${maxBlockSize}`)
    blocks.push(position)
    bound += field >= STORED ? size : Math.min(maxBlockSize, size * MAX_RATIO)
    position += 4 + size + checksumSize
  }
  const end = position + 4 + (flags & FLAG_CONTENT_CHECKSUM ? 4 : 0)
  if (end > data.length) throw corrupt('lz4', 'a frame is cut off')
  return { start, end, isSkippable: false, maxBlockSize, blocks, bound }
}

/**
 * A frame that cannot grow too large is decoded whole. Another may be a bomb, or only have many small blocks: it is
 * decoded block by block, each as a frame of its own, until the limit is passed. (Its content checksum is not looked at
 * then; the checksums of its blocks are.)
 */
function* decompressFrame(data: Buffer, frame: Frame, maxSize: number): Generator<Buffer> {
  const { decompressFrameSync } = loadLz4()
  const { start, end, blocks, bound, isSkippable } = frame
  if (isSkippable) return
  if (bound <= maxSize) {
    yield decodeWith('lz4', () => decompressFrameSync(data.subarray(start, end)))
    return
  }
  const flags = VERSION | FLAG_INDEPENDENT | (data[start + 4]! & FLAG_BLOCK_CHECKSUM)
  const header = Buffer.from([
    ...HEADER.subarray(0, 4),
    flags,
    data[start + 5]!,
    headerChecksum(flags, data[start + 5]!),
  ])
  for (const [i, block] of blocks.entries()) {
    const blockEnd = blocks[i + 1] ?? block + 4 + (uint32(data, block) % STORED) + (flags & FLAG_BLOCK_CHECKSUM ? 4 : 0)
    const single = Buffer.concat([header, data.subarray(block, blockEnd), Buffer.alloc(4)])
    yield decodeWith('lz4', () => decompressFrameSync(single))
  }
}

/** Second byte of xxHash32 over the two bytes of a descriptor: the sixteen that there are (KIP-57 fixed their use). */
function headerChecksum(flags: number, blockDescriptor: number): number {
  return (xxHash32(flags, blockDescriptor) >>> 8) & 0xff
}

/** xxHash32 with seed 0 of exactly two bytes. */
function xxHash32(first: number, second: number): number {
  let hash = (PRIME_5 + 2) | 0
  for (const byte of [first, second]) {
    hash = (hash + Math.imul(byte, PRIME_5)) | 0
    hash = Math.imul((hash << 11) | (hash >>> 21), PRIME_1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
  return hash ^ (hash >>> 16)
}

const PRIME_1 = 0x9e3779b1
const PRIME_2 = 0x85ebca77
const PRIME_3 = 0xc2b2ae3d
const PRIME_5 = 0x165667b1

function uint32(data: Buffer, position: number): number {
  if (position + 4 > data.length) throw corrupt('lz4', 'Stream ended prematurely')
  return data.readUInt32LE(position)
}
