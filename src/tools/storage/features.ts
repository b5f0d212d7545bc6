import { terseExit } from '../../cli/tool.ts'
import {
  defaultFeatureLevel,
  FEATURES,
  type Feature,
  type FeatureLevel,
  featureLevelOf,
  METADATA_VERSION_FEATURE,
} from '../../config/features.ts'
import { JavaError } from '../../config/java-error.ts'
import { parseJavaInteger } from '../../config/java-text.ts'
import {
  LATEST_METADATA_VERSION,
  type MetadataVersion,
  metadataVersionOfLevel,
  metadataVersionOfName,
} from '../../config/metadata-version.ts'

/** The feature levels that a new cluster of this release has. */
export function* versionMapping(release = LATEST_METADATA_VERSION.name): Iterable<string> {
  const version = orExit(() => metadataVersionOfName(release, true))
  yield `${METADATA_VERSION_FEATURE}=${version.level} (${release})`
  for (const feature of FEATURES) yield `${feature.name}=${defaultFeatureLevel(feature, version.level)}`
}

/** What each `feature=level` depends on. Lines before a wrong one are still printed. */
export function* featureDependencies(features: readonly string[]): Iterable<string> {
  for (const text of features) {
    const equals = text.indexOf('=')
    if (equals < 0) {
      throw terseExit(`Invalid feature format: ${text}. Expected format: 'feature=version' (e.g. 'group.version=1')`)
    }
    const name = text.slice(0, equals).trim()
    const levelText = text.slice(equals + 1).trim()
    const level = parseJavaInteger(levelText, 16)
    if (level === undefined) throw terseExit(`Invalid version format: ${levelText} for feature ${name}`)
    yield* dependenciesOf(name, level)
  }
}

function* dependenciesOf(name: string, level: number): Iterable<string> {
  if (name === METADATA_VERSION_FEATURE) {
    const version = orExit(() => metadataVersionOfLevel(level), `Unknown metadata.version ${level}`)
    yield `${name}=${level} (${version.name}) has no dependencies.`
    return
  }
  const feature = FEATURES.find((each) => each.name === name)
  if (!feature) throw terseExit(`Unknown feature: ${name}`)
  const { dependencies } = levelOf(feature, level)
  if (dependencies.size === 0) {
    yield `${name}=${level} has no dependencies.`
    return
  }
  yield `${name}=${level} requires:`
  for (const [needed, neededLevel] of dependencies) {
    const version = needed === METADATA_VERSION_FEATURE ? ` (${metadataVersionOfLevel(neededLevel).name})` : ''
    yield `    ${needed}=${neededLevel}${version}`
  }
}

function levelOf(feature: Feature, level: number): FeatureLevel {
  return orExit(
    () => featureLevelOf(feature, level, true),
    `Feature level ${level} is not supported for feature ${feature.name}`,
  )
}

/** The user's mistake ends the tool with `message`, or with what the error says. */
function orExit<T extends MetadataVersion | FeatureLevel>(find: () => T, message?: string): T {
  try {
    return find()
  } catch (error) {
    if (error instanceof JavaError) throw terseExit(message ?? error.message)
    throw error
  }
}
