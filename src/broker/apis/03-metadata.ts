// Metadata v0–13: brokers, and topics with their leaders, as seen from the listener the request came in on.
//
// v0: an empty list asks for all topics, later null does; a broker that cannot be reached is an error of the partition
// (REPLICA_NOT_AVAILABLE), later it is left out. v4 lets the client forbid auto-creation, v5 names offline replicas, v6
// says LISTENER_NOT_FOUND where it was LEADER_NOT_AVAILABLE, v8 to v10 authorized operations of the cluster (KIP-430),
// v12 asks by topic id (KIP-516).
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { Metadata } from '../../protocol/messages/03-metadata.ts'
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts'
import { ZERO_UUID } from '../../storage/uuid.ts'
import { authorizedOperations } from '../authorized-operations.ts'
import { CLUSTER_NAME } from '../authorizer.ts'
import { beginTopicCreation } from '../auto-topic-creation.ts'
import { handler } from '../handler.ts'
import type { PartitionImage, TopicImage } from '../metadata/image.ts'
import { isInternalTopic } from '../metadata/internal-topics.ts'
import { aliveOf, endpointOf, offlineReplicas, someAliveBroker } from '../metadata/partition-view.ts'
import { invalidTopicName } from '../metadata/topic-name.ts'
import type { RequestContext } from '../request-context.ts'

type Topic = NonNullable<ResponseInput<typeof Metadata>['topics']>[number]
type Partition = NonNullable<Topic['partitions']>[number]

export const metadata = handler(Metadata, (request, context) => {
  checkVersion(request, context.apiVersion)
  const { apiVersion, authorizer, listenerName, metadata: image, clusterId } = context
  const topics = topicsOf(request, context)
  if (apiVersion >= 8 && request.includeTopicAuthorizedOperations) {
    for (const topic of topics) {
      if (topic.errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED || topic.name == null) continue
      topic.topicAuthorizedOperations = authorizedOperations(authorizer, 'TOPIC', topic.name)
    }
  }
  const brokers = [...image.brokers.values()].flatMap(({ id, rack, fenced }) => {
    const endpoint = endpointOf(image, id, listenerName)
    return endpoint && !fenced ? [{ nodeId: id, host: endpoint.host, port: endpoint.port, rack }] : []
  })
  return {
    brokers,
    clusterId,
    controllerId: someAliveBroker(image),
    topics,
    ...(request.includeClusterAuthorizedOperations
      ? { clusterAuthorizedOperations: clusterOperations(context) }
      : undefined),
  }
})

function clusterOperations({ authorizer }: RequestContext): number {
  if (!authorizer.allows('DESCRIBE', 'CLUSTER', CLUSTER_NAME)) return 0
  return authorizedOperations(authorizer, 'CLUSTER', CLUSTER_NAME)
}

/** v10 and v11 have the fields to ask by id, but the brokers they were made for could not. */
function checkVersion({ topics }: RequestOf<typeof Metadata>, apiVersion: number): void {
  if (apiVersion >= 12) return
  for (const { name, topicId } of topics ?? []) {
    if (name === null) {
      throw new ApiError(ErrorCode.INVALID_REQUEST, `Topic name can not be null for version ${apiVersion}`)
    }
    if (topicId !== ZERO_UUID) {
      throw new ApiError(ErrorCode.INVALID_REQUEST, `Topic IDs are not supported in requests for version ${apiVersion}`)
    }
  }
}

type MutableTopic = { -readonly [K in keyof Topic]: Topic[K] }

function topicsOf(request: RequestOf<typeof Metadata>, context: RequestContext): MutableTopic[] {
  const { apiVersion, authorizer, metadata: image, config } = context
  const mayDescribe = (name: string) => authorizer.allows('DESCRIBE', 'TOPIC', name)
  if (request.topics === null || (apiVersion === 0 && request.topics.length === 0)) {
    return [...image.topics.byName.values()]
      .filter(({ name }) => mayDescribe(name))
      .map((topic) => existing(topic, context))
  }
  const ids = new Set(request.topics.map(({ topicId }) => topicId).filter((id) => id !== ZERO_UUID))
  if (ids.size > 0) {
    return [...ids].map((topicId) => {
      const topic = image.topics.byId.get(topicId)
      if (!topic) return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId }
      if (mayDescribe(topic.name)) return existing(topic, context)
      return { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, name: null, topicId }
    })
  }
  // Neither name nor id: Apache Kafka fails on that, and so do we.
  if (request.topics.some(({ name }) => name === null)) throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)
  const mayAutoCreate = request.allowAutoTopicCreation && config.get<boolean>('auto.create.topics.enable')
  const mayCreate = (name: string) =>
    authorizer.allows('CREATE', 'CLUSTER', CLUSTER_NAME) || authorizer.allows('CREATE', 'TOPIC', name)
  const toCreate: string[] = []
  const names = new Set(request.topics.map(({ name }) => name ?? ''))
  const topics = [...names].map((name): MutableTopic => {
    // Whether a topic exists is not told to those who may not describe it.
    if (!mayDescribe(name)) return { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, name }
    const topic = image.topics.byName.get(name)
    if (topic) return existing(topic, context)
    const isInternal = isInternalTopic(name)
    if (mayAutoCreate && !mayCreate(name)) {
      return { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, name, isInternal }
    }
    if (invalidTopicName(name)) return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, name, isInternal }
    if (mayAutoCreate) toCreate.push(name)
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, name, isInternal }
  })
  if (toCreate.length > 0) beginTopicCreation(toCreate, context)
  return topics
}

function existing(topic: TopicImage, context: RequestContext): MutableTopic {
  return {
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition) => describePartition(partition, context)),
  }
}

function describePartition(partition: PartitionImage, context: RequestContext): Partition {
  const { apiVersion, listenerName, metadata: image } = context
  const { leader, leaderEpoch, replicas, isr } = partition
  const reachable = (brokers: number[]) => (apiVersion === 0 ? aliveOf(image, brokers, listenerName) : brokers)
  const described = {
    partitionIndex: partition.partition,
    leaderId: leader,
    leaderEpoch,
    replicaNodes: reachable(replicas),
    isrNodes: reachable(isr),
    offlineReplicas: offlineReplicas(image, partition, listenerName),
  }
  if (!endpointOf(image, leader, listenerName)) {
    const isKnown = apiVersion >= 6 && image.brokers.has(leader)
    const errorCode = isKnown ? ErrorCode.LISTENER_NOT_FOUND : ErrorCode.LEADER_NOT_AVAILABLE
    return { ...described, errorCode, leaderId: -1 }
  }
  const isComplete = described.replicaNodes.length === replicas.length && described.isrNodes.length === isr.length
  return isComplete ? described : { ...described, errorCode: ErrorCode.REPLICA_NOT_AVAILABLE }
}
