/** `meta.properties` says which node and cluster a log directory belongs to; one in each log directory. */
import { join } from 'node:path'
import { writeFileAtomically } from './atomic-file.ts'
import { type FileLayer, nodeFiles, readTextIfExists } from './file-layer.ts'
import { isReservedDirectoryId, isUuid, randomUuid } from './uuid.ts'

export const META_PROPERTIES = 'meta.properties'

export interface MetaProperties {
  /** 1 since Kafka 3.0; 0 was written by brokers with ZooKeeper, and in it ids may be missing. */
  readonly version: 0 | 1
  readonly clusterId: string | undefined
  readonly nodeId: number | undefined
  readonly directoryId: string | undefined
}

/** Undefined when the directory has no meta.properties. Throws, with Kafka's text, when it cannot be read. */
export function readMetaProperties(logDir: string, files: FileLayer = nodeFiles): MetaProperties | undefined {
  const text = readTextIfExists(join(logDir, META_PROPERTIES), files)
  return text === undefined ? undefined : parseMetaProperties(text)
}

export function parseMetaProperties(text: string): MetaProperties {
  const properties = parse(text)
  const versionText = properties.get('version') ?? '0'
  if (!/^[+-]?\d+$/.test(versionText.trim())) throw new Error(`Invalid meta.properties version string '${versionText}'`)
  const version = Number(versionText)
  if (version !== 0 && version !== 1) throw new Error(`Unknown meta.properties version number ${version}`)
  const nodeId = nodeIdOf(properties, version)
  const clusterId = properties.get('cluster.id')
  const directoryId = properties.get('directory.id')
  if (directoryId !== undefined && !isUuid(directoryId)) {
    throw new Error(`Unable to read directory.id as a Uuid: ${directoryId}`)
  }
  if (version === 1 && clusterId === undefined) throw new Error('cluster.id was not found.')
  return { version, clusterId, nodeId, directoryId }
}

/** Durable when it returns. `now` is the date in the second comment line, as java.util.Properties writes it. */
export function writeMetaProperties(
  logDir: string,
  properties: MetaProperties,
  now: Date = new Date(),
  files: FileLayer = nodeFiles,
): void {
  writeFileAtomically(join(logDir, META_PROPERTIES), renderMetaProperties(properties, now), {}, files)
}

/** The keys in the order that Java's hash map gives them. */
export function renderMetaProperties(properties: MetaProperties, now: Date): string {
  const { version, clusterId, nodeId, directoryId } = properties
  const entries: [string, string | number | undefined][] = [
    [version === 0 ? 'broker.id' : 'node.id', nodeId],
    ['directory.id', directoryId],
    ['version', version],
    ['cluster.id', clusterId],
  ]
  const lines = entries
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${escapeValue(String(value))}`)
  return `#\n#${javaDate(now)}\n${lines.join('\n')}\n`
}

/** As it appears in log lines: `MetaProperties(version=1, clusterId=…, nodeId=1, directoryId=…)`. */
export function describeMetaProperties({ version, clusterId, nodeId, directoryId }: MetaProperties): string {
  const parts = [`version=${version}`]
  if (clusterId !== undefined) parts.push(`clusterId=${clusterId}`)
  if (nodeId !== undefined) parts.push(`nodeId=${nodeId}`)
  if (directoryId !== undefined) parts.push(`directoryId=${directoryId}`)
  return `MetaProperties(${parts.join(', ')})`
}

/** What the log directories of one node say, by directory. */
export interface MetaPropertiesEnsemble {
  /** Readable ones, in order of their path. */
  readonly directories: ReadonlyMap<string, MetaProperties>
  /** Directories without a meta.properties: not formatted. */
  readonly empty: readonly string[]
  /** Directories whose meta.properties cannot be read, and why. */
  readonly failed: ReadonlyMap<string, Error>
  readonly metadataLogDir: string | undefined
}

export function loadMetaProperties(
  logDirs: readonly string[],
  metadataLogDir: string | undefined,
  files: FileLayer = nodeFiles,
): MetaPropertiesEnsemble {
  const all = new Set(metadataLogDir === undefined ? logDirs : [...logDirs, metadataLogDir])
  if (all.size === 0) throw new Error('You must specify at least one log directory.')
  const directories = new Map<string, MetaProperties>()
  const empty: string[] = []
  const failed = new Map<string, Error>()
  for (const logDir of [...all].sort()) {
    try {
      const properties = readMetaProperties(logDir, files)
      if (properties) directories.set(logDir, properties)
      else empty.push(logDir)
    } catch (error) {
      failed.set(logDir, error as Error)
    }
  }
  return { directories, empty, failed, metadataLogDir }
}

export interface MetaPropertiesExpectation {
  readonly clusterId?: string
  readonly nodeId?: number
  readonly atLeastOne?: boolean
  readonly metadataLogDir?: boolean
}

