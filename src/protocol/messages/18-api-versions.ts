import { api, array, bool, int16, int32, int64, string } from '../schema.ts'

/**
 * The first request of most connections: which APIs and versions a broker serves. Its answer always has header version
 * 0, so that it can be read before anything is agreed (KIP-511).
 */
export const ApiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexibleSince: 3,
  listeners: ['broker', 'controller'],
  request: {
    clientSoftwareName: string({ since: 3, ignorable: true }), // KIP-511
    clientSoftwareVersion: string({ since: 3, ignorable: true }), // KIP-511
  },
  response: {
    errorCode: int16(),
    apiKeys: array({
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16(),
    }),
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    // KIP-584
    supportedFeatures: array(
      {
        name: string(),
        minVersion: int16(),
        maxVersion: int16(),
      },
      { since: 3, tag: 0, ignorable: true },
    ),
    finalizedFeaturesEpoch: int64({ since: 3, tag: 1, default: -1, ignorable: true }), // KIP-584
    // KIP-584
    finalizedFeatures: array(
      {
        name: string(),
        maxVersionLevel: int16(),
        minVersionLevel: int16(),
      },
      { since: 3, tag: 2, ignorable: true },
    ),
    zkMigrationReady: bool({ since: 3, tag: 3, ignorable: true }), // KIP-866
  },
})
