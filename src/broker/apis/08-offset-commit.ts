// OffsetCommit v2–10: stores how far a group, or anybody under a group's name, has come. Up to v4 a commit may say how
// long it is kept; v6 carries the leader epoch (KIP-320); v7 knows static members (KIP-345); v9 serves consumer groups
// and answers GROUP_ID_NOT_FOUND (KIP-848); v10 names topics by id (KIP-848).
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { OffsetCommit } from '../../protocol/messages/08-offset-commit.ts'
import { type CommitTopic, type CommitTopicAnswer, NO_TOPIC_ID } from '../groups/offsets.ts'
import { handler } from '../handler.ts'

const TOPIC_ID_VERSION = 10

export const offsetCommit = handler(OffsetCommit, async (request, { apiVersion, authorizer, groups, metadata }) => {
  if (!authorizer.allows('READ', 'GROUP', request.groupId)) throw new ApiError(ErrorCode.GROUP_AUTHORIZATION_FAILED)
  const usesIds = apiVersion >= TOPIC_ID_VERSION
  const answers = new Answers(usesIds)
  const accepted: CommitTopic[] = []
  for (const asked of request.topics) {
    const topic = usesIds ? metadata.topics.byId.get(asked.topicId) : metadata.topics.byName.get(asked.name)
    const name = topic?.name ?? asked.name
    const topicId = topic?.id ?? asked.topicId
    const failAll = (errorCode: ErrorCode) =>
      answers.add({
        name,
        topicId,
        partitions: asked.partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })
    if (usesIds && !topic) failAll(ErrorCode.UNKNOWN_TOPIC_ID)
    else if (!authorizer.allows('READ', 'TOPIC', name)) failAll(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    else if (!topic) failAll(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    else {
      const isKnown = ({ partitionIndex }: { partitionIndex: number }) => topic.partitions[partitionIndex] !== undefined
      const unknown = asked.partitions.filter((partition) => !isKnown(partition))
      if (unknown.length > 0) {
        const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        answers.add({
          name,
          topicId,
          partitions: unknown.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
        })
      }
      const known = asked.partitions.filter(isKnown)
      if (known.length > 0) accepted.push({ name, topicId, partitions: known })
    }
  }
  if (accepted.length > 0) {
    const committed = await commit(accepted)
    // Like Kafka, a topic named twice is answered twice, unless there is something to merge with.
    if (answers.topics.length === 0) return { topics: committed }
    for (const topic of committed) answers.add(topic)
  }
  return { topics: answers.topics }

  /** What fails the group fails the partitions that were sent to it; the others keep their own errors. */
  async function commit(topics: CommitTopic[]): Promise<CommitTopicAnswer[]> {
    try {
      return await groups.commitOffsets({ ...request, topics }, apiVersion)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const errorCode = error.code
      return topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      }))
    }
  }
})

/** One answer per topic, though its partitions are answered in several places. */
class Answers {
  readonly topics: CommitTopicAnswer[] = []
  private readonly indexes = new Map<string, number>()
  private readonly usesIds: boolean

  constructor(usesIds: boolean) {
    this.usesIds = usesIds
  }

  add(topic: CommitTopicAnswer): void {
    const key = (this.usesIds ? topic.topicId : topic.name) ?? NO_TOPIC_ID
    const index = this.indexes.get(key)
    if (index === undefined) {
      this.indexes.set(key, this.topics.length)
      this.topics.push(topic)
    } else {
      const before = this.topics[index]!
      this.topics[index] = { ...before, partitions: [...(before.partitions ?? []), ...(topic.partitions ?? [])] }
    }
  }
}
