/**
 * 200 clients that each send 100 MB and read nothing: the broker's resident memory must stay below 300 MB.
 *
 *     npx tsx test/long/slow-readers.ts                        the network layer alone, in a process of its own
 *     npx tsx test/long/slow-readers.ts 127.0.0.1:9092 PID     a running broker
 *
 * Exits with 1 when the limit is passed or the broker no longer answers. Linux only (reads /proc).
 */
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { withApiVersions } from '../../src/broker/apis/18-api-versions.ts'
import { allowAllAuthorizer } from '../../src/broker/authorizer.ts'
import { systemClock } from '../../src/broker/clock.ts'
import { Dispatcher } from '../../src/broker/dispatch.ts'
import { handler } from '../../src/broker/handler.ts'
import { silentLogger } from '../../src/broker/logger.ts'
import { noMetrics } from '../../src/broker/metrics.ts'
import { SocketListener } from '../../src/broker/network/listener.ts'
import { Network } from '../../src/broker/network/network.ts'
import { DEFAULT_QUEUED_BYTES } from '../../src/broker/network/settings.ts'
import type { RequestInfo } from '../../src/broker/request-context.ts'
import { Produce } from '../../src/protocol/messages/00-produce.ts'
import { Metadata } from '../../src/protocol/messages/03-metadata.ts'
import { ApiVersions } from '../../src/protocol/messages/18-api-versions.ts'
import { RawClient, requestFrame } from '../support/raw-client.ts'

const CLIENTS = 200
const BYTES_EACH = 100_000_000
const LIMIT_BYTES = 300_000_000
/** A scenario ends when everything is sent or nothing has moved for this long. */
const QUIET_MS = 5_000
const WRITE_BYTES = 256 * 1024

function produceFrame(recordBytes: number, acks: number): Buffer {
  const partitionData = [{ index: 0, records: Buffer.alloc(recordBytes) }]
  return requestFrame(Produce, 9, { acks, timeoutMs: 30_000, topicData: [{ name: 'slow', partitionData }] })
}

/** The frame with another length in front than it has. */
function withLength(frame: Buffer, length: number): Buffer {
  frame.writeInt32BE(length, 0)
  return frame
}

/** What each client repeats until it has sent its share. */
const SCENARIOS: Readonly<Record<string, () => Buffer>> = {
  'Metadata requests': () => {
    const one = requestFrame(Metadata, 9, { topics: null })
    return Buffer.concat(Array.from({ length: 2000 }, () => one))
  },
  'ApiVersions requests': () => {
    const one = requestFrame(ApiVersions, 0, {})
    return Buffer.concat(Array.from({ length: 3000 }, () => one))
  },
  'Produce of 64 KB': () => produceFrame(65_536, 1),
  'Produce of 1 MB': () => produceFrame(1_000_000, 1),
  'one Produce of 100 MB': () => produceFrame(BYTES_EACH - 1000, 1),
  'requests of 105 MB of which 100 MB come': () => withLength(produceFrame(BYTES_EACH, 1), 104_857_600),
}

async function serve(): Promise<void> {
  const produce = handler<typeof Produce, RequestInfo>(Produce, async (request, context) => {
    context.appendsQueued()
    await new Promise((resolve) => setImmediate(resolve))
    if (request.acks === 0) return undefined
    return { responses: [{ name: 'slow', partitionResponses: [{ index: 0, errorCode: 0 }] }] }
  })
  const brokers = Array.from({ length: 100 }, (_, nodeId) => ({ nodeId, host: 'localhost', port: 9092 }))
  const metadata = handler(Metadata, async () => ({ brokers }))
  const settings = {
    nodeId: 1,
    maxRequestBytes: 104_857_600,
    queuedBytes: DEFAULT_QUEUED_BYTES,
    maxIdleMs: 600_000,
    maxConnections: 1e9,
    maxConnectionsPerIp: 1e9,
    maxConnectionsPerIpOverrides: new Map(),
    backlogSize: 50,
  }
  const parts = { settings, clock: systemClock, logger: silentLogger, metrics: noMetrics }
  const network = new Network(parts)
  const handlers = withApiVersions('broker', [produce, metadata])
  const metadataImage = { offset: -1, features: { levels: new Map(), kraftVersion: 0 } }
  const services = { metadata: metadataImage }
  const options = { listenerType: 'BROKER' as const, nodeId: 1, handlers, services, authorizers: allowAllAuthorizer }
  const endpoint = { listenerName: 'PLAINTEXT', securityProtocol: 'PLAINTEXT' as const, host: '127.0.0.1', port: 0 }
  const listener = await SocketListener.bind(endpoint, network, new Dispatcher({ ...options, ...parts }))
  listener.accept()
  process.send!(listener.port)
}

/** About 100 MB: whole requests where they are smaller. */
function shareOf(piece: Buffer): number {
  return Math.max(1, Math.floor(BYTES_EACH / piece.length)) * piece.length
}

/** Writes the piece again and again, as fast as the broker takes it, and reads nothing. */
function flood(socket: Socket, piece: Buffer, onSent: (bytes: number) => void): void {
  let left = shareOf(piece)
  let at = 0
  const next = () => {
    if (left <= 0 || socket.destroyed) return
    const slice = piece.subarray(at, at + Math.min(WRITE_BYTES, left))
    at = (at + slice.length) % piece.length
    left -= slice.length
    socket.write(slice, () => {
      onSent(slice.length)
      next()
    })
  }
  next()
}

function residentBytes(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(match?.[1]) * 1024
}

async function run(name: string, host: string, port: number, pid: number): Promise<boolean> {
  const piece = SCENARIOS[name]!()
  const sockets = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const socket = connect({ host, port })
      socket.on('error', () => socket.destroy())
      await new Promise((resolve) => socket.once('connect', resolve))
      return socket.pause()
    }),
  )
  let sent = 0
  let lastMs = Date.now()
  let peak = residentBytes(pid)
  for (const socket of sockets) {
    flood(socket, piece, (bytes) => {
      sent += bytes
      lastMs = Date.now()
    })
  }
  while (Date.now() - lastMs < QUIET_MS && sent < CLIENTS * shareOf(piece)) {
    peak = Math.max(peak, residentBytes(pid))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  peak = Math.max(peak, residentBytes(pid))
  const client = await RawClient.connect(port, { host })
  const answers = await Promise.race([
    client.send(ApiVersions, 0, {}).then(() => true),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 5000)),
  ])
  await client.close()
  for (const socket of sockets) socket.destroy()
  const isGood = answers && peak < LIMIT_BYTES
  console.log(
    `${name}: ${Math.round(sent / 1e6)} MB taken, peak RSS ${Math.round(peak / 1e6)} MB, ` +
      `${answers ? 'still answers' : 'ANSWERS NO MORE'}${isGood ? '' : ' FAILED'}`,
  )
  return isGood
}

async function main(target: string | undefined, pidText: string | undefined): Promise<void> {
  let isGood = true
  for (const name of Object.keys(SCENARIOS)) {
    let child: ChildProcess | undefined
    let [host, port] = (target ?? '127.0.0.1:0').split(':') as [string, string]
    if (!target) {
      child = fork(fileURLToPath(import.meta.url), ['serve'])
      port = String(await new Promise((resolve) => child!.once('message', resolve)))
    }
    isGood = (await run(name, host, Number(port), child?.pid ?? Number(pidText))) && isGood
    child?.kill()
  }
  process.exitCode = isGood ? 0 : 1
}

if (process.argv[2] === 'serve') await serve()
else await main(process.argv[2], process.argv[3])
