import { api, array, int8, int16, int32, string } from '../schema.ts'

/**
 * Names of the resources that have settings of their own; in version 0 only those of client metrics (KIP-714,
 * KIP-1142).
 */
export const ListConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexibleSince: 0,
  request: {
    resourceTypes: array(int8(), { since: 1 }), // KIP-1142
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: array({
      resourceName: string(),
      resourceType: int8({ since: 1, default: 16, ignorable: true }), // KIP-1142
    }),
  },
})
