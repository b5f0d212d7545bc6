import type { BrokerConfig } from './broker-config.ts'
import { ConfigDef, type ConfigValue } from './config-def.ts'
import { TOPIC_KEYS } from './definitions/topic.ts'
import { ConfigException, InvalidConfigurationException } from './java-error.ts'
import { withoutNulls } from './null-values.ts'

/** Every setting of a topic. */
export const TOPIC_CONFIG = new ConfigDef(TOPIC_KEYS)

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** A broker setting that gives a topic setting its default; `factor` turns hours or minutes into milliseconds. */
export interface TopicSynonym {
  readonly broker: string
  readonly factor?: number
}

const log = (name: string, factor?: number): TopicSynonym => ({ broker: `log.${name}`, factor })
const same = (name: string): TopicSynonym => ({ broker: name })

/** Topic setting → broker settings, the most important first. The others have no broker-wide default. */
export const TOPIC_SYNONYMS: ReadonlyMap<string, readonly TopicSynonym[]> = new Map([
  ['segment.bytes', [log('segment.bytes')]],
  ['segment.ms', [log('roll.ms'), log('roll.hours', HOUR_MS)]],
  ['segment.jitter.ms', [log('roll.jitter.ms'), log('roll.jitter.hours', HOUR_MS)]],
  ['segment.index.bytes', [log('index.size.max.bytes')]],
  ['flush.messages', [log('flush.interval.messages')]],
  ['flush.ms', [log('flush.interval.ms'), log('flush.scheduler.interval.ms')]],
  ['retention.bytes', [log('retention.bytes')]],
  ['retention.ms', [log('retention.ms'), log('retention.minutes', MINUTE_MS), log('retention.hours', HOUR_MS)]],
  ['max.message.bytes', [same('message.max.bytes')]],
  ['index.interval.bytes', [log('index.interval.bytes')]],
  ['delete.retention.ms', [log('cleaner.delete.retention.ms')]],
  ['min.compaction.lag.ms', [log('cleaner.min.compaction.lag.ms')]],
  ['max.compaction.lag.ms', [log('cleaner.max.compaction.lag.ms')]],
  ['file.delete.delay.ms', [log('segment.delete.delay.ms')]],
  ['min.cleanable.dirty.ratio', [log('cleaner.min.cleanable.ratio')]],
  ['cleanup.policy', [log('cleanup.policy')]],
  ['unclean.leader.election.enable', [same('unclean.leader.election.enable')]],
  ['min.insync.replicas', [same('min.insync.replicas')]],
  ['compression.type', [same('compression.type')]],
  ['compression.gzip.level', [same('compression.gzip.level')]],
  ['compression.lz4.level', [same('compression.lz4.level')]],
  ['compression.zstd.level', [same('compression.zstd.level')]],
  ['preallocate', [log('preallocate')]],
  ['message.timestamp.type', [log('message.timestamp.type')]],
  ['message.timestamp.before.max.ms', [log('message.timestamp.before.max.ms')]],
  ['message.timestamp.after.max.ms', [log('message.timestamp.after.max.ms')]],
  ['local.retention.ms', [log('local.retention.ms')]],
  ['local.retention.bytes', [log('local.retention.bytes')]],
])

/** All settings of one topic, typed. Times in ms, sizes in bytes; 2^63-1 ("never") arrives rounded to a double. */
export interface LogConfig {
  /** `internal.segment.bytes` (tests only) wins over `segment.bytes`. */
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly segmentIndexBytes: number
  /** Records after which a log is flushed. */
  readonly flushMessages: number
  readonly flushMs: number
  /** -1: no limit. */
  readonly retentionBytes: number
  /** -1: no limit. */
  readonly retentionMs: number
  readonly maxMessageBytes: number
  readonly indexIntervalBytes: number
  readonly deleteRetentionMs: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly fileDeleteDelayMs: number
  readonly minCleanableDirtyRatio: number
  /** `cleanup.policy`; neither of both keeps everything for ever. */
  readonly compact: boolean
  readonly delete: boolean
  readonly uncleanLeaderElectionEnable: boolean
  readonly minInsyncReplicas: number
  readonly compressionType: 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'producer'
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly preallocate: boolean
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly leaderReplicationThrottledReplicas: readonly string[]
  readonly followerReplicationThrottledReplicas: readonly string[]
  readonly remoteStorageEnable: boolean
  /** -2: the same as retentionMs. */
  readonly localRetentionMs: number
  /** -2: the same as retentionBytes. */
  readonly localRetentionBytes: number
  readonly remoteLogCopyDisable: boolean
  readonly remoteLogDeleteOnDisable: boolean
  /** The settings made for this topic itself, as text. */
  readonly overrides: ReadonlyMap<string, string>
}

