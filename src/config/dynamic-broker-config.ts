import type { BrokerConfig } from './broker-config.ts'

/** A broker's settings with their origins: what its file said, and what was changed since, for all and for it alone. */
export interface BrokerSettings {
  /** From the file, `--override` and defaults. */
  readonly fixed: BrokerConfig
  /** What holds now: `fixed` with the changes. */
  readonly current: BrokerConfig
  /** Changes for every broker of the cluster: config records of BROKER ''. */
  readonly cluster: ReadonlyMap<string, string>
  /** Changes for this broker: config records of BROKER '<id>'. */
  readonly own: ReadonlyMap<string, string>
}

const NONE: ReadonlyMap<string, string> = new Map()

/** Puts changes made while running over a broker's file; a change for one broker wins over one for all. */
export function brokerSettings(fixed: BrokerConfig, cluster = NONE, own = NONE): BrokerSettings {
  if (cluster.size === 0 && own.size === 0) return { fixed, current: fixed, cluster, own }
  const properties = new Map(fixed.originals)
  for (const changes of [cluster, own]) {
    for (const [name, value] of changes) {
      // A change of log.retention.ms must not lose against log.retention.hours of the file, nor the other way round.
      for (const synonym of brokerSynonyms(name, false)) properties.delete(synonym)
      properties.set(name, value)
    }
  }
  return { fixed, current: fixed.replaced(properties), cluster, own }
}

const FAMILIES: readonly (readonly string[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
]
const FLUSH_FAMILY = ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms']

/** Settings that end in one of these are given per listener and mechanism: `listener.name.<listener>.<mechanism>.…`. */
const MECHANISM_SETTINGS = [
  'sasl.jaas.config',
  'sasl.login.callback.handler.class',
  'sasl.login.class',
  'sasl.server.callback.handler.class',
  'connections.max.reauth.ms',
]

/**
 * The settings that say the same thing as `name`, the most important first. `log.flush.scheduler.interval.ms` gives
 * `log.flush.interval.ms` its default, but is a setting of its own.
 */
export function brokerSynonyms(name: string, matchListeners = true): readonly string[] {
  const family = FAMILIES.find((one) => one.includes(name))
  if (family) return family
  if (name === FLUSH_FAMILY[0]) return FLUSH_FAMILY
  const base = matchListeners ? /^listener\.name\.[^.]*\.(.*)$/.exec(name)?.[1] : undefined
  if (base === undefined) return [name]
  return [name, MECHANISM_SETTINGS.find((setting) => base.endsWith(setting)) ?? base]
}
