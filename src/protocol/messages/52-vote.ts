import { api, array, bool, int16, int32, int64, nullableString, string, uint16, uuid } from '../schema.ts'

/** A candidate for the leadership of a KRaft quorum asks the voters (KIP-595). */
export const Vote = api({
  key: 52,
  name: 'Vote',
  versions: [0, 2],
  flexibleSince: 0,
  listeners: ['controller'],
  request: {
    clusterId: nullableString({ default: null }),
    voterId: int32({ since: 1, default: -1, ignorable: true }), // KIP-853
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        replicaEpoch: int32(),
        replicaId: int32(),
        replicaDirectoryId: uuid({ since: 1, ignorable: true }), // KIP-853
        voterDirectoryId: uuid({ since: 1, ignorable: true }), // KIP-853
        lastOffsetEpoch: int32(),
        lastOffset: int64(),
        preVote: bool({ since: 2 }), // asks without standing, KIP-996
      }),
    }),
  },
  response: {
    errorCode: int16(),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        voteGranted: bool(),
      }),
    }),
    // KIP-853
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: uint16(),
      },
      { since: 1, tag: 0 },
    ),
  },
})
