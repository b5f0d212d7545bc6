// DeleteGroups v0–2: forgets groups without members, and their offsets (KIP-229).
import { ErrorCode } from '../../protocol/error-code.ts'
import { DeleteGroups } from '../../protocol/messages/42-delete-groups.ts'
import { handler } from '../handler.ts'

export const deleteGroups = handler(DeleteGroups, async ({ groupsNames }, { authorizer, groups }) => {
  const groupIds = [...new Set(groupsNames)]
  const isAllowed = (groupId: string) => authorizer.allows('DELETE', 'GROUP', groupId)
  const denied = groupIds.filter((groupId) => !isAllowed(groupId))
  return {
    results: [
      ...(await groups.deleteGroups(groupIds.filter(isAllowed))),
      ...denied.map((groupId) => ({ groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED })),
    ],
  }
})
