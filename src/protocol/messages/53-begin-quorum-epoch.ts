import { api, array, int16, int32, nullableString, string, uint16, uuid } from '../schema.ts'

/** A new leader of a KRaft quorum makes itself known to the voters (KIP-595). */
export const BeginQuorumEpoch = api({
  key: 53,
  name: 'BeginQuorumEpoch',
  versions: [0, 1],
  flexibleSince: 1,
  listeners: ['controller'],
  request: {
    clusterId: nullableString({ default: null }),
    voterId: int32({ since: 1, default: -1, ignorable: true }), // KIP-853
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        voterDirectoryId: uuid({ since: 1, ignorable: true }), // KIP-853
        leaderId: int32(),
        leaderEpoch: int32(),
      }),
    }),
    // KIP-853
    leaderEndpoints: array(
      {
        name: string(),
        host: string(),
        port: uint16(),
      },
      { since: 1, ignorable: true },
    ),
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
