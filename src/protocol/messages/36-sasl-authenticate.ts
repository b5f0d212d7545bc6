import { api, bytes, int16, int64, nullableString } from '../schema.ts'

/** Carries one step of a SASL exchange (KIP-152). */
export const SaslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    authBytes: bytes(),
  },
  response: {
    errorCode: int16(),
    errorMessage: nullableString(),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ since: 1, ignorable: true }), // KIP-368
  },
})
