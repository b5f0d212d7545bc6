import { api, array, int16, int32, int64Wide, nullableArray, nullableString, string, uuid } from '../schema.ts'

/** Where share groups start to read their partitions (KIP-932). */
export const DescribeShareGroupOffsets = api({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  versions: [0, 1],
  flexibleSince: 0,
  request: {
    groups: array({
      groupId: string(),
      topics: nullableArray({
        topicName: string(),
        partitions: array(int32()),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    groups: array({
      groupId: string(),
      topics: array({
        topicName: string(),
        topicId: uuid(),
        partitions: array({
          partitionIndex: int32(),
          startOffset: int64Wide(),
          leaderEpoch: int32(),
          lag: int64Wide({ since: 1, default: -1, ignorable: true }), // KIP-1226
          errorCode: int16(),
          errorMessage: nullableString({ default: null }),
        }),
      }),
      errorCode: int16(),
      errorMessage: nullableString({ default: null }),
    }),
  },
})
