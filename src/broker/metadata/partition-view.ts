import type { EndpointImage, MetadataImage } from './image.ts'
import { hasOnlineDirectory, type PartitionImage } from './topics.ts'

/** Where a broker listens under that listener name; undefined when it is unknown or has no such listener. */
export function endpointOf(image: MetadataImage, brokerId: number, listenerName: string): EndpointImage | undefined {
  return image.brokers.get(brokerId)?.endpoints.find(({ name }) => name === listenerName)
}

/** Those that are registered, not fenced, and reachable on that listener. */
export function aliveOf(image: MetadataImage, brokerIds: readonly number[], listenerName: string): number[] {
  return brokerIds.filter((id) => {
    const broker = image.brokers.get(id)
    return broker !== undefined && !broker.fenced && endpointOf(image, id, listenerName) !== undefined
  })
}

/** Replicas that cannot be reached on that listener, or whose directory has failed. */
export function offlineReplicas(image: MetadataImage, partition: PartitionImage, listenerName: string): number[] {
  const alive = new Set(aliveOf(image, partition.replicas, listenerName))
  return partition.replicas.filter((id) => {
    const broker = image.brokers.get(id)
    return !alive.has(id) || !broker || !hasOnlineDirectory(partition, broker)
  })
}

/** Any broker that is not fenced: clients of KRaft clusters take it for the controller and it forwards. */
export function someAliveBroker(image: MetadataImage): number {
  const alive = [...image.brokers.values()].filter(({ fenced }) => !fenced)
  return alive[Math.floor(Math.random() * alive.length)]?.id ?? -1
}
