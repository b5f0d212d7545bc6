import type { ClearElrRecord, PartitionChangeRecord, PartitionRecord } from '../../protocol/records/metadata.ts'
import type { DecodedMessage } from '../../protocol/schema.ts'

/** Leader of a partition without one. */
export const NO_LEADER = -1
/** What a PartitionChangeRecord holds as leader when it does not name one. */
export const NO_LEADER_CHANGE = -2

/** Directory ids with a meaning of their own (KIP-858): the directory is not recorded, not assigned, or failed. */
export const DIRECTORY_MIGRATING = 'AAAAAAAAAAAAAAAAAAAAAA'
export const DIRECTORY_UNASSIGNED = 'AAAAAAAAAAAAAAAAAAAAAQ'
export const DIRECTORY_LOST = 'AAAAAAAAAAAAAAAAAAAAAg'

/** Where a partition lives and who leads it. Never changed in place: each change makes a new one. */
export interface PartitionImage {
  readonly partition: number
  readonly replicas: number[]
  /** Directory id of each replica, in the order of `replicas`. */
  readonly directories: string[]
  readonly isr: number[]
  /** Eligible leader replicas (KIP-966): out of the ISR, but known to hold every committed record. */
  readonly elr: number[]
  readonly lastKnownElr: number[]
  /** `NO_LEADER` while there is none. */
  readonly leader: number
  /** Counts leaders. */
  readonly leaderEpoch: number
  /** Counts changes of any of these fields. */
  readonly partitionEpoch: number
  /** 1 while the leader has to recover from an unclean election. */
  readonly leaderRecoveryState: number
  readonly addingReplicas: number[]
  readonly removingReplicas: number[]
}

export interface TopicImage {
  readonly name: string
  readonly id: string
  /** By partition index, without gaps. */
  readonly partitions: PartitionImage[]
}

function knownDirectories(directories: string[] | null, replicaCount: number): string[] {
  if (directories?.some((id) => id !== DIRECTORY_MIGRATING)) return directories
  return new Array<string>(replicaCount).fill(DIRECTORY_MIGRATING)
}

/** Whether the directory that holds a broker's replica is online, as far as the broker said. */
export function hasOnlineDirectory(
  { replicas, directories }: PartitionImage,
  { id, logDirs }: { readonly id: number; readonly logDirs: readonly string[] },
): boolean {
  const directory = directories[replicas.indexOf(id)]
  if (directory === undefined || directory === DIRECTORY_LOST) return false
  if (directory === DIRECTORY_UNASSIGNED || directory === DIRECTORY_MIGRATING) return true
  // Brokers that registered below metadata.version 3.7-IV2 named no directories.
  return logDirs.length === 0 || logDirs.includes(directory)
}

/** The state a partition has once a change is applied; `leader` in the record always means a new leader epoch. */
export function applyPartitionChange(
  before: PartitionImage,
  change: DecodedMessage<typeof PartitionChangeRecord>,
): PartitionImage {
  const replicas = change.replicas ?? before.replicas
  const hasLeader = change.leader !== NO_LEADER_CHANGE
  return {
    partition: before.partition,
    replicas,
    directories: knownDirectories(change.directories ?? before.directories, replicas.length),
    isr: change.isr ?? before.isr,
    elr: change.eligibleLeaderReplicas ?? before.elr,
    lastKnownElr: change.lastKnownElr ?? before.lastKnownElr,
    leader: hasLeader ? change.leader : before.leader,
    leaderEpoch: hasLeader ? before.leaderEpoch + 1 : before.leaderEpoch,
    partitionEpoch: before.partitionEpoch + 1,
    leaderRecoveryState: change.leaderRecoveryState === -1 ? before.leaderRecoveryState : change.leaderRecoveryState,
    addingReplicas: change.addingReplicas ?? before.addingReplicas,
    removingReplicas: change.removingReplicas ?? before.removingReplicas,
  }
}

/** Topics and their partitions. */
export class TopicsImage {
  readonly byName = new Map<string, TopicImage>()
  readonly byId = new Map<string, TopicImage>()

  addTopic(name: string, id: string): void {
    const topic: TopicImage = { name, id, partitions: [] }
    this.byName.set(name, topic)
    this.byId.set(id, topic)
  }

  addPartition(record: DecodedMessage<typeof PartitionRecord>): void {
    this.topicOf(record.topicId, 'add a partition to').partitions[record.partitionId] = {
      partition: record.partitionId,
      replicas: record.replicas,
      directories: knownDirectories(record.directories, record.replicas.length),
      isr: record.isr,
      elr: record.eligibleLeaderReplicas ?? [],
      lastKnownElr: record.lastKnownElr ?? [],
      leader: record.leader,
      leaderEpoch: record.leaderEpoch,
      partitionEpoch: record.partitionEpoch,
      leaderRecoveryState: record.leaderRecoveryState,
      addingReplicas: record.addingReplicas,
      removingReplicas: record.removingReplicas,
    }
  }

  changePartition(record: DecodedMessage<typeof PartitionChangeRecord>): void {
    const topic = this.topicOf(record.topicId, 'change a partition of')
    const before = topic.partitions[record.partitionId]
    if (!before) throw new Error(`Tried to change partition ${topic.name}-${record.partitionId}, which does not exist.`)
    topic.partitions[record.partitionId] = applyPartitionChange(before, record)
  }

  /** Returns the name of the removed topic. */
  remove(id: string): string {
    const topic = this.topicOf(id, 'remove')
    this.byId.delete(id)
    if (this.byName.get(topic.name) === topic) this.byName.delete(topic.name)
    return topic.name
  }

  /** The topics whose ELR a ClearElrRecord empties: the named one, or all when it names none. */
  affectedByClearElr(record: DecodedMessage<typeof ClearElrRecord>): Iterable<TopicImage> {
    if (record.topicName === '') return this.byName.values()
    const topic = this.byName.get(record.topicName)
    if (!topic) throw new Error(`Tried to clear the ELR of topic ${record.topicName}, which does not exist.`)
    return [topic]
  }

  clearElr(record: DecodedMessage<typeof ClearElrRecord>): void {
    for (const topic of this.affectedByClearElr(record)) {
      for (const partition of topic.partitions) {
        if (partition.elr.length === 0 && partition.lastKnownElr.length === 0) continue
        const partitionEpoch = partition.partitionEpoch + 1
        topic.partitions[partition.partition] = { ...partition, elr: [], lastKnownElr: [], partitionEpoch }
      }
    }
  }

  private topicOf(id: string, action: string): TopicImage {
    const topic = this.byId.get(id)
    if (!topic) throw new Error(`Tried to ${action} topic id ${id}, which does not exist.`)
    return topic
  }
}
