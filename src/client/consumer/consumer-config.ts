import type { ClientConfig } from '../../config/client-config.ts'
import { CONSUMER_CLIENT } from '../../config/consumer-config.ts'
import { ConfigException } from '../../config/java-error.ts'
import { parseOffsetReset } from '../../config/offset-reset.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import { plaintextConfig } from '../client-config.ts'
import { ClientError, kafkaError } from '../errors.ts'
import type { ReaderSettings } from '../partition-reader.ts'
import type { GroupMemberOptions } from './group-member.ts'

/** Names that assignor classes vote with. */
const ASSIGNOR_NAMES: Readonly<Record<string, string>> = {
  'org.apache.kafka.clients.consumer.RangeAssignor': 'range',
  'org.apache.kafka.clients.consumer.RoundRobinAssignor': 'roundrobin',
  'org.apache.kafka.clients.consumer.StickyAssignor': 'sticky',
  'org.apache.kafka.clients.consumer.CooperativeStickyAssignor': 'cooperative-sticky',
}

export interface ConsumerSettings {
  readonly config: ClientConfig
  readonly group: GroupMemberOptions
  readonly reader: ReaderSettings
  readonly enableAutoCommit: boolean
  readonly autoCommitIntervalMs: number
  readonly metadataMaxAgeMs: number
  readonly allowAutoTopicCreation: boolean
  readonly excludeInternalTopics: boolean
  /** By preference. */
  readonly assignors: readonly string[]
}

/** Parses and checks; what Kafka finds while it builds the consumer comes as its cause says. */
export function consumerSettings(properties: ReadonlyMap<string, string>): ConsumerSettings {
  const config = plaintextConfig(CONSUMER_CLIENT, properties)
  if (config.get<string>('group.protocol').toLowerCase() === 'consumer') {
    throw new ConfigException('group.protocol=consumer is not supported yet: this client speaks the classic protocol.')
  }
  const groupId = config.get<string | null>('group.id')
  if (groupId !== null && groupId.trim() === '') throw failed(emptyGroupId())
  return {
    config,
    group: {
      groupId: groupId ?? '',
      groupInstanceId: config.get('group.instance.id'),
      sessionTimeoutMs: config.get('session.timeout.ms'),
      rebalanceTimeoutMs: config.get('max.poll.interval.ms'),
      heartbeatIntervalMs: config.get('heartbeat.interval.ms'),
    },
    reader: {
      minBytes: config.get('fetch.min.bytes'),
      maxBytes: config.get('fetch.max.bytes'),
      partitionMaxBytes: config.get('max.partition.fetch.bytes'),
      maxWaitMs: config.get('fetch.max.wait.ms'),
      isReadCommitted: config.get('isolation.level') === 'read_committed',
      checkCrcs: config.get('check.crcs'),
      rackId: config.get('client.rack'),
      reset: parseOffsetReset(config.get('auto.offset.reset')) ?? { kind: 'latest' },
    },
    enableAutoCommit: config.get('enable.auto.commit'),
    autoCommitIntervalMs: config.get('auto.commit.interval.ms'),
    metadataMaxAgeMs: config.get('metadata.max.age.ms'),
    allowAutoTopicCreation: config.get('allow.auto.create.topics'),
    excludeInternalTopics: config.get('exclude.internal.topics'),
    assignors: config.get<string[]>('partition.assignment.strategy').map(assignorName),
  }
}

export function failed(cause: unknown): Error {
  return kafkaError('Failed to construct kafka consumer', cause)
}

function assignorName(className: string): string {
  const name = ASSIGNOR_NAMES[className.replace(/^class /, '')]
  if (name !== undefined) return name
  throw failed(kafkaError(`${className} ClassNotFoundException exception occurred`))
}

function emptyGroupId(): ClientError {
  return new ClientError(
    'org.apache.kafka.common.errors.InvalidGroupIdException',
    'The configured group.id should not be an empty string or whitespace.',
    ErrorCode.INVALID_GROUP_ID,
    false,
  )
}
