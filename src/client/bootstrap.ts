import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { bootstrapAddresses, type ClientConfig, noBootstrapServer } from '../config/client-config.ts'
import type { HostPort } from '../config/quorum-addresses.ts'
import type { ClientLog } from './log.ts'

/** The servers to begin with that can be resolved. Those that cannot are logged; throws when there is no other. */
export async function bootstrapServers(config: ClientConfig, log: ClientLog): Promise<HostPort[]> {
  const servers: HostPort[] = []
  for (const { url, host, port } of bootstrapAddresses(config).addresses) {
    if ((await resolveHost(host)).length > 0) servers.push({ host, port })
    else {
      log.warn(
        `Couldn't resolve server ${url} from bootstrap.servers as DNS resolution failed for ${host}`,
        'org.apache.kafka.clients.ClientUtils',
      )
    }
  }
  if (servers.length === 0) throw noBootstrapServer()
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
