import type { Socket } from 'node:net'

/** What a connection hears from its channel. */
export interface ChannelListener {
  received(chunk: Buffer): void
  /** The peer will send nothing more. */
  receivedEnd(): void
  /** What was written has been handed to the kernel: more may be written. */
  drained(): void
  closed(): void
}

/**
 * A stream of bytes to one peer. It hides whether that is a bare socket or TLS over one; what the peer may ask before
 * it has authenticated is the connection's matter.
 */
export interface Channel {
  /** Textual addresses without zone or IPv4-in-IPv6 prefix, as Kafka shows them. */
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** Begins to deliver. Before it, nothing is read. */
  open(listener: ChannelListener): void
  pause(): void
  resume(): void
  /**
   * Writes pieces in order, in one system call where possible. False: wait for `drained` before writing more. `onSent` is
   * called when all have been handed to the kernel, and not when that fails.
   */
  write(pieces: readonly Buffer[], onSent?: () => void): boolean
  /** Ends our side once everything is written; what still arrives is read and dropped. */
  end(): void
  /** Ends both sides at once. */
  destroy(): void
}

/** A channel on a socket, bare or TLS. Writes of one turn of the event loop leave together. */
export class SocketChannel implements Channel {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  private readonly socket: Socket
  private isCorked = false
  private isPaused = false

  /** `socket`: accepted, nothing read from it yet. */
  constructor(socket: Socket) {
    this.socket = socket
    this.localAddress = plainAddress(socket.localAddress)
    this.localPort = socket.localPort ?? 0
    this.remoteAddress = plainAddress(socket.remoteAddress)
    this.remotePort = socket.remotePort ?? 0
  }

  open(listener: ChannelListener): void {
    const { socket } = this
    socket.on('data', (chunk) => listener.received(chunk))
    socket.on('end', () => listener.receivedEnd())
    socket.on('drain', () => listener.drained())
    socket.on('close', () => listener.closed())
    if (socket.destroyed) queueMicrotask(() => listener.closed())
    else socket.resume()
  }

  pause(): void {
    if (this.isPaused) return
    this.isPaused = true
    this.socket.pause()
  }

  resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.socket.resume()
  }

  write(pieces: readonly Buffer[], onSent?: () => void): boolean {
    const { socket } = this
    if (!this.isCorked) {
      this.isCorked = true
      socket.cork()
      process.nextTick(uncork, this)
    }
    let mayWriteMore = true
    const last = pieces.length - 1
    for (let i = 0; i < last; i++) socket.write(pieces[i]!)
    if (last >= 0) {
      mayWriteMore = socket.write(
        pieces[last]!,
        onSent &&
          ((error) => {
            if (!error) onSent()
          }),
      )
    }
    return mayWriteMore
  }

  end(): void {
    this.uncork()
    this.socket.end()
    this.resume()
  }

  destroy(): void {
    this.socket.destroy()
  }

  uncork(): void {
    if (!this.isCorked) return
    this.isCorked = false
    this.socket.uncork()
  }
}

function uncork(channel: SocketChannel): void {
  channel.uncork()
}

/** An address as Java prints it: IPv4 in IPv6 as IPv4. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
