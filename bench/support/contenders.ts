/** The two brokers that a benchmark compares, run as processes with the same settings, each with its defaults. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startApacheBroker } from '../../test/support/apache-kafka.ts'
import type { Target } from './load.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const CLOCK_TICKS_PER_SECOND = 100

/** Topics that were measured leave the page cache at once, before the disk has to write them. */
const SETTINGS = { 'log.segment.delete.delay.ms': '0' }

/** Milliseconds. */
export interface LoopDelay {
  readonly p99: number
  readonly p999: number
  readonly max: number
}

export interface Running {
  readonly target: Target
  readonly pid: number
  readonly dataDir: string
  hasExited(): boolean
  /** What the process has printed. */
  log(): string
  /** Watches the event loop from now on, until the function it answers is called; undefined where there is no loop. */
  watchLoop(): Promise<() => Promise<LoopDelay | undefined>>
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

export interface Contender {
  readonly name: string
  /** Starts on `directory`, formatting it when new. Resolves as soon as the process runs; it may not serve yet. */
  start(directory: string, port: number): Promise<Running>
}

export const apache: Contender = {
  name: 'Apache Kafka 4.3.1',
  async start(directory, port) {
    const broker = await startApacheBroker({ directory, port, properties: SETTINGS, waitUntilServing: false })
    return {
      target: { host: '127.0.0.1', port },
      pid: broker.process.pid!,
      dataDir: broker.dataDir,
      hasExited: () => hasExited(broker.process),
      log: () => broker.log(),
      watchLoop: async () => async () => undefined,
      stop: (signal) => broker.stop(signal),
    }
  },
}

export const ours: Contender = {
  name: 'kafka-toolkit',
  async start(directory, port) {
    const dataDir = join(directory, 'data')
    const config = join(directory, 'server.properties')
    mkdirSync(directory, { recursive: true })
    writeFileSync(
      config,
      [
        'process.roles=broker,controller',
        'node.id=1',
        `controller.quorum.bootstrap.servers=localhost:${port + 1}`,
        `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1}`,
        'controller.listener.names=CONTROLLER',
        'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
        `log.dirs=${dataDir}`,
        'offsets.topic.replication.factor=1',
        'group.initial.rebalance.delay.ms=0',
        ...Object.entries(SETTINGS).map(([key, value]) => `${key}=${value}`),
        '',
      ].join('\n'),
    )
    const tool = (name: string) => join(ROOT, 'bin', `${name}.sh`)
    if (!existsSync(join(dataDir, 'meta.properties'))) {
      const id = spawnSync(process.execPath, [tool('kafka-storage'), 'random-uuid'], { encoding: 'utf8' }).stdout.trim()
      const format = ['format', '--standalone', '-t', id, '-c', config]
      const formatted = spawnSync(process.execPath, [tool('kafka-storage'), ...format], { encoding: 'utf8' })
      if (formatted.status !== 0) throw new Error(`format failed: ${formatted.stderr}`)
    }
    const delayFile = join(directory, 'loop-delay.json')
    const logFile = join(directory, 'server.log')
    const log = openSync(logFile, 'w')
    const child = spawn(process.execPath, [tool('kafka-server-start'), config], {
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        LOOP_DELAY_FILE: delayFile,
        NODE_OPTIONS: `--require ${join(ROOT, 'bench/support/loop-delay.cjs')}`,
      },
    })
    closeSync(log)
    return {
      target: { host: '127.0.0.1', port },
      pid: child.pid!,
      dataDir,
      hasExited: () => hasExited(child),
      log: () => readFileSync(logFile, 'utf8'),
      async watchLoop() {
        await signalled(child, delayFile)
        return () => signalled(child, delayFile)
      },
      stop: (signal) => end(child, signal),
    }
  },
}

/** What loop-delay.cjs says to a signal. */
async function signalled(child: ChildProcess, file: string): Promise<LoopDelay> {
  rmSync(file, { force: true })
  child.kill('SIGUSR2')
  while (!existsSync(file)) {
    if (hasExited(child)) throw new Error('the broker ended')
    await new Promise((done) => setTimeout(done, 5))
  }
  return JSON.parse(readFileSync(file, 'utf8'))
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasExited(child)) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

export function temporaryDirectory(name: string): string {
  return mkdtempSync(join(tmpdir(), `${name}-`))
}

/** CPU seconds a process has used, user and system (Linux). */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND
}

/** Resident memory of a process, now and at most since its start, bytes (Linux). */
export function residentBytes(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024
  return { now: field('VmRSS'), peak: field('VmHWM') }
}
