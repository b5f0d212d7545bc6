import type { BrokerConfig } from './broker-config.ts'
import { BROKER_CONFIG } from './broker-def.ts'
import { CLIENT_METRICS_CONFIG } from './client-metrics-config.ts'
import type { ConfigDef, ConfigKey, ConfigType } from './config-def.ts'
import { type BrokerSettings, brokerSynonyms } from './dynamic-broker-config.ts'
import { GROUP_CONFIG, groupSynonym } from './group-config.ts'
import { InvalidRequestException } from './java-error.ts'
import { javaHashOrder } from './java-hash-order.ts'
import { parseJavaInteger } from './java-text.ts'
import { TOPIC_CONFIG, TOPIC_SYNONYMS } from './topic-config.ts'

/** Where a value comes from, as DescribeConfigs numbers it. */
export const ConfigSource = {
  TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
  DYNAMIC_BROKER_LOGGER: 6,
  CLIENT_METRICS: 7,
  GROUP: 8,
} as const

/** The types of values, as DescribeConfigs numbers them; 0 is "unknown". */
const TYPE_IDS: Readonly<Record<ConfigType, number>> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
}

/** One setting as DescribeConfigs answers it; the names are those of the message. */
export interface DescribedConfig {
  name: string
  value: string | null
  readOnly: boolean
  configSource: number
  isSensitive: boolean
  synonyms: DescribedSynonym[]
  configType: number
  documentation: string | null
}

export interface DescribedSynonym {
  name: string
  value: string | null
  source: number
}

/** One sentence about a setting, null for one that nobody documented. */
export type Documentation = (name: string) => string | null

export interface DescribeOptions {
  /** Only these; null or none for all. */
  readonly names?: readonly string[] | null
  readonly includeSynonyms?: boolean
  /** What loadDocumentation gave, when the request wants documentation. */
  readonly documentation?: Documentation
}

/** The sentences about one kind of resource; loaded when somebody asks, since they are as long as all the rest. */
export async function loadDocumentation(
  resource: 'broker' | 'topic' | 'group' | 'client-metrics',
): Promise<Documentation> {
  const texts = await documentationTexts(resource)
  return (name) => texts[name] ?? null
}

async function documentationTexts(resource: string): Promise<Readonly<Record<string, string>>> {
  if (resource === 'topic') return (await import('./documentation/topic.ts')).TOPIC_DOCUMENTATION
  if (resource === 'group') return (await import('./documentation/group.ts')).GROUP_DOCUMENTATION
  if (resource === 'client-metrics') return (await import('./documentation/group.ts')).CLIENT_METRICS_DOCUMENTATION
  const [server, log, security] = await Promise.all([
    import('./documentation/broker-server.ts'),
    import('./documentation/broker-log.ts'),
    import('./documentation/broker-security.ts'),
  ])
  const groups = await import('./documentation/broker-groups.ts')
  return {
    ...server.SERVER_DOCUMENTATION,
    ...log.LOG_DOCUMENTATION,
    ...security.SECURITY_DOCUMENTATION,
    ...groups.COORDINATOR_DOCUMENTATION,
  }
}

/** All settings of a topic, in the order of Kafka's answer. */
export function describeTopic(
  settings: BrokerSettings,
  overrides: ReadonlyMap<string, string>,
  options: DescribeOptions = {},
): DescribedConfig[] {
  return listed(TOPIC_CONFIG, overrides, options).map((name) => {
    const key = TOPIC_CONFIG.keys.get(name)
    const override = overrides.get(name)
    const value = key ? topicText(settings.current, key, override) : (override ?? null)
    const [synonym] = TOPIC_SYNONYMS.get(name) ?? []
    const inherited = synonym ? synonymsOf(settings, synonym.broker) : []
    return described(
      { name, key, value, source: ConfigSource.TOPIC, isOwn: override !== undefined, inherited },
      options,
    )
  })
}

/** The value that a topic has: its own, else what the broker's settings come to, in exact digits. */
export function topicText(broker: BrokerConfig, key: ConfigKey, override: string | undefined): string | null {
  if (override !== undefined) return TOPIC_CONFIG.textOf(key, override)
  const [synonym] = TOPIC_SYNONYMS.get(key.name) ?? []
  if (!synonym) return key.defaultText ?? null
  switch (key.name) {
    case 'segment.ms':
      return broker.text(synonym.broker) ?? String(broker.logRollMs)
    case 'segment.jitter.ms':
      return broker.text(synonym.broker) ?? String(broker.logRollJitterMs)
    case 'retention.ms':
      return broker.logRetentionMs < 0 ? '-1' : (broker.text(synonym.broker) ?? String(broker.logRetentionMs))
    case 'flush.ms':
      return broker.text(synonym.broker) ?? broker.text('log.flush.scheduler.interval.ms')
    default:
      return broker.text(synonym.broker)
  }
}

