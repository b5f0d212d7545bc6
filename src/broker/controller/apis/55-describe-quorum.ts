// DescribeQuorum v0–2 (KIP-595): leader, epoch and voters of the metadata log; v1 adds times, v2 directory ids and the
// voters' listeners.
import { ErrorCode, errorFacts } from '../../../protocol/error-code.ts'
import { DescribeQuorum } from '../../../protocol/messages/55-describe-quorum.ts'
import { controllerHandler, requireOnCluster } from '../context.ts'

const METADATA_TOPIC = '__cluster_metadata'

export const describeQuorum = controllerHandler(DescribeQuorum, (request, context) => {
  requireOnCluster(context, 'DESCRIBE')
  const [topic] = request.topics
  const asksForMetadata =
    request.topics.length === 1 &&
    topic!.topicName === METADATA_TOPIC &&
    topic!.partitions.length === 1 &&
    topic!.partitions[0]!.partitionIndex === 0
  if (asksForMetadata) return context.controller.log.describeQuorum(context.apiVersion)
  return {
    topics: request.topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        errorMessage: errorFacts(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION).message,
      })),
    })),
  }
})
