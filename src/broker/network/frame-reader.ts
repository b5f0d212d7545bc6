/** A length prefix that no request can have: the connection is closed, as Kafka's InvalidReceiveException does. */
export class InvalidReceive extends Error {
  override readonly name = 'InvalidReceive'
}

const NO_BYTES = Buffer.alloc(0)
/** A frame up to this size is believed on its length alone: it costs no more than the read that brought it. */
const BELIEVED_SIZE = 16 * 1024
/** A longer frame gets at most this many times the room that its arrived bytes need. */
const GROWTH = 4

/**
 * Cuts requests out of the bytes of one connection. `length int32 | request`
 *
 * A frame that lies in one chunk is a slice of it; only a frame that straddles chunks is copied, into room that grows
 * with what arrives. A length of 100 MB followed by nothing takes 16 KB.
 */
export class FrameReader {
  private readonly maxSize: number
  private readonly chunks: Buffer[] = []
  private chunk: Buffer = NO_BYTES
  private position = 0
  /** Bytes of the length prefix read so far, and their value. */
  private prefixLength = 0
  private size = 0
  /** The straddling frame under assembly, and how much of it is there. */
  private frame: Buffer | undefined
  private filled = 0

  /** `maxSize`: `socket.request.max.bytes`. */
  constructor(maxSize: number) {
    this.maxSize = maxSize
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
    if (this.frame || chunk.length - position < size) return this.assemble()
    this.prefixLength = 0
    this.advance(size)
    return chunk.subarray(position, position + size)
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
        this.makeRoom(count)
        this.chunk.copy(this.frame!, this.filled, this.position, this.position + count)
        this.filled += count
        this.position += count
      }
      if (this.filled === this.size) {
        const frame = this.frame!
        this.frame = undefined
        this.filled = 0
        this.prefixLength = 0
        this.advance(0)
        return frame
      }
    } while (this.nextChunk())
    return undefined
  }

  private makeRoom(count: number): void {
    const needed = this.filled + count
    if (this.frame && this.frame.length >= needed) return
    const room = Math.min(this.size, Math.max(BELIEVED_SIZE, needed * GROWTH))
    const grown = Buffer.allocUnsafeSlow(room)
    this.frame?.copy(grown, 0, 0, this.filled)
    this.frame = grown
  }
}
