import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { ConfigException } from '../config/java-error.ts'
import type { ClientLog } from './log.ts'

const HOST_PORT = /^(?:[0-9a-zA-Z\-%._]*:\/\/)?\[?([0-9a-zA-Z\-%._:]*)\]?:([0-9]+)$/

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Host and port of `host:port`, `[ipv6]:port` or `PROTOCOL://host:port`; undefined when it is none of these. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = HOST_PORT.exec(text)
  if (!match) return undefined
  const port = Number(match[2])
  return port <= 0x7fffffff ? { host: match[1]!, port } : undefined
}

/**
 * The servers of `bootstrap.servers` that can be resolved, with Kafka's texts for those that cannot and for a list
 * without any.
 */
export async function bootstrapServers(urls: readonly string[], log: ClientLog): Promise<HostPort[]> {
  const servers: HostPort[] = []
  for (const url of urls) {
    if (url === '') continue
    const server = parseHostPort(url)
    if (!server) throw new ConfigException(`Invalid url in bootstrap.servers: ${url}`)
    if (server.port > 0xffff) throw new ConfigException(`Invalid port in bootstrap.servers: ${url}`)
    if ((await resolveHost(server.host)).length > 0) servers.push(server)
    else {
      log.warn(
        `Couldn't resolve server ${url} from bootstrap.servers as DNS resolution failed for ${server.host}`,
        'org.apache.kafka.clients.ClientUtils',
      )
    }
  }
  if (servers.length === 0) throw new ConfigException('No resolvable bootstrap urls given in bootstrap.servers')
  return servers
}

/**
 * The addresses of a host, of one family: IPv4 when there is one, as Java prefers it. Empty when the name is unknown.
 */
export async function resolveHost(host: string): Promise<string[]> {
  if (isIP(host)) return [host]
  try {
    const addresses = await lookup(host, { all: true })
    const family = addresses.some((one) => one.family === 4) ? 4 : 6
    return addresses.filter((one) => one.family === family).map((one) => one.address)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === 'getaddrinfo') return []
    throw error
  }
}
