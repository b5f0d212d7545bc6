import { describeTopic } from '../../config/describe.ts'
import { type BrokerSettings, brokerSettings } from '../../config/dynamic-broker-config.ts'
import { ConfigException } from '../../config/java-error.ts'
import { recordVersionsAt } from '../../config/metadata-version.ts'
import { validateTopicConfigs } from '../../config/topic-config.ts'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { CreateTopics } from '../../protocol/messages/19-create-topics.ts'
import { ConfigRecord, PartitionRecord, RemoveTopicRecord, TopicRecord } from '../../protocol/records/metadata.ts'
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts'
import { randomUuid } from '../../storage/uuid.ts'
import type { Logger } from '../logger.ts'
import { configResourceTypeId } from '../metadata/configs.ts'
import { type MetadataRecord, metadataRecord } from '../metadata/record.ts'
import { invalidTopicName } from '../metadata/topic-name.ts'
import type { ClusterView } from './cluster-view.ts'
import type { Outcome } from './outcome.ts'
import { placeReplicas, type RandomInt } from './placement.ts'
import type { CollidingNames } from './topic-names.ts'

const LOGGER = 'org.apache.kafka.controller.ReplicationControlManager'

/** What one request may bring about: records, and partitions of the topics it creates. */
export const MAX_RECORDS_PER_REQUEST = 10_000
const MAX_CONFIG_VALUE_LENGTH = 32_767

type NewTopic = RequestOf<typeof CreateTopics>['topics'][number]
type TopicResult = NonNullable<ResponseInput<typeof CreateTopics>['topics']>[number]
interface NewPartition {
  readonly replicas: number[]
  readonly isr: number[]
}

/** What the brokers' settings give topics, and what they are known by. */
interface KnownSettings {
  readonly key: string
  readonly brokers: BrokerSettings
  /** What is answered about a topic without settings of its own. */
  readonly ofPlainTopics: TopicResult['configs']
}

export interface TopicControlOptions {
  readonly view: ClusterView
  readonly names: CollidingNames
  readonly logger: Logger
  readonly random?: RandomInt
  readonly newTopicId?: () => string
}

/** Creates and deletes topics. Each topic has its own answer; the records of all stand or fall together. */
export class TopicControl {
  private readonly options: TopicControlOptions
  private readonly view: ClusterView
  private settings: KnownSettings | undefined

  constructor(options: TopicControlOptions) {
    this.options = options
    this.view = options.view
  }

  /** `mayDescribe`: the configs of these topics are answered. Throws POLICY_VIOLATION for a request that is too large. */
  create(
    { topics, validateOnly }: Pick<RequestOf<typeof CreateTopics>, 'topics' | 'validateOnly'>,
    mayDescribe: (topic: string) => boolean,
  ): Outcome<TopicResult[]> {
    this.checkPartitionCount(topics)
    const settings = this.knownSettings()
    const records: MetadataRecord[] = []
    const response = topics.map((topic): TopicResult => {
      try {
        const created = this.createOne(topic, settings, mayDescribe(topic.name))
        records.push(...created.records)
        if (records.length > MAX_RECORDS_PER_REQUEST) {
          throw new ApiError(ErrorCode.POLICY_VIOLATION, 'Unable to perform excessively large batch operation.')
        }
        return created.response
      } catch (error) {
        if (!(error instanceof ApiError) || records.length > MAX_RECORDS_PER_REQUEST) throw error
        return { name: topic.name, errorCode: error.code, errorMessage: error.message, configs: [] }
      }
    })
    this.logResults(validateOnly ? 'Validate-only CreateTopics' : 'CreateTopics', response)
    return { records: validateOnly ? [] : records, response }
  }

