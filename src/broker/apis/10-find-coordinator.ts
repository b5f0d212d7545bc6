// FindCoordinator v0–6: which broker coordinates a group. v1 also asks for transactional ids, v4 for several keys at once
// (KIP-699), v6 for share partitions (KIP-932).
//
// The first to ask for a group makes `__consumer_offsets`. Kafka answers COORDINATOR_NOT_AVAILABLE meanwhile; as a topic
// is usable here the moment its creation is answered, so is the coordinator, and the client need not ask again.
import { ApiError, ErrorCode, errorFacts, errorName } from '../../protocol/error-code.ts'
import { FindCoordinator } from '../../protocol/messages/10-find-coordinator.ts'
import { CreateTopics } from '../../protocol/messages/19-create-topics.ts'
import { CLUSTER_NAME } from '../authorizer.ts'
import { partitionForKey } from '../coordinator/partition-for.ts'
import { handler } from '../handler.ts'
import { CONSUMER_OFFSETS, internalTopic } from '../metadata/internal-topics.ts'
import type { RequestContext } from '../request-context.ts'

const GROUP = 0
const TRANSACTION = 1
const SHARE = 2
const BATCH_VERSION = 4
const SHARE_VERSION = 6
const CREATE_TOPICS_VERSION = 7
const LOGGER = 'kafka.server.DefaultAutoTopicCreationManager'
interface Found {
  readonly errorCode: ErrorCode
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

export const findCoordinator = handler(FindCoordinator, async (request, context) => {
  const { keyType } = request
  if (keyType !== GROUP && keyType !== TRANSACTION && keyType !== SHARE) {
    throw new ApiError(ErrorCode.INVALID_REQUEST, `Unknown coordinator type received: ${keyType}`)
  }
  if (context.apiVersion >= BATCH_VERSION) {
    const keys = request.coordinatorKeys
    return {
      coordinators: await Promise.all(keys.map(async (key) => ({ key, ...(await find(keyType, key, context)) }))),
    }
  }
  const found = await find(keyType, request.key, context)
  // Without an error, too, Kafka names the code here.
  const errorMessage = found.errorCode === ErrorCode.NONE ? 'NONE' : errorFacts(found.errorCode).message
  return { ...found, errorMessage }
})

function failed(errorCode: ErrorCode): Found {
  return { errorCode, nodeId: -1, host: '', port: -1 }
}

async function find(keyType: number, key: string, context: RequestContext): Promise<Found> {
  const { authorizer } = context
  switch (keyType) {
    case GROUP:
      if (!authorizer.allows('DESCRIBE', 'GROUP', key)) return failed(ErrorCode.GROUP_AUTHORIZATION_FAILED)
      return findGroupCoordinator(key, context)
    case TRANSACTION:
      if (!authorizer.allows('DESCRIBE', 'TRANSACTIONAL_ID', key)) {
        return failed(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
      }
      // There is no transaction coordinator yet.
      return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    default:
      if (context.apiVersion < SHARE_VERSION) return failed(ErrorCode.INVALID_REQUEST)
      if (!authorizer.allows('CLUSTER_ACTION', 'CLUSTER', CLUSTER_NAME)) {
        throw new ApiError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
      }
      // Nor a share coordinator.
      return failed(isSharePartitionKey(key) ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.INVALID_REQUEST)
  }
}

/** `groupId:topicId:partition`; the group id may hold colons. */
function isSharePartitionKey(key: string): boolean {
  const tokens = key.split(':')
  const partition = tokens.pop() ?? ''
  const topicId = tokens.pop() ?? ''
  return /^[A-Za-z0-9_-]{22}$/.test(topicId) && /^\d{1,10}$/.test(partition) && tokens.join(':').trim() !== ''
}

async function findGroupCoordinator(groupId: string, context: RequestContext): Promise<Found> {
  const partitions = partitionsOf(CONSUMER_OFFSETS, context) ?? (await create(CONSUMER_OFFSETS, context))
  if (!partitions || partitions.length === 0) return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  const partition = partitions[partitionForKey(groupId, partitions.length)]
  const broker = context.metadata.brokers.get(partition?.leader ?? -1)
  const endpoint = broker?.fenced ? undefined : broker?.endpoints.find(({ name }) => name === context.listenerName)
  if (!broker || !endpoint) return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  return { errorCode: ErrorCode.NONE, nodeId: broker.id, host: endpoint.host, port: endpoint.port }
}

function partitionsOf(topic: string, { metadata }: RequestContext) {
  return metadata.topics.byName.get(topic)?.partitions
}

/** Makes an internal topic. Undefined when that cannot be; the reason is logged, as the client would not show it. */
async function create(name: string, context: RequestContext) {
  const { config, controller, logger } = context
  const { partitionCount, replicationFactor, configs } = internalTopic(name, config)!
  const { topics } = await controller.send(CreateTopics, CREATE_TOPICS_VERSION, {
    timeoutMs: config.requestTimeoutMs,
    topics: [
      {
        name,
        numPartitions: partitionCount,
        replicationFactor,
        configs: [...configs].map(([key, value]) => ({ name: key, value })),
      },
    ],
  })
  const result = topics[0]
  if (result && result.errorCode !== ErrorCode.NONE && result.errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS) {
    logger.warn(
      `Auto topic creation failed for ${name} with error '${errorName(result.errorCode)}': ${result.errorMessage}`,
      LOGGER,
    )
  }
  return partitionsOf(name, context)
}
