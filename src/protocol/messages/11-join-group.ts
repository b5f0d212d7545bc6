import { api, array, bool, bytes, int16, int32, nullableString, string } from '../schema.ts'

/**
 * A classic group member enters the next generation; the answer waits until every member has come. Version 4 asks new
 * members to come again with the id they were given (KIP-394).
 */
export const JoinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleSince: 6,
  request: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32({ since: 1, default: -1, ignorable: true }), // KIP-62
    memberId: string(),
    groupInstanceId: nullableString({ since: 5, default: null }), // static membership, KIP-345
    protocolType: string(),
    protocols: array({
      name: string(),
      metadata: bytes(),
    }),
    reason: nullableString({ since: 8, default: null, ignorable: true }), // KIP-800
  },
  response: {
    throttleTimeMs: int32({ since: 2, ignorable: true }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: nullableString({ since: 7, default: null, ignorable: true }), // KIP-559
    protocolName: nullableString({ nullableSince: 7 }),
    leader: string(),
    skipAssignment: bool({ since: 9 }), // a static leader rejoined, KIP-814
    memberId: string(),
    members: array({
      memberId: string(),
      groupInstanceId: nullableString({ since: 5, default: null, ignorable: true }), // static membership, KIP-345
      metadata: bytes(),
    }),
  },
})
