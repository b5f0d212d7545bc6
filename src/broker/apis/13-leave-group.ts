// LeaveGroup v0–5: members leave a classic group at once instead of timing out. v3 takes several, also static ones by
// their instance id alone, for tools (KIP-345); v5 carries the client's reason (KIP-800).
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { LeaveGroup } from '../../protocol/messages/13-leave-group.ts'
import { handler } from '../handler.ts'

export const leaveGroup = handler(LeaveGroup, async (request, { apiVersion, authorizer, groups }) => {
  const { groupId, memberId } = request
  if (!authorizer.allows('READ', 'GROUP', groupId)) throw new ApiError(ErrorCode.GROUP_AUTHORIZATION_FAILED)
  if (apiVersion >= 3) return groups.leave(groupId, request.members)
  const answer = await groups.leave(groupId, [{ memberId, groupInstanceId: null, reason: null }])
  return { errorCode: answer.errorCode || answer.members?.[0]?.errorCode }
})
