import { ErrorCode, errorName } from '../protocol/error-code.ts'
import { delay } from './backoff.ts'
import type { Cluster, TopicMetadata } from './cluster.ts'
import { ClientError, isRetriable } from './errors.ts'

const NETWORK_CLIENT = 'org.apache.kafka.clients.NetworkClient'
const METADATA = 'org.apache.kafka.clients.Metadata'

export function invalidTopicError(topic: string): ClientError {
  const javaClass = 'org.apache.kafka.common.errors.InvalidTopicException'
  return new ClientError(javaClass, `Invalid topics: [${topic}]`, ErrorCode.INVALID_TOPIC_EXCEPTION, false)
}

export function topicAuthorizationError(topic: string): ClientError {
  const javaClass = 'org.apache.kafka.common.errors.TopicAuthorizationException'
  const text = `Not authorized to access topics: [${topic}]`
  return new ClientError(javaClass, text, ErrorCode.TOPIC_AUTHORIZATION_FAILED, false)
}

/**
 * Metadata of one topic, asked for until it has partitions or the deadline has passed (then undefined). What the answer
 * says of the topic is logged with Kafka's lines. Throws when the topic can never be used.
 */
export async function awaitTopic(
  cluster: Cluster,
  topic: string,
  deadlineMs: number,
  allowAutoTopicCreation = true,
): Promise<TopicMetadata | undefined> {
  while (!cluster.isClosed) {
    const connection = await cluster.connectToAny(deadlineMs)
    if (!connection) return undefined
    try {
      const timeoutMs = Math.max(1, Math.min(cluster.requestTimeoutMs, deadlineMs - Date.now()))
      const { topics } = await cluster.metadata(connection, [topic], { allowAutoTopicCreation, timeoutMs })
      const found = topics.find(({ name }) => name === topic)
      if (found && found.errorCode === ErrorCode.NONE && found.partitions.length > 0) return found
      if (found) reportTopicError(cluster, topic, found.errorCode)
    } catch (error) {
      if (!isRetriable(error)) throw error
    }
    if (Date.now() + cluster.retryBackoffMs >= deadlineMs) {
      await delay(Math.max(0, deadlineMs - Date.now()), cluster.closing)
      return undefined
    }
    await delay(cluster.retryBackoffMs, cluster.closing)
  }
  return undefined
}

/** Logs what metadata says of a topic; throws for what no later metadata will change. */
export function reportTopicError(cluster: Cluster, topic: string, errorCode: number): void {
  if (errorCode === ErrorCode.NONE) return
  cluster.log.warn(
    `The metadata response from the cluster reported a recoverable issue with correlation id ${cluster.lastMetadataCorrelationId} : {${topic}=${errorName(errorCode)}}`,
    NETWORK_CLIENT,
  )
  if (errorCode === ErrorCode.INVALID_TOPIC_EXCEPTION) {
    cluster.log.error(`Metadata response reported invalid topics [${topic}]`, METADATA)
    throw invalidTopicError(topic)
  }
  if (errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED) {
    cluster.log.error(`Topic authorization failed for topics [${topic}]`, METADATA)
    throw topicAuthorizationError(topic)
  }
}
