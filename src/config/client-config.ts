import { ConfigDef, type ConfigValue } from './config-def.ts'
import { ADMIN_KEYS_AFTER_SECURITY, ADMIN_KEYS_BEFORE_SECURITY } from './definitions/admin.ts'
import { CLIENT_SECURITY_KEYS } from './definitions/client-security.ts'
import { CONSUMER_KEYS_AFTER_SECURITY, CONSUMER_KEYS_BEFORE_SECURITY } from './definitions/consumer.ts'
import { PRODUCER_KEYS_AFTER_SECURITY, PRODUCER_KEYS_BEFORE_SECURITY } from './definitions/producer.ts'
import { ConfigException, InvalidConfigurationException, JavaError } from './java-error.ts'
import { javaTrim } from './java-text.ts'
import { type HostPort, parseHostPort } from './quorum-addresses.ts'

export type ClientKind = 'producer' | 'consumer' | 'admin'

const definitions = new Map<ClientKind, ConfigDef>()

/** The settings of one kind of Java client; built at first use, since most tools need one kind only. */
export function clientConfigDef(kind: ClientKind): ConfigDef {
  const known = definitions.get(kind)
  if (known) return known
  const [before, after] = {
    producer: [PRODUCER_KEYS_BEFORE_SECURITY, PRODUCER_KEYS_AFTER_SECURITY],
    consumer: [CONSUMER_KEYS_BEFORE_SECURITY, CONSUMER_KEYS_AFTER_SECURITY],
    admin: [ADMIN_KEYS_BEFORE_SECURITY, ADMIN_KEYS_AFTER_SECURITY],
  }[kind] as [typeof ADMIN_KEYS_BEFORE_SECURITY, typeof ADMIN_KEYS_AFTER_SECURITY]
  const made = new ConfigDef([...before, ...CLIENT_SECURITY_KEYS, ...after])
  definitions.set(kind, made)
  return made
}

/** The parsed settings of a client, with what the Java client changes or says about them. */
export interface ClientConfig {
  readonly kind: ClientKind
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
  const definition = clientConfigDef(kind)
  const values = definition.parse(properties)
  const warnings: string[] = []
  const get = <T extends ConfigValue>(key: string): T => {
    const value = values.get(key)
    if (value === undefined) throw new ConfigException(`Unknown configuration '${key}'`)
    return value as T
  }
  checkSasl(get)
  warnAboutBackoff(properties, values, warnings)
  if (kind === 'producer') checkIdempotence(properties, values)
  if (kind === 'consumer') checkConsumer(properties, values)
  const unknownKeys = [...properties.keys()].filter((name) => !definition.keys.has(name))
  return { kind, values, originals: properties, warnings, unknownKeys, get }
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

/** An idempotent producer needs retries, acks=all and few requests in flight; only an explicit wish for it is an error. */
function checkIdempotence(properties: ReadonlyMap<string, string>, values: Map<string, ConfigValue>): void {
  const acks = values.get('acks') === 'all' ? '-1' : String(values.get('acks'))
  values.set('acks', acks)
  const isWish = properties.has('enable.idempotence')
  let isIdempotent = values.get('enable.idempotence') as boolean
  if (isIdempotent) {
    const hasRetries = values.get('retries') !== 0
    if (!hasRetries && isWish) {
      throw new ConfigException('Must set retries to non-zero when using the idempotent producer.')
    }
    if (acks !== '-1' && isWish) {
      throw new ConfigException(
        'Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.',
      )
    }
    const inFlight = values.get('max.in.flight.requests.per.connection') as number
    if (inFlight > 5) {
      throw new ConfigException(
        'To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. ' +
          `Current value is ${inFlight}.`,
      )
    }
    isIdempotent = hasRetries && acks === '-1'
    values.set('enable.idempotence', isIdempotent)
  }
  if (!isIdempotent && properties.has('transactional.id')) {
    throw new ConfigException('Cannot set a transactional.id without also enabling idempotence.')
  }
  if (values.get('transaction.two.phase.commit.enable') && properties.has('transaction.timeout.ms')) {
    throw new ConfigException(
      'Cannot set transaction.timeout.ms when transaction.two.phase.commit.enable is set to true. ' +
        'Transactions will not expire with two-phase commit enabled.',
    )
  }
}

const NOT_WITH_CLASSIC = ['group.remote.assignor', 'share.acknowledgement.mode', 'share.acquire.mode']
const NOT_WITH_CONSUMER = [
  'partition.assignment.strategy',
  'heartbeat.interval.ms',
  'session.timeout.ms',
  'share.acknowledgement.mode',
  'share.acquire.mode',
]

function checkConsumer(properties: ReadonlyMap<string, string>, values: Map<string, ConfigValue>): void {
  const clientId = values.get('client.id') as string | null
  const instanceId = values.get('group.instance.id') as string | null
  if (!clientId && instanceId !== null) checkInstanceId(instanceId)
  if (values.get('group.id') === null) {
    if (properties.has('enable.auto.commit') && values.get('enable.auto.commit')) {
      throw new InvalidConfigurationException(
        'enable.auto.commit cannot be set to true when default group id (null) is used.',
      )
    }
    values.set('enable.auto.commit', false)
  }
  const protocol = (values.get('group.protocol') as string).toUpperCase()
  const conflicting = (protocol === 'CONSUMER' ? NOT_WITH_CONSUMER : NOT_WITH_CLASSIC).filter(
    (name) => javaTrim(properties.get(name) ?? '') !== '',
  )
  if (conflicting.length === 0) return
  throw new ConfigException(`${conflicting.join(', ')} cannot be set when group.protocol=${protocol}`)
}

function checkInstanceId(id: string): void {
  const fault = invalidNameReason(id)
  if (fault) throw new InvalidConfigurationException(`Group instance id is invalid: ${fault}`)
}

/** Why a name may not be that of a topic (or a group instance), in Kafka's words; undefined when it may. */
export function invalidNameReason(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > 249) return `the length of '${name}' is longer than the max allowed length 249`
  if (/^[a-zA-Z0-9._-]+$/.test(name)) return undefined
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/** The addresses a client starts with, and whether they are of controllers. Names are not looked up here. */
export function bootstrapAddresses(config: ClientConfig): { addresses: HostPort[]; areControllers: boolean } {
  const servers = config.get<string[]>('bootstrap.servers')
  const controllers = config.kind === 'admin' ? config.get<string[]>('bootstrap.controllers') : []
  if (config.kind === 'admin' && servers.length === 0 && controllers.length === 0) {
    throw new ConfigException('You must set either bootstrap.servers or bootstrap.controllers')
  }
  if (servers.length > 0 && controllers.length > 0) {
    throw new ConfigException('You cannot set both bootstrap.servers and bootstrap.controllers')
  }
  const areControllers = controllers.length > 0
  const urls = (areControllers ? controllers : servers).filter((url) => url !== '')
  const addresses = urls.map(parseBootstrapUrl)
  if (addresses.length === 0) throw new ConfigException('No resolvable bootstrap urls given in bootstrap.servers')
  return { addresses, areControllers }
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
