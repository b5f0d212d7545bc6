/**
 * The memory of all batches of a producer (`buffer.memory`). Buffers of the usual size are used again: a stream of
 * small records then makes no garbage.
 */
export class BatchMemory {
  readonly #totalBytes: number
  readonly #poolableSize: number
  readonly #free: Buffer[] = []
  #usedBytes = 0
  #waiting: (() => void)[] = []

  constructor(totalBytes: number, poolableSize: number) {
    this.#totalBytes = totalBytes
    this.#poolableSize = poolableSize
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** A buffer of the usual size, or larger for a larger record; undefined when there is no room for it now. */
  allocate(leastBytes: number): Buffer | undefined {
    const size = Math.max(leastBytes, this.#poolableSize)
    if (this.#usedBytes + size > this.#totalBytes && this.#usedBytes > 0) return undefined
    this.#usedBytes += size
    if (size > this.#poolableSize) return Buffer.allocUnsafeSlow(size)
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(size)
  }

  /** A buffer for what is there already and has to be sent in another form, even beyond the limit. */
  allocateNow(size: number): Buffer {
    this.#usedBytes += size
    return Buffer.allocUnsafeSlow(size)
  }

  /** Gives back what a batch had reserved. `buffer` is used again when it is the one that was allocated. */
  release(reservedBytes: number, buffer: Buffer): void {
    this.#usedBytes -= reservedBytes
    if (reservedBytes === this.#poolableSize && buffer.length === reservedBytes) this.#free.push(buffer)
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Resolves when something was released. */
  released(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Kafka's text for a record that found no room in time. */
  exhaustedText(leastBytes: number, maxBlockMs: number): string {
    const size = Math.max(leastBytes, this.#poolableSize)
    return `Failed to allocate ${size} bytes within the configured max blocking time ${maxBlockMs} ms. Total memory: ${this.#totalBytes} bytes. Available memory: ${Math.max(0, this.#totalBytes - this.#usedBytes)} bytes. Poolable size: ${this.#poolableSize} bytes`
  }
}
