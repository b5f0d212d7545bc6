// OffsetForLeaderEpoch v2–4 (KIP-320): where a leader epoch ended, so that a client can tell whether it was truncated.
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { OffsetForLeaderEpoch } from '../../protocol/messages/23-offset-for-leader-epoch.ts'
import { CLUSTER_NAME } from '../authorizer.ts'
import { handler } from '../handler.ts'

export const offsetForLeaderEpoch = handler(OffsetForLeaderEpoch, (request, { authorizer, partitions }) => {
  const isReplica = authorizer.allows('CLUSTER_ACTION', 'CLUSTER', CLUSTER_NAME)
  return {
    topics: request.topics.map(({ topic, partitions: asked }) => {
      const isAllowed = isReplica || authorizer.allows('DESCRIBE', 'TOPIC', topic)
      return {
        topic,
        partitions: asked.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
          try {
            if (!isAllowed) throw new ApiError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
            const local = partitions.leader(topic, partition)
            local.checkLeader(currentLeaderEpoch)
            // Asked about the current epoch, Kafka's leader answers with its log end.
            return { partition, ...local.log.endOffsetForEpoch(leaderEpoch) }
          } catch (error) {
            if (!(error instanceof ApiError)) throw error
            return { partition, errorCode: error.code }
          }
        }),
      }
    }),
  }
})
