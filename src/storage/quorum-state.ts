/**
 * `quorum-state` in `__cluster_metadata-0`: the last epoch this node knows and whom it voted for. One line of JSON without
 * a newline. data_version 0 goes with kraft.version 0 (voters from the config), 1 with kraft.version 1.
 */
import { writeFileAtomically } from './atomic-file.ts'
import { type FileLayer, nodeFiles, readTextIfExists, unlinkIfExists } from './file-layer.ts'
import { isUuid, ZERO_UUID } from './uuid.ts'

export const QUORUM_STATE = 'quorum-state'

export interface QuorumState {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly votedId: number
  /** Only in data_version 1; the zero id when there was no vote. */
  readonly votedDirectoryId: string
  /** Ids of the voters, only in data_version 0. */
  readonly currentVoters: readonly number[]
}

export type QuorumStateVersion = 0 | 1

/** Undefined when there is no file, as before the first start. Throws when it is malformed. */
export function readQuorumState(
  path: string,
  files: FileLayer = nodeFiles,
): (QuorumState & { readonly version: QuorumStateVersion }) | undefined {
  const text = readTextIfExists(path, files)
  if (text === undefined) return undefined
  const fail = (why: string) => new Error(`Error while reading the Quorum status from the file ${path}: ${why}`)
  const [line] = text.split(/\r\n|\r|\n/)
  if (!line) throw fail('File ended prematurely.')
  let node: unknown
  try {
    node = JSON.parse(line)
  } catch (error) {
    throw fail((error as Error).message)
  }
  if (typeof node !== 'object' || node === null || Array.isArray(node)) {
    throw fail(`Deserialized node ${line} is not an object node`)
  }
  const data = node as Record<string, unknown>
  if (data.data_version === undefined) throw fail(`Deserialized node ${line} does not have data_version field`)
  if (data.data_version !== 0 && data.data_version !== 1) {
    throw fail(`data_version (${data.data_version}) is not within the min (0) and max (1) supported version`)
  }
  const int = (key: string): number => {
    const value = data[key]
    if (!Number.isInteger(value)) throw fail(`${key} is not an integer`)
    return value as number
  }
  const votedDirectoryId = data.data_version === 1 ? data.votedDirectoryId : ZERO_UUID
  if (typeof votedDirectoryId !== 'string' || !isUuid(votedDirectoryId)) throw fail('votedDirectoryId is not an id')
  return {
    version: data.data_version,
    leaderId: int('leaderId'),
    leaderEpoch: int('leaderEpoch'),
    votedId: int('votedId'),
    votedDirectoryId,
    currentVoters: data.data_version === 0 ? votersOf(data.currentVoters, fail) : [],
  }
}

/** Durable when it returns; it must be so before the first batch of the epoch is appended. */
export function writeQuorumState(
  path: string,
  version: QuorumStateVersion,
  state: QuorumState,
  files: FileLayer = nodeFiles,
): void {
  writeFileAtomically(path, renderQuorumState(version, state), {}, files)
}

export function renderQuorumState(version: QuorumStateVersion, state: QuorumState): string {
  const { leaderId, leaderEpoch, votedId, votedDirectoryId, currentVoters } = state
  return JSON.stringify(
    version === 0
      ? {
          clusterId: '',
          leaderId,
          leaderEpoch,
          votedId,
          appliedOffset: 0,
          currentVoters: currentVoters.map((voterId) => ({ voterId })),
          data_version: 0,
        }
      : { leaderId, leaderEpoch, votedId, votedDirectoryId, data_version: 1 },
  )
}

export function deleteQuorumState(path: string, files: FileLayer = nodeFiles): void {
  unlinkIfExists(path, files)
  unlinkIfExists(`${path}.tmp`, files)
}

function votersOf(value: unknown, fail: (why: string) => Error): number[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw fail('currentVoters is not an array')
  return value.map((voter: { voterId?: unknown } | null) => {
    if (!Number.isInteger(voter?.voterId)) throw fail('voterId is not an integer')
    return voter!.voterId as number
  })
}