const defaults = new WeakMap<BrokerConfig, { values: ReadonlyMap<string, ConfigValue>; config: LogConfig }>()
const NO_OVERRIDES: ReadonlyMap<string, string> = new Map()

/** What a topic without settings of its own has, worked out once per broker configuration. */
function brokerDefaults(broker: BrokerConfig): { values: ReadonlyMap<string, ConfigValue>; config: LogConfig } {
  const known = defaults.get(broker)
  if (known) return known
  const values = new Map<string, ConfigValue>()
  for (const [name, key] of TOPIC_CONFIG.keys) {
    const [synonym] = TOPIC_SYNONYMS.get(name) ?? []
    values.set(name, synonym ? broker.get(synonym.broker) : TOPIC_CONFIG.defaultOf(key))
  }
  values.set('segment.ms', broker.logRollMs)
  values.set('segment.jitter.ms', broker.logRollJitterMs)
  values.set('retention.ms', broker.logRetentionMs)
  values.set('flush.ms', broker.logFlushIntervalMs)
  const made = { values, config: logConfigOf(values, NO_OVERRIDES) }
  defaults.set(broker, made)
  return made
}

/**
 * The settings of one topic: its own ones over the broker's. Topics without settings of their own share one object.
 * Overrides come from the metadata log and are parsed, not judged again: use validateTopicConfigs before storing them.
 */
export function logConfigFrom(broker: BrokerConfig, overrides: ReadonlyMap<string, string>): LogConfig {
  const base = brokerDefaults(broker)
  if (overrides.size === 0) return base.config
  const values = new Map(base.values)
  for (const [name, text] of overrides) {
    const key = TOPIC_CONFIG.keys.get(name)
    if (key) values.set(name, TOPIC_CONFIG.parseValue(key, text))
  }
  return logConfigOf(values, overrides)
}

