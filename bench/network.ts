/**
 * What a request costs between socket and handler: Produce frames over loopback to a handler that only acknowledges.
 * `npx tsx bench/network.ts`. The clients run in a process of their own; CPU is that of the broker's process.
 */
import { fork } from 'node:child_process'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { withApiVersions } from '../src/broker/apis/18-api-versions.ts'
import { allowAllAuthorizer } from '../src/broker/authorizer.ts'
import { systemClock } from '../src/broker/clock.ts'
import { Dispatcher } from '../src/broker/dispatch.ts'
import { handler } from '../src/broker/handler.ts'
import { silentLogger } from '../src/broker/logger.ts'
import { noMetrics } from '../src/broker/metrics.ts'
import { SocketListener } from '../src/broker/network/listener.ts'
import { Network } from '../src/broker/network/network.ts'
import type { RequestInfo } from '../src/broker/request-context.ts'
import { encode } from '../src/protocol/codec.ts'
import { RequestHeader } from '../src/protocol/headers.ts'
import { Produce } from '../src/protocol/messages/00-produce.ts'
import { Writer } from '../src/protocol/writer.ts'

interface Load {
  readonly name: string
  readonly connections: number
  /** Bytes of records in each request. */
  readonly recordBytes: number
  /** Requests under way on each connection. */
  readonly inFlight: number
  /** Requests a second over all connections; as fast as answers come when absent. */
  readonly perSecond?: number
}

const SECONDS = 3
const LOADS: readonly Load[] = [
  { name: '1,000 connections × 10/s, 64 B', connections: 1000, recordBytes: 64, inFlight: 1, perSecond: 10_000 },
  { name: '10 connections × 1,000/s, 64 B', connections: 10, recordBytes: 64, inFlight: 1, perSecond: 10_000 },
  { name: '1 connection, 1 in flight, 64 B', connections: 1, recordBytes: 64, inFlight: 1 },
  { name: '10 connections, 5 in flight, 64 B', connections: 10, recordBytes: 64, inFlight: 5 },
  { name: '10 connections, 5 in flight, 16 KB', connections: 10, recordBytes: 16_384, inFlight: 5 },
  { name: '10 connections, 5 in flight, 1 MB', connections: 10, recordBytes: 1_000_000, inFlight: 5 },
]

function produceFrame(recordBytes: number): Buffer {
  const writer = new Writer()
  writer.int32(0)
  const header = { requestApiKey: Produce.key, requestApiVersion: 9, correlationId: 1, clientId: 'bench' }
  encode(RequestHeader, 2, header, writer)
  const records = Buffer.alloc(recordBytes)
  const topicData = [{ name: 'bench', partitionData: [{ index: 0, records }] }]
  encode(Produce.request, 9, { acks: -1, timeoutMs: 1000, topicData }, writer)
  const frame = writer.toBuffer()
  frame.writeInt32BE(frame.length - 4, 0)
  return frame
}

/** The clients' side: sends a load for some seconds and reports how many answers came. */
async function generate(port: number, load: Load, connected: () => void): Promise<number> {
  const frame = produceFrame(load.recordBytes)
  let answers = 0
  let isOver = false
  const sockets = await Promise.all(
    Array.from({ length: load.connections }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      await new Promise((resolve) => socket.once('connect', resolve))
      let pending = Buffer.alloc(0)
      socket.on('data', (chunk) => {
        pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
        while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
          pending = pending.subarray(4 + pending.readInt32BE(0))
          answers++
          if (load.perSecond === undefined && !isOver) socket.write(frame)
        }
      })
      return socket
    }),
  )
  connected()
  if (load.perSecond === undefined) {
    for (const socket of sockets) for (let i = 0; i < load.inFlight; i++) socket.write(frame)
  } else {
    const perTick = load.perSecond / 100
    let next = 0
    const timer = setInterval(() => {
      for (let i = 0; i < perTick; i++) sockets[next++ % sockets.length]!.write(frame)
    }, 10)
    setTimeout(() => clearInterval(timer), SECONDS * 1000)
  }
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000))
  isOver = true
  for (const socket of sockets) socket.destroy()
  return answers
}

async function serve(): Promise<void> {
  const responses = [{ name: 'bench', partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 7 }] }]
  const produce = handler<typeof Produce, RequestInfo>(Produce, async (_, context) => {
    context.appendsQueued()
    await undefined
    return { responses }
  })
  const settings = {
    nodeId: 1,
    maxRequestBytes: 104_857_600,
    queuedBytes: 32 * 1024 * 1024,
    maxIdleMs: 600_000,
    maxConnections: 1e9,
    maxConnectionsPerIp: 1e9,
    maxConnectionsPerIpOverrides: new Map(),
    backlogSize: 50,
  }
  const parts = { settings, clock: systemClock, logger: silentLogger, metrics: noMetrics }
  const network = new Network(parts)
  const dispatcher = new Dispatcher({
    listenerType: 'BROKER',
    nodeId: 1,
    handlers: withApiVersions('broker', [produce]),
    services: {},
    authorizers: allowAllAuthorizer,
    ...parts,
  })
  const endpoint = { listenerName: 'PLAINTEXT', securityProtocol: 'PLAINTEXT' as const, host: '127.0.0.1', port: 0 }
  const listener = await SocketListener.bind(endpoint, network, dispatcher)
  listener.accept()
  console.log('load | requests/s | µs CPU a request | MB/s | RSS MB')
  for (const load of LOADS) {
    const { answers, cpuMicros } = await generateApart(listener.port, load)
    const cells = [
      load.name,
      Math.round(answers / SECONDS),
      (cpuMicros / answers).toFixed(1),
      Math.round((answers * load.recordBytes) / SECONDS / 1e6),
      Math.round(process.memoryUsage().rss / 1e6),
    ]
    console.log(cells.join(' | '))
  }
  await listener.close()
}

/** Runs the clients in their own process; CPU is ours from when they are connected until they have reported. */
function generateApart(port: number, load: Load): Promise<{ answers: number; cpuMicros: number }> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ['generate', String(port), JSON.stringify(load)])
    let before: NodeJS.CpuUsage
    child.on('message', (message) => {
      if (message === 'connected') {
        before = process.cpuUsage()
      } else {
        const { user, system } = process.cpuUsage(before)
        resolve({ answers: message as number, cpuMicros: user + system })
      }
    })
    child.once('error', reject)
  })
}

const [mode, port, load] = process.argv.slice(2)
if (mode === 'generate') {
  process.send!(await generate(Number(port), JSON.parse(load!) as Load, () => process.send!('connected')))
  process.disconnect()
} else {
  await serve()
}
