import { api, array, bool, int8, int16, int32, nullableString, string } from '../schema.ts'

/** Brokers or controllers of a cluster, its id and its controller (KIP-700). */
export const DescribeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    includeClusterAuthorizedOperations: bool(),
    endpointType: int8({ since: 1, default: 1 }), // 1 brokers, 2 controllers, KIP-919
    includeFencedBrokers: bool({ since: 2 }), // KIP-1073
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullableString({ default: null }),
    endpointType: int8({ since: 1, default: 1 }), // 1 brokers, 2 controllers, KIP-919
    clusterId: string(),
    controllerId: int32({ default: -1 }),
    brokers: array({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: nullableString({ default: null }),
      isFenced: bool({ since: 2 }), // KIP-1073
    }),
    clusterAuthorizedOperations: int32({ default: -2147483648 }),
  },
})
