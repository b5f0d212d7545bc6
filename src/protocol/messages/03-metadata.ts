import { api, array, bool, int16, int32, nullableArray, nullableString, string, uuid } from '../schema.ts'

/**
 * Tells a client which brokers there are, and which of them lead the partitions of its topics. May create missing
 * topics.
 */
export const Metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleSince: 9,
  request: {
    topics: nullableArray(
      {
        topicId: uuid({ since: 10, ignorable: true }), // KIP-516
        name: nullableString({ nullableSince: 10 }),
      },
      { nullableSince: 1 },
    ),
    allowAutoTopicCreation: bool({ since: 4, default: true }),
    includeClusterAuthorizedOperations: bool({ since: 8, until: 10 }), // KIP-430, until KIP-700
    includeTopicAuthorizedOperations: bool({ since: 8 }), // KIP-430
  },
  response: {
    throttleTimeMs: int32({ since: 3, ignorable: true }),
    brokers: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: nullableString({ since: 1, default: null, ignorable: true }),
    }),
    clusterId: nullableString({ since: 2, default: null, ignorable: true }),
    controllerId: int32({ since: 1, default: -1, ignorable: true }),
    topics: array({
      errorCode: int16(),
      name: nullableString({ nullableSince: 12 }),
      topicId: uuid({ since: 10, ignorable: true }), // KIP-516
      isInternal: bool({ since: 1, ignorable: true }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ since: 7, default: -1, ignorable: true }), // KIP-320
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { since: 5, ignorable: true }), // KIP-112
      }),
      topicAuthorizedOperations: int32({ since: 8, default: -2147483648 }), // KIP-430
    }),
    clusterAuthorizedOperations: int32({ since: 8, until: 10, default: -2147483648 }), // KIP-430, until KIP-700
    errorCode: int16({ since: 13, ignorable: true }), // asks to bootstrap again, KIP-1102
  },
})
