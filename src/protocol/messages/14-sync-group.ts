import { api, array, bytes, int16, int32, nullableString, string } from '../schema.ts'

/** The leader of a classic group hands in the assignment of a generation; every member receives its own. */
export const SyncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: nullableString({ since: 3, default: null }), // static membership, KIP-345
    protocolType: nullableString({ since: 5, default: null, ignorable: true }), // KIP-559
    protocolName: nullableString({ since: 5, default: null, ignorable: true }), // KIP-559
    assignments: array({
      memberId: string(),
      assignment: bytes(),
    }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
    protocolType: nullableString({ since: 5, default: null, ignorable: true }), // KIP-559
    protocolName: nullableString({ since: 5, default: null, ignorable: true }), // KIP-559
    assignment: bytes(),
  },
})
