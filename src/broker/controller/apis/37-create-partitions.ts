// CreatePartitions v0–3 (KIP-195): `count` is the new total of each topic.
import { ErrorCode } from '../../../protocol/error-code.ts'
import { CreatePartitions } from '../../../protocol/messages/37-create-partitions.ts'
import { controllerHandler, requireTime } from '../context.ts'
import { createPartitions } from '../partitions.ts'
import { once } from './once.ts'

export const createPartitionsOnController = controllerHandler(CreatePartitions, async (request, context) => {
  const { authorizer, controller } = context
  const { unique, repeated } = once(request.topics.map(({ name }) => name))
  const denied = [...unique].filter((name) => !authorizer.allows('ALTER', 'TOPIC', name))
  const topics = request.topics.filter(({ name }) => unique.has(name) && !denied.includes(name))
  if (topics.length > 0) requireTime(request.timeoutMs)
  const created = await controller.decide(() => {
    const { records, response } = createPartitions(topics, controller.view, controller.topics)
    return { records: request.validateOnly ? [] : records, response }
  })
  return {
    results: [
      ...[...repeated].map((name) => ({
        name,
        errorCode: ErrorCode.INVALID_REQUEST,
        errorMessage: 'Duplicate topic name.',
      })),
      ...denied.map((name) => ({ name, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED })),
      ...created,
    ],
  }
})
