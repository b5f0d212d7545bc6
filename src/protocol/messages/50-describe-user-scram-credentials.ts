import { api, array, int8, int16, int32, nullableArray, nullableString, string } from '../schema.ts'

/** Which SCRAM credentials users have, never the secrets (KIP-554). */
export const DescribeUserScramCredentials = api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: [0, 0],
  flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    users: nullableArray({
      name: string(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullableString(),
    results: array({
      user: string(),
      errorCode: int16(),
      errorMessage: nullableString(),
      credentialInfos: array({
        mechanism: int8(),
        iterations: int32(),
      }),
    }),
  },
})
