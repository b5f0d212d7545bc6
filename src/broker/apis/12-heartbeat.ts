// Heartbeat v0–4: a classic member says it is alive and learns whether it has to join again. v3 knows static members
// (KIP-345).
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { Heartbeat } from '../../protocol/messages/12-heartbeat.ts'
import { handler } from '../handler.ts'

export const heartbeat = handler(Heartbeat, async (request, { authorizer, groups }) => {
  if (!authorizer.allows('READ', 'GROUP', request.groupId)) throw new ApiError(ErrorCode.GROUP_AUTHORIZATION_FAILED)
  try {
    return { errorCode: await groups.heartbeat(request) }
  } catch (error) {
    // Nothing is known of the group yet: no reason to alarm a member that may well be in it.
    if (error instanceof ApiError && error.code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) return {}
    throw error
  }
})
