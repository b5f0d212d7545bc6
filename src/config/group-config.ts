import type { BrokerConfig } from './broker-config.ts'
import { ConfigDef, type ConfigValue } from './config-def.ts'
import { GROUP_KEYS } from './definitions/group.ts'
import { InvalidConfigurationException, InvalidRequestException } from './java-error.ts'
import { withoutNulls } from './null-values.ts'

/** Every setting of a group, for all kinds of groups. */
export const GROUP_CONFIG = new ConfigDef(GROUP_KEYS)

/** The broker setting that gives a group setting its default, undefined where only Kafka's own default exists. */
export function groupSynonym(name: string): string | undefined {
  const hasNone = ['share.auto.offset.reset', 'share.isolation.level', 'share.renew.acknowledge.enable']
  return hasNone.includes(name) ? undefined : `group.${name}`
}

/**
 * The settings of one group, parsed: its own over the broker's. Values outside of the broker's limits, which the
 * limits allowed when they were stored, are brought back into them.
 */
export function groupConfigFrom(
  broker: BrokerConfig,
  overrides: ReadonlyMap<string, string>,
): ReadonlyMap<string, ConfigValue> {
  const values = new Map<string, ConfigValue>()
  for (const [name, key] of GROUP_CONFIG.keys) {
    const text = overrides.get(name)
    const value = text === undefined ? inherited(broker, name) : GROUP_CONFIG.parseValue(key, text)
    values.set(name, text === undefined ? value : clamped(broker, name, value))
  }
  return values
}

function inherited(broker: BrokerConfig, name: string): ConfigValue {
  const synonym = groupSynonym(name)
  return synonym ? broker.get(synonym) : GROUP_CONFIG.defaultOf(GROUP_CONFIG.keys.get(name)!)
}

/** `consumer.session.timeout.ms` → the keys of its limits, where the broker has such. */
function limitKeys(name: string): { min?: string; max?: string } {
  if (name === 'streams.num.standby.replicas') return { max: 'group.streams.max.standby.replicas' }
  if (groupSynonym(name) === undefined || name === 'streams.initial.rebalance.delay.ms') return {}
  const dot = name.indexOf('.')
  const [kind, setting] = [name.slice(0, dot), name.slice(dot + 1)]
  return { min: `group.${kind}.min.${setting}`, max: `group.${kind}.max.${setting}` }
}

function clamped(broker: BrokerConfig, name: string, value: ConfigValue): ConfigValue {
  const { min, max } = limitKeys(name)
  if (min !== undefined && (value as number) < broker.get<number>(min)) return broker.get(min)
  if (max !== undefined && (value as number) > broker.get<number>(max)) return broker.get(max)
  return value
}

/** In the order of Kafka's checks, which decides which of several mistakes is reported. */
const LIMITED = [
  'consumer.heartbeat.interval.ms',
  'consumer.session.timeout.ms',
  'consumer.assignment.interval.ms',
  'share.heartbeat.interval.ms',
  'share.session.timeout.ms',
  'share.record.lock.duration.ms',
  'share.delivery.count.limit',
  'share.partition.max.record.locks',
  'share.assignment.interval.ms',
  'streams.heartbeat.interval.ms',
  'streams.session.timeout.ms',
  'streams.num.standby.replicas',
  'streams.assignment.interval.ms',
] as const

/** Throws what Kafka's controller answers when the settings of `group` become `overrides`. */
export function validateGroupConfigs(
  group: string,
  overrides: ReadonlyMap<string, string | null>,
  broker: BrokerConfig,
): void {
  if (group === '') throw new InvalidRequestException('Default group resources are not allowed.')
  const given = withoutNulls(overrides, 'group')
  for (const name of given.keys()) {
    if (!GROUP_CONFIG.keys.has(name)) throw new InvalidConfigurationException(`Unknown group config name: ${name}`)
  }
  const values = new Map<string, ConfigValue>()
  for (const [name, key] of GROUP_CONFIG.keys) {
    const text = given.get(name)
    values.set(name, text === undefined ? inherited(broker, name) : GROUP_CONFIG.parseValue(key, text))
  }
  for (const name of LIMITED) {
    // The default of an assignment interval may change while the broker runs: it is judged only when set here.
    if (name.endsWith('.assignment.interval.ms') && !given.has(name)) continue
    const value = values.get(name) as number
    const { min, max } = limitKeys(name)
    if (min !== undefined && value < broker.get<number>(min)) {
      throw new InvalidConfigurationException(`${name} must be greater than or equal to ${min}`)
    }
    if (max !== undefined && value > broker.get<number>(max)) {
      throw new InvalidConfigurationException(`${name} must be less than or equal to ${max}`)
    }
  }
  for (const kind of ['consumer', 'share', 'streams']) {
    const [session, heartbeat] = [`${kind}.session.timeout.ms`, `${kind}.heartbeat.interval.ms`]
    if ((values.get(session) as number) > (values.get(heartbeat) as number)) continue
    throw new InvalidConfigurationException(`${session} must be greater than ${heartbeat}`)
  }
}