/**
 * All settings of this broker, or with an empty `resourceName` the changes made for all brokers. Other broker ids are
 * refused: every broker answers for itself.
 */
export function describeBroker(
  settings: BrokerSettings,
  resourceName: string,
  options: DescribeOptions = {},
): DescribedConfig[] {
  if (resourceName === '') {
    const names = [...settings.cluster.keys()].filter((name) => isWanted(name, options))
    return names.map((name) => brokerEntry(settings, name, settings.cluster.get(name)!, options, true))
  }
  checkBrokerId(settings, resourceName, ' or empty string')
  const originals = settings.current.originals
  return listed(BROKER_CONFIG, originals, options).map((name) =>
    brokerEntry(settings, name, settings.current.text(name), options, false),
  )
}

function checkBrokerId(settings: BrokerSettings, resourceName: string, orWhat: string): void {
  const id = parseJavaInteger(resourceName, 32)
  if (id === undefined) {
    throw new InvalidRequestException(`Broker id must be an integer, but it is: ${resourceName}`)
  }
  const own = settings.fixed.nodeId
  if (id === own) return
  throw new InvalidRequestException(`Unexpected broker id, expected ${own}${orWhat}, but received ${resourceName}`)
}

/** Settings that a running broker can be told though no file may hold them. */
const DYNAMIC_ONLY = [
  'leader.replication.throttled.rate',
  'follower.replication.throttled.rate',
  'replica.alter.log.dirs.io.max.bytes.per.second',
]

function brokerEntry(
  settings: BrokerSettings,
  name: string,
  value: string | null,
  options: DescribeOptions,
  clusterOnly: boolean,
): DescribedConfig {
  const type = brokerType(name)
  const isSensitive = type === undefined || type === 'PASSWORD'
  const all = synonymsOf(settings, name, isSensitive)
  const synonyms = clusterOnly ? all.filter((one) => one.source === ConfigSource.DYNAMIC_DEFAULT_BROKER) : all
  return {
    name,
    value: isSensitive ? null : value,
    readOnly: !BROKER_CONFIG.keys.get(name)?.update && !DYNAMIC_ONLY.includes(name),
    configSource: synonyms[0]?.source ?? ConfigSource.DEFAULT,
    isSensitive,
    synonyms: options.includeSynonyms ? synonyms : [],
    configType: type ? TYPE_IDS[type] : 0,
    documentation: options.documentation?.(name) ?? null,
  }
}

function brokerType(name: string): ConfigType | undefined {
  if (DYNAMIC_ONLY.includes(name)) return 'LONG'
  for (const one of [name, ...brokerSynonyms(name)]) {
    const type = BROKER_CONFIG.keys.get(one)?.type
    if (type) return type
  }
  return undefined
}

/**
 * Every place that gives the broker setting `name` a value, the strongest first: changes for this broker, for all,
 * the file, Kafka's default. Places before the first that speaks of `name` itself do not count.
 */
function synonymsOf(settings: BrokerSettings, name: string, isSensitive = false): DescribedSynonym[] {
  const names = brokerSynonyms(name)
  const found: DescribedSynonym[] = []
  const add = (source: number, value: (one: string) => string | null | undefined) => {
    for (const one of names) {
      const text = value(one)
      if (text !== undefined && text !== null) found.push({ name: one, value: isSensitive ? null : text, source })
    }
  }
  add(ConfigSource.DYNAMIC_BROKER, (one) => settings.own.get(one))
  add(ConfigSource.DYNAMIC_DEFAULT_BROKER, (one) => settings.cluster.get(one))
  add(ConfigSource.STATIC_BROKER, (one) => settings.fixed.originals.get(one))
  add(ConfigSource.DEFAULT, (one) => BROKER_CONFIG.keys.get(one)?.defaultText)
  const first = found.findIndex((one) => one.name === name)
  return first < 0 ? [] : found.slice(first)
}

