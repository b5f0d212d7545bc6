import { write, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { JavaError, javaTrace } from '../config/java-error.ts'
import { OutputClosed, type Terminal, type Tool, ToolExit } from './tool.ts'

/** The terminal of this process. Streams are created only where a tool asks for them. */
export function processTerminal(): Terminal {
  return {
    out: (text) => writeFully(1, text),
    outLater: (bytes) => writeLater(1, bytes),
    err: (text) => writeFully(2, text),
    get stdin() {
      return process.stdin
    },
    get stdinIsTerminal() {
      return isatty(0)
    },
    get stdoutIsTerminal() {
      return isatty(1)
    },
  }
}

/** Runs a tool and resolves with the exit code of the process; what it throws is printed as Kafka's tools print it. */
export async function runTool(run: Tool, argv: readonly string[], terminal = processTerminal()): Promise<number> {
  try {
    return await run(argv, terminal)
  } catch (error) {
    return endWith(error, terminal)
  }
}

function endWith(error: unknown, terminal: Terminal): number {
  try {
    if (error instanceof OutputClosed) return 0
    if (error instanceof ToolExit) {
      if (error.out !== '') terminal.out(error.out)
      if (error.err !== '') terminal.err(error.err)
      return error.code
    }
    terminal.err(isMistakeOfOurs(error) ? `${error.stack}\n` : `Exception in thread "main" ${javaTrace(error)}`)
    return 1
  } catch (closed) {
    if (closed instanceof OutputClosed) return 1
    throw closed
  }
}

/** A TypeError or a failed assertion is a bug to be found by its stack; all others are for the user to read. */
function isMistakeOfOurs(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof JavaError) return false
  return error instanceof TypeError || error instanceof ReferenceError || error.name === 'AssertionError'
}

/** Writes all of `text`, waiting where the other end of a non-blocking pipe is slow. */
function writeFully(fd: number, text: string | Uint8Array): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  let written = 0
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE' || code === 'EBADF') throw new OutputClosed()
      if (code !== 'EAGAIN') throw error
      // There is no synchronous way to be told when the reader has caught up: look again in a millisecond.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

/** Writes all of `bytes` on a thread of libuv, which may wait there for a slow reader. */
function writeLater(fd: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (from: number) => {
      if (from === bytes.length) return resolve()
      write(fd, bytes, from, (error, written) => {
        if (!error) next(from + written)
        else if (error.code === 'EAGAIN') setTimeout(next, 1, from)
        else reject(error.code === 'EPIPE' || error.code === 'EBADF' ? new OutputClosed() : error)
      })
    }
    next(0)
  })
}
