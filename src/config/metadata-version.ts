import { IllegalArgumentException } from './java-error.ts'

/** One step of metadata.version: which records and fields the metadata log may hold. */
export interface MetadataVersion {
  readonly level: number
  readonly release: string
  /** `4.3-IV0`: what Kafka prints. */
  readonly name: string
}

const RELEASES = `3.3-IV3 3.4-IV0 3.5-IV0 3.5-IV1 3.5-IV2 3.6-IV0 3.6-IV1 3.6-IV2 3.7-IV0 3.7-IV1 3.7-IV2 3.7-IV3
  3.7-IV4 3.8-IV0 3.9-IV0 4.0-IV0 4.0-IV1 4.0-IV2 4.0-IV3 4.1-IV0 4.1-IV1 4.2-IV0 4.2-IV1 4.3-IV0 4.4-IV0`.split(/\s+/)

const MINIMUM_LEVEL = 7

/** Every metadata.version of Kafka 4.3.1, in order; the last one is not stable yet. */
export const METADATA_VERSIONS: readonly MetadataVersion[] = RELEASES.map((name, index) => ({
  level: MINIMUM_LEVEL + index,
  release: name.slice(0, name.indexOf('-')),
  name,
}))

function named(name: string): MetadataVersion {
  return METADATA_VERSIONS.find((version) => version.name === name) as MetadataVersion
}

export const MINIMUM_METADATA_VERSION = named('3.3-IV3')
export const LATEST_METADATA_VERSION = named('4.3-IV0')
export const LATEST_UNSTABLE_METADATA_VERSION = named('4.4-IV0')

/** The first metadata.version that has what the name says. */
export const SCRAM_METADATA_LEVEL = named('3.5-IV2').level
export const TRANSACTIONS_METADATA_LEVEL = named('3.6-IV1').level
export const CONTROLLER_REGISTRATION_METADATA_LEVEL = named('3.7-IV0').level
export const DIRECTORY_ASSIGNMENT_METADATA_LEVEL = named('3.7-IV2').level
export const ELR_METADATA_LEVEL = named('4.0-IV1').level
export const CORDONED_LOG_DIRS_METADATA_LEVEL = named('4.3-IV0').level

/** Versions that records must have to be readable at a metadata.version. */
export function recordVersionsAt(level: number): {
  partition: number
  partitionChange: number
  registerBroker: number
} {
  const partition = level >= ELR_METADATA_LEVEL ? 2 : level >= DIRECTORY_ASSIGNMENT_METADATA_LEVEL ? 1 : 0
  const registerBroker =
    level >= CORDONED_LOG_DIRS_METADATA_LEVEL
      ? 4
      : level >= DIRECTORY_ASSIGNMENT_METADATA_LEVEL
        ? 3
        : level >= named('3.4-IV0').level
          ? 2
          : 1
  return { partition, partitionChange: partition, registerBroker }
}

/** Throws IllegalArgumentException with Kafka's text for a level that does not exist. */
export function metadataVersionOfLevel(level: number): MetadataVersion {
  const version = METADATA_VERSIONS.find((each) => each.level === level)
  if (version) return version
  throw new IllegalArgumentException(
    `No MetadataVersion with feature level ${level}. Valid feature levels are from ${MINIMUM_METADATA_VERSION.level} to ${LATEST_UNSTABLE_METADATA_VERSION.level}.`,
  )
}

/**
 * The version that a text names: `4.3-IV0`, or a release (`4.3`, `4.3.1`), which means the newest stable one of it.
 * Parts after the second point are ignored, as Kafka does it.
 */
export function metadataVersionOfName(text: string, allowUnstable: boolean): MetadataVersion {
  const key = text.split('.').slice(0, 2).join('.')
  const ofRelease = METADATA_VERSIONS.filter(
    (version) => version.release === key && version.level <= LATEST_METADATA_VERSION.level,
  ).at(-1)
  const latest = allowUnstable ? LATEST_UNSTABLE_METADATA_VERSION : LATEST_METADATA_VERSION
  const version = METADATA_VERSIONS.find((each) => each.name === key) ?? ofRelease
  if (version && version.level <= latest.level) return version
  const known = METADATA_VERSIONS.filter((each) => each.level <= latest.level).map((each) => each.name)
  throw new IllegalArgumentException(
    `Unknown metadata.version '${text}'. Supported metadata.version are: ${known.join(', ')}`,
  )
}
