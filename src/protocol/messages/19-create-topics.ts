import { api, array, bool, int8, int16, int32, nullableArray, nullableString, string, uuid } from '../schema.ts'

/**
 * Creates topics, or only checks whether they could be. Partition count and replication factor may be left to the
 * broker from version 4 on (KIP-464).
 */
export const CreateTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleSince: 5,
  listeners: ['broker', 'controller'],
  request: {
    topics: array({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array({
        partitionIndex: int32(),
        brokerIds: array(int32()),
      }),
      configs: array({
        name: string(),
        value: nullableString(),
      }),
    }),
    timeoutMs: int32({ default: 60000 }),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: array({
      name: string(),
      topicId: uuid({ since: 7, ignorable: true }), // KIP-516
      errorCode: int16(),
      errorMessage: nullableString({ ignorable: true }),
      topicConfigErrorCode: int16({ since: 5, tag: 0, ignorable: true }), // KIP-525
      numPartitions: int32({ since: 5, default: -1, ignorable: true }), // KIP-525
      replicationFactor: int16({ since: 5, default: -1, ignorable: true }), // KIP-525
      // KIP-525
      configs: nullableArray(
        {
          name: string(),
          value: nullableString(),
          readOnly: bool(),
          configSource: int8({ default: -1, ignorable: true }),
          isSensitive: bool(),
        },
        { since: 5, ignorable: true },
      ),
    }),
  },
})
