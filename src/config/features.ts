import { IllegalArgumentException } from './java-error.ts'
import {
  LATEST_METADATA_VERSION,
  LATEST_UNSTABLE_METADATA_VERSION,
  METADATA_VERSIONS,
  MINIMUM_METADATA_VERSION,
} from './metadata-version.ts'

export const METADATA_VERSION_FEATURE = 'metadata.version'
export const KRAFT_VERSION_FEATURE = 'kraft.version'

/** One level of a feature, and the least levels of other features that it needs. */
export interface FeatureLevel {
  readonly level: number
  /** From this metadata.version on, a new cluster starts with this level. */
  readonly defaultSince: number
  readonly dependencies: ReadonlyMap<string, number>
}

export interface Feature {
  readonly name: string
  readonly levels: readonly FeatureLevel[]
  readonly latestStable: number
}

function levelOf(name: string): number {
  return METADATA_VERSIONS.find((version) => version.name === name)?.level as number
}

/** `since[i]` is the metadata.version at which level `i` becomes the default. */
function feature(name: string, since: string[], dependencies: Record<number, [string, string]> = {}): Feature {
  return {
    name,
    latestStable: since.length - 1,
    levels: since.map((version, level) => {
      const needed = dependencies[level]
      return {
        level,
        defaultSince: levelOf(version),
        dependencies: new Map(needed ? [[needed[0], levelOf(needed[1])]] : []),
      }
    }),
  }
}

/** The features of Kafka 4.3.1 apart from metadata.version, in the order its tools print them. */
export const FEATURES: readonly Feature[] = [
  feature(KRAFT_VERSION_FEATURE, ['3.3-IV3', '3.9-IV0']),
  feature('transaction.version', ['3.3-IV3', '4.0-IV2', '4.0-IV2']),
  feature('group.version', ['3.3-IV3', '4.0-IV0']),
  feature('eligible.leader.replicas.version', ['3.3-IV3', '4.1-IV0'], { 1: [METADATA_VERSION_FEATURE, '4.0-IV1'] }),
  feature('share.version', ['3.3-IV3', '4.2-IV0']),
  feature('streams.version', ['3.3-IV3', '4.2-IV1']),
]

/** The level that a new cluster of this metadata.version starts with. */
export function defaultFeatureLevel(feature: Feature, metadataVersionLevel: number): number {
  return feature.levels.findLast((each) => each.defaultSince <= metadataVersionLevel)?.level ?? 0
}

/** Throws IllegalArgumentException with Kafka's text for a level that does not exist or is not stable. */
export function featureLevelOf(feature: Feature, level: number, allowUnstable: boolean): FeatureLevel {
  const found = feature.levels.find((each) => each.level === level)
  if (found && (allowUnstable || level <= feature.latestStable)) return found
  throw new IllegalArgumentException(`No feature:${feature.name} with feature level ${level}`)
}

/** Throws IllegalArgumentException unless `levels` holds what this level of a feature depends on. */
export function checkFeatureDependencies(
  feature: Feature,
  level: FeatureLevel,
  levels: ReadonlyMap<string, number>,
): void {
  const metadataVersion = levels.get(METADATA_VERSION_FEATURE)
  const refused = `${feature.name} could not be set to ${level.level} because it depends on`
  if (level.level >= 1 && (metadataVersion === undefined || metadataVersion < MINIMUM_METADATA_VERSION.level)) {
    const { level: minimum, name } = MINIMUM_METADATA_VERSION
    throw new IllegalArgumentException(`${refused} ${METADATA_VERSION_FEATURE}=${minimum} (${name})`)
  }
  for (const [name, needed] of level.dependencies) {
    if ((levels.get(name) ?? -1) < needed) throw new IllegalArgumentException(`${refused} ${name} level ${needed}`)
  }
}

/** What brokers and controllers of this version register as supported: inclusive ranges. */
export function supportedFeatureRanges(
  allowUnstable: boolean,
): { name: string; minVersion: number; maxVersion: number }[] {
  const latest = allowUnstable ? LATEST_UNSTABLE_METADATA_VERSION : LATEST_METADATA_VERSION
  return [
    { name: METADATA_VERSION_FEATURE, minVersion: MINIMUM_METADATA_VERSION.level, maxVersion: latest.level },
    ...FEATURES.map(({ name, latestStable }) => ({ name, minVersion: 0, maxVersion: latestStable })),
  ]
}
