import { api, array, int16, int32, nullableArray, nullableString, nullableStruct, string, uuid } from '../schema.ts'

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
}

/** The one request of the consumer group protocol: joins, leaves, acknowledges and receives assignments (KIP-848). */
export const ConsumerGroupHeartbeat = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexibleSince: 0,
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    instanceId: nullableString({ default: null }),
    rackId: nullableString({ default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    subscribedTopicNames: nullableArray(string(), { default: null }),
    subscribedTopicRegex: nullableString({ since: 1, default: null }),
    serverAssignor: nullableString({ default: null }),
    topicPartitions: nullableArray(
      {
        topicId: uuid(),
        partitions: array(int32()),
      },
      { default: null },
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullableString({ default: null }),
    memberId: nullableString({ default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: nullableStruct(
      {
        topicPartitions: array(topicPartitions),
      },
      { default: null },
    ),
  },
})
