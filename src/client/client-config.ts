import { ConfigDef, type ConfigValue } from '../config/config-def.ts'
import { ADMIN_KEYS_AFTER_SECURITY, ADMIN_KEYS_BEFORE_SECURITY } from '../config/definitions/admin.ts'
import { CLIENT_SECURITY_KEYS } from '../config/definitions/client-security.ts'
import { ConfigException } from '../config/java-error.ts'

/** The settings of a client, parsed and checked as Kafka does. */
export interface ClientConfig {
  readonly values: ReadonlyMap<string, ConfigValue>
  /** What the user gave, as text. */
  readonly originals: ReadonlyMap<string, string>
}

export function number(config: ClientConfig, key: string): number {
  return config.values.get(key) as number
}

export function text(config: ClientConfig, key: string): string {
  return (config.values.get(key) as string | null) ?? ''
}

export function flag(config: ClientConfig, key: string): boolean {
  return config.values.get(key) as boolean
}

export function list(config: ClientConfig, key: string): readonly string[] {
  return config.values.get(key) as readonly string[]
}

/** Parses by the given tables. Refuses what this client cannot do yet, rather than connect without protection. */
export function parseClientConfig(keys: ConfigDef, originals: ReadonlyMap<string, string>): ClientConfig {
  const config: ClientConfig = { values: keys.parse(originals), originals }
  const protocol = text(config, 'security.protocol').toUpperCase()
  if (protocol !== '' && protocol !== 'PLAINTEXT') {
    throw new ConfigException(`security.protocol=${protocol} is not supported yet: this client speaks PLAINTEXT only.`)
  }
  return config
}

const ADMIN = new ConfigDef([...ADMIN_KEYS_BEFORE_SECURITY, ...CLIENT_SECURITY_KEYS, ...ADMIN_KEYS_AFTER_SECURITY])

export function adminConfig(originals: ReadonlyMap<string, string>): ClientConfig {
  return parseClientConfig(ADMIN, originals)
}
