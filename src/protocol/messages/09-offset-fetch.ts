import { api, array, bool, int16, int32, int64Wide, nullableArray, nullableString, string, uuid } from '../schema.ts'

/** Reads the committed offsets of one or several groups. */
export const OffsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexibleSince: 6,
  request: {
    groupId: string({ until: 7 }),
    topics: nullableArray(
      {
        name: string(),
        partitionIndexes: array(int32()),
      },
      { until: 7, nullableSince: 2 },
    ),
    // several at once, KIP-709
    groups: array(
      {
        groupId: string(),
        memberId: nullableString({ since: 9, default: null, ignorable: true }), // KIP-848
        memberEpoch: int32({ since: 9, default: -1, ignorable: true }), // KIP-848
        topics: nullableArray({
          name: string({ until: 9, ignorable: true }),
          topicId: uuid({ since: 10, ignorable: true }), // KIP-848
          partitionIndexes: array(int32()),
        }),
      },
      { since: 8 },
    ),
    requireStable: bool({ since: 7 }), // not while a transaction is open, KIP-447
  },
  response: {
    throttleTimeMs: int32({ since: 3, ignorable: true }),
    topics: array(
      {
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          committedOffset: int64Wide(),
          committedLeaderEpoch: int32({ since: 5, default: -1, ignorable: true }), // KIP-320
          metadata: nullableString(),
          errorCode: int16(),
        }),
      },
      { until: 7 },
    ),
    errorCode: int16({ since: 2, until: 7, ignorable: true }),
    // several at once, KIP-709
    groups: array(
      {
        groupId: string(),
        topics: array({
          name: string({ until: 9, ignorable: true }),
          topicId: uuid({ since: 10, ignorable: true }), // KIP-848
          partitions: array({
            partitionIndex: int32(),
            committedOffset: int64Wide(),
            committedLeaderEpoch: int32({ default: -1, ignorable: true }), // KIP-320
            metadata: nullableString(),
            errorCode: int16(),
          }),
        }),
        errorCode: int16(),
      },
      { since: 8 },
    ),
  },
})
