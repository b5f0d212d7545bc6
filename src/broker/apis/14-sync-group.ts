// SyncGroup v0–5: a member asks what it was assigned, the leader brings the assignments. v3 knows static members
// (KIP-345); v5 says which protocol the client believes in, and is refused when that is not the group's (KIP-559).
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { SyncGroup } from '../../protocol/messages/14-sync-group.ts'
import { handler } from '../handler.ts'

export const syncGroup = handler(SyncGroup, async (request, { apiVersion, authorizer, groups }) => {
  if (apiVersion >= 5 && (request.protocolType === null || request.protocolName === null)) {
    throw new ApiError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  }
  if (!authorizer.allows('READ', 'GROUP', request.groupId)) throw new ApiError(ErrorCode.GROUP_AUTHORIZATION_FAILED)
  return groups.sync(request)
})
