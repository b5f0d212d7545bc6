import { api, array, int16, int32, nullableString, string, uuid } from '../schema.ts'

/** Deletes topics, by name or by id. */
export const DeleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleSince: 4,
  listeners: ['broker', 'controller'],
  request: {
    // by name or id, KIP-516
    topics: array(
      {
        name: nullableString({ default: null }),
        topicId: uuid(),
      },
      { since: 6 },
    ),
    topicNames: array(string(), { until: 5, ignorable: true }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    responses: array({
      name: nullableString({ nullableSince: 6 }),
      topicId: uuid({ since: 6, ignorable: true }), // KIP-516
      errorCode: int16(),
      errorMessage: nullableString({ since: 5, default: null, ignorable: true }), // KIP-599
    }),
  },
})
