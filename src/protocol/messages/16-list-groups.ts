import { api, array, int16, int32, string } from '../schema.ts'

/** The groups that a broker coordinates. */
export const ListGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleSince: 3,
  request: {
    statesFilter: array(string(), { since: 4 }), // KIP-518
    typesFilter: array(string(), { since: 5 }), // KIP-848
  },
  response: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
    groups: array({
      groupId: string(),
      protocolType: string(),
      groupState: string({ since: 4, ignorable: true }), // KIP-518
      groupType: string({ since: 5, ignorable: true }), // KIP-848
    }),
  },
})
