import { api, array, int16, int32, int64Wide, nullableString, string, uuid } from '../schema.ts'

/** Reads where the delivery of share partitions starts, without the states of single records (KIP-932). */
export const ReadShareGroupStateSummary = api({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  versions: [0, 1],
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
        leaderEpoch: int32(),
        startOffset: int64Wide(),
        deliveryCompleteCount: int32({ since: 1, default: -1, ignorable: true }), // KIP-1226
      }),
    }),
  },
})
