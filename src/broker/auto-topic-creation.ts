import { ErrorCode, errorName } from '../protocol/error-code.ts'
import { CreateTopics } from '../protocol/messages/19-create-topics.ts'
import { forwardedFor } from './apis/forward.ts'
import { internalTopic } from './metadata/internal-topics.ts'
import type { RequestContext } from './request-context.ts'

const LOGGER = 'kafka.server.DefaultAutoTopicCreationManager'

/**
 * Asks the controller for topics that a client has named and that do not exist. Does not wait: as in Kafka the client
 * is told UNKNOWN_TOPIC_OR_PARTITION, which it retries, and finds the topic then. What the controller refuses only the
 * log tells.
 */
export function beginTopicCreation(names: readonly string[], context: RequestContext): void {
  const { config, controller, logger } = context
  const topics = names.map((name) => {
    const internal = internalTopic(name, config)
    if (internal) {
      const configs = [...internal.configs].map(([key, value]) => ({ name: key, value }))
      return { name, numPartitions: internal.partitionCount, replicationFactor: internal.replicationFactor, configs }
    }
    // -1 leaves it to the controller's own default, which counts where this broker's file says nothing.
    const setting = (key: string) => (config.originals.has(key) ? config.get<number>(key) : -1)
    return {
      name,
      numPartitions: setting('num.partitions'),
      replicationFactor: setting('default.replication.factor'),
    }
  })
  const timeoutMs = config.get<number>('request.timeout.ms')
  const [, version] = CreateTopics.versions
  logger.info(`Sent auto-creation request for Set(${names.join(', ')}) to the active controller.`, LOGGER)
  controller
    .send(CreateTopics, version, { topics, timeoutMs }, forwardedFor(context))
    .then((response) => {
      for (const { name, errorCode, errorMessage } of response.topics) {
        // Somebody else was faster: the topic is there.
        if (errorCode === 0 || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) continue
        const text = `Auto topic creation failed for ${name} with error '${errorName(errorCode)}': ${errorMessage}`
        logger.warn(text, LOGGER)
      }
    })
    .catch((error: Error) => {
      logger.warn(`Auto topic creation failed for Set(${names.join(', ')}) with exception ${error.message}`, LOGGER)
    })
}
