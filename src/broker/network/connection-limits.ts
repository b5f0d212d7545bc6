/** `max.connections` and its relatives. */
export interface ConnectionLimitSettings {
  /** Over all listeners. */
  readonly maxConnections: number
  readonly maxConnectionsPerIp: number
  /** By address, as `max.connections.per.ip.overrides` gives them. */
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>
  /** Connections beyond `maxConnections` that may wait for their turn: `socket.listen.backlog.size`. */
  readonly backlogSize: number
}

/**
 * Counts connections as Kafka's ConnectionQuotas does: beyond `max.connections` a connection waits until another one
 * ends, beyond the limit of its address it is closed. Brokers' own listener is exempt from the former when there is
 * another one, so that clients cannot shut brokers out.
 */
export class ConnectionLimits {
  private readonly settings: ConnectionLimitSettings
  private count = 0
  private readonly perAddress = new Map<string, number>()
  private readonly waiting: (() => void)[] = []

  constructor(settings: ConnectionLimitSettings) {
    this.settings = settings
  }

  get connections(): number {
    return this.count
  }

  /** Most connections that the address may have. */
  maxOf(address: string): number {
    return this.settings.maxConnectionsPerIpOverrides.get(address) ?? this.settings.maxConnectionsPerIp
  }

  /** Counts a connection in, if its address may have another one. */
  admit(address: string): boolean {
    const count = this.perAddress.get(address) ?? 0
    if (count >= this.maxOf(address)) return false
    this.perAddress.set(address, count + 1)
    this.count++
    return true
  }

  get hasRoom(): boolean {
    return this.count < this.settings.maxConnections
  }

  /** Calls `begin` once there is room. False when too many wait already. */
  wait(begin: () => void): boolean {
    if (this.waiting.length >= this.settings.backlogSize) return false
    this.waiting.push(begin)
    return true
  }

  stopWaiting(begin: () => void): void {
    const index = this.waiting.indexOf(begin)
    if (index >= 0) this.waiting.splice(index, 1)
  }

  release(address: string): void {
    const count = this.perAddress.get(address) ?? 0
    if (count <= 1) this.perAddress.delete(address)
    else this.perAddress.set(address, count - 1)
    this.count--
    while (this.hasRoom && this.waiting.length > 0) this.waiting.shift()!()
  }
}
