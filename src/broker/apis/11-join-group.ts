// JoinGroup v0–9: a member enters a classic group, or its next generation, and waits until the others have, too.
// v1 has a rebalance timeout of its own; v4 makes a new member join with an id it was given (KIP-394); v5 knows static
// members (KIP-345); v8 carries the client's reason (KIP-800); v9 can tell a leader to skip the assignment (KIP-814).
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { JoinGroup } from '../../protocol/messages/11-join-group.ts'
import { handler } from '../handler.ts'

export const joinGroup = handler(JoinGroup, async (request, context) => {
  const { apiVersion, authorizer, clientAddress, clientId, groups } = context
  if (!authorizer.allows('READ', 'GROUP', request.groupId)) throw new ApiError(ErrorCode.GROUP_AUTHORIZATION_FAILED)
  const answer = await groups.join(request, { clientId: clientId ?? '', clientHost: `/${clientAddress}`, apiVersion })
  // Null has stood for "no protocol" since v7, the empty string before.
  const protocolName = answer.protocolName || (apiVersion >= 7 ? null : '')
  return { ...answer, protocolName, skipAssignment: apiVersion >= 9 && (answer.skipAssignment ?? false) }
})
