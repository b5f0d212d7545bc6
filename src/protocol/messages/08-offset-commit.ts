import { api, array, int16, int32, int64Wide, nullableString, string, uuid } from '../schema.ts'

/** A member stores how far its group has read. */
export const OffsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexibleSince: 8,
  request: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({ default: -1, ignorable: true }),
    memberId: string({ ignorable: true }),
    groupInstanceId: nullableString({ since: 7, default: null }), // static membership, KIP-345
    retentionTimeMs: int64Wide({ until: 4, default: -1, ignorable: true }), // KIP-211
    topics: array({
      name: string({ until: 9, ignorable: true }),
      topicId: uuid({ since: 10, ignorable: true }), // KIP-848
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64Wide(),
        committedLeaderEpoch: int32({ since: 6, default: -1, ignorable: true }), // KIP-320
        committedMetadata: nullableString(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ since: 3, ignorable: true }),
    topics: array({
      name: string({ until: 9, ignorable: true }),
      topicId: uuid({ since: 10, ignorable: true }), // KIP-848
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
})
