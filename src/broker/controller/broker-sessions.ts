import type { Clock, Timer } from '../clock.ts'

interface Session {
  readonly epoch: number
  lastContactMs: number
  /** How far the broker has applied the metadata log. */
  metadataOffset: number
  controlledShutdownOffset: number
}

/**
 * When each broker was last heard of. Soft state: a new controller gives every broker a full session timeout. The
 * broker in the controller's own process has no session: it lives as long as the controller does.
 */
export class BrokerSessions {
  private readonly sessions = new Map<number, Session>()
  private readonly clock: Clock
  private readonly timeoutMs: number
  private readonly localBrokerId: number | undefined
  private readonly onExpired: (brokerId: number, brokerEpoch: number) => void
  private timer: Timer | undefined

  constructor(options: {
    clock: Clock
    /** broker.session.timeout.ms */
    timeoutMs: number
    localBrokerId: number | undefined
    onExpired: (brokerId: number, brokerEpoch: number) => void
  }) {
    this.clock = options.clock
    this.timeoutMs = options.timeoutMs
    this.localBrokerId = options.localBrokerId
    this.onExpired = options.onExpired
  }

  begin(brokerId: number, epoch: number): void {
    this.sessions.set(brokerId, {
      epoch,
      lastContactMs: this.clock.now(),
      metadataOffset: -1,
      controlledShutdownOffset: 0,
    })
    this.schedule()
  }

  touch(brokerId: number, epoch: number, metadataOffset: number): void {
    if (this.sessions.get(brokerId)?.epoch !== epoch) this.begin(brokerId, epoch)
    const session = this.sessions.get(brokerId) as Session
    session.lastContactMs = this.clock.now()
    session.metadataOffset = metadataOffset
  }

  isValid(brokerId: number, epoch: number): boolean {
    const session = this.sessions.get(brokerId)
    return session?.epoch === epoch && this.clock.now() - session.lastContactMs < this.timeoutMs
  }

  /** The offset of the records that took leadership from a broker which is shutting down. */
  setControlledShutdownOffset(brokerId: number, offset: number): void {
    const session = this.sessions.get(brokerId)
    if (session) session.controlledShutdownOffset = offset
  }

  controlledShutdownOffset(brokerId: number): number {
    return this.sessions.get(brokerId)?.controlledShutdownOffset ?? 0
  }

  /** How far the slowest of the brokers that `counts` picks has applied the log; 2^53-1 when there is none. */
  lowestOffset(counts: (brokerId: number) => boolean): number {
    let lowest = Number.MAX_SAFE_INTEGER
    for (const [id, { metadataOffset }] of this.sessions) if (counts(id)) lowest = Math.min(lowest, metadataOffset)
    return lowest
  }

  close(): void {
    this.timer?.cancel()
    this.timer = undefined
  }

  private schedule(): void {
    if (this.timer || ![...this.sessions.keys()].some((id) => id !== this.localBrokerId)) return
    this.timer = this.clock.after(this.timeoutMs / 2, () => {
      this.timer = undefined
      for (const [id, { epoch }] of [...this.sessions]) {
        if (id === this.localBrokerId || this.isValid(id, epoch)) continue
        this.sessions.delete(id)
        this.onExpired(id, epoch)
      }
      this.schedule()
    })
  }
}
