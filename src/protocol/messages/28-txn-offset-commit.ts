import { api, array, int16, int32, int64, int64Wide, nullableString, string } from '../schema.ts'

/** Commits the offsets of a group as part of a transaction (KIP-98). */
export const TxnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 5],
  flexibleSince: 3,
  request: {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationId: int32({ since: 3, default: -1 }), // fencing, KIP-447
    memberId: string({ since: 3 }), // KIP-447
    groupInstanceId: nullableString({ since: 3, default: null }), // KIP-447
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64Wide(),
        committedLeaderEpoch: int32({ since: 2, default: -1, ignorable: true }), // KIP-320
        committedMetadata: nullableString(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
})
