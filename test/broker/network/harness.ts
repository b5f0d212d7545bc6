/** A listener with handlers of the test's own and no broker behind it. */
import { afterEach } from 'vitest'
import { withApiVersions } from '../../../src/broker/apis/18-api-versions.ts'
import { allowAllAuthorizer } from '../../../src/broker/authorizer.ts'
import { type Clock, systemClock } from '../../../src/broker/clock.ts'
import { Dispatcher } from '../../../src/broker/dispatch.ts'
import type { AnyHandler } from '../../../src/broker/handler.ts'
import { lineLogger } from '../../../src/broker/logger.ts'
import { type Metrics, noMetrics } from '../../../src/broker/metrics.ts'
import { type ListenerOptions, SocketListener } from '../../../src/broker/network/listener.ts'
import { Network } from '../../../src/broker/network/network.ts'
import type { NetworkSettings } from '../../../src/broker/network/settings.ts'
import { RawClient, type RawClientOptions } from '../../support/raw-client.ts'

export const SETTINGS: NetworkSettings = {
  nodeId: 1,
  maxRequestBytes: 100 * 1024 * 1024,
  queuedBytes: 32 * 1024 * 1024,
  maxIdleMs: 600_000,
  maxConnections: Number.MAX_SAFE_INTEGER,
  maxConnectionsPerIp: Number.MAX_SAFE_INTEGER,
  maxConnectionsPerIpOverrides: new Map(),
  backlogSize: 50,
}

export interface HarnessOptions {
  readonly handlers?: readonly AnyHandler[]
  readonly settings?: Partial<NetworkSettings>
  readonly clock?: Clock
  readonly metrics?: Metrics
  readonly services?: object
  readonly listener?: ListenerOptions
  readonly role?: 'broker' | 'controller'
}

export interface Harness {
  readonly listener: SocketListener
  readonly network: Network
  /** Lines logged so far. */
  readonly log: string[]
  connect(options?: RawClientOptions): Promise<RawClient>
  close(): Promise<void>
}

/** What ApiVersions reads of the metadata. */
export const NO_METADATA = { offset: -1, features: { levels: new Map<string, number>(), kraftVersion: 0 } }

const running: Harness[] = []
const clients: RawClient[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy()
  for (const harness of running.splice(0)) {
    for (const connection of harness.network.openConnections) connection.destroy()
    await harness.close()
  }
})

export async function startListener(options: HarnessOptions = {}): Promise<Harness> {
  const log: string[] = []
  const logger = lineLogger((line) => log.push(line))
  const metrics = options.metrics ?? noMetrics
  const clock = options.clock ?? systemClock
  const network = new Network({ settings: { ...SETTINGS, ...options.settings }, clock, logger, metrics })
  const role = options.role ?? 'broker'
  const dispatcher = new Dispatcher({
    listenerType: role === 'broker' ? 'BROKER' : 'CONTROLLER',
    nodeId: 1,
    handlers: withApiVersions(role, options.handlers ?? []),
    services: options.services ?? { clock, logger, metadata: NO_METADATA },
    authorizers: allowAllAuthorizer,
    logger,
    metrics,
  })
  const endpoint = { listenerName: 'PLAINTEXT', securityProtocol: 'PLAINTEXT' as const, host: '127.0.0.1', port: 0 }
  const listener = await SocketListener.bind(endpoint, network, dispatcher, options.listener)
  listener.accept()
  const harness: Harness = {
    listener,
    network,
    log,
    async connect(clientOptions) {
      const client = await RawClient.connect(listener.port, clientOptions)
      clients.push(client)
      return client
    },
    close: () => listener.close(),
  }
  running.push(harness)
  return harness
}

/** Resolves once `condition` holds; looked at each turn of the event loop. Fails after two seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 2000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** Lets everything that is on its way arrive: several turns of the event loop. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** A promise and what settles it. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
