import { api, array, bool, float64, int16, int32, nullableString, string } from '../schema.ts'

/** Sets or removes quotas of users, clients and addresses (KIP-546). */
export const AlterClientQuotas = api({
  key: 49,
  name: 'AlterClientQuotas',
  versions: [0, 1],
  flexibleSince: 1,
  listeners: ['broker', 'controller'],
  request: {
    entries: array({
      entity: array({
        entityType: string(),
        entityName: nullableString(),
      }),
      ops: array({
        key: string(),
        value: float64(),
        remove: bool(),
      }),
    }),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    entries: array({
      errorCode: int16(),
      errorMessage: nullableString(),
      entity: array({
        entityType: string(),
        entityName: nullableString(),
      }),
    }),
  },
})
