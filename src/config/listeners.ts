import { isIP, isIPv4, isIPv6 } from 'node:net'
import { ConfigException, IllegalArgumentException, JavaError } from './java-error.ts'
import { javaSplit, javaTrim, parseJavaInteger } from './java-text.ts'

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

export interface Endpoint {
  readonly listenerName: string
  readonly securityProtocol: SecurityProtocol
  /** Empty for "all interfaces" (bind) or "this host's own name" (advertise). */
  readonly host: string
  /** 0 until the operating system chose one. */
  readonly port: number
}

export type SecurityProtocolMap = ReadonlyMap<string, SecurityProtocol>

const PROTOCOLS: readonly string[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']
const PROTOCOL_MAP = 'listener.security.protocol.map'

/** Kafka compares listener names in upper case. */
export function normalisedListenerName(name: string): string {
  if (name.trim() === '') throw new ConfigException('The provided listener name is null or empty string')
  return name.toUpperCase()
}

function securityProtocol(name: string, setting: string): SecurityProtocol {
  const protocol = name.toUpperCase()
  if (PROTOCOLS.includes(protocol)) return protocol as SecurityProtocol
  throw new ConfigException(`Invalid security protocol \`${name}\` defined in ${setting}`)
}

/** Reads `key1:value1, key2:value2`; the last colon separates, so that keys may be IPv6 addresses. */
export function parseCsvMap(setting: string, text: string): Map<string, string> {
  const map = new Map<string, string>()
  if (text === '') return map
  for (const pair of javaSplit(text, /[ \t\n\v\f\r]*,[ \t\n\v\f\r]*/)) {
    const colon = pair.lastIndexOf(':')
    if (colon < 0) {
      const reason = `begin 0, end -1, length ${pair.length}`
      throw new IllegalArgumentException(`Error parsing configuration property '${setting}': ${reason}`)
    }
    map.set(javaTrim(pair.slice(0, colon)), javaTrim(pair.slice(colon + 1)))
  }
  return map
}

/**
 * Listener name → security protocol. When the user left `listener.security.protocol.map` alone and no listener is
 * named after a secured protocol, controller listeners are PLAINTEXT too (their names are used as given: one in
 * lower case never matches, as in Kafka).
 */
export function securityProtocolMap(settings: {
  map: string
  isSet: boolean
  listeners: readonly string[]
  controllerListenerNames: readonly string[]
}): SecurityProtocolMap {
  const map = new Map<string, SecurityProtocol>()
  for (const [name, protocol] of parseCsvMap(PROTOCOL_MAP, settings.map)) {
    const listener = normalisedListenerName(name)
    const value = securityProtocol(protocol, PROTOCOL_MAP)
    const other = map.get(listener)
    if (other) {
      const reason = `Duplicate key ListenerName(${listener}) (attempted merging values ${other} and ${value})`
      throw new JavaError('java.lang.IllegalStateException', reason)
    }
    map.set(listener, value)
  }
  if (settings.isSet) return map
  const secured = (name: string) => name !== 'PLAINTEXT' && PROTOCOLS.includes(name)
  if (settings.controllerListenerNames.some(secured)) return map
  if (settings.listeners.some((listener) => secured(listenerNameOf(listener)))) return map
  for (const name of settings.controllerListenerNames) if (name !== 'PLAINTEXT') map.set(name, 'PLAINTEXT')
  return map
}

function listenerNameOf(listener: string): string {
  const colon = listener.indexOf(':')
  if (colon >= 0) return listener.slice(0, colon).toUpperCase()
  throw new JavaError('org.apache.kafka.common.KafkaException', `Unable to parse a listener name from ${listener}`)
}

const ENDPOINT = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/

/** Reads `listeners` or `advertised.listeners`; the former must not share ports. */
export function parseEndpoints(
  listeners: readonly string[],
  protocols: SecurityProtocolMap,
  options = { distinctPorts: true },
): Endpoint[] {
  const all = `[${listeners.join(', ')}]`
  try {
    const endpoints = listeners.map((listener) => parseEndpoint(listener, protocols))
    if (new Set(endpoints.map((one) => one.listenerName)).size !== endpoints.length) {
      throw new IllegalArgumentException(`Each listener must have a different name, listeners: ${all}`)
    }
    if (options.distinctPorts) checkPorts(endpoints, all)
    return endpoints
  } catch (error) {
    if (!(error instanceof JavaError)) throw error
    throw new IllegalArgumentException(`Error creating broker listeners from '${all}': ${error.message}`)
  }
}

function parseEndpoint(listener: string, protocols: SecurityProtocolMap): Endpoint {
  const match = ENDPOINT.exec(listener)
  if (!match) throw new IllegalArgumentException(`Unable to parse ${listener} to a broker endpoint`)
  const listenerName = normalisedListenerName(match[1]!)
  const port = parseJavaInteger(match[3]!, 32)
  if (port === undefined) throw new IllegalArgumentException(`For input string: "${match[3]}"`)
  const protocol = protocols.get(listenerName)
  if (!protocol) throw new IllegalArgumentException(`No security protocol defined for listener ${listenerName}`)
  return { listenerName, securityProtocol: protocol, host: match[2]!, port }
}

/** Two listeners may share a port only as one IPv4 and one IPv6 address. Port 0 is shared freely. */
function checkPorts(endpoints: readonly Endpoint[], all: string): void {
  const byPort = groupByPort(endpoints)
  for (const [port, group] of byPort) {
    if (group.length < 2) continue
    const [addresses, names] = [group.filter((one) => isIP(one.host)), group.filter((one) => !isIP(one.host))]
    if (names.length > 1) {
      throw new IllegalArgumentException(`Each listener must have a different port, listeners: ${all}`)
    }
    if (addresses.length === 0) continue
    const where = `listeners: ${all}, port: ${port}`
    if (addresses.length !== 2) {
      const rule =
        'Each listener must have a different port unless exactly one listener has an IPv4 address and the other IPv6 address'
      throw new IllegalArgumentException(`${rule}, ${where}`)
    }
    const mixed = addresses.some((one) => isIPv4(one.host)) && addresses.some((one) => isIPv6(one.host))
    if (!mixed || names.length > 0) {
      const rule = 'If you have two listeners on the same port then one needs to be IPv4 and the other IPv6'
      throw new IllegalArgumentException(`${rule}, ${where}`)
    }
  }
}

function groupByPort(endpoints: readonly Endpoint[]): Map<number, Endpoint[]> {
  const byPort = new Map<number, Endpoint[]>()
  for (const one of endpoints) {
    if (one.port !== 0) byPort.set(one.port, [...(byPort.get(one.port) ?? []), one])
  }
  return byPort
}

/** The listener that brokers use among themselves, and its protocol. */
export function interBrokerListener(settings: {
  name: string | null
  protocol: string
  isProtocolSet: boolean
  protocols: SecurityProtocolMap
}): { listenerName: string; securityProtocol: SecurityProtocol } {
  const [nameKey, protocolKey] = ['inter.broker.listener.name', 'security.inter.broker.protocol']
  if (settings.name === null) {
    const protocol = securityProtocol(settings.protocol, protocolKey)
    return { listenerName: protocol, securityProtocol: protocol }
  }
  if (settings.isProtocolSet) throw new ConfigException(`Only one of ${nameKey} and ${protocolKey} should be set.`)
  const listenerName = normalisedListenerName(settings.name)
  const protocol = settings.protocols.get(listenerName)
  if (!protocol) {
    throw new ConfigException(`Listener with name ${listenerName} defined in ${nameKey} not found in ${PROTOCOL_MAP}.`)
  }
  return { listenerName, securityProtocol: protocol }
}

/**
 * What is registered with the controller once the sockets are bound: empty hosts become this machine's name and
 * port 0 the bound port.
 */
export function resolvedEndpoints(
  endpoints: readonly Endpoint[],
  boundPort: (listenerName: string) => number,
  hostName: () => string,
): Endpoint[] {
  return endpoints.map((one) => ({
    ...one,
    host: one.host === '' ? hostName() : one.host,
    port: one.port === 0 ? boundPort(one.listenerName) : one.port,
  }))
}
