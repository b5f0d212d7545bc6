import { ConfigDef } from '../../config/config-def.ts'
import { CLIENT_SECURITY_KEYS } from '../../config/definitions/client-security.ts'
import { CONSUMER_KEYS_AFTER_SECURITY, CONSUMER_KEYS_BEFORE_SECURITY } from '../../config/definitions/consumer.ts'
import { ConfigException } from '../../config/java-error.ts'
import { parseOffsetReset } from '../../config/offset-reset.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import { type ClientConfig, flag, list, number, parseClientConfig, text } from '../client-config.ts'
import { ClientError, kafkaError } from '../errors.ts'
import type { ReaderSettings } from '../partition-reader.ts'
import type { GroupMemberOptions } from './group-member.ts'

const CONSUMER = new ConfigDef([
  ...CONSUMER_KEYS_BEFORE_SECURITY,
  ...CLIENT_SECURITY_KEYS,
  ...CONSUMER_KEYS_AFTER_SECURITY,
])

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
export function consumerSettings(originals: ReadonlyMap<string, string>): ConsumerSettings {
  const config = parseClientConfig(CONSUMER, originals)
  if (text(config, 'group.protocol').toLowerCase() === 'consumer') {
    throw new ConfigException('group.protocol=consumer is not supported yet: this client speaks the classic protocol.')
  }
  const groupId = config.values.get('group.id') as string | null
  if (groupId !== null && groupId.trim() === '') throw failed(emptyGroupId())
  return {
    config,
    group: {
      groupId: groupId ?? '',
      groupInstanceId: config.values.get('group.instance.id') as string | null,
      sessionTimeoutMs: number(config, 'session.timeout.ms'),
      rebalanceTimeoutMs: number(config, 'max.poll.interval.ms'),
      heartbeatIntervalMs: number(config, 'heartbeat.interval.ms'),
    },
    reader: {
      minBytes: number(config, 'fetch.min.bytes'),
      maxBytes: number(config, 'fetch.max.bytes'),
      partitionMaxBytes: number(config, 'max.partition.fetch.bytes'),
      maxWaitMs: number(config, 'fetch.max.wait.ms'),
      isReadCommitted: text(config, 'isolation.level') === 'read_committed',
      checkCrcs: flag(config, 'check.crcs'),
      rackId: text(config, 'client.rack'),
      reset: parseOffsetReset(text(config, 'auto.offset.reset')) ?? { kind: 'latest' },
    },
    enableAutoCommit: flag(config, 'enable.auto.commit'),
    autoCommitIntervalMs: number(config, 'auto.commit.interval.ms'),
    metadataMaxAgeMs: number(config, 'metadata.max.age.ms'),
    allowAutoTopicCreation: flag(config, 'allow.auto.create.topics'),
    excludeInternalTopics: flag(config, 'exclude.internal.topics'),
    assignors: list(config, 'partition.assignment.strategy').map(assignorName),
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
