import type { Authorizer } from '../authorizer.ts'
import type { Timer } from '../clock.ts'
import type { Principal } from '../principal.ts'
import type { Channel, ChannelListener } from './channel.ts'
import { FrameReader, InvalidReceive } from './frame-reader.ts'
import type { Network } from './network.ts'
import type { MemoryWaiter } from './request-memory.ts'

const PRODUCE = 0
/** Produce requests of one connection that may be under way together. */
const MAX_PIPELINED = 64
/** Requests of one connection that begin before the others get their turn. */
const MAX_PER_TURN = 16
/** How long a connection that we ended waits for its peer to end it too. */
const LINGER_MS = 1000

const SELECTOR = 'org.apache.kafka.common.network.Selector'
const PROCESSOR = 'kafka.network.Processor'

/** A request that was begun. Its dispatcher calls `Connection.finished` once it is done, or says so at once. */
export interface Exchange {
  /** Bytes the request took on the wire. */
  readonly receivedBytes: number
  isDone: boolean
  /** Whether everything that this Produce appends is queued. */
  readonly hasQueuedAppends: boolean
  /** Bytes put aside for the answer; given back when it leaves. */
  readonly claimedBytes: number
  /** The whole answer with its length, in pieces; undefined when none is sent. */
  readonly answer: readonly Buffer[] | undefined
  /** To be called when the answer has been handed to the kernel. */
  readonly onSent: (() => void) | undefined
  /** The connection ends after this answer. */
  readonly endsConnection: boolean
}

/** Turns requests into answers. */
export interface RequestDispatcher {
  /** `BROKER` or `CONTROLLER`, as log lines show it. */
  readonly listenerType: string
  authorizerFor(principal: Principal, address: string): Authorizer
  /**
   * Begins a request: everything the handler does up to its first `await` has happened when this returns. Throws on
   * bytes that are no request that may be served here; the connection is then closed.
   */
  begin(frame: Buffer, connection: Connection): Exchange
}

/** Why a request cannot be served, in the words of the Java exception. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest'
}

export interface ConnectionOptions {
  readonly id: string
  readonly listenerName: string
  /** Who the peer is; undefined when it has to authenticate first. */
  readonly principal: Principal | undefined
}

/**
 * One client. Its requests begin in the order they came, and the next one not before the one before it is answered
 * and the answer has left for the kernel; so a peer that does not read holds one answer and at most one read of
 * 64 KB. Produce requests are the exception: the next may begin as soon as the appends of the one before are queued.
 * Answers leave in the order of their requests.
 */
export class Connection implements ChannelListener, MemoryWaiter {
  readonly id: string
  readonly listenerName: string
  readonly clientAddress: string
  private readonly channel: Channel
  readonly network: Network
  private readonly dispatcher: RequestDispatcher
  private readonly abort = new AbortController()
  private readonly frames: FrameReader
  /** A whole request that could not begin yet. */
  private nextFrame: Buffer | undefined
  private readonly inFlight: Exchange[] = []
  private authenticated: Principal | undefined
  private grants: Authorizer | undefined
  /** Received bytes that no request has taken. */
  private unreadBytes = 0
  /** Bytes of answers written and not taken by the kernel. */
  private unsentBytes = 0
  private isPumping = false
  /** Requests begun since the event loop last came by. */
  private begunThisTurn = 0
  private hasYielded = false
  private isDraining = false
  private isWaitingForMemory = false
  private hasReceivedEnd = false
  /** No more requests begin; the connection ends when those under way are answered. */
  private isEnding = false
  private hasEnded = false
  private isClosed = false
  private lastActiveMs: number
  private idleTimer: Timer | undefined
  private lingerTimer: Timer | undefined

  constructor(channel: Channel, network: Network, dispatcher: RequestDispatcher, options: ConnectionOptions) {
    this.id = options.id
    this.listenerName = options.listenerName
    this.clientAddress = channel.remoteAddress
    this.channel = channel
    this.network = network
    this.dispatcher = dispatcher
    this.frames = new FrameReader(network.settings.maxRequestBytes, network.blocks)
    this.lastActiveMs = network.clock.now()
    if (options.principal) this.authenticate(options.principal)
    if (network.settings.maxIdleMs >= 0) this.watchIdleness(network.settings.maxIdleMs)
    channel.open(this)
  }

