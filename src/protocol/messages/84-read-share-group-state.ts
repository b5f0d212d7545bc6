import { api, array, int8, int16, int32, int64Wide, nullableString, string, uuid } from '../schema.ts'

/** The leader of a share partition loads its delivery state (KIP-932). */
export const ReadShareGroupState = api({
  key: 84,
  name: 'ReadShareGroupState',
  versions: [0, 0],
  flexibleSince: 0,
  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        leaderEpoch: int32(),
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
        stateEpoch: int32(),
        startOffset: int64Wide(),
        stateBatches: array({
          firstOffset: int64Wide(),
          lastOffset: int64Wide(),
          deliveryState: int8(),
          deliveryCount: int16(),
        }),
      }),
    }),
  },
})
