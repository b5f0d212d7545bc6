import type { CommittedBatch, LoadedSnapshot, MetadataListener } from '../raft/metadata-log.ts'
import { DeltaBuilder, type MetadataDelta, type MetadataPublisher } from './delta.ts'
import { MetadataImage } from './image.ts'

/**
 * Keeps the broker half's image at the committed end of the metadata log, and tells publishers of each change. They
 * run synchronously: when the promise of an append resolves, every publisher has seen its records.
 */
export class MetadataLoader implements MetadataListener {
  readonly image: MetadataImage
  private readonly publishers: MetadataPublisher[] = []

  constructor(image = new MetadataImage()) {
    this.image = image
  }

  /** Its first delta is everything in the image, at once; from then on it gets what changes. */
  addPublisher(publisher: MetadataPublisher): void {
    publisher(everythingIn(this.image))
    this.publishers.push(publisher)
  }

  removePublisher(publisher: MetadataPublisher): void {
    const index = this.publishers.indexOf(publisher)
    if (index >= 0) this.publishers.splice(index, 1)
  }

  onSnapshot({ id, records, controlRecords }: LoadedSnapshot): void {
    const builder = new DeltaBuilder(this.image)
    for (const record of records) builder.replay(record)
    noteKRaftVersion(this.image, controlRecords)
    this.image.offset = id.offset - 1
    this.image.epoch = id.epoch
    this.publish(builder.build())
  }

  onCommit(batches: readonly CommittedBatch[]): void {
    const builder = new DeltaBuilder(this.image)
    for (const batch of batches) {
      for (const record of batch.records) builder.replay(record)
      noteKRaftVersion(this.image, batch.controlRecords)
      this.image.offset = batch.lastOffset
      this.image.epoch = batch.epoch
    }
    this.publish(builder.build())
  }

  private publish(delta: MetadataDelta): void {
    for (const publisher of this.publishers) publisher(delta)
  }
}

/** kraft.version stands in the log's control records; the image shows it among the features. */
export function noteKRaftVersion(image: MetadataImage, controlRecords: CommittedBatch['controlRecords']): void {
  for (const { type, value } of controlRecords) {
    if (type === 'KRAFT_VERSION') image.features.kraftVersion = value.kRaftVersion
  }
}

function everythingIn(image: MetadataImage): MetadataDelta {
  const changedPartitions = [...image.topics.byId.values()].flatMap((topic) =>
    topic.partitions.map((partition) => ({ topic, partition })),
  )
  return {
    image,
    offset: image.offset,
    isFirst: true,
    changedPartitions,
    deletedTopics: [],
    changedConfigs: image.configs.resources(),
    featuresChanged: true,
    brokersChanged: true,
  }
}
