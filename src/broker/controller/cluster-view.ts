import type { BrokerConfig } from '../../config/broker-config.ts'
import type { BrokerImage, MetadataImage } from '../metadata/image.ts'
import {
  DIRECTORY_MIGRATING,
  DIRECTORY_UNASSIGNED,
  hasOnlineDirectory,
  type PartitionImage,
} from '../metadata/topics.ts'
import type { UsableBroker } from './placement.ts'

/** The questions that the controller's decisions ask of its image and its node's settings. */
export class ClusterView {
  readonly image: MetadataImage
  readonly config: BrokerConfig

  constructor(image: MetadataImage, config: BrokerConfig) {
    this.image = image
    this.config = config
  }

  get metadataVersion(): number {
    return this.image.features.metadataVersion
  }

  get elrEnabled(): boolean {
    return this.image.features.elrEnabled
  }

  /** Neither fenced nor on its way out. */
  isActive(brokerId: number): boolean {
    const broker = this.image.brokers.get(brokerId)
    return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
  }

  /** Whether the directory of that replica is online. */
  hasOnlineDirectory(partition: PartitionImage, brokerId: number): boolean {
    const broker = this.image.brokers.get(brokerId)
    return broker !== undefined && hasOnlineDirectory(partition, broker)
  }

  usableBrokers(): UsableBroker[] {
    return [...this.image.brokers.values()]
      .filter((broker) => !broker.inControlledShutdown && hasUncordonedDirectory(broker))
      .map(({ id, rack, fenced }) => ({ id, rack, fenced }))
  }

  /** Where a new replica goes, as far as the controller can tell: brokers with several directories choose themselves. */
  defaultDirectory(brokerId: number): string {
    const broker = this.image.brokers.get(brokerId)
    if (!broker) return DIRECTORY_UNASSIGNED
    if (broker.logDirs.length === 0) return DIRECTORY_MIGRATING
    return broker.logDirs.length === 1 ? (broker.logDirs[0] as string) : DIRECTORY_UNASSIGNED
  }

  /** A setting that topics and brokers share: of the topic, else of this node, of all brokers, of the file. */
  topicSetting(topic: string, key: 'min.insync.replicas' | 'unclean.leader.election.enable'): string {
    const { configs } = this.image
    return (
      configs.of('TOPIC', topic).get(key) ??
      configs.of('BROKER', String(this.config.nodeId)).get(key) ??
      configs.of('BROKER', '').get(key) ??
      String(this.config.get(key))
    )
  }
}

function hasUncordonedDirectory({ logDirs, cordonedLogDirs }: BrokerImage): boolean {
  if (logDirs.length === 0 || cordonedLogDirs === null) return true
  return logDirs.some((directory) => !cordonedLogDirs.includes(directory))
}
