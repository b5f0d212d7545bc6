import { setMaxListeners } from 'node:events'
import { isIP } from 'node:net'
import type { ClientConfig } from '../config/client-config.ts'
import type { HostPort } from '../config/quorum-addresses.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { Metadata } from '../protocol/messages/03-metadata.ts'
import type { ResponseOf } from '../protocol/schema.ts'
import { backoffMs, delay } from './backoff.ts'
import { bootstrapServers, resolveHost } from './bootstrap.ts'
import { Connection } from './connection.ts'
import { apiError, timeoutError } from './errors.ts'
import { type ClientLog, withPrefix } from './log.ts'

const CLIENT_CONFIGS = 'org.apache.kafka.clients.CommonClientConfigs'
const NETWORK_CLIENT = 'org.apache.kafka.clients.NetworkClient'

export interface Node {
  /** Negative for a bootstrap server, whose id is not known yet. */
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  /** Requests that may wait at the broker get a connection of their own, named by this. */
  readonly channel?: string
}

export type MetadataResponse = ResponseOf<typeof Metadata>
export type TopicMetadata = MetadataResponse['topics'][number]

interface Endpoint {
  connection: Promise<Connection> | undefined
  /** The connection, once open. */
  open: Connection | undefined
  failures: number
  /** No attempt before this time, in milliseconds since the epoch. */
  retryAtMs: number
  /** Which of the host's addresses comes next. */
  addressIndex: number
  /** Kept for requests of one kind. */
  readonly isReserved: boolean
}

export interface ClusterOptions {
  readonly config: ClientConfig
  /** What the brokers are told; `client.id` unless given. */
  readonly clientId?: string
  readonly log: ClientLog
  /** How Kafka's log lines name the client: `Producer clientId=console-producer`. */
  readonly name: string
  /** Kafka's producers and consumers tell of every bootstrap server they lose; its admin client does not. */
  readonly warnsOfBootstrap?: boolean
}

/**
 * The brokers as one client sees them: connections by node, metadata, and the waiting between attempts. Two nodes with
 * the same host and port share a connection, so that a tool that needs one broker opens one connection.
 */
export class Cluster {
  readonly config: ClientConfig
  readonly log: ClientLog
  readonly clientId: string
  readonly requestTimeoutMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  /** Brokers by id; empty until the first metadata. */
  nodes: ReadonlyMap<number, Node> = new Map()
  controllerId = -1
  readonly #bootstrap: readonly Node[]
  readonly #warnsOfBootstrap: boolean
  readonly #endpoints = new Map<string, Endpoint>()
  readonly #closing = new AbortController()
  #correlationId = 0