  /** Who the peer is; undefined until it has authenticated. */
  get principal(): Principal | undefined {
    return this.authenticated
  }

  /** What the principal may do. Asked only by requests that need authentication. */
  get authorizer(): Authorizer {
    if (!this.grants) throw new Error('an unauthenticated connection has no authorizer')
    return this.grants
  }

  /** Aborted when the peer or the broker ends the connection: parked requests answer at once. */
  get signal(): AbortSignal {
    return this.abort.signal
  }

  authenticate(principal: Principal): void {
    this.authenticated = principal
    this.grants = this.dispatcher.authorizerFor(principal, this.clientAddress)
  }

  // --- what the channel says --------------------------------------------------------------------------------------

  received(chunk: Buffer): void {
    this.lastActiveMs = this.network.clock.now()
    if (this.isEnding) return
    this.begunThisTurn = 0
    this.unreadBytes += chunk.length
    this.network.memory.take(chunk.length)
    this.frames.push(chunk)
    this.pump()
  }

  /** The peer left or half-closed. What it sent before is still served: acks=0 producers send and go. */
  receivedEnd(): void {
    this.hasReceivedEnd = true
    this.abort.abort()
    this.pump()
  }

  drained(): void {
    this.lastActiveMs = this.network.clock.now()
    this.isDraining = false
    this.forgetUnsent()
    this.pump()
  }

  closed(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.isEnding = true
    this.idleTimer?.cancel()
    this.lingerTimer?.cancel()
    this.leaveMemory()
    this.dropUnread()
    this.forgetUnsent()
    this.abort.abort()
    this.network.connectionClosed(this)
  }

  // --- what the dispatcher says -----------------------------------------------------------------------------------

  /** A request is done: its answer leaves as soon as those before it have left. */
  finished(exchange: Exchange): void {
    exchange.isDone = true
    this.sendAnswers()
    this.pump()
  }

  /** The appends of the newest Produce are queued. */
  appendsQueued(): void {
    this.pump()
  }

  // --- what the network says --------------------------------------------------------------------------------------

  /** Stops: requests under way are told to answer, later ones are dropped, then the connection ends. */
  shutDown(): void {
    this.abort.abort()
    this.endWhenAnswered()
  }

  destroy(): void {
    this.channel.destroy()
  }

  get missingBytes(): number {
    return this.frames.missingBytes
  }

  continueReading(): void {
    this.isWaitingForMemory = false
    this.adjustReading()
  }

  giveUp(): void {
    const { memory, logger } = this.network
    logger.warn(
      `${this.logPrefix}Closing connection ${this.id}: it stopped in the middle of a request while requests of other ` +
        `connections wait for memory (queued.max.request.bytes, here ${memory.limit})`,
      PROCESSOR,
    )
    this.channel.destroy()
  }

  // ------------------------------------------------------------------------------------------------------------------

  private get logPrefix(): string {
    return `[SocketServer listenerType=${this.dispatcher.listenerType}, nodeId=${this.network.settings.nodeId}] `
  }

  /** Begins what may begin. Handlers call back in here while they begin: then the loop that runs goes on. */
  private pump(): void {
    if (this.isPumping) return
    this.isPumping = true
    try {
      while (this.mayBegin()) {
        const frame = this.nextFrame ?? this.frames.next()
        if (!frame) break
        if (this.inFlight.length > 0 && !isProduce(frame)) {
          this.nextFrame = frame
          break
        }
        if (++this.begunThisTurn > MAX_PER_TURN) {
          this.nextFrame = frame
          this.yieldTurn()
          break
        }
        this.nextFrame = undefined
        this.unreadBytes -= frame.length + 4
        this.begin(frame)
      }
    } catch (error) {
      this.refuse(error)
    } finally {
      this.isPumping = false
    }
    this.adjustReading()
  }

  /**
   * Goes on after everybody else's turn. Answers complete without the event loop as long as the kernel takes them, so
   * one read full of small requests would otherwise be served whole.
   */
  private yieldTurn(): void {
    if (this.hasYielded) return
    this.hasYielded = true
    setImmediate(() => {
      this.hasYielded = false
      this.begunThisTurn = 0
      this.pump()
    })
  }

  private mayBegin(): boolean {
    if (this.isEnding || this.isDraining || this.hasYielded) return false
    const { length } = this.inFlight
    return (
      length === 0 ||
      (length < MAX_PIPELINED && this.inFlight[length - 1]!.hasQueuedAppends && !this.network.memory.isFull)
    )
  }