/** Throws with Kafka's text on what must not be: foreign or mixed clusters and nodes, duplicate directory ids. */
export function verifyMetaProperties(
  { directories, failed, metadataLogDir }: MetaPropertiesEnsemble,
  expected: MetaPropertiesExpectation,
): void {
  let { clusterId, nodeId } = expected
  const seen = new Map<string, string>()
  if (expected.atLeastOne && directories.size === 0) throw new Error('No readable meta.properties files found.')
  for (const [logDir, properties] of directories) {
    const path = join(logDir, META_PROPERTIES)
    clusterId ??= properties.clusterId
    if (properties.clusterId !== undefined && properties.clusterId !== clusterId) {
      throw new Error(`Invalid cluster.id in: ${path}. Expected ${clusterId}, but read ${properties.clusterId}`)
    }
    nodeId ??= properties.nodeId
    if (properties.nodeId !== undefined && properties.nodeId !== nodeId) {
      throw new Error(
        `Stored node id ${properties.nodeId} doesn't match previous node id ${nodeId} in ${path}` +
          '. If you moved your data, make sure your configured node id matches. If you intend to create a new node, ' +
          'you should remove all data in your data directories.',
      )
    }
    verifyDirectoryId(logDir, properties.directoryId, seen)
  }
  if (expected.metadataLogDir && metadataLogDir === undefined)
    throw new Error('No metadata log directory was specified.')
  if (metadataLogDir !== undefined && failed.has(metadataLogDir)) {
    throw new Error(`Encountered I/O error in metadata log directory ${metadataLogDir}. Cannot continue.`)
  }
}

/** A directory id that no directory of the node has. */
export function newDirectoryId(used: Iterable<string | undefined>): string {
  const taken = new Set(used)
  for (;;) {
    const id = randomUuid()
    if (!taken.has(id) && !isReservedDirectoryId(id)) return id
  }
}

function verifyDirectoryId(logDir: string, directoryId: string | undefined, seen: Map<string, string>): void {
  if (directoryId === undefined) return
  if (isReservedDirectoryId(directoryId)) {
    throw new Error(`Invalid reserved directory ID ${directoryId} found in ${logDir}`)
  }
  const other = seen.get(directoryId)
  if (other !== undefined) {
    throw new Error(
      `Duplicate directory ID Optional[${directoryId}] found. It was the ID of ${other}, but also of ${logDir}`,
    )
  }
  seen.set(directoryId, logDir)
}

function nodeIdOf(properties: Map<string, string>, version: number): number | undefined {
  const key = version === 0 ? 'broker.id' : 'node.id'
  const text = properties.get(key)
  if (text === undefined) {
    if (version === 0) return undefined
    throw new Error(`Failed to find ${key}`)
  }
  if (!/^[+-]?\d+$/.test(text) || Math.abs(Number(text)) > 0x7fff_ffff) {
    throw new Error(`Unable to read ${key} as a base-10 number.`)
  }
  return Number(text)
}

/**
 * The part of java.util.Properties' format that such a file may hold: comments, `key=value`, `key: value`, `key value`,
 * backslash escapes. Lines are never continued in it.
 */
function parse(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const line of text.split(/\r\n|\r|\n/)) {
    const match = /^[ \t\f]*([^#!\s=:\\](?:\\.|[^\\=:\s])*)[ \t\f]*[=: \t\f]?[ \t\f]*(.*)$/s.exec(line)
    if (match) properties.set(unescaped(match[1]!), unescaped(match[2]!))
  }
  return properties
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (_, escaped: string) =>
    escaped.length > 1 ? String.fromCharCode(Number.parseInt(escaped.slice(1), 16)) : (ESCAPES[escaped] ?? escaped),
  )
}

function escapeValue(text: string): string {
  return text.replace(/^ |[\\=:#!\t\n\r\f]/g, (char) => {
    const letter = Object.keys(ESCAPES).find((key) => ESCAPES[key] === char)
    return `\\${letter ?? char}`
  })
}

/** `Sat Nov 21 03:13:44 UTC 2026`, as java.util.Date prints the local time. */
function javaDate(date: Date): string {
  const part = (options: Intl.DateTimeFormatOptions, type: Intl.DateTimeFormatPartTypes) =>
    new Intl.DateTimeFormat('en-US', options).formatToParts(date).find((found) => found.type === type)!.value
  const two = (value: number) => String(value).padStart(2, '0')
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  return [
    part({ weekday: 'short' }, 'weekday'),
    part({ month: 'short' }, 'month'),
    two(date.getDate()),
    time,
    part({ timeZoneName: 'short' }, 'timeZoneName'),
    date.getFullYear(),
  ].join(' ')
}
