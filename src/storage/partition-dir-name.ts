/**
 * Names of partition directories: `<topic>-<partition>`, while it is being deleted, moved between log directories, or
 * when the metadata does not know it, followed by `.<32 hex digits>` and `-delete`, `-future` or `-stray`.
 */
import { randomBytes } from 'node:crypto'

export type DirectorySuffix = 'delete' | 'future' | 'stray'

export interface PartitionDirectory {
  readonly topic: string
  readonly partition: number
  readonly suffix?: DirectorySuffix
}

const SUFFIXES: readonly DirectorySuffix[] = ['delete', 'future', 'stray']
const MAX_NAME_LENGTH = 255

/** The log of all metadata records, and the directory of its one partition. */
export const METADATA_TOPIC = '__cluster_metadata'
export const METADATA_PARTITION = `${METADATA_TOPIC}-0`

export function partitionDirName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** `topic-0.5a83…-delete`. The topic is cut for a deletion or a stray so that file systems take the name. */
export function suffixedDirName(topic: string, partition: number, suffix: DirectorySuffix): string {
  const rest = `-${partition}.${randomBytes(16).toString('hex')}-${suffix}`
  return suffix === 'future' ? `${topic}${rest}` : `${topic.slice(0, MAX_NAME_LENGTH - rest.length)}${rest}`
}

/** Undefined for a name that Kafka would refuse to start on. */
export function parsePartitionDirName(name: string): PartitionDirectory | undefined {
  const suffix = SUFFIXES.find((candidate) => name.endsWith(`-${candidate}`))
  if (suffix) {
    const match = new RegExp(`^(.+)-(\\d+)\\.[^.-]*-${suffix}$`, 's').exec(name)
    const partition = match ? parsePartition(match[2]!) : undefined
    return partition === undefined ? undefined : { topic: match![1]!, partition, suffix }
  }
  const dash = name.lastIndexOf('-')
  if (dash <= 0) return undefined
  const partition = parsePartition(name.slice(dash + 1))
  return partition === undefined ? undefined : { topic: name.slice(0, dash), partition }
}

/** What stops a start: a directory in a log directory that is no partition. */
export function unknownDirectoryMessage(directory: string, name: string): string {
  return (
    `Found directory ${directory}, '${name}' is not in the form of topic-partition or ` +
    `topic-partition.uniqueId-delete (if marked for deletion).\n` +
    `Kafka's log directories (and children) should only contain Kafka topic data.`
  )
}

function parsePartition(text: string): number | undefined {
  const partition = Number(text)
  return /^\d+$/.test(text) && partition <= 0x7fff_ffff ? partition : undefined
}
