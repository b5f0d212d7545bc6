import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const FIXTURES = join(import.meta.dirname, '../fixtures/golden')

/** What Apache Kafka's tool did with one command line; recorded from 4.3.1. */
export interface GoldenCase {
  readonly id: string
  readonly argv: readonly string[]
  readonly stdin?: string
  /** Run on a pseudo-terminal; stdout is then all that appeared on it. */
  readonly tty?: boolean
  readonly signal?: { readonly name: NodeJS.Signals; readonly after_ms: number }
  readonly setup: readonly SetupStep[]
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
  /** Commands run after it, with what they printed. */
  readonly post?: readonly CommandResult[]
  /** What varies from run to run. */
  readonly notes: string
}

export interface CommandResult {
  readonly argv: readonly string[]
  readonly stdin?: string
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

export interface SetupStep {
  readonly argv?: readonly string[]
  readonly stdin?: string
  readonly may_fail?: boolean
  readonly file?: string
  readonly content?: string
  readonly rm?: string
  /** A command that runs beside the cases. */
  readonly background?: readonly string[]
}

export function goldenCases(group: string): GoldenCase[] {
  const lines = readFileSync(join(FIXTURES, `${group}.jsonl`), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as GoldenCase)
}

/** Ids of cases that knowingly differ, and why. */
export function knownDifferences(): Record<string, string> {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'known-differences.json'), 'utf8'))
}

export interface HelpBlock {
  readonly tool: string
  readonly argv: readonly string[]
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/** The blocks of one help file. "Same text as --help" stands for the first block's. */
export function helpBlocks(file: string): HelpBlock[] {
  const text = readFileSync(join(FIXTURES, 'help', file), 'utf8')
  const tool = /^(kafka-(?:storage|server-start|topics|console-producer|console-consumer|consumer-groups))/.exec(
    file,
  )![1]!
  const blocks: HelpBlock[] = []
  for (const block of text.split('### end\n')) {
    const head = /### argv: (.*)\n### exit: (\d+)\n/.exec(block)
    if (!head) continue
    const section = (name: string) =>
      new RegExp(`### ${name} \\(\\d+ lines\\)\\n([\\s\\S]*?)(?=### |$)`).exec(block)?.[1] ?? ''
    const isSame = block.includes('same text as --help')
    blocks.push({
      tool,
      argv: head[1] === '(none)' ? [] : head[1]!.split(' '),
      exit: Number(head[2]),
      stdout: isSame ? blocks[0]!.stdout : section('stdout'),
      stderr: isSame ? blocks[0]!.stderr : section('stderr'),
    })
  }
  return blocks
}

/** The option table of a tool's help: `<help:TOOL>`. */
export function optionTable(tool: string): string {
  const { stdout, stderr } = helpBlocks(`${tool}.txt`)[0]!
  const text = stdout + stderr
  return text.slice(text.indexOf('\nOption') + 1)
}
