import type { RequestContext } from '../request-context.ts'

export interface LeaderHint {
  readonly currentLeader: { readonly leaderId: number; readonly leaderEpoch: number }
  readonly endpoint?: {
    readonly nodeId: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
  }
}

/** Who leads a partition now, for clients that asked the wrong broker (KIP-951). */
export function leaderHint({ metadata, listenerName }: RequestContext, topic: string, index: number): LeaderHint {
  const partition = metadata.topics.byName.get(topic)?.partitions[index]
  if (!partition) return { currentLeader: { leaderId: -1, leaderEpoch: -1 } }
  const currentLeader = { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch }
  const broker = metadata.brokers.get(partition.leader)
  const endpoint = broker?.endpoints.find(({ name }) => name === listenerName)
  if (!broker || !endpoint) return { currentLeader }
  return { currentLeader, endpoint: { nodeId: broker.id, host: endpoint.host, port: endpoint.port, rack: broker.rack } }
}
