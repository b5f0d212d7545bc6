import { api, bytes, int16, int32, int64Wide } from '../schema.ts'

/** Puts off the expiry of a delegation token (KIP-48). */
export const RenewDelegationToken = api({
  key: 39,
  name: 'RenewDelegationToken',
  versions: [1, 2],
  flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    hmac: bytes(),
    renewPeriodMs: int64Wide(),
  },
  response: {
    errorCode: int16(),
    expiryTimestampMs: int64Wide(),
    throttleTimeMs: int32(),
  },
})
