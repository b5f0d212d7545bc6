import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { BlockPool } from './block-pool.ts'
import type { Connection } from './connection.ts'
import { ConnectionLimits } from './connection-limits.ts'
import { RequestMemory } from './request-memory.ts'
import type { NetworkSettings } from './settings.ts'

export interface NetworkParts {
  readonly settings: NetworkSettings
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Answers that peers have not read yet should not take more than this over all connections. */
const UNSENT_BYTES = 32 * 1024 * 1024

/** What all listeners and connections of one broker share: its memory, its connection limits, its open connections. */
export class Network {
  readonly settings: NetworkSettings
  readonly clock: Clock
  readonly logger: Logger
  readonly memory: RequestMemory
  readonly limits: ConnectionLimits
  /** Where unfinished requests wait. */
  readonly blocks = new BlockPool()
  private readonly connections = new Set<Connection>()
  /** Bytes of answers that the kernel has not taken yet, because their peers do not read. */
  unsentBytes = 0
  /** Bytes that requests under way have put aside for their answers. */
  claimedBytes = 0
  private connectionIndex = 0
  private readonly closeListeners = new Set<(connection: Connection) => void>()

  constructor({ settings, clock, logger, metrics }: NetworkParts) {
    this.settings = settings
    this.clock = clock
    this.logger = logger
    this.memory = new RequestMemory(settings.queuedBytes, clock)
    this.limits = new ConnectionLimits(settings)
    metrics.gauge('kafka.network:type=SocketServer,name=MemoryPoolUsed', () => this.memory.used)
    metrics.gauge(
      'kafka.network:type=SocketServer,name=MemoryPoolAvailable',
      () => settings.queuedBytes - this.memory.used,
    )
    metrics.gauge('kafka.server:type=socket-server-metrics,name=connection-count', () => this.connections.size)
  }

  /** Last part of a connection's id: two connections never have the same, even from the same port. */
  nextConnectionIndex(): number {
    const index = this.connectionIndex
    this.connectionIndex = index === 0x7fff_ffff ? 0 : index + 1
    return index
  }

  /** What is left for answers; see `RequestInfo.responseBytesLeft`. */
  get responseBytesLeft(): number {
    return Math.max(0, UNSENT_BYTES - this.unsentBytes - this.claimedBytes)
  }

  get openConnections(): ReadonlySet<Connection> {
    return this.connections
  }

  /** Calls back when a connection has closed: share sessions and the like end with it. */
  onClose(listener: (connection: Connection) => void): void {
    this.closeListeners.add(listener)
  }

  connectionOpened(connection: Connection): void {
    this.connections.add(connection)
  }

  connectionClosed(connection: Connection): void {
    if (!this.connections.delete(connection)) return
    this.limits.release(connection.clientAddress)
    for (const listener of this.closeListeners) listener(connection)
  }
}
