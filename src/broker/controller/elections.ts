import type { PartitionImage, TopicImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/record.ts'
import { NO_LEADER } from '../metadata/topics.ts'
import type { ClusterView } from './cluster-view.ts'
import { partitionChange } from './partition-change.ts'

/** Which broker a round of elections is about. */
export interface Reason {
  /** It leaves ISR and leadership. */
  readonly removed?: number
  /** It may lead although it still counts as fenced: the record that unfences it comes in the same batch. */
  readonly added?: number
  /** It may have lost records: it leaves ISR, ELR and leadership. */
  readonly unclean?: number
}

/** Changes ISR, ELR and leader of the partitions that `isConcerned` picks. */
export function electWhere(
  view: ClusterView,
  isConcerned: (partition: PartitionImage, topic: TopicImage) => boolean,
  { removed, added, unclean }: Reason,
): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const topic of view.image.topics.byId.values()) {
    for (const partition of topic.partitions) {
      if (!isConcerned(partition, topic)) continue
      const targetIsr = partition.isr.filter((replica) => replica !== removed && replica !== unclean)
      const record = partitionChange(
        topic.id,
        partition,
        {
          targetIsr,
          uncleanReplicas: unclean === undefined ? [] : [unclean],
          election: view.topicSetting(topic.name, 'unclean.leader.election.enable') === 'true' ? 'UNCLEAN' : 'ONLINE',
        },
        {
          metadataVersion: view.metadataVersion,
          elrEnabled: view.elrEnabled,
          minIsr: minIsrOf(view, topic),
          mayLead: (broker) =>
            broker !== removed &&
            broker !== unclean &&
            (broker === added || view.isActive(broker)) &&
            view.hasOnlineDirectory(partition, broker),
        },
      )
      if (record) records.push(record)
    }
  }
  return records
}

export function isLeaderless(partition: PartitionImage): boolean {
  return partition.leader === NO_LEADER
}

export function leadsAny(view: ClusterView, brokerId: number): boolean {
  for (const topic of view.image.topics.byId.values()) {
    if (topic.partitions.some(({ leader }) => leader === brokerId)) return true
  }
  return false
}

function minIsrOf(view: ClusterView, topic: TopicImage): number {
  const minIsr = Number(view.topicSetting(topic.name, 'min.insync.replicas'))
  return Math.min(minIsr, topic.partitions[0]?.replicas.length ?? 1)
}
