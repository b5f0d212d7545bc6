import { api, array, bytes, int16, int32, nullableString, string } from '../schema.ts'

export const SyncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: nullableString({ since: 3, default: null }),
    protocolType: nullableString({ since: 5, default: null, ignorable: true }),
    protocolName: nullableString({ since: 5, default: null, ignorable: true }),
    assignments: array({
      memberId: string(),
      assignment: bytes(),
    }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
    protocolType: nullableString({ since: 5, default: null, ignorable: true }),
    protocolName: nullableString({ since: 5, default: null, ignorable: true }),
    assignment: bytes(),
  },
})
