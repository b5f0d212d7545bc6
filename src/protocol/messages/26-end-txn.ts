import { api, bool, int16, int32, int64, string } from '../schema.ts'

/** A producer commits or aborts its transaction (KIP-98). */
export const EndTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexibleSince: 3,
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ since: 5, default: -1, ignorable: true }), // a new epoch for each transaction, KIP-890
    producerEpoch: int16({ since: 5, default: -1, ignorable: true }), // KIP-890
  },
})
