import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from '../support/broker-process.ts'
import { BackgroundConsumer } from './background.ts'
import type { CommandResult, GoldenCase, SetupStep } from './case.ts'
import { patternOf, substitute, withoutVariation } from './pattern.ts'

export interface GoldenRunOptions {
  /** `127.0.0.1:PORT` with five digits: as wide as in the recordings, where tables are padded to it. */
  readonly bootstrap?: string
}

interface Outcome {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs recorded cases against our tools. Like the recording, it does each distinct setup step once, so a topic that many
 * cases use is made by the first of them.
 */
export class GoldenRun {
  readonly #directory = mkdtempSync(join(tmpdir(), 'kafka-golden-'))
  readonly #values: Readonly<Record<string, string>>
  readonly #done = new Map<string, Promise<string | undefined>>()
  readonly #background: BackgroundConsumer[] = []

  constructor({ bootstrap = '127.0.0.1:19192' }: GoldenRunOptions = {}) {
    this.#values = { TMP: this.#directory, BOOTSTRAP: bootstrap }
  }

  async close(): Promise<void> {
    await Promise.all(this.#background.map((consumer) => consumer.stop()))
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** Runs a case and resolves with what differs from the recording, or undefined. */
  async differenceOf(recorded: GoldenCase): Promise<string | undefined> {
    const finished = this.#countAsSetup(recorded)
    try {
      return await this.#differenceOf(recorded)
    } finally {
      finished()
    }
  }

  /**
   * A case may do what is a setup step of a later one: that step waits for it, and is done then. The answer ends the
   * wait.
   */
  #countAsSetup({ argv, setup }: GoldenCase): () => void {
    const key = JSON.stringify({ argv })
    if (this.#done.has(key) || setup.some((step) => JSON.stringify(step) === key)) return () => {}
    let finish: (failure: undefined) => void = () => {}
    this.#done.set(key, new Promise((resolve) => (finish = resolve)))
    return () => finish(undefined)
  }

  async #differenceOf(recorded: GoldenCase): Promise<string | undefined> {
    for (const step of recorded.setup) {
      const failure = await this.#setUp(step)
      if (failure) return failure
    }
    const outcome = await this.#run(recorded)
    const first = this.#compare(recorded, outcome, recorded.notes)
    if (first) return first
    for (const after of recorded.post ?? []) {
      const difference = this.#compare(after, await this.#run(after), recorded.notes)
      if (difference) return `after it, ${after.argv.join(' ')}:\n${difference}`
    }
    return undefined
  }

  /** Resolves with what went wrong, or undefined. */
  #setUp(step: SetupStep): Promise<string | undefined> {
    const key = JSON.stringify(step)
    const running = this.#done.get(key) ?? this.#perform(step)
    this.#done.set(key, running)
    return running
  }

  async #perform(step: SetupStep): Promise<string | undefined> {
    if (step.file !== undefined) {
      const path = substitute(step.file, this.#values)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, substitute(step.content ?? '', this.#values))
    }
    if (step.rm !== undefined) rmSync(substitute(step.rm, this.#values), { recursive: true, force: true })
    if (step.background) {
      this.#background.push(await BackgroundConsumer.start(this.#commandOf(step.background), this.#values.BOOTSTRAP!))
    }
    if (!step.argv) return undefined
    const { exit, stdout, stderr } = await this.#run({ argv: step.argv, stdin: step.stdin })
    if (exit === 0 || step.may_fail) return undefined
    return `before it, ${step.argv.join(' ')} ended with ${exit}\n${stdout}${stderr}`
  }

  #compare(recorded: CommandResult, outcome: Outcome, notes: string): string | undefined {
    const differences: string[] = []
    if (outcome.exit !== recorded.exit) differences.push(`exit ${outcome.exit}, not ${recorded.exit}`)
    for (const stream of ['stdout', 'stderr'] as const) {
      const expected = withoutVariation(recorded[stream], notes)
      const actual = withoutVariation(outcome[stream], notes)
      const isShapeOnly = stream === 'stdout' && isListOfAllTopics(recorded)
      const matches = isShapeOnly ? /^(?:[\w.-]+\n)*$/ : patternOf(expected, this.#values)
      if (!matches.test(actual)) differences.push(`${stream} should be\n${expected}\nbut is\n${actual}`)
    }
    return differences.length > 0 ? differences.join('\n') : undefined
  }

  /** Path of the tool, and its arguments. */
  #commandOf(argv: readonly string[]): string[] {
    const [tool, ...args] = argv.map((argument) => substitute(argument, this.#values))
    return [join(ROOT, 'bin', `${tool}.sh`), ...args]
  }

  async #run(command: Pick<GoldenCase, 'argv' | 'stdin' | 'tty' | 'signal'> & { stdout?: string }): Promise<Outcome> {
    const script = this.#commandOf(command.argv)
    const stdin = (command.stdin ?? '').replace('<stdin-big>', `${'x'.repeat(1_100_000)}\n`)
    const { COLUMNS: _, ...env } = process.env
    const child = command.tty
      ? spawn('python3', [TERMINAL, JSON.stringify(typedLines(stdin)), process.execPath, ...script], { env })
      : spawn(process.execPath, script, { env })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk) => out.push(chunk))
    child.stderr.on('data', (chunk) => err.push(chunk))
    // A tool may end before it has read everything.
    child.stdin.on('error', () => child.stdin.destroy())
    child.stdin.end(command.tty ? '' : stdin)
    const { signal } = command
    if (signal) signalWhenPrinted(child, signal, () => Buffer.concat(out).toString() === command.stdout)
    const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return {
      exit: code ?? 128 + constants.signals[killedBy as NodeJS.Signals],
      stdout: Buffer.concat(out).toString(),
      stderr: Buffer.concat(err).toString(),
    }
  }
}

const TERMINAL = join(import.meta.dirname, 'terminal.py')

/** Why cases on a terminal cannot run here; undefined when they can. */
export function whyNoTerminal(): string | undefined {
  return spawnSync('python3', ['-c', 'import pty']).status === 0 ? undefined : 'python3 with its pty module is missing'
}

function typedLines(stdin: string): string[] {
  return stdin.match(/[^\n]*\n/g) ?? []
}

/** Sends the signal as soon as the expected output is there, and at the recorded time otherwise. */
function signalWhenPrinted(
  child: ChildProcess,
  { name, after_ms }: NonNullable<GoldenCase['signal']>,
  isPrinted: () => boolean,
): void {
  const timer = setTimeout(() => child.kill(name), after_ms)
  child.stdout?.on('data', () => {
    if (!isPrinted()) return
    clearTimeout(timer)
    child.kill(name)
  })
  child.once('exit', () => clearTimeout(timer))
}

/** Such a list shows what earlier cases left behind, some of which are not in this project. */
function isListOfAllTopics({ argv, exit }: CommandResult): boolean {
  return argv[0] === 'kafka-topics' && argv.includes('--list') && !argv.includes('--topic') && exit === 0
}
