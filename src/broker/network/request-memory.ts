import type { Clock, Timer } from '../clock.ts'

/** A connection that waits to read the rest of a request. */
export interface MemoryWaiter {
  /** Bytes until its request is whole. */
  readonly missingBytes: number
  continueReading(): void
  /** It was let through and sent nothing for `STALL_MS`. */
  giveUp(): void
}

/** How long the one connection that may read beyond the limit may be silent. */
const STALL_MS = 5_000

/**
 * Bytes received and not answered yet, over all connections of a broker. At the limit, connections whose request is
 * not whole stop reading; whole requests go on, since answering them is what frees memory. Unfinished requests must
 * not block each other for ever: as long as begun ones do not fill the limit alone, one waiter at a time reads on in
 * spite of it, the one that needs the fewest bytes.
 *
 * What the broker holds is thus at most: twice the limit, one read (64 KB) per connection, and one largest request.
 */
export class RequestMemory {
  readonly limit: number
  private readonly clock: Clock
  private heldBytes = 0
  /** Those of requests that have begun: they are freed without anybody's help. */
  private begunBytes = 0
  private readonly waiters = new Set<MemoryWaiter>()
  private favoured: MemoryWaiter | undefined
  private favouredActiveMs = 0
  private stallTimer: Timer | undefined

  constructor(limit: number, clock: Clock) {
    this.limit = limit
    this.clock = clock
  }

  get used(): number {
    return this.heldBytes
  }

  get isFull(): boolean {
    return this.heldBytes >= this.limit
  }

  take(bytes: number): void {
    this.heldBytes += bytes
  }

  /** Bytes that were taken belong to a request that begins. */
  begin(bytes: number): void {
    this.begunBytes += bytes
  }

  /** A request that had begun is answered. */
  answered(bytes: number): void {
    this.begunBytes -= bytes
    this.release(bytes)
  }

  /** Bytes that no request took are dropped. */
  release(bytes: number): void {
    this.heldBytes -= bytes
    if (!this.favoured && this.waiters.size === 0) return
    if (this.isFull) this.favourOne()
    else this.releaseAll()
  }

  /**
   * Whether a connection with an unfinished request may read on. If not, it is called back when it may; it must
   * `leave` when its request is whole or the connection ends.
   */
  mayRead(waiter: MemoryWaiter): boolean {
    if (!this.isFull) return true
    if (this.favoured === waiter) {
      this.favouredActiveMs = this.clock.now()
      return true
    }
    this.waiters.add(waiter)
    this.favourOne()
    return this.favoured === waiter
  }

  leave(waiter: MemoryWaiter): void {
    this.waiters.delete(waiter)
    if (this.favoured !== waiter) return
    this.unfavour()
    this.favourOne()
  }

  private releaseAll(): void {
    const waiters = [...this.waiters]
    this.waiters.clear()
    this.unfavour()
    for (const waiter of waiters) waiter.continueReading()
  }

  private favourOne(): void {
    if (this.favoured || !this.isFull || this.begunBytes >= this.limit) return
    let next: MemoryWaiter | undefined
    let fewest = Number.POSITIVE_INFINITY
    for (const waiter of this.waiters) {
      const { missingBytes } = waiter
      if (missingBytes < fewest) {
        fewest = missingBytes
        next = waiter
      }
    }
    if (!next) return
    this.favoured = next
    this.waiters.delete(next)
    this.favouredActiveMs = this.clock.now()
    this.watch(STALL_MS)
    next.continueReading()
  }

  private unfavour(): void {
    this.favoured = undefined
    this.stallTimer?.cancel()
    this.stallTimer = undefined
  }

  private watch(delayMs: number): void {
    this.stallTimer = this.clock.after(delayMs, () => {
      const leftMs = this.favouredActiveMs + STALL_MS - this.clock.now()
      if (leftMs > 0) return this.watch(leftMs)
      const stalled = this.favoured
      this.unfavour()
      stalled?.giveUp()
      this.favourOne()
    })
  }
}
