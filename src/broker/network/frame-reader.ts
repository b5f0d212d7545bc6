import { BLOCK_BYTES, type BlockPool } from './block-pool.ts'
import { requestBuffer } from './huge-buffer.ts'

/** A length prefix that no request can have: the connection is closed, as Kafka's InvalidReceiveException does. */
export class InvalidReceive extends Error {
  override readonly name = 'InvalidReceive'
}

const NO_BYTES = Buffer.alloc(0)
/** Once this many bytes of a frame have arrived, it gets all the room that it asks for. */
const BELIEVED_AFTER = 8 * 1024 * 1024

/**
 * Cuts requests out of the bytes of one connection. `length int32 | request`
 *
 * A frame that lies in one chunk is a slice of it. One that straddles chunks waits in blocks and is put together when
 * it is whole, so that it takes what has arrived, whatever its length says: a length of 100 MB followed by nothing
 * takes nothing. Only a frame of which 8 MiB have come is given its whole room at once, to bound what it takes twice.
 */
export class FrameReader {
  private readonly maxSize: number
  private readonly pool: BlockPool
  private readonly chunks: Buffer[] = []
  private chunk: Buffer = NO_BYTES
  private position = 0
  /** Bytes of the length prefix read so far, and their value. */
  private prefixLength = 0
  private size = 0
  /** The straddling frame: the end of its first chunk, later blocks, or its own room; and how much of it is there. */
  private head: Buffer | undefined
  private readonly blocks: Buffer[] = []
  private room: Buffer | undefined
  private filled = 0

  /** `maxSize`: `socket.request.max.bytes`. */
  constructor(maxSize: number, pool: BlockPool) {
    this.maxSize = maxSize
    this.pool = pool
  }

  push(chunk: Buffer): void {
    if (this.position === this.chunk.length) {
      this.chunk = chunk
      this.position = 0
    } else {
      this.chunks.push(chunk)
    }
  }

  /** Whether bytes have arrived that no frame has taken yet. */
  get hasUnread(): boolean {
    return this.position < this.chunk.length
  }

  /** Whether a frame has begun to arrive and is not whole. */
  get isPartial(): boolean {
    return this.prefixLength > 0
  }

  /** Bytes until the frame that is arriving is whole, as far as they are known. */
  get missingBytes(): number {
    return this.prefixLength < 4 ? 4 - this.prefixLength : this.size - this.filled
  }

  /** The next whole frame without its length; undefined until it has arrived. Throws `InvalidReceive`. */
  next(): Buffer | undefined {
    if (this.prefixLength < 4 && !this.readSize()) return undefined
    const { chunk, position, size } = this
    if (this.filled > 0 || chunk.length - position < size) return this.assemble()
    this.prefixLength = 0
    this.advance(size)
    return chunk.subarray(position, position + size)
  }

  /** Forgets everything that was read and not returned. */
  drop(): void {
    this.giveBlocksBack()
    this.head = undefined
    this.room = undefined
    this.filled = 0
    this.prefixLength = 0
    this.chunks.length = 0
    this.chunk = NO_BYTES
    this.position = 0
  }

  private advance(count: number): void {
    this.position += count
    if (this.position === this.chunk.length) this.nextChunk()
  }

  /** Drops the chunk that has been read, so that it is not kept alive. False when there is no other. */
  private nextChunk(): boolean {
    this.position = 0
    this.chunk = this.chunks.shift() ?? NO_BYTES
    return this.chunk !== NO_BYTES
  }

  private readSize(): boolean {
    if (this.prefixLength === 0 && this.chunk.length - this.position >= 4) {
      this.size = this.chunk.readInt32BE(this.position)
      this.prefixLength = 4
      this.advance(4)
    } else {
      while (this.prefixLength < 4) {
        if (this.position === this.chunk.length && !this.nextChunk()) return false
        this.size = (this.size << 8) | this.chunk[this.position++]!
        this.prefixLength++
      }
      this.advance(0)
    }
    if (this.size < 0) throw new InvalidReceive(`Invalid receive (size = ${this.size})`)
    if (this.size > this.maxSize) {
      throw new InvalidReceive(`Invalid receive (size = ${this.size} larger than ${this.maxSize})`)
    }
    return true
  }

  private assemble(): Buffer | undefined {
    do {
      const count = Math.min(this.size - this.filled, this.chunk.length - this.position)
      if (count > 0) {
        if (count === this.size - this.filled || this.filled >= BELIEVED_AFTER) this.makeRoom()
        this.store(this.position, this.position + count)
      }
      if (this.filled === this.size) {
        const frame = this.room!
        this.room = undefined
        this.filled = 0
        this.prefixLength = 0
        this.advance(0)
        return frame
      }
    } while (this.nextChunk())
    return undefined
  }

  /** Adds bytes of the chunk to those of the frame that are there. */
  private store(from: number, end: number): void {
    const { chunk, filled } = this
    this.position = end
    this.filled += end - from
    if (this.room) {
      chunk.copy(this.room, filled, from, end)
    } else if (filled === 0) {
      this.head = chunk.subarray(from, end)
    } else {
      if (this.head) this.fillBlocks(0, this.head)
      this.head = undefined
      this.fillBlocks(filled, chunk.subarray(from, end))
    }
  }

  private fillBlocks(filled: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const offset = (filled + at) % BLOCK_BYTES
      if (offset === 0) this.blocks.push(this.pool.take())
      at += bytes.copy(this.blocks[this.blocks.length - 1]!, offset, at)
    }
  }

  /** Gives the frame its own room and moves there what came before. */
  private makeRoom(): void {
    if (this.room) return
    this.room = requestBuffer(this.size)
    this.head?.copy(this.room)
    let left = this.head ? 0 : this.filled
    this.head = undefined
    for (let i = 0; left > 0; i++) {
      const count = Math.min(left, BLOCK_BYTES)
      this.blocks[i]!.copy(this.room, i * BLOCK_BYTES, 0, count)
      left -= count
    }
    this.giveBlocksBack()
  }

  private giveBlocksBack(): void {
    for (const block of this.blocks) this.pool.giveBack(block)
    this.blocks.length = 0
  }
}
