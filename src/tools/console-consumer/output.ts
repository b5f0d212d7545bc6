import type { Terminal } from '../../cli/tool.ts'

/** From this size on what was written is passed on. */
const FLUSH_BYTES = 256 * 1024

/**
 * Collects what goes to standard output, so that many small records make few large writes. `flush` resolves when the
 * system has taken everything: whoever reads slowly slows the reading of the topic, and nothing piles up here.
 */
export class Output {
  readonly #terminal: Terminal
  #buffer: Buffer
  #size = 0

  constructor(terminal: Terminal) {
    this.#terminal = terminal
    this.#buffer = Buffer.allocUnsafeSlow(FLUSH_BYTES + 64 * 1024)
  }

  get isFull(): boolean {
    return this.#size >= FLUSH_BYTES
  }

  text(text: string): void {
    const most = text.length * 3
    this.#reserve(most)
    this.#size += this.#buffer.write(text, this.#size, 'utf8')
  }

  bytes(source: Buffer, start = 0, end = source.length): void {
    const size = end - start
    this.#reserve(size)
    const target = this.#buffer
    let at = this.#size
    // Short pieces are copied faster by a loop than by a call into native code.
    if (size > 48) source.copy(target, at, start, end)
    else for (let i = start; i < end; i++) target[at++] = source[i]!
    this.#size += size
  }

  /** Throws OutputClosed when nobody reads any more. */
  async flush(): Promise<void> {
    if (this.#size === 0) return
    const bytes = this.#buffer.subarray(0, this.#size)
    this.#size = 0
    if (this.#terminal.outLater) await this.#terminal.outLater(bytes)
    else this.#terminal.out(bytes)
  }

  /** A record larger than the buffer makes it grow for once. */
  #reserve(size: number): void {
    if (this.#size + size <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#size + size, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#size)
    this.#buffer = grown
  }
}
