import type { BrokerConfig } from './broker-config.ts'
import { BROKER_CONFIG } from './broker-def.ts'
import { type ConfigKey, HIDDEN } from './config-def.ts'
import { ConfigException } from './java-error.ts'
import { EFFECTIVE, GUARDED, INEFFECTIVE, isNamed, type SettingStatus } from './setting-status.ts'

/**
 * Throws, naming the setting, when the configuration asks for a protection (or for foreign code) that does not exist
 * here: running without it would look like running with it.
 */
export function failClosed(config: BrokerConfig): void {
  const refusals = [
    ...quorumRefusals(config),
    ...listenerRefusals(config),
    ...settingRefusals(config),
    ...listenerSettingRefusals(config),
  ]
  const [first, ...others] = refusals
  if (!first) return
  const also = others.length === 0 ? '' : ` The same goes for ${others.map((one) => one.setting).join(', ')}.`
  throw new ConfigException(
    `${first.setting} asks for something this broker would not do: ${first.reason}. It does not start, rather than run without it.${also}`,
  )
}

interface Refusal {
  readonly setting: string
  readonly reason: string
}

/** One voter that decides alone, where several were asked for, would split the cluster in two. */
function* quorumRefusals(config: BrokerConfig): Generator<Refusal> {
  if (!config.hasRole('controller')) {
    yield { setting: 'process.roles=broker', reason: 'a controller in another process cannot be reached yet' }
  } else if (config.controllerQuorumVoters.size > 1) {
    const voters = config.text('controller.quorum.voters')
    yield { setting: `controller.quorum.voters=${voters}`, reason: 'a quorum of several controllers is not built yet' }
  }
}

function* listenerRefusals(config: BrokerConfig): Generator<Refusal> {
  const controllers = config.controllerListenerNames.map((name) => ({
    listenerName: name.toUpperCase(),
    securityProtocol: config.protocols.get(name.toUpperCase()) ?? 'PLAINTEXT',
  }))
  const seen = new Set<string>()
  for (const { listenerName, securityProtocol } of [...config.listeners, ...controllers]) {
    if (securityProtocol === 'PLAINTEXT' || seen.has(listenerName)) continue
    seen.add(listenerName)
    const kind =
      securityProtocol === 'SSL' ? 'TLS is' : securityProtocol === 'SASL_SSL' ? 'TLS and SASL are' : 'SASL is'
    yield { setting: `Listener ${listenerName} (${securityProtocol})`, reason: `${kind} not built yet` }
  }
}

function* settingRefusals(config: BrokerConfig): Generator<Refusal> {
  for (const key of givenKeys(config)) {
    const group = GUARDED.find((one) => isNamed(one.keys, key.name))
    if (!group) continue
    const isAsked = group.isAsked ? group.isAsked(config.get(key.name)) : differsFromDefault(config, key)
    if (isAsked) yield { setting: `${key.name}=${shown(config, key)}`, reason: group.reason }
  }
}

/** The known settings that the user gave, whatever their value. */
function givenKeys(config: BrokerConfig): ConfigKey[] {
  return [...config.originals.keys()].flatMap((name) => BROKER_CONFIG.keys.get(name) ?? [])
}

/** `listener.name.<listener>.ssl.…` and the like, which Kafka's table of settings does not list. */
function* listenerSettingRefusals(config: BrokerConfig): Generator<Refusal> {
  for (const name of config.originals.keys()) {
    const base = /^listener\.name\.[^.]+\.(.*)$/.exec(name)?.[1]
    if (base === undefined) continue
    const group = GUARDED.find((one) => one.keys.some((key) => (key.endsWith('.') ? base.includes(key) : base === key)))
    if (group) yield { setting: name, reason: group.reason }
  }
}

function differsFromDefault(config: BrokerConfig, key: ConfigKey): boolean {
  return BROKER_CONFIG.textOf(key, config.originals.get(key.name)) !== key.defaultText
}

function shown(config: BrokerConfig, key: ConfigKey): string {
  return key.type === 'PASSWORD' ? HIDDEN : String(config.text(key.name))
}

/**
 * One line for every setting that was given a value of its own and changes nothing here, for the log at WARN. Values
 * equal to the default are not mentioned: nothing is lost by them.
 */
export function ineffectiveSettings(config: BrokerConfig): string[] {
  const lines: string[] = []
  for (const key of givenKeys(config)) {
    if (!differsFromDefault(config, key)) continue
    const group = INEFFECTIVE.find((one) => isNamed(one.keys, key.name))
    if (!group) continue
    if (group.isMet?.(config.get(key.name))) continue
    lines.push(`${key.name}=${shown(config, key)} has no effect here: ${group.reason}.`)
  }
  return lines
}

/** One row of the table of settings in docs/compatibility.md. */
export interface SettingRow {
  readonly name: string
  readonly status: SettingStatus
  /** Empty for effective settings. */
  readonly reason: string
}

/** Every documented broker setting with what it does here, by name. */
export function settingRows(): SettingRow[] {
  return [...BROKER_CONFIG.keys.values()]
    .filter((key) => !key.internal)
    .map(({ name }) => ({ name, ...settingStatus(name) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** What a known broker setting does here. */
export function settingStatus(name: string): { status: SettingStatus; reason: string } {
  if (EFFECTIVE.includes(name)) return { status: 'effective', reason: '' }
  const guarded = GUARDED.find((one) => isNamed(one.keys, name))
  if (guarded) return { status: 'guarded', reason: guarded.reason }
  const ineffective = INEFFECTIVE.find((one) => isNamed(one.keys, name))
  if (ineffective) return { status: 'ineffective', reason: ineffective.reason }
  throw new Error(`${name} stands in none of the lists of setting-status.ts`)
}
