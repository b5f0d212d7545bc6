import { ConfigException, JavaError } from './java-error.ts'
import { parseJavaInteger } from './java-text.ts'
import type { Validator } from './validators.ts'

export interface HostPort {
  readonly host: string
  readonly port: number
}

const HOST_PORT = /^(?:[0-9a-zA-Z\-%._]*:\/\/)?\[?([0-9a-zA-Z\-%._:]*)\]?:([0-9]+)$/

/** Splits `host:port`, `[ipv6]:port` or `SCHEME://host:port` as Kafka does; undefined when it is none of them. A port beyond 2^31-1 throws. */
export function parseHostPort(address: string): HostPort | undefined {
  const match = HOST_PORT.exec(address)
  if (!match) return undefined
  const port = parseJavaInteger(match[2]!, 32)
  if (port === undefined) {
    throw new JavaError('java.lang.NumberFormatException', `For input string: "${match[2]}"`)
  }
  return { host: match[1]!, port }
}

const VOTERS = 'controller.quorum.voters'
const VOTER_FORMAT = `. Each entry should be in the form \`{id}@{host}:{port}\`.`

/** Reads `controller.quorum.voters`: node id → address of its controller listener. */
export function parseVoters(entries: readonly string[], options = { requireRoutable: true }): Map<number, HostPort> {
  const voters = new Map<number, HostPort>()
  for (const entry of entries) {
    const [idText, addressText, ...rest] = entry.split('@')
    if (!addressText || rest.some((part) => part !== '')) {
      throw new ConfigException(`Invalid configuration value for ${VOTERS}${VOTER_FORMAT}`)
    }
    const id = parseJavaInteger(idText!, 32)
    if (id === undefined) throw new ConfigException(`Failed to parse voter ID as an integer from ${idText}`)
    const address = parseHostPort(addressText)
    if (!address) {
      throw new ConfigException(
        `Failed to parse host name from entry ${entry} for the configuration ${VOTERS}${VOTER_FORMAT}`,
      )
    }
    if (address.host === '0.0.0.0' && options.requireRoutable) {
      throw new ConfigException(`Host string (${address.host}) is not routeable`)
    }
    voters.set(id, address)
  }
  return voters
}

const BOOTSTRAP_SERVERS = 'controller.quorum.bootstrap.servers'

/** Reads `controller.quorum.bootstrap.servers`. */
export function parseQuorumBootstrapServers(entries: readonly string[]): HostPort[] {
  return entries.map((entry) => {
    const address = parseHostPort(entry)
    if (address) return address
    const format = 'Each entry should be in the form "{host}:{port}"'
    throw new ConfigException(
      `Failed to parse host name from ${entry} for the configuration ${BOOTSTRAP_SERVERS}. ${format}`,
    )
  })
}

export const quorumVoters: Validator = {
  ensureValid(_name, value) {
    parseVoters(value as readonly string[], { requireRoutable: false })
  },
  description: 'non-empty list',
}

export const quorumBootstrapServers: Validator = {
  ensureValid(_name, value) {
    parseQuorumBootstrapServers(value as readonly string[])
  },
  description: 'non-empty list',
}
