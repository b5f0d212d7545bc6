import { api, array, int8, int16, int32, int64Wide, nullableString, string, uuid } from '../schema.ts'

/** The leader of a share partition stores changes of its delivery state (KIP-932). */
export const WriteShareGroupState = api({
  key: 85,
  name: 'WriteShareGroupState',
  versions: [0, 1],
  flexibleSince: 0,
  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64Wide(),
        deliveryCompleteCount: int32({ since: 1, default: -1, ignorable: true }), // KIP-1226
        stateBatches: array({
          firstOffset: int64Wide(),
          lastOffset: int64Wide(),
          deliveryState: int8(),
          deliveryCount: int16(),
        }),
      }),
    }),
  },
  response: {
    results: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        errorCode: int16(),
        errorMessage: nullableString({ default: null }),
      }),
    }),
  },
})
