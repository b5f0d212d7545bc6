/**
 * How long commands take from their start, as ratios to `node -e 0` of the same run: `npm run bench:startup`. Rounds run
 * every command once, in turn; figures are medians. `--rounds N` (default 15).
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Produce } from '../src/protocol/messages/00-produce.ts'
import { writeBatch } from '../src/protocol/record-batch.ts'
import {
  type BrokerProcess,
  ROOT,
  runTool,
  startBrokerProcess,
  temporaryDirectory,
} from '../test/support/broker-process.ts'
import { freePort } from '../test/support/free-port.ts'
import { decodeResponse, requestFrame } from '../test/support/raw-client.ts'

const PRODUCE_VERSION = 12
const TOPIC = 'startup'
const BASELINE = 'node -e 0'

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } })
const rounds = Number(options.rounds)

const bin = (name: string, ...args: string[]) => [join(ROOT, 'bin', name), ...args]
const directory = temporaryDirectory()
const times = new Map<string, number[]>()

try {
  const broker = await startBrokerProcess({ directory: join(directory.path, 'running') })
  const server = await preparedServer(join(directory.path, 'restarted'))
  const bootstrap = ['--bootstrap-server', broker.bootstrapServers]
  const commands: [name: string, args: string[]][] = [
    [BASELINE, ['-e', '0']],
    ['kafka topics --help', bin('run.js', 'topics', '--help')],
    ['kafka-topics.sh, usage error', bin('kafka-topics.sh', ...bootstrap, '--create')],
    ['kafka-topics.sh --list', bin('kafka-topics.sh', ...bootstrap, '--list')],
    ['kafka topics --list', bin('run.js', 'topics', ...bootstrap, '--list')],
  ]
  // The first two rounds fill the code caches and are not counted.
  for (let round = -2; round < rounds; round++) {
    for (const [name, args] of commands) {
      const start = performance.now()
      spawnSync(process.execPath, args)
      note(name, round, performance.now() - start)
    }
    note('server-start to the first acknowledged record', round, await timeToFirstAck(server))
  }
  await broker.stop()
  report()
} finally {
  directory.remove()
}

function note(name: string, round: number, ms: number): void {
  if (round < 0) return
  const list = times.get(name) ?? []
  list.push(ms)
  times.set(name, list)
}

function report(): void {
  const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1]!
  const base = median(times.get(BASELINE)!)
  console.log(`${rounds} rounds, Node ${process.version}`)
  for (const [name, list] of times) {
    const ms = median(list)
    console.log(`${name.padEnd(48)} ${ms.toFixed(0).padStart(6)} ms  ${(ms / base).toFixed(2).padStart(5)} ×`)
  }
}

interface Server {
  readonly configFile: string
  readonly port: number
}

/** A formatted directory of a broker that has the topic and was stopped cleanly. */
async function preparedServer(path: string): Promise<Server> {
  const port = await freePort()
  const broker: BrokerProcess = await startBrokerProcess({ directory: path, port })
  const created = await runTool('kafka-topics', [
    '--bootstrap-server',
    broker.bootstrapServers,
    '--create',
    '--topic',
    TOPIC,
  ])
  if (created.status !== 0) throw new Error(created.stdout + created.stderr)
  await broker.stop()
  return { configFile: broker.configFile, port }
}

async function timeToFirstAck({ configFile, port }: Server): Promise<number> {
  const start = performance.now()
  const child = spawn(process.execPath, bin('kafka-server-start.sh', configFile), { stdio: 'ignore' })
  const exited = once(child, 'exit')
  while (!(await produceOne(port))) {
    if (child.exitCode !== null) throw new Error(`the broker exited with ${child.exitCode}`)
    await pause(1)
  }
  const ms = performance.now() - start
  child.kill('SIGTERM')
  await exited
  return ms
}

/** Whether a record was acknowledged; false while nothing listens yet. */
async function produceOne(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  try {
    await once(socket, 'connect')
    const records = writeBatch({ records: [{ value: Buffer.from('x') }] })
    const request = {
      transactionalId: null,
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: TOPIC, partitionData: [{ index: 0, records }] }],
    }
    socket.write(requestFrame(Produce, PRODUCE_VERSION, request))
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    const { response } = decodeResponse(Produce, PRODUCE_VERSION, chunk.subarray(4))
    return response.responses[0]?.partitionResponses[0]?.errorCode === 0
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  } finally {
    socket.destroy()
  }
}
