import type { BrokerConfig } from '../../config/broker-config.ts'
import { CODECS, type Codec } from '../../protocol/compression.ts'

/** Broker settings that groups follow. */
export interface GroupSettings {
  readonly minSessionTimeoutMs: number
  readonly maxSessionTimeoutMs: number
  readonly initialRebalanceDelayMs: number
  readonly maxSize: number
  /** Longest metadata of a committed offset, in UTF-16 units as Kafka counts them. */
  readonly offsetMetadataMaxSize: number
  readonly offsetsRetentionMs: number
  readonly offsetsRetentionCheckIntervalMs: number
  readonly offsetCommitTimeoutMs: number
  readonly offsetsLoadBufferBytes: number
  readonly offsetsTopicCodec: Codec
}

/** Where broker settings come from. */
export type SettingSource = Pick<BrokerConfig, 'get'>

const MS_PER_MINUTE = 60_000

export function groupSettingsFrom(config: SettingSource): GroupSettings {
  const number = (key: string) => config.get<number>(key)
  return {
    minSessionTimeoutMs: number('group.min.session.timeout.ms'),
    maxSessionTimeoutMs: number('group.max.session.timeout.ms'),
    initialRebalanceDelayMs: number('group.initial.rebalance.delay.ms'),
    maxSize: number('group.max.size'),
    offsetMetadataMaxSize: number('offset.metadata.max.bytes'),
    offsetsRetentionMs: number('offsets.retention.minutes') * MS_PER_MINUTE,
    offsetsRetentionCheckIntervalMs: number('offsets.retention.check.interval.ms'),
    offsetCommitTimeoutMs: number('offsets.commit.timeout.ms'),
    offsetsLoadBufferBytes: number('offsets.load.buffer.size'),
    offsetsTopicCodec: CODECS[number('offsets.topic.compression.codec')] ?? 'none',
  }
}