  private constructor(options: ClusterOptions, servers: readonly HostPort[]) {
    this.config = options.config
    this.log = withPrefix(options.log, `[${options.name}] `)
    this.clientId = options.clientId ?? options.config.get('client.id')
    this.requestTimeoutMs = options.config.get('request.timeout.ms')
    this.retryBackoffMaxMs = options.config.get('retry.backoff.max.ms')
    this.retryBackoffMs = Math.min(options.config.get('retry.backoff.ms'), this.retryBackoffMaxMs)
    this.#warnsOfBootstrap = options.warnsOfBootstrap ?? false
    // Any number of calls may wait at once.
    setMaxListeners(0, this.#closing.signal)
    this.#bootstrap = servers.map(({ host, port }, index) => ({ id: -1 - index, host, port, rack: null }))
  }

  /** Checks and resolves the bootstrap servers; connects to none of them yet. */
  static async create(options: ClusterOptions): Promise<Cluster> {
    const { config, log } = options
    for (const warning of config.warnings) log.warn(warning, CLIENT_CONFIGS)
    return new Cluster(options, await bootstrapServers(config, log))
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  /** Aborted when the cluster is closed: ends every wait. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** The nodes to ask when any will do: the brokers, or the bootstrap servers while none is known. */
  get candidates(): readonly Node[] {
    return this.nodes.size > 0 ? [...this.nodes.values()] : this.#bootstrap
  }

  /**
   * A connection to the node: the open one, or a new one when the pause after the last failure is over. Undefined when
   * that failed (which is logged) or the pause is not over.
   */
  async connect(node: Node): Promise<Connection | undefined> {
    if (this.isClosed) return undefined
    const open = this.openConnection(node)
    if (open) return open
    const endpoint = this.#endpointOf(node)
    if (!endpoint.connection && endpoint.retryAtMs > Date.now()) return undefined
    endpoint.connection ??= this.#open(node, endpoint)
    try {
      const connection = await endpoint.connection
      return connection.isClosed ? undefined : connection
    } catch {
      // Logged by #open, once for all who waited.
      return undefined
    }
  }

  /** The open connection to the node, if there is one. */
  openConnection(node: Node): Connection | undefined {
    const { open } = this.#endpointOf(node)
    return open && !open.isClosed ? open : undefined
  }

  /** The same as `connect`, waiting and trying again until the deadline; then undefined. */
  async connectBefore(node: Node, deadlineMs: number, signal?: AbortSignal): Promise<Connection | undefined> {
    while (!this.isClosed && !signal?.aborted) {
      const connection = await this.connect(node)
      if (connection || !(await this.#pause([node], deadlineMs, signal))) return connection
    }
    return undefined
  }

  /** A connection to any node, an open one first; undefined when none came about before the deadline. */
  async connectToAny(deadlineMs: number, signal?: AbortSignal): Promise<Connection | undefined> {
    while (!this.isClosed && !signal?.aborted) {
      const candidates = this.candidates
      const open = [...this.#endpoints.values()].find((one) => !one.isReserved && one.open && !one.open.isClosed)
      if (open) return open.open
      const start = Math.floor(Math.random() * candidates.length)
      for (let i = 0; i < candidates.length; i++) {
        const connection = await this.connect(candidates[(start + i) % candidates.length]!)
        if (connection) return connection
      }
      if (!(await this.#pause(candidates, deadlineMs, signal))) return undefined
    }
    return undefined
  }

  /**
   * Asks one connection for metadata and remembers the brokers. `topics` null asks for all topics, an empty list for
   * none. Throws what the answer as a whole says; errors of single topics are left to the caller.
   */
  async metadata(
    connection: Connection,
    topics: readonly string[] | null,
    { allowAutoTopicCreation = false, timeoutMs = this.requestTimeoutMs } = {},
  ): Promise<MetadataResponse> {
    const version = connection.versionOf(Metadata)
    // Version 0 has no null: an empty list there asks for all topics.
    const names = topics === null ? (version === 0 ? [] : null) : topics.map((name) => ({ name }))
    const answer = connection.send(Metadata, 'newest', { topics: names, allowAutoTopicCreation }, timeoutMs)
    const correlationId = connection.lastCorrelationId
    const response = await answer
    if (response.errorCode !== ErrorCode.NONE) throw apiError(response.errorCode)
    this.lastMetadataCorrelationId = correlationId
    if (response.brokers.length > 0) {
      this.nodes = new Map(
        response.brokers.map(({ nodeId, host, port, rack }) => [nodeId, { id: nodeId, host, port, rack }]),
      )
      this.controllerId = response.controllerId
    }
    return response
  }

  /** Correlation id of the last metadata that was answered: Kafka's log lines show it. */
  lastMetadataCorrelationId = 0

  /** Correlation ids count over all connections of a client. */
  readonly nextCorrelationId = (): number => this.#correlationId++

  /** The broker of that id, if metadata listed it. */
  node(id: number): Node | undefined {
    return this.nodes.get(id)
  }

  /** Closes every connection; what was not answered fails. */
  close(): void {
    this.#closing.abort()
    for (const endpoint of this.#endpoints.values()) endpoint.open?.close()
  }

  #endpointOf(node: Node): Endpoint {
    const key = `${node.host}:${node.port}${node.channel ? `#${node.channel}` : ''}`
    let endpoint = this.#endpoints.get(key)
    if (!endpoint) {
      const isReserved = node.channel !== undefined
      endpoint = { connection: undefined, open: undefined, failures: 0, retryAtMs: 0, addressIndex: 0, isReserved }
      this.#endpoints.set(key, endpoint)
    }
    return endpoint
  }

  async #open(node: Node, endpoint: Endpoint): Promise<Connection> {
    let address = node.host
    try {
      const addresses = await resolveHost(node.host)
      if (addresses.length === 0) throw new Error(`unknown host ${node.host}`)
      address = addresses[endpoint.addressIndex++ % addresses.length]!
      const connection = await Connection.open({
        host: address,
        port: node.port,
        clientId: this.clientId,
        connectTimeoutMs: Math.min(
          this.config.get('socket.connection.setup.timeout.ms'),
          this.config.get('socket.connection.setup.timeout.max.ms'),
        ),
        requestTimeoutMs: this.requestTimeoutMs,
        nextCorrelationId: this.nextCorrelationId,
      })
      endpoint.failures = 0
      endpoint.open = connection
      connection.onClose = () => this.#lost(node, endpoint)
      if (this.isClosed) connection.close()
      return connection
    } catch (error) {
      this.#pauseAfterFailure(endpoint)
      if (!this.isClosed) this.#warnOfFailure(node, address)
      throw error
    } finally {
      endpoint.connection = undefined
    }
  }

  #lost(node: Node, endpoint: Endpoint): void {
    endpoint.open = undefined
    this.#pauseAfterFailure(endpoint)
    if (!this.isClosed) this.#warnOfBootstrap(node)
  }

  #pauseAfterFailure(endpoint: Endpoint): void {
    const max = this.config.get<number>('reconnect.backoff.max.ms')
    const initial = Math.min(this.config.get('reconnect.backoff.ms'), max)
    endpoint.retryAtMs = Date.now() + backoffMs(endpoint.failures++, initial, max)
  }

  #warnOfFailure(node: Node, address: string): void {
    const shown = `${isIP(node.host) ? '' : node.host}/${address}:${node.port}`
    this.log.warn(
      `Connection to node ${node.id} (${shown}) could not be established. Node may not be available.`,
      NETWORK_CLIENT,
    )
    this.#warnOfBootstrap(node)
  }

  #warnOfBootstrap({ id, host, port }: Node): void {
    if (!this.#warnsOfBootstrap || id >= 0 || this.nodes.size > 0) return
    this.log.warn(
      `Bootstrap broker ${host}:${port} (id: ${id} rack: null isFenced: false) disconnected`,
      NETWORK_CLIENT,
    )
  }

  /** Waits until one of the nodes may be tried again; false when the deadline comes first. */
  async #pause(nodes: readonly Node[], deadlineMs: number, signal?: AbortSignal): Promise<boolean> {
    const now = Date.now()
    const next = Math.min(...nodes.map((node) => this.#endpointOf(node).retryAtMs))
    const waitMs = Math.max(1, next - now)
    const leftMs = deadlineMs - now
    await delay(Math.max(0, Math.min(waitMs, leftMs)), signal ?? this.closing)
    return waitMs < leftMs
  }
}

/** What Kafka's admin client says when it found no node to ask in time. */
export function noNodeError(call: string): Error {
  return timeoutError(`Timed out waiting for a node assignment. Call: ${call}`)
}
