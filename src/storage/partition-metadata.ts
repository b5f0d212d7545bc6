/**
 * `partition.metadata` of a partition directory ties it to its topic's id. No newline at the end:
 *
 *     version: 0
 *     topic_id: <22 characters>
 */
import { writeFileAtomically } from './atomic-file.ts'
import { type FileLayer, nodeFiles, readTextIfExists } from './file-layer.ts'
import { MalformedFileError } from './malformed-file-error.ts'
import { isUuid, ZERO_UUID } from './uuid.ts'

export const PARTITION_METADATA = 'partition.metadata'

const VERSION = 0

/** Id of the topic; undefined when the file is missing. Throws, with Kafka's text, when it is malformed. */
export function readPartitionMetadata(path: string, files: FileLayer = nodeFiles): string | undefined {
  const text = readTextIfExists(path, files)
  // Empty: the power failed before the file was on disk, and so before there was any record.
  if (text === undefined || text === '') return undefined
  const [versionLine = '', idLine = ''] = text.split(/\r\n|\r|\n/)
  const version = Number(fieldOf(versionLine, path))
  if (!Number.isInteger(version)) throw malformed(versionLine, path)
  if (version < VERSION)
    throw new MalformedFileError(`Unrecognized version of partition metadata file (${path}): ${version}`)
  const topicId = fieldOf(idLine, path)
  if (!isUuid(topicId)) throw malformed(idLine, path)
  if (topicId === ZERO_UUID) throw new MalformedFileError(`Invalid topic ID in partition metadata file (${path})`)
  return topicId
}

/** Not durable yet when it returns. It must be before the first append: Kafka takes a directory without it for a stray. */
export function writePartitionMetadata(path: string, topicId: string, files: FileLayer = nodeFiles): void {
  writeFileAtomically(path, `version: ${VERSION}\ntopic_id: ${topicId}`, { sync: false }, files)
}

function fieldOf(line: string, path: string): string {
  const fields = line.split(/:\s+/)
  if (fields.length !== 2) throw malformed(line, path)
  return fields[1]!
}

function malformed(line: string, path: string): MalformedFileError {
  return new MalformedFileError(`Malformed line in partition metadata file [${path}]: ${line}`)
}
