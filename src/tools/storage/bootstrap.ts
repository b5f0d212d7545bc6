import { terseExit } from '../../cli/tool.ts'
import {
  checkFeatureDependencies,
  defaultFeatureLevel,
  FEATURES,
  featureLevelOf,
  KRAFT_VERSION_FEATURE,
  METADATA_VERSION_FEATURE,
} from '../../config/features.ts'
import { JavaError } from '../../config/java-error.ts'
import { parseJavaInteger } from '../../config/java-text.ts'
import {
  LATEST_METADATA_VERSION,
  LATEST_UNSTABLE_METADATA_VERSION,
  type MetadataVersion,
  metadataVersionOfLevel,
  metadataVersionOfName,
  SCRAM_METADATA_LEVEL,
} from '../../config/metadata-version.ts'
import { FeatureLevelRecord } from '../../protocol/records/metadata.ts'
import type { FramedRecord } from '../../storage/metadata-record.ts'

/** What a new cluster starts with. */
export interface FeatureLevels {
  readonly release: { readonly name: string; readonly level: number; readonly supportsScram: boolean }
  /** Every feature, metadata.version and kraft.version included. */
  readonly levels: ReadonlyMap<string, number>
}

/** `feature=level` arguments. Throws with Kafka's text. */
export function parseFeatureLevels(texts: readonly string[]): Map<string, number> {
  return new Map(
    texts.map((text) => {
      const equals = text.indexOf('=')
      const refuse = (reason: string) =>
        new JavaError('java.lang.RuntimeException', `Can't parse feature=level string ${text}: ${reason}`)
      if (equals < 0) throw refuse('equals sign not found.')
      const levelText = text.slice(equals + 1).trim()
      const level = parseJavaInteger(levelText, 16)
      if (level === undefined) throw refuse(`unable to parse ${levelText} as a short.`)
      return [text.slice(0, equals).trim(), level]
    }),
  )
}

/** The levels of all features: what was asked for, else the default of the release. */
export function featureLevelsFor(request: {
  given: ReadonlyMap<string, number>
  release: MetadataVersion | undefined
  allowUnstable: boolean
  /** No `controller.quorum.voters`: the quorum's voters can change. */
  isDynamic: boolean
}): FeatureLevels {
  const { given, allowUnstable, isDynamic } = request
  const release = releaseOf(request)
  const unknown = [...given.keys()]
    .sort()
    .find((name) => name !== METADATA_VERSION_FEATURE && !FEATURES.some((feature) => feature.name === name))
  if (unknown !== undefined) {
    const names = FEATURES.map((feature) => feature.name).sort()
    throw terseExit(`Unsupported feature: ${unknown}. Supported features are: ${names.join(', ')}`)
  }
  const levels = new Map([[METADATA_VERSION_FEATURE, release.level]])
  for (const feature of FEATURES) {
    const asked = given.get(feature.name)
    const level =
      feature.name === KRAFT_VERSION_FEATURE
        ? kraftVersion(asked, isDynamic)
        : (asked ?? defaultFeatureLevel(feature, release.level))
    levels.set(feature.name, level)
  }
  for (const feature of FEATURES.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const level = featureLevelOf(feature, levels.get(feature.name) as number, allowUnstable)
    checkFeatureDependencies(feature, level, levels)
  }
  const supportsScram = release.level >= SCRAM_METADATA_LEVEL
  return { release: { name: release.name, level: release.level, supportsScram }, levels }
}

/** What `--release-version` names; ends the tool with Kafka's text when there is no such version. */
export function parseRelease(text: string | undefined, allowUnstable: boolean): MetadataVersion | undefined {
  if (text === undefined) return undefined
  try {
    return metadataVersionOfName(text, allowUnstable)
  } catch (error) {
    throw error instanceof JavaError ? terseExit(error.message) : error
  }
}

function releaseOf(request: {
  given: ReadonlyMap<string, number>
  release: MetadataVersion | undefined
  allowUnstable: boolean
}): MetadataVersion {
  const { given, release, allowUnstable } = request
  const level = given.get(METADATA_VERSION_FEATURE)
  if (level === undefined)
    return release ?? (allowUnstable ? LATEST_UNSTABLE_METADATA_VERSION : LATEST_METADATA_VERSION)
  if (release) {
    throw terseExit(`Use --release-version instead of --feature ${METADATA_VERSION_FEATURE}=X to avoid ambiguity.`)
  }
  const version = metadataVersionOfLevel(level)
  if (!allowUnstable && version.level > LATEST_METADATA_VERSION.level) {
    throw terseExit(`${METADATA_VERSION_FEATURE} ${version.name} is not yet stable.`)
  }
  return version
}

function kraftVersion(asked: number | undefined, isDynamic: boolean): number {
  if (asked === undefined) return isDynamic ? 1 : 0
  const modes = '--standalone, --initial-controllers, or --no-initial-controllers'
  if (asked === 0 && isDynamic) {
    throw terseExit(
      `Cannot set kraft.version to 0 if controller.quorum.voters is empty and one of the flags ${modes} is used. ` +
        'For dynamic controllers support, try removing the --feature flag for kraft.version.',
    )
  }
  if (asked !== 0 && !isDynamic) {
    throw terseExit(
      `Cannot set kraft.version to ${asked} unless controller.quorum.voters is empty and one of the flags ${modes} is ` +
        `used. For dynamic controllers support, try using one of ${modes} and removing controller.quorum.voters.`,
    )
  }
  return asked
}

/** The first records of a cluster: one for each feature above level 0. kraft.version is not one of them. */
export function bootstrapRecords({ levels }: FeatureLevels): FramedRecord[] {
  const others = [...levels.keys()].filter(
    (name) => name !== METADATA_VERSION_FEATURE && name !== KRAFT_VERSION_FEATURE,
  )
  return [METADATA_VERSION_FEATURE, ...others.sort()]
    .filter((name) => levels.get(name) !== 0)
    .map((name) => ({ message: FeatureLevelRecord, version: 0, value: { name, featureLevel: levels.get(name) } }))
}

/** As Kafka's BootstrapMetadata prints itself. */
export function bootstrapText(records: readonly FramedRecord[], { release }: FeatureLevels): string {
  const shown = records.map(
    ({ message, version, value }) =>
      `ApiMessageAndVersion(${message.name}(${fieldsText(value)}) at version ${version})`,
  )
  return `BootstrapMetadata(records=[${shown.join(', ')}], metadataVersionLevel=${release.level}, source=format command)`
}

/** Strings in quotes, bytes as Java's signed numbers. */
function fieldsText(value: Record<string, string | number | Buffer>): string {
  return Object.entries(value)
    .map(([name, field]) => {
      if (typeof field === 'string') return `${name}='${field}'`
      return `${name}=${Buffer.isBuffer(field) ? `[${[...new Int8Array(field)].join(', ')}]` : field}`
    })
    .join(', ')
}
