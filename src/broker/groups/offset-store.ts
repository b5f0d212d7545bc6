/** Committed offsets of one shard's groups, and those that open transactions have yet to commit. */

export interface CommittedOffset {
  /** What the client committed; any int64. */
  readonly committedOffset: number | bigint
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number | bigint
  /** -1 when the retention of the broker applies. */
  readonly expireTimestampMs: number | bigint
  /** The zero id when the record does not tell. */
  readonly topicId: string
  /** Where the record stands in the log: of two commits the later record wins, whenever its transaction ended. */
  readonly recordOffset: number
}

type ByPartition<T> = Map<number, T>
type ByTopic<T> = Map<string, ByPartition<T>>

/** A map by group, topic and partition that holds no empty maps. */
class OffsetMap<T> {
  private readonly byGroup = new Map<string, ByTopic<T>>()

  topicsOf(groupId: string): ByTopic<T> | undefined {
    return this.byGroup.get(groupId)
  }

  get(groupId: string, topic: string, partition: number): T | undefined {
    return this.byGroup.get(groupId)?.get(topic)?.get(partition)
  }

  set(groupId: string, topic: string, partition: number, value: T): void {
    let topics = this.byGroup.get(groupId)
    if (!topics) this.byGroup.set(groupId, (topics = new Map()))
    let partitions = topics.get(topic)
    if (!partitions) topics.set(topic, (partitions = new Map()))
    partitions.set(partition, value)
  }

  delete(groupId: string, topic: string, partition: number): void {
    const topics = this.byGroup.get(groupId)
    const partitions = topics?.get(topic)
    if (!topics || !partitions) return
    partitions.delete(partition)
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.byGroup.delete(groupId)
  }

  *entries(): Generator<[groupId: string, topic: string, partition: number, value: T]> {
    for (const [groupId, topics] of this.byGroup) {
      for (const [topic, partitions] of topics) {
        for (const [partition, value] of partitions) yield [groupId, topic, partition, value]
      }
    }
  }
}

export class OffsetStore {
  private readonly committed = new OffsetMap<CommittedOffset>()
  /** By producer id: what its open transaction commits. */
  private readonly pending = new Map<number, OffsetMap<CommittedOffset>>()
  /** Producers with an open transaction over the offset. */
  private readonly openTransactions = new OffsetMap<Set<number>>()

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.committed.get(groupId, topic, partition)
  }

  topicsOf(groupId: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.committed.topicsOf(groupId) ?? new Map()
  }

  set(groupId: string, topic: string, partition: number, offset: CommittedOffset): void {
    this.committed.set(groupId, topic, partition, offset)
  }

  /** An open transaction may commit the offset: what there is now is not stable. */
  isUnstable(groupId: string, topic: string, partition: number): boolean {
    return this.openTransactions.get(groupId, topic, partition) !== undefined
  }

  hasOpenTransactions(groupId: string): boolean {
    return this.openTransactions.topicsOf(groupId) !== undefined
  }

  /** Partitions of the group over which a transaction is open. */
  *unstablePartitions(groupId: string): Generator<[topic: string, partition: number]> {
    for (const [topic, partitions] of this.openTransactions.topicsOf(groupId) ?? []) {
      for (const partition of partitions.keys()) yield [topic, partition]
    }
  }

  /** Every committed offset, and every one that a transaction may commit; some twice. */
  *all(): Generator<[groupId: string, topic: string, partition: number, offset: CommittedOffset]> {
    yield* this.committed.entries()
    for (const offsets of this.pending.values()) yield* offsets.entries()
  }

  setPending(producerId: number, groupId: string, topic: string, partition: number, offset: CommittedOffset): void {
    let offsets = this.pending.get(producerId)
    if (!offsets) this.pending.set(producerId, (offsets = new OffsetMap()))
    offsets.set(groupId, topic, partition, offset)
    const producers = this.openTransactions.get(groupId, topic, partition)
    if (producers) producers.add(producerId)
    else this.openTransactions.set(groupId, topic, partition, new Set([producerId]))
  }

  /** Forgets the offset, also what open transactions would make of it. */
  delete(groupId: string, topic: string, partition: number): void {
    this.committed.delete(groupId, topic, partition)
    for (const producerId of this.openTransactions.get(groupId, topic, partition) ?? []) {
      this.pending.get(producerId)?.delete(groupId, topic, partition)
    }
    this.openTransactions.delete(groupId, topic, partition)
  }

  /**
   * The transaction of the producer is over. A commit makes its offsets visible, unless a later record has overtaken
   * them: without that, compaction of the log could change which one wins.
   */
  endTransaction(producerId: number, isCommit: boolean): void {
    const offsets = this.pending.get(producerId)
    if (!offsets) return
    this.pending.delete(producerId)
    for (const [groupId, topic, partition, offset] of offsets.entries()) {
      const producers = this.openTransactions.get(groupId, topic, partition)
      producers?.delete(producerId)
      if (producers?.size === 0) this.openTransactions.delete(groupId, topic, partition)
      if (!isCommit) continue
      const current = this.committed.get(groupId, topic, partition)
      if (!current || current.recordOffset < offset.recordOffset) this.set(groupId, topic, partition, offset)
    }
  }
}
