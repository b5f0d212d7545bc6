/** A read of the 1 MiB that consumers ask for by default, with the lead of the reader. */
const BUFFER_BYTES = 1024 * 1024 + 8 * 1024
/** Much smaller reads take memory of their own. */
const SMALLEST_BYTES = BUFFER_BYTES / 8
/** Free buffers that are kept. */
const MAX_FREE = 16

/**
 * Memory for reads of files, used again once what was read has been sent: new memory for every megabyte, and the
 * collections that give it back, cost more than reading it. A buffer that is never given back is simply garbage.
 */
export class ReadBuffers {
  private readonly free: Buffer[] = []
  /** Given out: what is given back twice must not be lent to two readers. */
  private readonly lent = new WeakSet<Buffer>()

  /** At least `size` bytes of anything. */
  take(size: number): Buffer {
    if (size > BUFFER_BYTES || size < SMALLEST_BYTES) return Buffer.allocUnsafeSlow(size)
    const buffer = this.free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
    this.lent.add(buffer)
    return buffer
  }

  /** `buffer`: as it was taken. Nothing may look at its bytes any more. */
  giveBack(buffer: Buffer): void {
    if (this.lent.delete(buffer) && this.free.length < MAX_FREE) this.free.push(buffer)
  }
}
