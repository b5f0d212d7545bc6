import { api, array, int16, int32, int64, int64Wide, nullableString, string } from '../schema.ts'

/** The transactions that a broker coordinates (KIP-664). */
export const ListTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexibleSince: 0,
  request: {
    stateFilters: array(string()),
    producerIdFilters: array(int64()),
    durationFilter: int64Wide({ since: 1, default: -1 }), // KIP-994
    transactionalIdPattern: nullableString({ since: 2, default: null }), // KIP-1152
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: array(string()),
    transactionStates: array({
      transactionalId: string(),
      producerId: int64(),
      transactionState: string(),
    }),
  },
})
