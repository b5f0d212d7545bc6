import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Terminal } from '../../cli/tool.ts'
import type { BrokerConfig } from '../../config/broker-config.ts'
import { META_PROPERTIES, type MetaProperties, readMetaProperties } from '../../storage/meta-properties.ts'
import { logDirectoriesOf } from './directories.ts'

/** Prints what the log directories of a node hold; 1 when there is any problem with them. */
export function describeStorage(config: BrokerConfig, terminal: Terminal): number {
  const found: string[] = []
  const problems: string[] = []
  let first: MetaProperties | undefined
  for (const directory of logDirectoriesOf(config)) {
    const stat = statSync(directory, { throwIfNoEntry: false })
    if (!stat) problems.push(`${directory} does not exist`)
    else if (!stat.isDirectory()) problems.push(`${directory} is not a directory`)
    else {
      found.push(directory)
      const properties = readOrExplain(directory, problems)
      if (properties && first) problems.push(...mismatch(first, properties))
      first ??= properties
    }
  }
  if (first?.version === 0) {
    problems.push(
      'The kafka configuration file appears to be for a cluster in KRaft mode, but the directories are formatted for legacy mode.',
    )
  }
  terminal.out(section('Found log directory:', 'Found log directories:', found))
  if (first) terminal.out(`Found metadata: ${sortedProperties(first)}\n\n`)
  terminal.out(section('Found problem:', 'Found problems:', problems))
  return problems.length > 0 ? 1 : 0
}

function readOrExplain(directory: string, problems: string[]): MetaProperties | undefined {
  const path = join(directory, META_PROPERTIES)
  try {
    const properties = readMetaProperties(directory)
    if (!properties) problems.push(`${directory} is not formatted.`)
    return properties
  } catch (error) {
    problems.push(`Error loading ${path}: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

function mismatch(first: MetaProperties, other: MetaProperties): string[] {
  if (first.clusterId !== other.clusterId) return ['Mismatched cluster IDs between storage directories.']
  if (first.nodeId !== other.nodeId) return ['Mismatched node IDs between storage directories.']
  return []
}

/** `{cluster.id=…, directory.id=…, node.id=1, version=1}`: as Java prints a sorted map. */
function sortedProperties({ version, clusterId, nodeId, directoryId }: MetaProperties): string {
  const entries = [
    [version === 0 ? 'broker.id' : 'node.id', nodeId],
    ['cluster.id', clusterId],
    ['directory.id', directoryId],
    ['version', version],
  ] as const
  const shown = entries.filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${value}`)
  return `{${shown.sort().join(', ')}}`
}

function section(one: string, several: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return `${lines.length === 1 ? one : several}\n${lines.map((line) => `  ${line}\n`).join('')}\n`
}
