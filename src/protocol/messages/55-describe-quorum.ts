import { api, array, int16, int32, int64, nullableString, string, uint16, uuid } from '../schema.ts'

const replicaState = {
  replicaId: int32(),
  replicaDirectoryId: uuid({ since: 2 }), // KIP-853
  logEndOffset: int64(),
  lastFetchTimestamp: int64({ since: 1, default: -1, ignorable: true }), // KIP-836
  lastCaughtUpTimestamp: int64({ since: 1, default: -1, ignorable: true }), // KIP-836
}

/** Leader, voters and observers of a KRaft quorum, and how far each has come (KIP-595). */
export const DescribeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    errorCode: int16(),
    errorMessage: nullableString({ since: 2, ignorable: true }), // KIP-853
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullableString({ since: 2, ignorable: true }), // KIP-853
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: array(replicaState),
        observers: array(replicaState),
      }),
    }),
    // KIP-853
    nodes: array(
      {
        nodeId: int32(),
        listeners: array({
          name: string(),
          host: string(),
          port: uint16(),
        }),
      },
      { since: 2 },
    ),
  },
})
