import { lookup } from 'node:dns/promises'
import { createServer, type Server, type Socket } from 'node:net'
import type { Endpoint } from '../../config/broker-config.ts'
import { ANONYMOUS, type Principal } from '../principal.ts'
import { plainAddress, SocketChannel } from './channel.ts'
import { Connection, type RequestDispatcher } from './connection.ts'
import type { Network } from './network.ts'

const ACCEPTOR = 'kafka.network.DataPlaneAcceptor'
/**
 * Least number of connections that the kernel keeps for us, whatever `socket.listen.backlog.size` says (50): Kafka
 * accepts on a thread of its own, this broker between two turns of its event loop, and a connection beyond the
 * backlog is delayed by a second.
 */
const MIN_BACKLOG = 511
/** How long `close` waits for answers and for peers to go, before it ends connections by force. */
const CLOSE_MS = 1500

/** A listener could not be bound; the text is Kafka's. */
export class BindError extends Error {
  override readonly name = 'BindError'
}

export interface ListenerOptions {
  /** Who a peer is from the start; undefined when it must authenticate (SASL). */
  readonly principal?: Principal | undefined
}

/** One bound port. Until `accept` is called, connections are kept waiting. */
export class SocketListener {
  readonly endpoint: Endpoint
  /** The bound port: the endpoint's, or the one that the system chose for port 0. */
  readonly port: number
  private readonly server: Server
  private readonly network: Network
  private readonly dispatcher: RequestDispatcher
  private readonly principal: Principal | undefined
  private readonly connections = new Set<Connection>()
  /** Sockets that wait for `accept` or for a free connection slot, with what starts them. */
  private readonly waiting = new Map<Socket, () => void>()
  private isAccepting = false
  private isClosing = false
  private onEmpty: (() => void) | undefined

  private constructor(
    endpoint: Endpoint,
    server: Server,
    network: Network,
    dispatcher: RequestDispatcher,
    options: ListenerOptions,
  ) {
    this.endpoint = endpoint
    this.server = server
    this.network = network
    this.dispatcher = dispatcher
    this.principal = 'principal' in options ? options.principal : ANONYMOUS
    this.port = portOf(server)
    server.on('connection', (socket) => this.connected(socket))
    server.on('error', (error) => network.logger.error('Error while accepting connection', ACCEPTOR, error))
    network.onClose((connection) => {
      if (this.connections.delete(connection) && this.connections.size === 0) this.onEmpty?.()
    })
  }

  /** Binds. Throws `BindError` when the address cannot be had. */
  static async bind(
    endpoint: Endpoint,
    network: Network,
    dispatcher: RequestDispatcher,
    options: ListenerOptions = {},
  ): Promise<SocketListener> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true, pauseOnConnect: true })
    try {
      await listen(server, endpoint, Math.max(MIN_BACKLOG, network.settings.backlogSize))
    } catch (error) {
      network.logger.error(`Unable to start acceptor for ${endpoint.listenerName}`, ACCEPTOR, error)
      throw error
    }
    return new SocketListener(endpoint, server, network, dispatcher, options)
  }

  /** Begins to serve, also those who connected since `bind`. */
  accept(): void {
    if (this.isAccepting) return
    this.isAccepting = true
    const { host } = this.endpoint
    this.network.logger.info(`Awaiting socket connections on ${host || '0.0.0.0'}:${this.port}.`, ACCEPTOR)
    for (const start of [...this.waiting.values()]) start()
  }

  /**
   * Refuses new connections, tells parked requests to answer, ends each connection after its last answer and resolves
   * when all are closed: after 1.5 s at the latest.
   */
  async close(): Promise<void> {
    if (this.isClosing) return
    this.isClosing = true
    const stopped = new Promise<void>((resolve) => this.server.close(() => resolve()))
    for (const [socket, start] of this.waiting) {
      this.network.limits.stopWaiting(start)
      socket.destroy()
    }
    this.waiting.clear()
    const connections = [...this.connections]
    const closed = connections.length === 0 ? undefined : new Promise<void>((resolve) => (this.onEmpty = resolve))
    for (const connection of connections) connection.shutDown()
    const deadline = this.network.clock.after(CLOSE_MS, () => {
      for (const connection of this.connections) connection.destroy()
    })
    await closed
    deadline.cancel()
    await stopped
  }

  private connected(socket: Socket): void {
    // Without a listener a reset before the connection starts would be an uncaught error; 'close' follows it.
    socket.on('error', (error) => {
      this.network.logger.debug(
        `Connection with ${plainAddress(socket.remoteAddress)} disconnected: ${error}`,
        ACCEPTOR,
      )
    })
    if (this.isClosing) {
      socket.destroy()
      return
    }
    const start = () => {
      this.waiting.delete(socket)
      this.start(socket)
    }
    if (!this.isAccepting) this.keepWaiting(socket, start)
    else start()
  }

  private keepWaiting(socket: Socket, start: () => void): void {
    this.waiting.set(socket, start)
    socket.once('close', () => {
      if (this.waiting.get(socket) !== start) return
      this.waiting.delete(socket)
      this.network.limits.stopWaiting(start)
    })
  }

  private start(socket: Socket): void {
    const { limits, logger } = this.network
    if (socket.destroyed || socket.remoteAddress === undefined) {
      socket.destroy()
      return
    }
    if (!limits.hasRoom) {
      const start = () => {
        this.waiting.delete(socket)
        this.start(socket)
      }
      if (limits.wait(start)) this.keepWaiting(socket, start)
      else socket.destroy()
      return
    }
    const channel = new SocketChannel(socket)
    const { remoteAddress } = channel
    if (!limits.admit(remoteAddress)) {
      logger.info(
        `Rejected connection from /${remoteAddress}, address already has the configured maximum of ` +
          `${limits.maxOf(remoteAddress)} connections.`,
        ACCEPTOR,
      )
      socket.destroy()
      return
    }
    const connection = new Connection(channel, this.network, this.dispatcher, {
      id: `${channel.localAddress}:${channel.localPort}-${remoteAddress}:${channel.remotePort}-0-${this.network.nextConnectionIndex()}`,
      listenerName: this.endpoint.listenerName,
      principal: this.principal,
    })
    this.connections.add(connection)
    this.network.connectionOpened(connection)
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server is not bound to a port')
  return address.port
}

async function listen(server: Server, { host, port }: Endpoint, backlog: number): Promise<void> {
  try {
    const address = await bindAddress(host)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, backlog, ...(address === undefined ? {} : { host: address }) }, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    const reason = bindFailure(error as NodeJS.ErrnoException)
    throw new BindError(`Socket server failed to bind to ${host || '0.0.0.0'}:${port}: ${reason}.`, { cause: error })
  }
}

/**
 * Where to bind for a listener's host. As in Java, a blank host and 0.0.0.0 mean all addresses, IPv6 too, and a name
 * with both kinds of address means its IPv4 one.
 */
async function bindAddress(host: string): Promise<string | undefined> {
  if (host === '' || host === '0.0.0.0') return undefined
  return (await lookup(host, { verbatim: false })).address
}

/** The words Java has for a failed bind. */
function bindFailure(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'Address already in use'
    case 'EACCES':
      return 'Permission denied'
    case 'EADDRNOTAVAIL':
      return 'Cannot assign requested address'
    case 'ENOTFOUND':
      return 'Unresolved address'
    default:
      return error.message
  }
}
