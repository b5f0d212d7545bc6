export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Groups what belongs to partitions by topic, as requests carry it; topics in the order of their first appearance. */
export function byTopic<T extends TopicPartition>(items: readonly T[]): [topic: string, items: T[]][] {
  const topics = new Map<string, T[]>()
  for (const item of items) {
    const list = topics.get(item.topic)
    if (list) list.push(item)
    else topics.set(item.topic, [item])
  }
  return [...topics]
}
