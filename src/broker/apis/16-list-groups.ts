// ListGroups v0–5: the groups whose coordinator this broker is. v4 filters by state (KIP-518), v5 by type (KIP-848).
import { ListGroups } from '../../protocol/messages/16-list-groups.ts'
import { CLUSTER_NAME } from '../authorizer.ts'
import { handler } from '../handler.ts'

export const listGroups = handler(ListGroups, async ({ statesFilter, typesFilter }, { authorizer, groups }) => {
  const listed = await groups.listGroups(statesFilter, typesFilter)
  if (authorizer.allows('DESCRIBE', 'CLUSTER', CLUSTER_NAME)) return { groups: listed }
  return { groups: listed.filter(({ groupId }) => authorizer.allows('DESCRIBE', 'GROUP', groupId!)) }
})
