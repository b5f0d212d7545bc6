import { int32, int64, message, nullableArray, string, uuid } from '../schema.ts'

/** The file `quorum-state`: the epoch, its leader and our vote. Version 1 goes with kraft.version 1 (KIP-853). */
export const QuorumStateData = message({
  name: 'QuorumStateData',
  versions: [0, 1],
  flexibleSince: 0,
  fields: {
    clusterId: string({ until: 0 }),
    leaderId: int32({ default: -1 }),
    leaderEpoch: int32({ default: -1 }),
    votedId: int32({ default: -1 }),
    votedDirectoryId: uuid({ since: 1 }), // KIP-853
    appliedOffset: int64({ until: 0 }),
    currentVoters: nullableArray(
      {
        voterId: int32(),
      },
      { until: 0 },
    ),
  },
})
