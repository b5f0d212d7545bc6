import { api, array, bool, int16, int32, nullableString, string, uint16, uuid } from '../schema.ts'

/** Adds a voter to a KRaft quorum (KIP-853). */
export const AddRaftVoter = api({
  key: 80,
  name: 'AddRaftVoter',
  versions: [0, 1],
  flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    clusterId: nullableString(),
    timeoutMs: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array({
      name: string(),
      host: string(),
      port: uint16(),
    }),
    ackWhenCommitted: bool({ since: 1, default: true }), // KIP-1186
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullableString({ ignorable: true }),
  },
})
