import { api, array, int8, int16, int32, nullableString, string } from '../schema.ts'

/** Finds the broker that coordinates a group, a transactional id or (KIP-932) a share partition. */
export const FindCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexibleSince: 3,
  request: {
    key: string({ until: 3 }),
    keyType: int8({ since: 1 }), // 0 group, 1 transaction (KIP-98), 2 share (KIP-932)
    coordinatorKeys: array(string(), { since: 4 }), // several at once, KIP-699
  },
  response: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16({ until: 3 }),
    errorMessage: nullableString({ since: 1, until: 3, ignorable: true }),
    nodeId: int32({ until: 3 }),
    host: string({ until: 3 }),
    port: int32({ until: 3 }),
    // KIP-699
    coordinators: array(
      {
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: nullableString({ ignorable: true }),
      },
      { since: 4 },
    ),
  },
})
