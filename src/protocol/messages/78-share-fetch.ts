import {
  api,
  array,
  bool,
  int8,
  int16,
  int32,
  int64,
  int64Wide,
  nullableString,
  records,
  string,
  struct,
  uuid,
} from '../schema.ts'

/**
 * Acquires records for a member of a share group, and acknowledges earlier ones (KIP-932). Version 0 was an early
 * access.
 */
export const ShareFetch = api({
  key: 78,
  name: 'ShareFetch',
  versions: [1, 2],
  flexibleSince: 0,
  request: {
    groupId: nullableString({ default: null }),
    memberId: nullableString(),
    shareSessionEpoch: int32(),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ default: 2147483647 }),
    maxRecords: int32(),
    batchSize: int32(),
    shareAcquireMode: int8({ since: 2, ignorable: true }), // KIP-1206
    isRenewAck: bool({ since: 2 }), // KIP-1222
    topics: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        acknowledgementBatches: array({
          firstOffset: int64Wide(),
          lastOffset: int64Wide(),
          acknowledgeTypes: array(int8()),
        }),
      }),
    }),
    forgottenTopicsData: array({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullableString({ default: null }),
    acquisitionLockTimeoutMs: int32(),
    responses: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullableString({ default: null }),
        acknowledgeErrorCode: int16(),
        acknowledgeErrorMessage: nullableString({ default: null }),
        currentLeader: struct({
          leaderId: int32(),
          leaderEpoch: int32(),
        }),
        records: records({ nullableUntil: 0 }),
        acquiredRecords: array({
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryCount: int16(),
        }),
      }),
    }),
    nodeEndpoints: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: nullableString({ default: null }),
    }),
  },
})
