import {
  api,
  array,
  int8,
  int16,
  int32,
  int64,
  int64Wide,
  nullableArray,
  nullableString,
  records,
  string,
  struct,
  uuid,
} from '../schema.ts'

/**
 * Reads record batches from partitions, for consumers and for replicas that follow a leader. zstd is answered from
 * version 10 on (KIP-110).
 */
export const Fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [4, 18],
  flexibleSince: 12,
  listeners: ['broker', 'controller'],
  request: {
    clusterId: nullableString({ since: 12, tag: 0, default: null, ignorable: true }), // KRaft, KIP-595
    replicaId: int32({ until: 14, default: -1 }),
    // KIP-903
    replicaState: struct(
      {
        replicaId: int32({ default: -1 }),
        replicaEpoch: int64({ default: -1 }),
      },
      { since: 15, tag: 1 },
    ),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ default: 2147483647, ignorable: true }),
    isolationLevel: int8({ ignorable: true }), // KIP-98
    sessionId: int32({ since: 7, ignorable: true }), // fetch sessions, KIP-227
    sessionEpoch: int32({ since: 7, default: -1, ignorable: true }),
    topics: array({
      topic: string({ until: 12, ignorable: true }),
      topicId: uuid({ since: 13, ignorable: true }), // KIP-516
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32({ since: 9, default: -1, ignorable: true }), // fencing, KIP-320
        fetchOffset: int64Wide(),
        lastFetchedEpoch: int32({ since: 12, default: -1 }), // KIP-595
        logStartOffset: int64Wide({ since: 5, default: -1, ignorable: true }), // KIP-107
        partitionMaxBytes: int32(),
        replicaDirectoryId: uuid({ since: 17, tag: 0, ignorable: true }), // KIP-853
        highWatermark: int64Wide({ since: 18, tag: 1, default: 9223372036854775807n, ignorable: true }), // KIP-1166
      }),
    }),
    // KIP-227
    forgottenTopicsData: array(
      {
        topic: string({ until: 12, ignorable: true }),
        topicId: uuid({ since: 13, ignorable: true }), // KIP-516
        partitions: array(int32()),
      },
      { since: 7 },
    ),
    rackId: string({ since: 11, ignorable: true }), // reading from the closest replica, KIP-392
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    errorCode: int16({ since: 7, ignorable: true }),
    sessionId: int32({ since: 7 }), // fetch sessions, KIP-227
    responses: array({
      topic: string({ until: 12, ignorable: true }),
      topicId: uuid({ since: 13, ignorable: true }), // KIP-516
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        lastStableOffset: int64({ default: -1, ignorable: true }),
        logStartOffset: int64({ since: 5, default: -1, ignorable: true }),
        // KIP-595
        divergingEpoch: struct(
          {
            epoch: int32({ default: -1 }),
            endOffset: int64({ default: -1 }),
          },
          { since: 12, tag: 0 },
        ),
        // KIP-595, KIP-951
        currentLeader: struct(
          {
            leaderId: int32({ default: -1 }),
            leaderEpoch: int32({ default: -1 }),
          },
          { since: 12, tag: 1 },
        ),
        // KIP-630
        snapshotId: struct(
          {
            endOffset: int64({ default: -1 }),
            epoch: int32({ default: -1 }),
          },
          { since: 12, tag: 2 },
        ),
        // KIP-98
        abortedTransactions: nullableArray(
          {
            producerId: int64(),
            firstOffset: int64(),
          },
          { ignorable: true },
        ),
        preferredReadReplica: int32({ since: 11, default: -1 }), // KIP-392
        records: records(),
      }),
    }),
    // KIP-951
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: nullableString({ default: null }),
      },
      { since: 16, tag: 0 },
    ),
  },
})