  /** Throws UNKNOWN_TOPIC_ID for a topic that is gone already. */
  delete(topicId: string): MetadataRecord {
    if (!this.view.image.topics.byId.has(topicId)) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_ID)
    return metadataRecord(RemoveTopicRecord, 0, { topicId })
  }

  /** PartitionRecords for partitions from `first` on. */
  partitionRecords(topicId: string, first: number, partitions: readonly NewPartition[]): MetadataRecord[] {
    const version = recordVersionsAt(this.view.metadataVersion).partition
    return partitions.map(({ replicas, isr }, index) =>
      metadataRecord(PartitionRecord, version, {
        partitionId: first + index,
        topicId,
        replicas,
        isr,
        leader: isr[0],
        leaderEpoch: 0,
        partitionEpoch: 0,
        directories: version === 0 ? [] : replicas.map((broker) => this.view.defaultDirectory(broker)),
      }),
    )
  }

  /** Places partitions; their ISR is the active ones of their replicas. */
  place(partitionCount: number, replicationFactor: number): NewPartition[] {
    return placeReplicas(partitionCount, replicationFactor, this.view.usableBrokers(), this.options.random).map(
      (replicas) => {
        const isr = replicas.filter((broker) => this.view.isActive(broker))
        if (isr.length > 0) return { replicas, isr }
        throw new ApiError(
          ErrorCode.INVALID_REPLICATION_FACTOR,
          `Unable to replicate the partition ${replicationFactor} time(s): All brokers are currently fenced or in controlled shutdown.`,
        )
      },
    )
  }

  /** Checks replicas that somebody chose; `expectedCount` is that of the partitions before. */
  manualPartition(replicas: readonly number[], partition: number, expectedCount: number | undefined): NewPartition {
    const refuse = (text: string) => new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, text)
    if (replicas.length === 0) throw refuse('The manual partition assignment includes an empty replica list.')
    const sorted = [...replicas].sort((a, b) => a - b)
    for (const [index, broker] of sorted.entries()) {
      if (!this.view.image.brokers.has(broker)) {
        throw refuse(`The manual partition assignment includes broker ${broker}, but no such broker is registered.`)
      }
      if (broker === sorted[index - 1]) {
        throw refuse(`The manual partition assignment includes the broker ${broker} more than once.`)
      }
    }
    if (expectedCount !== undefined && replicas.length !== expectedCount) {
      throw refuse(
        `The manual partition assignment includes a partition with ${replicas.length} replica(s), but this is not consistent with previous partitions, which have ${expectedCount} replica(s).`,
      )
    }
    const isr = replicas.filter((broker) => this.view.isActive(broker))
    if (isr.length === 0) {
      throw refuse(
        `All brokers specified in the manual partition assignment for partition ${partition} are fenced or in controlled shutdown.`,
      )
    }
    return { replicas: [...replicas], isr }
  }

  private createOne(topic: NewTopic, settings: KnownSettings, mayDescribe: boolean): Outcome<TopicResult> {
    const { name } = topic
    this.checkName(name)
    const configs = this.checkedConfigs(topic, settings)
    const partitions = this.partitionsOf(topic)
    const topicId = (this.options.newTopicId ?? randomUuid)()
    const records = [
      metadataRecord(TopicRecord, 0, { name, topicId }),
      ...[...configs].map(([key, value]) =>
        metadataRecord(ConfigRecord, 0, {
          resourceType: configResourceTypeId('TOPIC'),
          resourceName: name,
          name: key,
          value,
        }),
      ),
      ...this.partitionRecords(topicId, 0, partitions),
    ]
    if (!mayDescribe) {
      const topicConfigErrorCode = ErrorCode.TOPIC_AUTHORIZATION_FAILED
      return { records, response: { name, topicId, errorMessage: null, topicConfigErrorCode, configs: [] } }
    }
    return {
      records,
      response: {
        name,
        topicId,
        errorMessage: null,
        numPartitions: partitions.length,
        replicationFactor: partitions[0]!.replicas.length,
        configs: configs.size === 0 ? settings.ofPlainTopics : answeredConfigs(settings.brokers, configs),
      },
    }
  }

  private checkName(name: string): void {
    const collision = this.options.names.of(name)
    if (this.view.image.topics.byName.has(name)) {
      throw new ApiError(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
    }
    if (collision !== undefined) {
      throw new ApiError(
        ErrorCode.INVALID_TOPIC_EXCEPTION,
        `Topic '${name}' collides with existing topic: ${collision}`,
      )
    }
    const invalid = invalidTopicName(name)
    if (invalid) throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, invalid)
  }

  private checkedConfigs({ configs }: NewTopic, settings: KnownSettings): Map<string, string> {
    const given = new Map<string, string>()
    const nulls = configs.filter(({ value }) => value === null).map(({ name }) => name)
    if (nulls.length > 0) {
      throw new ApiError(ErrorCode.INVALID_CONFIG, `Null value not supported for topic configs: ${nulls.join(',')}`)
    }
    for (const { name, value } of configs) given.set(name, value as string)
    if ([...given.values()].some((value) => value.length > MAX_CONFIG_VALUE_LENGTH)) {
      throw new ApiError(
        ErrorCode.INVALID_CONFIG,
        'The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.',
      )
    }
    // Without configs of its own a topic is not checked: what the broker's settings give it was judged at its start.
    if (given.size > 0) refusingBadConfigs(() => validateTopicConfigs(given, settings.brokers.fixed))
    return given
  }

  private partitionsOf(topic: NewTopic): NewPartition[] {
    const { assignments, numPartitions, replicationFactor } = topic
    if (assignments.length > 0) return this.assignedPartitions(topic)
    if (replicationFactor < -1 || replicationFactor === 0) {
      throw new ApiError(
        ErrorCode.INVALID_REPLICATION_FACTOR,
        'Replication factor must be larger than 0, or -1 to use the default value.',
      )
    }
    if (numPartitions < -1 || numPartitions === 0) {
      throw new ApiError(ErrorCode.INVALID_PARTITIONS, 'Number of partitions was set to an invalid non-positive value.')
    }
    const { config } = this.view
    const factor = replicationFactor === -1 ? config.get<number>('default.replication.factor') : replicationFactor
    const count = numPartitions === -1 ? config.get<number>('num.partitions') : numPartitions
    try {
      return this.place(count, factor)
    } catch (error) {
      if (!(error instanceof ApiError) || error.message.startsWith('Unable to replicate')) throw error
      throw new ApiError(error.code, `Unable to replicate the partition ${factor} time(s): ${error.message}`)
    }
  }

  private assignedPartitions({ assignments, numPartitions, replicationFactor }: NewTopic): NewPartition[] {
    const refuse = (code: ErrorCode, text: string) => new ApiError(code, text)
    if (replicationFactor !== -1) {
      throw refuse(
        ErrorCode.INVALID_REQUEST,
        'A manual partition assignment was specified, but replication factor was not set to -1.',
      )
    }
    if (numPartitions !== -1) {
      throw refuse(
        ErrorCode.INVALID_REQUEST,
        'A manual partition assignment was specified, but numPartitions was not set to -1.',
      )
    }
    const partitions = new Map<number, NewPartition>()
    let expectedCount: number | undefined
    for (const { partitionIndex, brokerIds } of assignments) {
      if (partitions.has(partitionIndex)) {
        throw refuse(
          ErrorCode.INVALID_REPLICA_ASSIGNMENT,
          `Found multiple manual partition assignments for partition ${partitionIndex}`,
        )
      }
      partitions.set(partitionIndex, this.manualPartition(brokerIds, partitionIndex, expectedCount))
      expectedCount = brokerIds.length
    }
    return Array.from({ length: partitions.size }, (_, index) => {
      const partition = partitions.get(index)
      if (partition) return partition
      throw refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, 'partitions should be a consecutive 0-based integer sequence')
    })
  }

  private checkPartitionCount(topics: readonly NewTopic[]): void {
    const standard = this.view.config.get<number>('num.partitions')
    const total = topics.reduce((sum, { assignments, numPartitions }) => {
      if (assignments.length > 0) return sum + assignments.length
      return sum + (numPartitions === -1 ? standard : Math.max(0, numPartitions))
    }, 0)
    if (total <= MAX_RECORDS_PER_REQUEST) return
    throw new ApiError(ErrorCode.POLICY_VIOLATION, 'Excessively large number of partitions per request.')
  }

  /** Worked out anew only when a setting of the brokers has changed: that parses all of them. */
  private knownSettings(): KnownSettings {
    const { config, image } = this.view
    const cluster = new Map(image.configs.of('BROKER', ''))
    const own = new Map(image.configs.of('BROKER', String(config.nodeId)))
    const key = JSON.stringify([[...cluster], [...own]])
    if (this.settings?.key !== key) {
      const brokers = brokerSettings(config, cluster, own)
      this.settings = { key, brokers, ofPlainTopics: answeredConfigs(brokers, new Map()) }
    }
    return this.settings
  }

  private logResults(what: string, results: readonly TopicResult[]): void {
    const { logger, view } = this.options
    const failed = results.filter(({ errorCode }) => errorCode)
    const texts = results.map(({ name, errorCode, errorMessage }) =>
      errorCode ? `${name}: error ${errorCode} (${errorMessage})` : `${name}: SUCCESS`,
    )
    const shown = texts.length <= 20 ? texts.join(', ') : `${texts.length} topics, ${failed.length} failed`
    logger.info(`[QuorumController id=${view.config.nodeId}] ${what} result(s): ${shown}`, LOGGER)
  }
}

function answeredConfigs(settings: BrokerSettings, own: ReadonlyMap<string, string>): TopicResult['configs'] {
  return describeTopic(settings, own)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value, readOnly, configSource, isSensitive }) => ({
      name,
      value,
      readOnly,
      configSource,
      isSensitive,
    }))
}

/** Turns Kafka's configuration errors into INVALID_CONFIG answers. */
function refusingBadConfigs(check: () => void): void {
  try {
    check()
  } catch (error) {
    if (error instanceof ConfigException || (error as Error).name === 'InvalidConfigurationException') {
      throw new ApiError(ErrorCode.INVALID_CONFIG, (error as Error).message)
    }
    throw error
  }
}
