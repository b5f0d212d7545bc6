// DescribeGroups v0–6: state and members of classic groups. v3 adds what the asker may do (KIP-430); v6 makes a group
// that is not there, or of another kind, an error with a text (KIP-1043); before, it is only `Dead`.
import { ErrorCode } from '../../protocol/error-code.ts'
import { DescribeGroups } from '../../protocol/messages/15-describe-groups.ts'
import { authorizedOperations } from '../authorized-operations.ts'
import { handler } from '../handler.ts'

export const describeGroups = handler(DescribeGroups, async (request, { apiVersion, authorizer, groups }) => {
  const isAllowed = (groupId: string) => authorizer.allows('DESCRIBE', 'GROUP', groupId)
  const denied = request.groups.filter((groupId) => !isAllowed(groupId))
  const described = await groups.describeGroups(request.groups.filter(isAllowed), apiVersion)
  return {
    groups: [
      ...denied.map((groupId) => ({ groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED })),
      ...described.map((group) =>
        request.includeAuthorizedOperations && !group.errorCode
          ? { ...group, authorizedOperations: authorizedOperations(authorizer, 'GROUP', group.groupId!) }
          : group,
      ),
    ],
  }
})
