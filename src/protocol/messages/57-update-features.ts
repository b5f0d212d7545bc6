import { api, array, bool, int8, int16, int32, nullableString, string } from '../schema.ts'

/** Raises or lowers the finalized level of features such as metadata.version (KIP-584). */
export const UpdateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  versions: [0, 2],
  flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    timeoutMs: int32({ default: 60000 }),
    featureUpdates: array({
      feature: string(),
      maxVersionLevel: int16(),
      allowDowngrade: bool({ until: 0 }),
      upgradeType: int8({ since: 1, default: 1 }), // KIP-778
    }),
    validateOnly: bool({ since: 1 }), // KIP-778
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullableString(),
    results: array(
      {
        feature: string(),
        errorCode: int16(),
        errorMessage: nullableString(),
      },
      { until: 1, ignorable: true },
    ),
  },
})
