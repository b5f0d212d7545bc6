// DeleteTopics v1–6: by name, from v6 on also by id (KIP-516). What a client may not see it is not told about: a topic
// id of a topic it may not describe stays without a name.
import { ApiError, ErrorCode, errorFacts } from '../../../protocol/error-code.ts'
import { DeleteTopics } from '../../../protocol/messages/20-delete-topics.ts'
import type { RequestOf, ResponseInput } from '../../../protocol/schema.ts'
import { ZERO_UUID } from '../../../storage/uuid.ts'
import type { Authorizer } from '../../authorizer.ts'
import { CLUSTER_NAME } from '../../authorizer.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { controllerHandler, requireTime } from '../context.ts'
import { once } from './once.ts'

type Result = NonNullable<ResponseInput<typeof DeleteTopics>['responses']>[number]

export const deleteTopicsOnController = controllerHandler(DeleteTopics, async (request, context) => {
  const { apiVersion, authorizer, controller } = context
  if (!controller.config.get<boolean>('delete.topic.enable')) {
    if (apiVersion < 3) throw new ApiError(ErrorCode.INVALID_REQUEST, 'This version does not support topic deletion.')
    throw new ApiError(ErrorCode.TOPIC_DELETION_DISABLED)
  }
  return controller.decide(() => {
    const { deletable, refused } = resolve(request, controller.image, authorizer)
    const records = [...deletable.keys()].map((id) => controller.topics.delete(id))
    const deleted = [...deletable].map(([topicId, name]): Result => ({ name, topicId }))
    return { records, response: { responses: [...refused, ...deleted] } }
  })
})

function failed(name: string | null, topicId: string, errorCode: ErrorCode, text?: string): Result {
  return { name, topicId, errorCode, errorMessage: text ?? errorFacts(errorCode).message }
}

/** Which topics to delete, id → name, and why the others are not. */
function resolve(
  request: RequestOf<typeof DeleteTopics>,
  { topics }: MetadataImage,
  authorizer: Authorizer,
): { deletable: Map<string, string>; refused: Result[] } {
  const refused: Result[] = []
  const both = request.topics.filter(({ name, topicId }) => name !== null && topicId !== ZERO_UUID)
  const neither = request.topics.filter(({ name, topicId }) => name === null && topicId === ZERO_UUID)
  for (const { name, topicId } of both) {
    refused.push(failed(name, topicId, ErrorCode.INVALID_REQUEST, 'You may not specify both topic name and topic id.'))
  }
  for (const { topicId } of neither) {
    refused.push(failed(null, topicId, ErrorCode.INVALID_REQUEST, 'Neither topic name nor id were specified.'))
  }
  const byName = request.topics.flatMap(({ name, topicId }) => (name !== null && topicId === ZERO_UUID ? [name] : []))
  const byId = request.topics.flatMap(({ name, topicId }) => (name === null && topicId !== ZERO_UUID ? [topicId] : []))
  const names = once([...request.topicNames, ...byName])
  const ids = once(byId)
  if (ids.unique.size > 0 || names.unique.size > 0) requireTime(request.timeoutMs)
  for (const name of names.repeated) {
    refused.push(failed(name, ZERO_UUID, ErrorCode.INVALID_REQUEST, 'Duplicate topic name.'))
  }
  for (const id of ids.repeated) refused.push(failed(null, id, ErrorCode.INVALID_REQUEST, 'Duplicate topic id.'))

  const mayDeleteAny = authorizer.allows('DELETE', 'CLUSTER', CLUSTER_NAME)
  const mayDescribe = (name: string) => mayDeleteAny || authorizer.allows('DESCRIBE', 'TOPIC', name)
  const mayDelete = (name: string) => mayDeleteAny || authorizer.allows('DELETE', 'TOPIC', name)
  const deletable = new Map<string, string>()
  for (const id of ids.unique) {
    const name = topics.byId.get(id)?.name
    if (name === undefined) refused.push(failed(null, id, ErrorCode.UNKNOWN_TOPIC_ID))
    else if (mayDelete(name)) deletable.set(id, name)
    else refused.push(failed(mayDescribe(name) ? name : null, id, ErrorCode.TOPIC_AUTHORIZATION_FAILED))
  }
  for (const name of names.unique) {
    const id = topics.byName.get(name)?.id
    if (!mayDescribe(name)) refused.push(failed(name, ZERO_UUID, ErrorCode.TOPIC_AUTHORIZATION_FAILED))
    else if (id === undefined) refused.push(failed(name, ZERO_UUID, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
    else if (!mayDelete(name)) refused.push(failed(name, ZERO_UUID, ErrorCode.TOPIC_AUTHORIZATION_FAILED))
    else if (ids.repeated.has(id) || deletable.delete(id)) {
      const text = 'The provided topic name maps to an ID that was already supplied.'
      refused.push(failed(name, id, ErrorCode.INVALID_REQUEST, text))
    } else deletable.set(id, name)
  }
  return { deletable, refused }
}
