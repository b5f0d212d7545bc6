import { IllegalArgumentException } from '../../config/java-error.ts'
import { parseJavaInteger } from '../../config/java-text.ts'
import { isUuid } from '../../storage/uuid.ts'

/** A controller that a new dynamic quorum starts with (KIP-853). */
export interface DynamicVoter {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly directoryId: string
}

/** `1@host:9093:JEXY6aqzQY-32P5TStzaFg,2@[::1]:9093:…`; ordered by node id. Throws IllegalArgumentException. */
export function parseDynamicVoters(text: string): DynamicVoter[] {
  const voters = text
    .trim()
    .split(',')
    .filter((each) => each !== '')
    .map(parseVoter)
  if (voters.length === 0) throw new IllegalArgumentException('No voters given.')
  const seen = new Set<number>()
  for (const { nodeId } of voters) {
    if (seen.has(nodeId)) throw new IllegalArgumentException(`Node id ${nodeId} was specified more than once.`)
    seen.add(nodeId)
  }
  return voters.sort((a, b) => a.nodeId - b.nodeId)
}

function parseVoter(text: string): DynamicVoter {
  const input = text.trim()
  const at = input.indexOf('@')
  check(at >= 0, 'No @ found in dynamic voter string.')
  check(at > 0, 'Invalid @ at beginning of dynamic voter string.')
  const nodeId = number(input.slice(0, at), 'Failed to parse node id in dynamic voter string.')
  check(nodeId >= 0, `Invalid negative node id ${nodeId} in dynamic voter string.`)
  const address = input.slice(at + 1)
  check(address !== '', 'No hostname found after node id.')
  const [host, afterHost] = splitHost(address)
  check(afterHost.startsWith(':'), 'Port section must start with a colon.')
  const colon = afterHost.indexOf(':', 1)
  check(colon >= 0, 'No colon following port could be found.')
  const port = number(afterHost.slice(1, colon), 'Failed to parse port in dynamic voter string.')
  check(port >= 0 && port <= 65535, `Invalid port ${port} in dynamic voter string.`)
  const directoryId = afterHost.slice(colon + 1)
  check(isUuid(directoryId), 'Failed to parse directory ID in dynamic voter string.')
  return { nodeId, host, port, directoryId }
}

/** The host, without the brackets of an IPv6 address, and what follows it. */
function splitHost(address: string): [host: string, rest: string] {
  if (address.startsWith('[')) {
    const end = address.indexOf(']')
    check(end >= 0, 'Hostname began with left bracket, but no right bracket was found.')
    return [address.slice(1, end), address.slice(end + 1)]
  }
  const end = address.indexOf(':')
  check(end >= 0, 'No colon following hostname could be found.')
  return [address.slice(0, end), address.slice(end)]
}

function number(text: string, message: string): number {
  const value = parseJavaInteger(text, 32)
  if (value === undefined) throw new IllegalArgumentException(message)
  return value
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new IllegalArgumentException(message)
}
