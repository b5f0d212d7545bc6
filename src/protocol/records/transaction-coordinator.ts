import { array, int8, int16, int32, int64, message, nullableArray, string } from '../schema.ts'

/** Key of the state of a transactional id. */
export const TransactionLogKey = message({
  name: 'TransactionLogKey',
  key: 0,
  versions: [0, 0],
  fields: {
    transactionalId: string(),
  },
})

/** State of a transactional id: its producer, its transaction and the partitions in it (KIP-98). */
export const TransactionLogValue = message({
  name: 'TransactionLogValue',
  key: 0,
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    producerId: int64(),
    previousProducerId: int64({ since: 1, tag: 0, default: -1 }), // KIP-890
    nextProducerId: int64({ since: 1, tag: 1, default: -1 }), // KIP-890
    producerEpoch: int16(),
    nextProducerEpoch: int16({ since: 1, tag: 3, default: -1 }), // KIP-890
    transactionTimeoutMs: int32(),
    transactionStatus: int8(),
    transactionPartitions: nullableArray({
      topic: string(),
      partitionIds: array(int32()),
    }),
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: int16({ since: 1, tag: 2 }), // KIP-890
  },
})
