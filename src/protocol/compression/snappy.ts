import { createRequire } from 'node:module'
import { corrupt, decodeWith, tooLarge } from './corrupt.ts'

interface SnappyLibrary {
  compressSync(data: Buffer): Buffer
  uncompressSync(data: Buffer): Buffer
}

/**
 * What Java's snappy streams begin with: a magic of eight bytes and two versions (int32). Blocks follow, each
 * `size int32 | raw block`. Other clients write one raw block, with nothing around it.
 */
const HEADER = Buffer.from('82534e41505059000000000100000001', 'hex')
const MAGIC_SIZE = 8

/** Bytes of input that Java puts into one block. */
const BLOCK_SIZE = 32 * 1024

/** A copy of 64 bytes takes 3, so that no block grows more than this. */
const MAX_RATIO = 22

let library: SnappyLibrary | undefined

export function loadSnappy(): SnappyLibrary {
  return (library ??= createRequire(import.meta.url)('snappy') as SnappyLibrary)
}

export function compressSnappy(data: Buffer): Buffer {
  const { compressSync } = loadSnappy()
  const pieces: Buffer[] = [HEADER]
  for (let start = 0; start < data.length; start += BLOCK_SIZE) {
    const block = compressSync(data.subarray(start, start + BLOCK_SIZE))
    const size = Buffer.allocUnsafe(4)
    size.writeInt32BE(block.length)
    pieces.push(size, block)
  }
  return Buffer.concat(pieces)
}

export function decompressSnappy(data: Buffer, maxSize: number): Buffer {
  if (!startsWithMagic(data, 0)) return decompressBlock(data, maxSize, maxSize)
  const pieces: Buffer[] = []
  let left = maxSize
  let position = 0
  while (position < data.length) {
    // Streams may follow one another; their magic cannot be the size of a block, for it is negative.
    if (startsWithMagic(data, position)) {
      position += HEADER.length
      if (position > data.length) throw corrupt('snappy', 'a header is cut off')
      continue
    }
    if (data.length - position < 4) throw corrupt('snappy', 'the size of a block is cut off')
    const size = data.readInt32BE(position)
    position += 4
    if (size < 0 || size > data.length - position) {
      throw corrupt('snappy', `block of ${size} bytes where ${data.length - position} are left`)
    }
    const piece = decompressBlock(data.subarray(position, position + size), left, maxSize)
    pieces.push(piece)
    left -= piece.length
    position += size
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

function startsWithMagic(data: Buffer, position: number): boolean {
  if (data.length - position < MAGIC_SIZE) return false
  return HEADER.compare(data, position, position + MAGIC_SIZE, 0, MAGIC_SIZE) === 0
}

/** A raw block begins with the size of what it holds, which the library would allocate unseen; `left` of `maxSize` may. */
function decompressBlock(block: Buffer, left: number, maxSize: number): Buffer {
  let claimed = 0
  let position = 0
  for (let scale = 1; ; scale *= 128) {
    if (position === block.length || position === 5) throw corrupt('snappy', 'a block has no size')
    const byte = block[position++]!
    claimed += (byte & 0x7f) * scale
    if (byte < 0x80) break
  }
  if (claimed > block.length * MAX_RATIO) throw corrupt('snappy', `${claimed} bytes out of ${block.length}`)
  if (claimed > left) throw tooLarge('snappy', maxSize)
  return decodeWith('snappy', () => loadSnappy().uncompressSync(block))
}
