import type { Readable } from 'node:stream'

/** What a tool talks to. Loading streams costs start time, so `stdin` is created at its first use. */
export interface Terminal {
  /** Writes all of it to standard output before returning; throws OutputClosed when nobody reads any more. */
  out(text: string | Uint8Array): void
  /**
   * The same without holding up everything else: resolves when all of it is written. Where it is missing `out` has to
   * do. At most one call may be under way, and no `out` meanwhile.
   */
  outLater?(bytes: Uint8Array): Promise<void>
  /** The same as `out` for standard error. */
  err(text: string | Uint8Array): void
  readonly stdin: Readable
  readonly stdinIsTerminal: boolean
  readonly stdoutIsTerminal: boolean
}

/** A tool: its arguments (without its own name) in, its exit code out. Ending the process is its caller's work. */
export type Tool = (argv: readonly string[], terminal: Terminal) => number | Promise<number>

/** Ends a tool from anywhere inside it, after printing what it carries; what Java tools do with `Exit.exit`. */
export class ToolExit extends Error {
  readonly code: number
  readonly out: string
  readonly err: string

  constructor(code: number, printed: { out?: string; err?: string } = {}) {
    super(`exit ${code}`)
    this.code = code
    this.out = printed.out ?? ''
    this.err = printed.err ?? ''
  }
}

/** The reader of standard output or standard error has gone: the tool ends quietly. */
export class OutputClosed extends Error {}

/** Ends a tool with one line on standard error and exit code 1: Kafka's "terse failure". */
export function terseExit(message: string): ToolExit {
  return new ToolExit(1, { err: `${message}\n` })
}
