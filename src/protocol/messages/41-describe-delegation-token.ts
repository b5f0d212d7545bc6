import { api, array, bytes, int16, int32, int64Wide, nullableArray, string } from '../schema.ts'

/** Lists delegation tokens by their owners (KIP-48). */
export const DescribeDelegationToken = api({
  key: 41,
  name: 'DescribeDelegationToken',
  versions: [1, 3],
  flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    owners: nullableArray({
      principalType: string(),
      principalName: string(),
    }),
  },
  response: {
    errorCode: int16(),
    tokens: array({
      principalType: string(),
      principalName: string(),
      tokenRequesterPrincipalType: string({ since: 3 }), // KIP-373
      tokenRequesterPrincipalName: string({ since: 3 }),
      issueTimestamp: int64Wide(),
      expiryTimestamp: int64Wide(),
      maxTimestamp: int64Wide(),
      tokenId: string(),
      hmac: bytes(),
      renewers: array({
        principalType: string(),
        principalName: string(),
      }),
    }),
    throttleTimeMs: int32(),
  },
})
