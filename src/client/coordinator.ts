import { ErrorCode } from '../protocol/error-code.ts'
import { FindCoordinator } from '../protocol/messages/10-find-coordinator.ts'
import type { Node } from './cluster.ts'
import type { Connection } from './connection.ts'
import { apiError } from './errors.ts'

/** Key types of FindCoordinator. */
const GROUP = 0

/**
 * The coordinator of a group, as one broker names it. Throws what the answer says; COORDINATOR_NOT_AVAILABLE (retriable)
 * is usual on a cluster whose first group this is.
 */
export async function findGroupCoordinator(connection: Connection, groupId: string, timeoutMs?: number): Promise<Node> {
  // Version 6 is for share groups.
  const version = connection.versionOf(FindCoordinator, 5)
  const keys = version !== undefined && version >= 4 ? { coordinatorKeys: [groupId] } : { key: groupId }
  const answer = await connection.send(FindCoordinator, version ?? 'newest', { ...keys, keyType: GROUP }, timeoutMs)
  const found = answer.coordinators[0] ?? answer
  if (found.errorCode !== ErrorCode.NONE) throw apiError(found.errorCode, found.errorMessage)
  return { id: found.nodeId, host: found.host, port: found.port, rack: null }
}
