export const BLOCK_BYTES = 16 * 1024
/** Free blocks that are kept for the next request: 8 MiB. */
const MAX_FREE = 512

/**
 * Blocks in which requests wait until they are whole. They never leave the network layer and are used again, so that
 * thousands of unfinished requests neither leave garbage nor tear holes into the process's memory.
 */
export class BlockPool {
  private readonly free: Buffer[] = []

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES)
  }

  giveBack(block: Buffer): void {
    if (this.free.length < MAX_FREE) this.free.push(block)
  }
}
