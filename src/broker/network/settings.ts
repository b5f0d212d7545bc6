import { lookup } from 'node:dns/promises'
import type { BrokerConfig } from '../../config/broker-config.ts'
import type { ConnectionLimitSettings } from './connection-limits.ts'

/**
 * What `queued.max.request.bytes=-1` stands for here: 16 MiB. Apache Kafka takes -1 as unlimited and dies of a few
 * hundred clients that send faster than it answers; this broker has one process's memory for everything.
 */
export const DEFAULT_QUEUED_BYTES = 16 * 1024 * 1024

/** What the network layer needs to know of a broker's configuration. */
export interface NetworkSettings extends ConnectionLimitSettings {
  readonly nodeId: number
  /** `socket.request.max.bytes`. */
  readonly maxRequestBytes: number
  /** Limit of received and unanswered bytes over all connections: `queued.max.request.bytes`. */
  readonly queuedBytes: number
  /** `connections.max.idle.ms`; negative: never. */
  readonly maxIdleMs: number
}

export async function networkSettingsFrom(config: BrokerConfig): Promise<NetworkSettings> {
  const queuedBytes = config.get<number>('queued.max.request.bytes')
  return {
    nodeId: config.nodeId,
    maxRequestBytes: config.get<number>('socket.request.max.bytes'),
    queuedBytes: queuedBytes > 0 ? queuedBytes : DEFAULT_QUEUED_BYTES,
    maxIdleMs: config.get<number>('connections.max.idle.ms'),
    maxConnections: config.get<number>('max.connections'),
    maxConnectionsPerIp: config.get<number>('max.connections.per.ip'),
    maxConnectionsPerIpOverrides: await overridesByAddress(config.get<string>('max.connections.per.ip.overrides')),
    backlogSize: config.get<number>('socket.listen.backlog.size'),
  }
}

/** `host:count,…` with hosts resolved, as Kafka does at start. A colon in an IPv6 address is part of the host. */
async function overridesByAddress(overrides: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const entry of overrides.split(',')) {
    const text = entry.trim()
    const colon = text.lastIndexOf(':')
    if (colon < 0) continue
    const { address } = await lookup(text.slice(0, colon).trim(), { verbatim: false })
    counts.set(address, Number(text.slice(colon + 1)))
  }
  return counts
}
