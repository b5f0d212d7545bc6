import type { BrokerConfig } from '../../config/broker-config.ts'
import { CONSUMER_OFFSETS, SHARE_GROUP_STATE, TRANSACTION_STATE } from '../../config/topic-name.ts'

export { CONSUMER_OFFSETS, isInternalTopic } from '../../config/topic-name.ts'

/** How an internal topic is made when something first needs it. */
export interface InternalTopic {
  readonly name: string
  readonly partitionCount: number
  readonly replicationFactor: number
  /** Written as ConfigRecords of the topic: they are its settings from then on, not the code's. */
  readonly configs: ReadonlyMap<string, string>
}

/** What the internal topic of this name is created with; undefined for any other topic. */
export function internalTopic(name: string, config: BrokerConfig): InternalTopic | undefined {
  switch (name) {
    case CONSUMER_OFFSETS:
      return {
        name,
        partitionCount: config.get<number>('offsets.topic.num.partitions'),
        replicationFactor: config.get<number>('offsets.topic.replication.factor'),
        configs: new Map([
          ['cleanup.policy', 'compact'],
          ['compression.type', 'producer'],
          ['segment.bytes', `${config.get<number>('offsets.topic.segment.bytes')}`],
        ]),
      }
    case TRANSACTION_STATE:
      return {
        name,
        partitionCount: config.get<number>('transaction.state.log.num.partitions'),
        replicationFactor: config.get<number>('transaction.state.log.replication.factor'),
        configs: new Map([
          ['cleanup.policy', 'compact'],
          ['compression.type', 'uncompressed'],
          ['min.insync.replicas', `${config.get<number>('transaction.state.log.min.isr')}`],
          ['segment.bytes', `${config.get<number>('transaction.state.log.segment.bytes')}`],
          ['unclean.leader.election.enable', 'false'],
        ]),
      }
    case SHARE_GROUP_STATE:
      return {
        name,
        partitionCount: config.get<number>('share.coordinator.state.topic.num.partitions'),
        replicationFactor: config.get<number>('share.coordinator.state.topic.replication.factor'),
        configs: new Map([
          ['cleanup.policy', 'delete'],
          ['compression.type', 'producer'],
          ['min.insync.replicas', `${config.get<number>('share.coordinator.state.topic.min.isr')}`],
          ['retention.ms', '-1'],
          ['segment.bytes', `${config.get<number>('share.coordinator.state.topic.segment.bytes')}`],
        ]),
      }
    default:
      return undefined
  }
}