function logConfigOf(values: ReadonlyMap<string, ConfigValue>, overrides: ReadonlyMap<string, string>): LogConfig {
  const get = <T extends ConfigValue>(name: string) => values.get(name) as T
  const policy = get<string[]>('cleanup.policy')
  return {
    segmentBytes: get<number | null>('internal.segment.bytes') ?? get<number>('segment.bytes'),
    segmentMs: get('segment.ms'),
    segmentJitterMs: get('segment.jitter.ms'),
    segmentIndexBytes: get('segment.index.bytes'),
    flushMessages: get('flush.messages'),
    flushMs: get('flush.ms'),
    retentionBytes: get('retention.bytes'),
    retentionMs: get('retention.ms'),
    maxMessageBytes: get('max.message.bytes'),
    indexIntervalBytes: get('index.interval.bytes'),
    deleteRetentionMs: get('delete.retention.ms'),
    minCompactionLagMs: get('min.compaction.lag.ms'),
    maxCompactionLagMs: get('max.compaction.lag.ms'),
    fileDeleteDelayMs: get('file.delete.delay.ms'),
    minCleanableDirtyRatio: get('min.cleanable.dirty.ratio'),
    compact: policy.includes('compact'),
    delete: policy.includes('delete'),
    uncleanLeaderElectionEnable: get('unclean.leader.election.enable'),
    minInsyncReplicas: get('min.insync.replicas'),
    compressionType: get<LogConfig['compressionType']>('compression.type'),
    compressionGzipLevel: get('compression.gzip.level'),
    compressionLz4Level: get('compression.lz4.level'),
    compressionZstdLevel: get('compression.zstd.level'),
    preallocate: get('preallocate'),
    messageTimestampType: get<LogConfig['messageTimestampType']>('message.timestamp.type'),
    messageTimestampBeforeMaxMs: get('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: get('message.timestamp.after.max.ms'),
    leaderReplicationThrottledReplicas: get('leader.replication.throttled.replicas'),
    followerReplicationThrottledReplicas: get('follower.replication.throttled.replicas'),
    remoteStorageEnable: get('remote.storage.enable'),
    localRetentionMs: get('local.retention.ms'),
    localRetentionBytes: get('local.retention.bytes'),
    remoteLogCopyDisable: get('remote.log.copy.disable'),
    remoteLogDeleteOnDisable: get('remote.log.delete.on.disable'),
    overrides,
  }
}

/**
 * Throws what Kafka's controller answers when a topic is created or altered with `overrides`: an unknown name first,
 * then the first bad value in declaration order, then contradictions. `existing` is what the topic had before.
 *
 * Without a broker's settings (kafka-topics checks before it connects) Kafka's own defaults stand in, and what only a
 * broker can judge is left out.
 */
export function validateTopicConfigs(
  overrides: ReadonlyMap<string, string | null>,
  broker?: BrokerConfig,
  existing: ReadonlyMap<string, string> = NO_OVERRIDES,
): void {
  const given = withoutNulls(overrides, 'topic')
  for (const name of given.keys()) {
    if (!TOPIC_CONFIG.keys.has(name)) throw new InvalidConfigurationException(`Unknown topic config name: ${name}`)
  }
  const base = broker && brokerDefaults(broker).values
  const values = new Map<string, ConfigValue>()
  for (const [name, key] of TOPIC_CONFIG.keys) {
    const text = given.get(name)
    const value = text === undefined && base ? (base.get(name) ?? null) : TOPIC_CONFIG.parseValue(key, text)
    // A broker-wide default may be out of the range that topics have; Kafka then refuses every topic.
    if (base && text === undefined && value !== null) key.validator?.ensureValid(name, value, String(value))
    values.set(name, value)
  }
  checkCompactionLag(values, given)
  if (broker) checkRemoteStorage(values, existing, broker.get<boolean>('remote.log.storage.system.enable'))
}

function checkCompactionLag(values: ReadonlyMap<string, ConfigValue>, overrides: ReadonlyMap<string, string>): void {
  const [min, max] = [
    exact('min.compaction.lag.ms', values, overrides),
    exact('max.compaction.lag.ms', values, overrides),
  ]
  if (min <= max) return
  throw new InvalidConfigurationException(
    `conflict topic config setting min.compaction.lag.ms (${min}) > max.compaction.lag.ms (${max})`,
  )
}

function checkRemoteStorage(
  values: ReadonlyMap<string, ConfigValue>,
  existing: ReadonlyMap<string, string>,
  remoteStorageEnabled: boolean,
): void {
  const number = (name: string) => values.get(name) as number
  if (!values.get('remote.storage.enable')) {
    const wasEnabled = existing.get('remote.storage.enable')?.toLowerCase() === 'true'
    if (!wasEnabled || values.get('remote.log.delete.on.disable')) return
    throw new InvalidConfigurationException(
      'It is invalid to disable remote storage without deleting remote data. ' +
        'If you want to keep the remote data and turn to read only, please set `remote.storage.enable=true,remote.log.copy.disable=true`. ' +
        'If you want to disable remote storage and delete all remote data, please set `remote.storage.enable=false,remote.log.delete.on.disable=true`.',
    )
  }
  if (!remoteStorageEnabled) {
    throw new ConfigException(
      'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
    )
  }
  const policy = values.get('cleanup.policy') as readonly string[]
  if (policy.length > 0 && (policy.length !== 1 || policy[0] !== 'delete')) {
    throw new ConfigException(
      'Remote log storage only supports topics with cleanup.policy=delete or cleanup.policy being an empty list.',
    )
  }
  checkLocalRetention('bytes', number('retention.bytes'), number('local.retention.bytes'))
  checkLocalRetention('ms', number('retention.ms'), number('local.retention.ms'))
  if (!values.get('remote.log.copy.disable')) return
  for (const unit of ['bytes', 'ms']) {
    const [local, total] = [number(`local.retention.${unit}`), number(`retention.${unit}`)]
    if (local === -2 || local === total) continue
    throw new InvalidConfigurationException(
      `When \`remote.log.copy.disable\` is set to true, the \`local.retention.${unit}\` and \`retention.${unit}\` ` +
        'must be set to the identical value because there will be no more logs copied to the remote storage.',
    )
  }
}

/** A LONG beyond 2^53 is rounded once parsed; its text is not. */
function exact(
  name: string,
  values: ReadonlyMap<string, ConfigValue>,
  overrides: ReadonlyMap<string, string>,
): number | bigint {
  const value = values.get(name) as number
  if (Number.isSafeInteger(value)) return value
  return BigInt((overrides.get(name) ?? TOPIC_CONFIG.keys.get(name)?.defaultText ?? '').trim().replace('+', ''))
}

function checkLocalRetention(unit: 'bytes' | 'ms', total: number, local: number): void {
  const isLimited = unit === 'bytes' ? total > -1 : total !== -1
  if (!isLimited || local === -2) return
  const [key, limit] = [`local.retention.${unit}`, `retention.${unit}`]
  if (local === -1) {
    throw ConfigException.of(key, '-1', `Value must not be -1 as ${limit} value is set as ${total}.`)
  }
  if (local > total) {
    throw ConfigException.of(key, String(local), `Value must not be more than ${limit} property value: ${total}`)
  }
}
