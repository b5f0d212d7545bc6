/** The partitions of this broker: made, led, reconfigured and deleted as the metadata log says. */
import type { BrokerConfig } from '../config/broker-config.ts'
import { type LogConfig, logConfigFrom } from '../config/topic-config.ts'
import { ApiError, ErrorCode } from '../protocol/error-code.ts'
import { isReservedDirectoryId } from '../storage/uuid.ts'
import type { Clock } from './clock.ts'
import type { LogManager } from './log/log-manager.ts'
import type { PartitionLog } from './log/partition-log.ts'
import type { Logger } from './logger.ts'
import type { MetadataDelta } from './metadata/delta.ts'
import type { MetadataImage, PartitionImage, TopicImage } from './metadata/image.ts'
import { Partition } from './partition.ts'

const LOGGER = 'kafka.server.ReplicaManager'

export interface PartitionsOptions {
  readonly config: BrokerConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly logs: LogManager
}

export class Partitions {
  private readonly byTopic = new Map<string, (Partition | undefined)[]>()
  private readonly byId = new Map<string, (Partition | undefined)[]>()
  /** Partitions assigned to this broker whose log directory has failed. */
  private readonly offline = new Set<string>()
  private readonly options: PartitionsOptions

  constructor(options: PartitionsOptions) {
    this.options = options
  }

  get(topic: string, index: number): Partition | undefined {
    return this.byTopic.get(topic)?.[index]
  }

  byTopicId(topicId: string, index: number): Partition | undefined {
    return this.byId.get(topicId)?.[index]
  }

  /** The partition if this broker leads it, else the error a client is to get. */
  leader(topic: string, index: number): Partition {
    const partition = this.get(topic, index)
    if (!partition) {
      const code = this.offline.has(`${topic}-${index}`)
        ? ErrorCode.KAFKA_STORAGE_ERROR
        : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      throw new ApiError(code)
    }
    if (!partition.isLeader) throw new ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    return partition
  }

  *all(): Generator<Partition> {
    for (const partitions of this.byTopic.values()) {
      for (const partition of partitions) if (partition) yield partition
    }
  }

  /** Publisher of the metadata loader. Runs synchronously: when a CreateTopics is answered its logs exist. */
  readonly onMetadata = (delta: MetadataDelta): void => {
    if (delta.isFirst) this.retireStrayLogs(delta.image)
    for (const topic of delta.deletedTopics) this.deleteTopic(topic)
    for (const { topic, partition } of delta.changedPartitions) this.applyPartition(delta, topic, partition)
    for (const { type, name } of delta.changedConfigs) {
      if (type === 'TOPIC') this.reconfigure(delta.image, name)
    }
  }

  /** Closes every partition; appends that are queued are still written. */
  close(): void {
    for (const partition of this.all()) partition.close()
  }

  /** Forgets the partitions of a log directory that has failed: clients get KAFKA_STORAGE_ERROR. */
  directoryFailed(path: string): void {
    for (const partition of [...this.all()]) {
      if (!partition.log.dir.startsWith(`${path}/`)) continue
      this.offline.add(`${partition.topic}-${partition.index}`)
      partition.close(ErrorCode.KAFKA_STORAGE_ERROR)
      this.forget(partition)
    }
  }

  /** A log that the metadata do not give to this broker, or give under another topic id, must not be served. */
  private retireStrayLogs(image: MetadataImage): void {
    for (const log of [...this.options.logs.all()]) {
      const topic = image.topics.byId.get(log.topicId)
      const partition = topic && topic.name === log.topic ? topic.partitions[log.partition] : undefined
      if (partition?.replicas.includes(this.options.config.nodeId)) continue
      this.options.logger.warn(
        `Found stray log dir ${log.dir}: the current replica assignment does not contain ${log.topic}-${log.partition}.`,
        'kafka.log.LogManager',
      )
      this.options.logs.markStray(log.topic, log.partition)
    }
  }

