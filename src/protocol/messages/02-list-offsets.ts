import { api, array, int8, int16, int32, int64Wide, string } from '../schema.ts'

/**
 * Finds the offset for a timestamp, or for one of the special times: earliest, latest, largest timestamp (KIP-734),
 * and those of tiered storage (KIP-405).
 */
export const ListOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexibleSince: 6,
  request: {
    replicaId: int32(),
    isolationLevel: int8({ since: 2 }), // KIP-98
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        currentLeaderEpoch: int32({ since: 4, default: -1, ignorable: true }), // fencing, KIP-320
        timestamp: int64Wide(),
      }),
    }),
    timeoutMs: int32({ since: 10, ignorable: true }), // of reads from tiered storage, KIP-1075
  },
  response: {
    throttleTimeMs: int32({ since: 2, ignorable: true }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        timestamp: int64Wide({ default: -1 }),
        offset: int64Wide({ default: -1 }),
        leaderEpoch: int32({ since: 4, default: -1 }), // KIP-320
      }),
    }),
  },
})
