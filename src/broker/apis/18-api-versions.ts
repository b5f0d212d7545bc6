// ApiVersions v0–4: which APIs and versions this listener serves (KIP-35), and which features the cluster has
// (KIP-584). v3 tells us who the client is (KIP-511); before v4 a feature whose range begins at 0 is left out, because
// older clients cannot read it (KAFKA-17492).
import { supportedFeatureRanges } from '../../config/features.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import { ApiVersions } from '../../protocol/messages/18-api-versions.ts'
import type { AnyApi, ListenerRole, RequestOf, ResponseInput } from '../../protocol/schema.ts'
import { type AnyHandler, type Handler, handler } from '../handler.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { RequestInfo } from '../request-context.ts'

const PRODUCE = 0
const SOFTWARE_NAME_OR_VERSION = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

type Response = ResponseInput<typeof ApiVersions>

/** What ApiVersions needs of a context; the contexts of broker and controller both have it. */
export interface FeaturesContext extends RequestInfo {
  readonly metadata: Pick<MetadataImage, 'offset' | 'features'>
}

/** The whole table of a listener: `handlers`, and an ApiVersions that tells of them and of itself. */
export function withApiVersions(role: ListenerRole, handlers: readonly AnyHandler[]): readonly AnyHandler[] {
  return [...handlers, apiVersionsOf(role, [...handlers.map(({ api }) => api), ApiVersions])]
}

function apiVersionsOf(role: ListenerRole, apis: readonly AnyApi[]): Handler<typeof ApiVersions, FeaturesContext> {
  const apiKeys = apis
    .map((api) => {
      const [minVersion, maxVersion] = advertisedVersions(role, api)
      return { apiKey: api.key, minVersion, maxVersion }
    })
    .sort((a, b) => a.apiKey - b.apiKey)
  const supportedFeatures = supportedFeatureRanges(false)
  const supportedFeaturesAboveZero = supportedFeatures.filter(({ minVersion }) => minVersion > 0)
  return handler<typeof ApiVersions, FeaturesContext>(ApiVersions, (request, { apiVersion, metadata }) => {
    if (apiVersion >= 3 && !namesSoftware(request)) return { errorCode: ErrorCode.INVALID_REQUEST }
    return {
      apiKeys,
      supportedFeatures: apiVersion >= 4 ? supportedFeatures : supportedFeaturesAboveZero,
      finalizedFeaturesEpoch: metadata.offset,
      finalizedFeatures: finalizedFeatures(metadata.features),
    }
  })
}

/** The versions of an API that requests may have: an unstable newest one is not served. */
export function servedVersions({ versions: [oldest, newest], latestVersionUnstable }: AnyApi): [number, number] {
  return [oldest, latestVersionUnstable ? newest - 1 : newest]
}

/** Clients older than librdkafka 2.10 need to see Produce from v0 on, although v3 is the oldest one (KIP-896). */
function advertisedVersions(role: ListenerRole, api: AnyApi): [number, number] {
  const [oldest, newest] = servedVersions(api)
  return [role === 'broker' && api.key === PRODUCE ? 0 : oldest, newest]
}

/** The answer, in v0, to a version there is not (KIP-511). */
export const unsupportedApiVersions: Response = {
  errorCode: ErrorCode.UNSUPPORTED_VERSION,
  apiKeys: [{ apiKey: ApiVersions.key, minVersion: ApiVersions.versions[0], maxVersion: ApiVersions.versions[1] }],
}

function namesSoftware({ clientSoftwareName, clientSoftwareVersion }: RequestOf<typeof ApiVersions>): boolean {
  return SOFTWARE_NAME_OR_VERSION.test(clientSoftwareName) && SOFTWARE_NAME_OR_VERSION.test(clientSoftwareVersion)
}

function finalizedFeatures({ levels, kraftVersion }: MetadataImage['features']): Response['finalizedFeatures'] {
  const finalized = new Map(levels)
  if (kraftVersion > 0) finalized.set('kraft.version', kraftVersion)
  return [...finalized].map(([name, level]) => ({ name, minVersionLevel: level, maxVersionLevel: level }))
}
