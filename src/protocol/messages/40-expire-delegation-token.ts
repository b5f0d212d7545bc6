import { api, bytes, int16, int32, int64Wide } from '../schema.ts'

/** Sets the expiry of a delegation token, or ends it at once (KIP-48). */
export const ExpireDelegationToken = api({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: [1, 2],
  flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    hmac: bytes(),
    expiryTimePeriodMs: int64Wide(),
  },
  response: {
    errorCode: int16(),
    expiryTimestampMs: int64Wide(),
    throttleTimeMs: int32(),
  },
})
