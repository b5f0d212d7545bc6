/** Runs a tool inside the test process, with its streams in memory. */
import { Readable } from 'node:stream'
import { runTool } from '../../src/cli/process.ts'
import { OutputClosed, type Terminal, type Tool } from '../../src/cli/tool.ts'

export interface ToolRun {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface ToolRunOptions {
  /** Standard input: whole, or in pieces as they come. */
  readonly stdin?: string | Iterable<string | Buffer> | AsyncIterable<string | Buffer>
  /** Called with each piece of standard output; the tool finds its output closed after it answers false. */
  readonly onOut?: (text: string) => boolean
}

export async function runInProcess(run: Tool, argv: readonly string[], options: ToolRunOptions = {}): Promise<ToolRun> {
  const { stdin = '', onOut = () => true } = options
  let out = ''
  let err = ''
  let isOpen = true
  const pieces = typeof stdin === 'string' ? [stdin] : stdin
  const terminal: Terminal = {
    out: (text) => {
      if (!isOpen) throw new OutputClosed()
      const piece = Buffer.from(text as Uint8Array).toString()
      out += piece
      isOpen = onOut(piece)
    },
    err: (text) => {
      err += Buffer.from(text as Uint8Array).toString()
    },
    stdin: Readable.from(asBuffers(pieces), { objectMode: false }),
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
  }
  const code = await runTool(run, argv, terminal)
  return { code, out, err }
}

async function* asBuffers(pieces: Iterable<string | Buffer> | AsyncIterable<string | Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece)
}
