import { isUtf8 } from 'node:buffer'

const LF = 0x0a
const CR = 0x0d

/**
 * Cuts a stream of bytes into lines as Java's BufferedReader does: at LF, CR or CR LF, the last line with or without an
 * end. Bytes that are not UTF-8 become U+FFFD, as Java's decoder makes them. A line is a range of a buffer, so that one
 * within a chunk is never copied.
 */
export class LineSplitter {
  /** The current line is `buffer` from `start` to `end`. */
  buffer: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  #chunk: Buffer = Buffer.alloc(0)
  #position = 0
  /** What earlier chunks had of the line that is not ended yet. */
  #pending: Buffer[] = []
  #skipsLf = false
  #isEnded = false
  #hasCr = false
  #isUtf8 = true

  /** The next bytes, after `next` has answered false. */
  push(chunk: Buffer): void {
    this.#chunk = chunk
    this.#position = 0
    this.#hasCr = chunk.includes(CR)
    this.#isUtf8 = isUtf8(chunk)
  }

  /** No more bytes will come. */
  finish(): void {
    this.push(Buffer.alloc(0))
    this.#isEnded = true
  }

  /** Moves to the next line; false when there is none before more bytes come. */
  next(): boolean {
    const chunk = this.#chunk
    if (this.#skipsLf && this.#position < chunk.length) {
      this.#skipsLf = false
      if (chunk[this.#position] === LF) this.#position++
    }
    const start = this.#position
    const end = this.#lineEnd(start)
    if (end < 0) return this.#isEnded ? this.#last() : this.#keep(start)
    this.#position = end + 1
    if (chunk[end] === CR) this.#skipsLf = true
    if (this.#pending.length === 0) this.#set(chunk, start, end, this.#isUtf8)
    else {
      const joined = Buffer.concat([...this.#pending.splice(0), chunk.subarray(start, end)])
      this.#set(joined, 0, joined.length, false)
    }
    return true
  }

  #lineEnd(start: number): number {
    const lf = this.#chunk.indexOf(LF, start)
    if (!this.#hasCr) return lf
    const cr = this.#chunk.indexOf(CR, start)
    return cr >= 0 && (lf < 0 || cr < lf) ? cr : lf
  }

  #keep(start: number): boolean {
    if (start < this.#chunk.length) {
      this.#pending.push(this.#chunk.subarray(start))
      this.#position = this.#chunk.length
    }
    return false
  }

  #last(): boolean {
    if (this.#pending.length === 0) return false
    const joined = Buffer.concat(this.#pending.splice(0))
    this.#set(joined, 0, joined.length, false)
    return true
  }

  #set(buffer: Buffer, start: number, end: number, isKnownUtf8: boolean): void {
    this.buffer = buffer
    this.start = start
    this.end = end
    if (isKnownUtf8 || isUtf8(buffer.subarray(start, end))) return
    this.buffer = Buffer.from(buffer.toString('utf8', start, end))
    this.start = 0
    this.end = this.buffer.length
  }
}
