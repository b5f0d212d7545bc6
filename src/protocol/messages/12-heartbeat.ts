import { api, int16, int32, nullableString, string } from '../schema.ts'

/** A classic group member tells its coordinator it is alive, and learns whether to rejoin. */
export const Heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleSince: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: nullableString({ since: 3, default: null }), // static membership, KIP-345
  },
  response: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
  },
})
