import { api, array, int16, int32, nullableString, string } from '../schema.ts'

/** Members leave a classic group at once, without waiting for their session to expire. */
export const LeaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: {
    groupId: string(),
    memberId: string({ until: 2 }),
    // several at once, KIP-345
    members: array(
      {
        memberId: string(),
        groupInstanceId: nullableString({ default: null }),
        reason: nullableString({ since: 5, default: null, ignorable: true }), // KIP-800
      },
      { since: 3 },
    ),
  },
  response: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
    // several at once, KIP-345
    members: array(
      {
        memberId: string(),
        groupInstanceId: nullableString(),
        errorCode: int16(),
      },
      { since: 3 },
    ),
  },
})