  private applyPartition(delta: MetadataDelta, topic: TopicImage, partitionImage: PartitionImage): void {
    const { config, clock, logs, logger } = this.options
    const { image } = delta
    const index = partitionImage.partition
    let partition = this.get(topic.name, index)
    if (!partitionImage.replicas.includes(config.nodeId)) {
      if (partition) this.deletePartition(partition)
      return
    }
    if (!partition) {
      const name = `${topic.name}-${index}`
      if (!logs.get(topic.name, index) && (this.offline.has(name) || this.mayBeElsewhere(delta, partitionImage))) {
        this.offline.add(name)
        const assigned = partitionImage.directories[partitionImage.replicas.indexOf(config.nodeId)]
        logger.warn(
          `[Partition ${name} broker=${config.nodeId}] Skipping creation of log because there are potentially offline ` +
            `log directories and log may already exist there. directoryId=${assigned}, topicId=${topic.id}`,
          'kafka.cluster.Partition',
        )
        return
      }
      let log: PartitionLog
      try {
        log = logs.get(topic.name, index) ?? this.createLog(image, topic, partitionImage)
      } catch (error) {
        this.offline.add(`${topic.name}-${index}`)
        logger.error(`Error while creating the log of ${topic.name}-${index}.`, LOGGER, error)
        return
      }
      log.config = this.logConfig(image, topic.name)
      partition = new Partition(topic.name, topic.id, index, log, { brokerId: config.nodeId, now: () => clock.now() })
      this.remember(partition)
    }
    partition.applyImage(partitionImage)
  }

  /**
   * Whether the log of a partition may lie in a log directory that is offline: an empty one in its place would hide its
   * records. Only a new partition that was given no directory cannot.
   */
  private mayBeElsewhere({ isFirst }: MetadataDelta, { replicas, directories }: PartitionImage): boolean {
    const { config, logs } = this.options
    if (!logs.hasOfflineDirectories) return false
    const assigned = directories[replicas.indexOf(config.nodeId)]
    if (logs.directories().some(({ directoryId, online }) => online && directoryId === assigned)) return false
    return isFirst || (assigned !== undefined && !isReservedDirectoryId(assigned))
  }

  private createLog(image: MetadataImage, topic: TopicImage, partition: PartitionImage): PartitionLog {
    const replica = partition.replicas.indexOf(this.options.config.nodeId)
    const logConfig = this.logConfig(image, topic.name)
    return this.options.logs.create(
      topic.name,
      partition.partition,
      topic.id,
      logConfig,
      partition.directories[replica],
    )
  }

  private logConfig(image: MetadataImage, topic: string): LogConfig {
    return logConfigFrom(this.options.config, image.configs.of('TOPIC', topic))
  }

  private reconfigure(image: MetadataImage, topic: string): void {
    const partitions = this.byTopic.get(topic)
    if (!partitions) return
    const config = this.logConfig(image, topic)
    for (const partition of partitions) if (partition) partition.log.config = config
  }

  private deleteTopic(topic: TopicImage): void {
    for (const partition of this.byId.get(topic.id) ?? []) if (partition) this.deletePartition(partition)
    for (const { partition } of topic.partitions) this.offline.delete(`${topic.name}-${partition}`)
  }

  private deletePartition(partition: Partition): void {
    partition.close(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    this.forget(partition)
    this.options.logs.asyncDelete(partition.topic, partition.index)
  }

  private remember(partition: Partition): void {
    for (const [map, key] of [
      [this.byTopic, partition.topic],
      [this.byId, partition.topicId],
    ] as const) {
      let list = map.get(key)
      if (!list) map.set(key, (list = []))
      list[partition.index] = partition
    }
  }

  private forget(partition: Partition): void {
    for (const [map, key] of [
      [this.byTopic, partition.topic],
      [this.byId, partition.topicId],
    ] as const) {
      const list = map.get(key)
      if (!list) continue
      list[partition.index] = undefined
      if (list.every((other) => other === undefined)) map.delete(key)
    }
  }
}
