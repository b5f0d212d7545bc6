import type { ConfigDef, ConfigValue } from './config-def.ts'
import { ConfigException, JavaError } from './java-error.ts'
import { type HostPort, parseHostPort } from './quorum-addresses.ts'

/** What one kind of Java client knows and checks: ADMIN_CLIENT, PRODUCER_CLIENT, CONSUMER_CLIENT. */
export interface ClientKind {
  readonly definition: ConfigDef
  /** Checks what settings say together, and changes what follows from that. Throws Kafka's exception. */
  check?(properties: ReadonlyMap<string, string>, values: Map<string, ConfigValue>): void
}

/** The parsed settings of a client, with what the Java client changes or says about them. */
export interface ClientConfig {
  readonly values: ReadonlyMap<string, ConfigValue>
  readonly originals: ReadonlyMap<string, string>
  /** Lines the Java client logs at WARN. */
  readonly warnings: readonly string[]
  /** Keys the user gave that no client of this kind knows; Java mentions them at INFO only. */
  readonly unknownKeys: readonly string[]
  get<T extends ConfigValue>(key: string): T
}

/**
 * Parses and checks client settings as the Java clients do when they are constructed; throws their exceptions. For
 * producers and consumers the Java tools wrap them, which is up to the tool.
 */
export function clientConfigFrom(kind: ClientKind, properties: ReadonlyMap<string, string>): ClientConfig {
  const { definition } = kind
  const values = definition.parse(properties)
  const warnings: string[] = []
  const get = <T extends ConfigValue>(key: string): T => {
    const value = values.get(key)
    if (value === undefined) throw new ConfigException(`Unknown configuration '${key}'`)
    return value as T
  }
  checkSasl(get)
  warnAboutBackoff(properties, values, warnings)
  kind.check?.(properties, values)
  const unknownKeys = [...properties.keys()].filter((name) => !definition.keys.has(name))
  return { values, originals: properties, warnings, unknownKeys, get }
}

function checkSasl(get: <T extends ConfigValue>(key: string) => T): void {
  if (!get<string>('security.protocol').toUpperCase().startsWith('SASL')) return
  if (get<string | null>('sasl.mechanism')) return
  const reason = 'configuration enables SASL, mechanism must be non-null and non-empty string.'
  throw ConfigException.of('sasl.mechanism', null, `When the security.protocol ${reason}`)
}

function warnAboutBackoff(
  properties: ReadonlyMap<string, string>,
  values: Map<string, ConfigValue>,
  warnings: string[],
): void {
  const isAbove = (one: string, other: string, what: string) => {
    const [value, limit] = [values.get(one) as number, values.get(other) as number]
    if (value <= limit) return
    warnings.push(
      `Configuration '${one}' with value '${value}' is greater than configuration '${other}' with value '${limit}'. ` +
        `A static ${what} with value '${limit}' will be applied.`,
    )
  }
  isAbove('retry.backoff.ms', 'retry.backoff.max.ms', 'backoff')
  isAbove('socket.connection.setup.timeout.ms', 'socket.connection.setup.timeout.max.ms', 'connection setup timeout')
  if (properties.has('reconnect.backoff.max.ms') || !properties.has('reconnect.backoff.ms')) return
  warnings.push(
    'Disabling exponential reconnect backoff because reconnect.backoff.ms is set, but reconnect.backoff.max.ms is not.',
  )
  values.set('reconnect.backoff.max.ms', values.get('reconnect.backoff.ms') ?? null)
}

/** One of `bootstrap.servers`; `url` is how the user wrote it. */
export interface BootstrapAddress extends HostPort {
  readonly url: string
}

/** The addresses a client starts with, and whether they are of controllers. Names are not looked up here. */
export function bootstrapAddresses(config: ClientConfig): { addresses: BootstrapAddress[]; areControllers: boolean } {
  const servers = config.get<string[]>('bootstrap.servers')
  const mayBeControllers = config.values.has('bootstrap.controllers')
  const controllers = mayBeControllers ? config.get<string[]>('bootstrap.controllers') : []
  if (mayBeControllers && servers.length === 0 && controllers.length === 0) {
    throw new ConfigException('You must set either bootstrap.servers or bootstrap.controllers')
  }
  if (servers.length > 0 && controllers.length > 0) {
    throw new ConfigException('You cannot set both bootstrap.servers and bootstrap.controllers')
  }
  const areControllers = controllers.length > 0
  const urls = (areControllers ? controllers : servers).filter((url) => url !== '')
  const addresses = urls.map((url) => ({ url, ...parseBootstrapUrl(url) }))
  if (addresses.length === 0) throw noBootstrapServer()
  return { addresses, areControllers }
}

export function noBootstrapServer(): ConfigException {
  return new ConfigException('No resolvable bootstrap urls given in bootstrap.servers')
}

function parseBootstrapUrl(url: string): HostPort {
  let address: HostPort | undefined
  try {
    address = parseHostPort(url)
  } catch (error) {
    // A port that is no 32-bit number; Java's NumberFormatException is an IllegalArgumentException.
    if (!(error instanceof JavaError)) throw error
    throw new ConfigException(`Invalid port in bootstrap.servers: ${url}`)
  }
  if (!address) throw new ConfigException(`Invalid url in bootstrap.servers: ${url}`)
  if (address.port > 65_535) throw new ConfigException(`Invalid port in bootstrap.servers: ${url}`)
  return address
}
