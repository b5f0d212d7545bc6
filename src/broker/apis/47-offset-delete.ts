// OffsetDelete v0 (KIP-496): forgets committed offsets, except of topics the group still reads.
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { OffsetDelete } from '../../protocol/messages/47-offset-delete.ts'
import type { DeleteTopic, DeleteTopicAnswer } from '../groups/offsets.ts'
import { handler } from '../handler.ts'

export const offsetDelete = handler(OffsetDelete, async ({ groupId, topics }, { authorizer, groups, metadata }) => {
  if (!authorizer.allows('DELETE', 'GROUP', groupId)) throw new ApiError(ErrorCode.GROUP_AUTHORIZATION_FAILED)
  const answers = new Map<string, NonNullable<DeleteTopicAnswer['partitions']>[number][]>()
  const answersOf = (name: string) => {
    const found = answers.get(name)
    if (found) return found
    const fresh: NonNullable<DeleteTopicAnswer['partitions']>[number][] = []
    answers.set(name, fresh)
    return fresh
  }
  const existing: DeleteTopic[] = []
  for (const { name, partitions } of topics) {
    const isAllowed = authorizer.allows('READ', 'TOPIC', name)
    const topic = metadata.topics.byName.get(name)
    const isKnown = ({ partitionIndex }: { partitionIndex: number }) =>
      isAllowed && topic?.partitions[partitionIndex] !== undefined
    const errorCode = isAllowed ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.TOPIC_AUTHORIZATION_FAILED
    for (const partition of partitions) {
      if (!isKnown(partition)) answersOf(name).push({ partitionIndex: partition.partitionIndex, errorCode })
    }
    const known = partitions.filter(isKnown)
    if (known.length > 0) existing.push({ name, partitions: known })
  }
  // Asked even when nothing is left: the group itself may be the error.
  for (const { name, partitions = [] } of await groups.deleteOffsets(groupId, existing)) {
    answersOf(name!).push(...partitions)
  }
  return { topics: [...answers].map(([name, partitions]) => ({ name, partitions })) }
})
