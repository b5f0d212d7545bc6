import { api, array, bytes, int16, int32, int64Wide, nullableString, string } from '../schema.ts'

/** Creates a token with which others authenticate as its owner (KIP-48). */
export const CreateDelegationToken = api({
  key: 38,
  name: 'CreateDelegationToken',
  versions: [1, 3],
  flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    ownerPrincipalType: nullableString({ since: 3 }), // KIP-373
    ownerPrincipalName: nullableString({ since: 3 }),
    renewers: array({
      principalType: string(),
      principalName: string(),
    }),
    maxLifetimeMs: int64Wide(),
  },
  response: {
    errorCode: int16(),
    principalType: string(),
    principalName: string(),
    tokenRequesterPrincipalType: string({ since: 3 }), // KIP-373
    tokenRequesterPrincipalName: string({ since: 3 }),
    issueTimestampMs: int64Wide(),
    expiryTimestampMs: int64Wide(),
    maxTimestampMs: int64Wide(),
    tokenId: string(),
    hmac: bytes(),
    throttleTimeMs: int32(),
  },
})
