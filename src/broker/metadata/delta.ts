import {
  BrokerRegistrationChangeRecord,
  ClearElrRecord,
  ConfigRecord,
  FeatureLevelRecord,
  FenceBrokerRecord,
  PartitionChangeRecord,
  PartitionRecord,
  RegisterBrokerRecord,
  RemoveTopicRecord,
  UnfenceBrokerRecord,
  UnregisterBrokerRecord,
} from '../../protocol/records/metadata.ts'
import { CONFIG_RESOURCE_TYPES, type ConfigResourceType } from './configs.ts'
import type { MetadataImage, PartitionImage, TopicImage } from './image.ts'
import { isRecord, type MetadataRecord } from './record.ts'

export interface ChangedPartition {
  readonly topic: TopicImage
  readonly partition: PartitionImage
  /** What it was before; absent for a new partition. */
  readonly previous?: PartitionImage
}

/** What a run of committed records has changed; the image already holds it. */
export interface MetadataDelta {
  readonly image: MetadataImage
  /** Offset of the last record in it. */
  readonly offset: number
  /** The first delta a publisher gets: everything in the image. */
  readonly isFirst: boolean
  readonly changedPartitions: readonly ChangedPartition[]
  /** As they were; a topic made anew under the same name is among the changed ones. */
  readonly deletedTopics: readonly TopicImage[]
  readonly changedConfigs: readonly { readonly type: ConfigResourceType; readonly name: string }[]
  readonly featuresChanged: boolean
  readonly brokersChanged: boolean
}

export type MetadataPublisher = (delta: MetadataDelta) => void

const BROKER_RECORDS = new Set<unknown>([
  RegisterBrokerRecord,
  UnregisterBrokerRecord,
  FenceBrokerRecord,
  UnfenceBrokerRecord,
  BrokerRegistrationChangeRecord,
])

/** Applies records to an image and collects what they change. One builder makes one delta. */
export class DeltaBuilder {
  private readonly image: MetadataImage
  private readonly before = new Map<string, Map<number, PartitionImage | undefined>>()
  private readonly deleted = new Map<string, TopicImage>()
  private readonly created = new Set<string>()
  private readonly configs = new Map<string, { type: ConfigResourceType; name: string }>()
  private featuresChanged = false
  private brokersChanged = false

  constructor(image: MetadataImage) {
    this.image = image
  }

  replay(record: MetadataRecord): void {
    this.image.replay(record, this.note)
  }

  /** The delta up to the image's offset. */
  build(): MetadataDelta {
    const changedPartitions: ChangedPartition[] = []
    for (const [topicId, partitions] of this.before) {
      const topic = this.image.topics.byId.get(topicId) as TopicImage
      for (const [index, previous] of partitions) {
        changedPartitions.push({ topic, partition: topic.partitions[index] as PartitionImage, previous })
      }
    }
    return {
      image: this.image,
      offset: this.image.offset,
      isFirst: false,
      changedPartitions,
      deletedTopics: [...this.deleted.values()],
      changedConfigs: [...this.configs.values()],
      featuresChanged: this.featuresChanged,
      brokersChanged: this.brokersChanged,
    }
  }

  private readonly note = (record: MetadataRecord): void => {
    if (isRecord(record, PartitionRecord) || isRecord(record, PartitionChangeRecord)) {
      this.notePartition(record.value.topicId, record.value.partitionId)
    } else if (isRecord(record, RemoveTopicRecord)) {
      this.noteRemoval(record.value.topicId)
    } else if (isRecord(record, ClearElrRecord)) {
      for (const topic of this.image.topics.affectedByClearElr(record.value)) {
        for (const { partition, elr, lastKnownElr } of topic.partitions) {
          if (elr.length > 0 || lastKnownElr.length > 0) this.notePartition(topic.id, partition)
        }
      }
    } else if (isRecord(record, ConfigRecord)) {
      const type = CONFIG_RESOURCE_TYPES.get(record.value.resourceType)
      const name = record.value.resourceName
      if (type) this.configs.set(`${type} ${name}`, { type, name })
    } else if (record.message === FeatureLevelRecord) {
      this.featuresChanged = true
    } else if (BROKER_RECORDS.has(record.message)) {
      this.brokersChanged = true
    }
  }

  private notePartition(topicId: string, index: number): void {
    const topic = this.image.topics.byId.get(topicId)
    if (!topic) return
    let partitions = this.before.get(topicId)
    if (!partitions) {
      this.before.set(topicId, (partitions = new Map()))
      if (topic.partitions.length === 0) this.created.add(topicId)
    }
    if (!partitions.has(index)) partitions.set(index, topic.partitions[index])
  }

  private noteRemoval(topicId: string): void {
    const topic = this.image.topics.byId.get(topicId)
    if (!topic) return
    this.before.delete(topicId)
    // A topic made and removed within one delta was never seen by anybody.
    if (!this.created.has(topicId)) this.deleted.set(topicId, topic)
    this.configs.delete(`TOPIC ${topic.name}`)
  }
}
