/** Our broker and tools as a user runs them: processes started from `bin/`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')

export interface ToolResult {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `bin/<tool>.sh` to its end. A buffer for stdin is written as it is. */
export async function runTool(
  tool: string,
  args: readonly string[],
  { stdin = '', timeoutMs = 60_000 }: { stdin?: string | Buffer; timeoutMs?: number } = {},
): Promise<ToolResult> {
  const child = spawn(process.execPath, [join(ROOT, 'bin', `${tool}.sh`), ...args], { stdio: 'pipe' })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk) => out.push(chunk))
  child.stderr.on('data', (chunk) => err.push(chunk))
  // A tool that ends before it has read everything closes the pipe; its exit code says whether that was right.
  child.stdin.on('error', () => child.stdin.destroy())
  child.stdin.end(stdin)
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(timer)
  return { status, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}

export interface BrokerProcess {
  readonly bootstrapServers: string
  readonly port: number
  readonly dataDir: string
  readonly configFile: string
  readonly process: ChildProcess
  log(): string
  /** Ends it and resolves with its exit code (128 + signal number where a signal ended it). */
  stop(signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number>
}

export interface BrokerProcessOptions {
  /** Home of the data directory and the config file; it outlives the process. */
  readonly directory: string
  readonly port?: number
  readonly properties?: Readonly<Record<string, string>>
}

export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'kafka-toolkit-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Writes `server.properties` into `directory`; with port 0 the broker picks one. */
export function writeConfig({ directory, port = 0, properties = {} }: BrokerProcessOptions): string {
  mkdirSync(directory, { recursive: true })
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${port === 0 ? 9093 : port + 1}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port === 0 ? 0 : port + 1}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': join(directory, 'data'),
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    ...properties,
  }
  const file = join(directory, 'server.properties')
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(file, lines.join(''))
  return file
}

/** Formats `directory` when it is new, starts the broker and waits until it serves. */
export async function startBrokerProcess(options: BrokerProcessOptions): Promise<BrokerProcess> {
  const { directory } = options
  const configFile = writeConfig(options)
  const dataDir = join(directory, 'data')
  if (!existsSync(join(dataDir, 'meta.properties'))) {
    const clusterId = (await runTool('kafka-storage', ['random-uuid'])).stdout.trim()
    const formatted = await runTool('kafka-storage', ['format', '--standalone', '-t', clusterId, '-c', configFile])
    if (formatted.status !== 0) throw new Error(`format failed: ${formatted.stderr}`)
  }
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'kafka-server-start.sh'), configFile], { stdio: 'pipe' })
  let log = ''
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  await new Promise<void>((done, failed) => {
    const onData = (chunk: Buffer) => {
      log += chunk
      if (log.includes('Kafka Server started')) done()
    }
    child.stdout.on('data', onData)
    child.stderr.on('data', onData)
    exited.then(([status]) => failed(new Error(`the broker exited with ${status}:\n${log}`)))
  })
  // The controller's port is opened, and logged, before the broker's.
  const ports = [...log.matchAll(/Awaiting socket connections on \S+:(\d+)\./g)]
  const port = Number(ports.at(-1)?.[1])
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    port,
    dataDir,
    configFile,
    process: child,
    log: () => log,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      const [status, endedBy] = await exited
      return status ?? 128 + ({ SIGTERM: 15, SIGINT: 2, SIGKILL: 9 }[endedBy as string] ?? 0)
    },
  }
}
