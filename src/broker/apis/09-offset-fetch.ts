// OffsetFetch v1–10: the committed offsets of groups. v2 can ask for all topics and has an error of the group; v7 can
// insist on stable offsets (KIP-447); v8 asks for several groups (KIP-709); v9 checks a consumer group's member (KIP-848);
// v10 names topics by id.
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { OffsetFetch } from '../../protocol/messages/09-offset-fetch.ts'
import type { ResponseInput } from '../../protocol/schema.ts'
import { type FetchRequest, type FetchTopicAnswer, NO_TOPIC_ID } from '../groups/offsets.ts'
import { handler } from '../handler.ts'
import type { RequestContext } from '../request-context.ts'

const BATCH_VERSION = 8
const TOPIC_ID_VERSION = 10

type GroupAnswer = NonNullable<ResponseInput<typeof OffsetFetch>['groups']>[number]

export const offsetFetch = handler(OffsetFetch, async (request, context) => {
  const { apiVersion } = context
  if (apiVersion >= BATCH_VERSION) {
    return {
      groups: await Promise.all(request.groups.map((group) => fetchGroup(group, request.requireStable, context))),
    }
  }
  const group: FetchRequest = {
    groupId: request.groupId,
    memberId: null,
    memberEpoch: -1,
    topics: request.topics === null ? null : request.topics.map((topic) => ({ ...topic, topicId: NO_TOPIC_ID })),
  }
  const { topics = [], errorCode } = await fetchGroup(group, request.requireStable, context)
  if (apiVersion === 1 && errorCode) throw new ApiError(errorCode as ErrorCode)
  return { errorCode, topics: topics.map(({ name, partitions }) => ({ name, partitions })) }
})

async function fetchGroup(group: FetchRequest, requireStable: boolean, context: RequestContext): Promise<GroupAnswer> {
  const { groupId } = group
  if (!context.authorizer.allows('DESCRIBE', 'GROUP', groupId)) {
    return { groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED }
  }
  try {
    const topics = group.topics
      ? await fetchTopics(group, group.topics, requireStable, context)
      : await fetchAll(group, requireStable, context)
    return { groupId, topics }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    // Consumers before 3.9 do not expect COORDINATOR_NOT_AVAILABLE here; NOT_COORDINATOR makes all look it up again.
    const isAway = error.code === ErrorCode.COORDINATOR_NOT_AVAILABLE
    return { groupId, errorCode: isAway ? ErrorCode.NOT_COORDINATOR : error.code }
  }
}

async function fetchTopics(
  group: FetchRequest,
  topics: NonNullable<FetchRequest['topics']>,
  requireStable: boolean,
  context: RequestContext,
): Promise<FetchTopicAnswer[]> {
  const usesIds = context.apiVersion >= TOPIC_ID_VERSION
  const accepted: NonNullable<FetchRequest['topics']> = []
  const failed: FetchTopicAnswer[] = []
  for (const asked of topics) {
    const name = usesIds ? context.metadata.topics.byId.get(asked.topicId)?.name : asked.name
    const errorCode =
      name === undefined
        ? ErrorCode.UNKNOWN_TOPIC_ID
        : context.authorizer.allows('DESCRIBE', 'TOPIC', name)
          ? ErrorCode.NONE
          : ErrorCode.TOPIC_AUTHORIZATION_FAILED
    const topic = { ...asked, name: name ?? '' }
    if (errorCode === ErrorCode.NONE) accepted.push(topic)
    else {
      const partitions = asked.partitionIndexes.map((partitionIndex) => ({
        partitionIndex,
        committedOffset: -1,
        errorCode,
      }))
      failed.push({ name: topic.name, topicId: topic.topicId, partitions })
    }
  }
  return [...(await context.groups.fetchOffsets({ ...group, topics: accepted }, requireStable)), ...failed]
}

/** Topics that the asker may not see, or that v10 could not name because they are gone, stay out. */
async function fetchAll(
  group: FetchRequest,
  requireStable: boolean,
  context: RequestContext,
): Promise<FetchTopicAnswer[]> {
  const { apiVersion, authorizer, groups, metadata } = context
  const topics = await groups.fetchOffsets(group, requireStable)
  return topics.flatMap((topic): FetchTopicAnswer[] => {
    if (!authorizer.allows('DESCRIBE', 'TOPIC', topic.name!)) return []
    if (apiVersion < TOPIC_ID_VERSION) return [topic]
    const topicId = metadata.topics.byName.get(topic.name!)?.id
    return topicId === undefined ? [] : [{ ...topic, topicId }]
  })
}
