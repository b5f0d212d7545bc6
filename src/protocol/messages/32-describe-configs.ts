import { api, array, bool, int8, int16, int32, nullableArray, nullableString, string } from '../schema.ts'

/** Settings of topics, brokers, groups and client metrics, and where each value comes from (KIP-133, KIP-226). */
export const DescribeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleSince: 4,
  listeners: ['broker', 'controller'],
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: nullableArray(string()),
    }),
    includeSynonyms: bool(), // KIP-226
    includeDocumentation: bool({ since: 3 }), // KIP-569
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      errorCode: int16(),
      errorMessage: nullableString(),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: nullableString(),
        readOnly: bool(),
        configSource: int8({ default: -1, ignorable: true }),
        isSensitive: bool(),
        // KIP-226
        synonyms: array(
          {
            name: string(),
            value: nullableString(),
            source: int8(),
          },
          { ignorable: true },
        ),
        configType: int8({ since: 3, ignorable: true }), // KIP-569
        documentation: nullableString({ since: 3, ignorable: true }), // KIP-569
      }),
    }),
  },
})
