import { api, bool, int16, int32, int64, nullableString } from '../schema.ts'

/**
 * Gives a producer its id and epoch (KIP-98). With a transactional id it fences older producers of that id and ends
 * what they left open.
 */
export const InitProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 6],
  flexibleSince: 2,
  latestVersionUnstable: true,
  request: {
    transactionalId: nullableString(),
    transactionTimeoutMs: int32(),
    producerId: int64({ since: 3, default: -1 }), // to go on after an error, KIP-360
    producerEpoch: int16({ since: 3, default: -1 }), // KIP-360
    enable2Pc: bool({ since: 6 }), // two-phase commit, KIP-939
    keepPreparedTxn: bool({ since: 6 }), // KIP-939
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
    ongoingTxnProducerId: int64({ since: 6, default: -1 }), // KIP-939
    ongoingTxnProducerEpoch: int16({ since: 6, default: -1 }), // KIP-939
  },
})