/** All settings of a group, whether it exists or not. */
export function describeGroup(
  settings: BrokerSettings,
  group: string,
  overrides: ReadonlyMap<string, string>,
  options: DescribeOptions = {},
): DescribedConfig[] {
  if (group === '') throw new InvalidRequestException('Group name must not be empty')
  return listed(GROUP_CONFIG, overrides, options).map((name) => {
    const key = GROUP_CONFIG.keys.get(name)
    const override = overrides.get(name)
    const synonym = groupSynonym(name)
    const inherited = synonym
      ? synonymsOf(settings, synonym)
      : [{ name, value: key?.defaultText ?? null, source: ConfigSource.DEFAULT }]
    const text = synonym ? settings.current.text(synonym) : (key?.defaultText ?? null)
    const value = key && override !== undefined ? GROUP_CONFIG.textOf(key, override) : (override ?? text)
    return described(
      { name, key, value, source: ConfigSource.GROUP, isOwn: override !== undefined, inherited },
      options,
    )
  })
}

/** The settings of a client metrics subscription, whether it exists or not. */
export function describeClientMetrics(
  subscription: string,
  overrides: ReadonlyMap<string, string>,
  options: DescribeOptions = {},
): DescribedConfig[] {
  if (subscription === '') throw new InvalidRequestException('Client metrics subscription name must not be empty')
  return listed(CLIENT_METRICS_CONFIG, overrides, options).map((name) => {
    const key = CLIENT_METRICS_CONFIG.keys.get(name)
    const override = overrides.get(name)
    const value = key ? CLIENT_METRICS_CONFIG.textOf(key, override) : (override ?? null)
    const isOwn = override !== undefined
    return described({ name, key, value, source: ConfigSource.CLIENT_METRICS, isOwn, inherited: [] }, options)
  })
}

/** The levels of the broker's loggers: name (`root` for all others) → level. */
export function describeLoggers(
  settings: BrokerSettings,
  resourceName: string,
  levels: ReadonlyMap<string, string>,
  options: DescribeOptions = {},
): DescribedConfig[] {
  if (resourceName === '') throw new InvalidRequestException('Broker id must not be empty')
  checkLoggerBrokerId(settings, resourceName)
  return [...levels]
    .filter(([name]) => isWanted(name, options))
    .map(([name, value]) => ({
      name,
      value,
      readOnly: false,
      configSource: ConfigSource.DYNAMIC_BROKER_LOGGER,
      isSensitive: false,
      synonyms: [],
      configType: 0,
      documentation: '',
    }))
}

function checkLoggerBrokerId(settings: BrokerSettings, resourceName: string): void {
  const id = parseJavaInteger(resourceName, 32)
  if (id === settings.fixed.nodeId) return
  if (id === undefined) checkBrokerId(settings, resourceName, '')
  throw new InvalidRequestException(
    `Unexpected broker id, expected ${settings.fixed.nodeId} but received ${resourceName}`,
  )
}

interface Entry {
  readonly name: string
  readonly key: ConfigKey | undefined
  readonly value: string | null
  /** The source of a value that the resource itself has. */
  readonly source: number
  readonly isOwn: boolean
  readonly inherited: DescribedSynonym[]
}

function described({ name, key, value, source, isOwn, inherited }: Entry, options: DescribeOptions): DescribedConfig {
  const isSensitive = key === undefined || key.type === 'PASSWORD'
  const shown = isSensitive ? null : value
  const synonyms = isOwn ? [{ name, value: shown, source }, ...inherited] : inherited
  return {
    name,
    value: shown,
    readOnly: false,
    configSource: synonyms[0]?.source ?? ConfigSource.DEFAULT,
    isSensitive,
    synonyms: options.includeSynonyms ? synonyms : [],
    configType: key ? TYPE_IDS[key.type] : 0,
    documentation: options.documentation?.(name) ?? null,
  }
}

function isWanted(name: string, options: DescribeOptions): boolean {
  return !options.names || options.names.length === 0 || options.names.includes(name)
}

/**
 * What is described, in the order of Kafka's answer: first what was given but is not documented (unknown and internal
 * keys), then every documented key, each part in the order of a Java hash map.
 */
function listed(definition: ConfigDef, given: ReadonlyMap<string, string>, options: DescribeOptions): string[] {
  const documented = documentedOrder(definition)
  const others = javaHashOrder(given.keys()).filter((name) => isUndocumented(definition, name))
  return [...others, ...documented].filter((name) => isWanted(name, options))
}

function isUndocumented(definition: ConfigDef, name: string): boolean {
  const key = definition.keys.get(name)
  return key === undefined || key.internal === true
}

const orders = new WeakMap<ConfigDef, readonly string[]>()

function documentedOrder(definition: ConfigDef): readonly string[] {
  const known = orders.get(definition)
  if (known) return known
  const all = javaHashOrder(definition.keys.keys())
  const order = javaHashOrder(all.filter((name) => !isUndocumented(definition, name)))
  orders.set(definition, order)
  return order
}
