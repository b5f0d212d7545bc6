import { api, array, int16, int32, int64, int64Wide, nullableString, records, string, struct, uuid } from '../schema.ts'

/**
 * A producer appends record batches to partitions. Versions 0 to 2 are listed to clients but refused (KAFKA-18659);
 * zstd is allowed from version 7 on (KIP-110).
 */
export const Produce = api({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexibleSince: 9,
  request: {
    transactionalId: nullableString({ default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array({
      name: string({ until: 12, ignorable: true }),
      topicId: uuid({ since: 13, ignorable: true }), // KIP-516
      partitionData: array({
        index: int32(),
        records: records(),
      }),
    }),
  },
  response: {
    responses: array({
      name: string({ until: 12, ignorable: true }),
      topicId: uuid({ since: 13, ignorable: true }), // KIP-516
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64Wide({ default: -1, ignorable: true }),
        logStartOffset: int64({ since: 5, default: -1, ignorable: true }),
        // KIP-467
        recordErrors: array(
          {
            batchIndex: int32(),
            batchIndexErrorMessage: nullableString({ default: null }),
          },
          { since: 8, ignorable: true },
        ),
        errorMessage: nullableString({ since: 8, default: null, ignorable: true }), // KIP-467
        // KIP-951
        currentLeader: struct(
          {
            leaderId: int32({ default: -1 }),
            leaderEpoch: int32({ default: -1 }),
          },
          { since: 10, tag: 0 },
        ),
      }),
    }),
    throttleTimeMs: int32({ ignorable: true }),
    // KIP-951
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: nullableString({ default: null }),
      },
      { since: 10, tag: 0 },
    ),
  },
})
