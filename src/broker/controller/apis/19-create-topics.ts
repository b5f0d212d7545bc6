// CreateTopics v2–7: each topic is created or refused on its own. v4 lets -1 stand for the broker's default partition
// count and replication factor (KIP-464), v5 answers the settings (KIP-525), v7 the topic id.
import { ErrorCode } from '../../../protocol/error-code.ts'
import { CreateTopics } from '../../../protocol/messages/19-create-topics.ts'
import { CLUSTER_NAME } from '../../authorizer.ts'
import { controllerHandler, requireTime } from '../context.ts'
import { once } from './once.ts'

const METADATA_TOPIC = '__cluster_metadata'

export const createTopicsOnController = controllerHandler(CreateTopics, async (request, context) => {
  const { authorizer, controller } = context
  const { unique, repeated } = once(request.topics.map(({ name }) => name))
  const mayCreateAny = authorizer.allows('CREATE', 'CLUSTER', CLUSTER_NAME)
  const mayCreate = (name: string) => mayCreateAny || authorizer.allows('CREATE', 'TOPIC', name)
  const creatable = new Set([...unique].filter((name) => name !== METADATA_TOPIC && mayCreate(name)))
  const topics = request.topics.filter(({ name }) => creatable.has(name))
  if (topics.length > 0) requireTime(request.timeoutMs)
  const created = await controller.decide(() =>
    controller.topics.create({ topics, validateOnly: request.validateOnly }, (name) =>
      authorizer.allows('DESCRIBE_CONFIGS', 'TOPIC', name),
    ),
  )
  const refused = (name: string, errorCode: ErrorCode, errorMessage: string) => ({
    name,
    errorCode,
    errorMessage,
    configs: [],
  })
  return {
    topics: [
      ...created,
      ...[...repeated].map((name) => refused(name, ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')),
      ...[...unique]
        .filter((name) => !creatable.has(name))
        .map((name) =>
          name === METADATA_TOPIC
            ? refused(name, ErrorCode.INVALID_REQUEST, `Creation of internal topic ${METADATA_TOPIC} is prohibited.`)
            : refused(name, ErrorCode.TOPIC_AUTHORIZATION_FAILED, 'Authorization failed.'),
        ),
    ],
  }
})