  private begin(frame: Buffer): void {
    const bytes = frame.length + 4
    this.network.memory.begin(bytes)
    // Whoever was let through at the limit was so for this request only.
    this.leaveMemory()
    let exchange: Exchange
    try {
      exchange = this.dispatcher.begin(frame, this)
    } catch (error) {
      this.network.memory.answered(bytes)
      throw error
    }
    this.inFlight.push(exchange)
    // A handler that threw at once is done by now.
    if (exchange.isDone) this.sendAnswers()
  }

  private sendAnswers(): void {
    while (this.inFlight[0]?.isDone) this.answer(this.inFlight.shift()!)
  }

  private answer(exchange: Exchange): void {
    this.network.memory.answered(exchange.receivedBytes)
    this.network.claimedBytes -= exchange.claimedBytes
    if (this.isClosed || this.hasEnded) return
    if (exchange.answer && !this.channel.write(exchange.answer, exchange.onSent)) this.awaitDrain(exchange.answer)
    if (exchange.endsConnection) this.endNow()
  }

  private awaitDrain(answer: readonly Buffer[]): void {
    this.isDraining = true
    for (const piece of answer) {
      this.unsentBytes += piece.length
      this.network.unsentBytes += piece.length
    }
  }

  private forgetUnsent(): void {
    this.network.unsentBytes -= this.unsentBytes
    this.unsentBytes = 0
  }

  /** Reads on, unless what has arrived must be served first or the broker holds too much. */
  private adjustReading(): void {
    if (this.isEnding) {
      this.endIfAnswered()
      return
    }
    if (this.nextFrame || this.frames.hasUnread) {
      this.channel.pause()
      return
    }
    if (this.hasReceivedEnd && this.inFlight.length === 0) {
      this.endWhenAnswered()
      return
    }
    if (!this.frames.isPartial) this.leaveMemory()
    else if (!this.waitForMemory()) return
    this.channel.resume()
  }

  /** False when the rest of a request must wait. */
  private waitForMemory(): boolean {
    const { memory } = this.network
    if (!memory.isFull && !this.isWaitingForMemory) return true
    this.isWaitingForMemory = true
    if (memory.mayRead(this)) return true
    this.channel.pause()
    return false
  }

  private leaveMemory(): void {
    if (!this.isWaitingForMemory) return
    this.isWaitingForMemory = false
    this.network.memory.leave(this)
  }

  private refuse(error: unknown): void {
    const { logger } = this.network
    if (error instanceof InvalidReceive) {
      logger.warn(
        `${this.logPrefix}Unexpected error from /${this.clientAddress} (channelId=${this.id}); closing connection`,
        SELECTOR,
        `org.apache.kafka.common.network.InvalidReceiveException: ${error.message}`,
      )
    } else {
      const cause = error instanceof RefusedRequest ? error.message : error
      logger.error(`Closing socket for ${this.id} because of error`, PROCESSOR, cause)
    }
    this.endWhenAnswered()
  }

  private endWhenAnswered(): void {
    this.isEnding = true
    this.leaveMemory()
    this.dropUnread()
    this.channel.pause()
    this.endIfAnswered()
  }

  private endIfAnswered(): void {
    if (this.inFlight.length === 0) this.endNow()
  }

  /** Ends without waiting for what is under way; its answers are dropped. */
  private endNow(): void {
    if (this.hasEnded || this.isClosed) return
    this.isEnding = true
    this.hasEnded = true
    this.abort.abort()
    this.leaveMemory()
    this.dropUnread()
    this.channel.end()
    this.lingerTimer = this.network.clock.after(LINGER_MS, () => this.channel.destroy())
  }

  private dropUnread(): void {
    this.network.memory.release(this.unreadBytes)
    this.unreadBytes = 0
    this.nextFrame = undefined
    this.frames.drop()
  }

  private watchIdleness(delayMs: number): void {
    const { clock, settings } = this.network
    this.idleTimer = clock.after(delayMs, () => {
      const leftMs = this.lastActiveMs + settings.maxIdleMs - clock.now()
      if (leftMs > 0) return this.watchIdleness(leftMs)
      this.channel.destroy()
    })
  }
}

function isProduce(frame: Buffer): boolean {
  return frame.length >= 2 && frame[0] === 0 && frame[1] === PRODUCE
}
