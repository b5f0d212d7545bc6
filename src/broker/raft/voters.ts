import type { VotersRecord } from '../../protocol/records/clients.ts'
import type { DecodedMessage } from '../../protocol/schema.ts'

/** kraft.version levels this node can work with: 0 is the static quorum, 1 keeps voters in the log (KIP-853). */
export const SUPPORTED_KRAFT_VERSIONS = { minSupportedVersion: 0, maxSupportedVersion: 1 } as const

export interface VoterEndpoint {
  /** Listener name. */
  readonly name: string
  readonly host: string
  readonly port: number
}

/** This node, as it would stand in the set of voters. */
export interface LocalVoter {
  readonly nodeId: number
  /** directory.id of the metadata log directory. */
  readonly directoryId: string
  /** Its controller listeners, with the ports they are bound to. */
  readonly endpoints: readonly VoterEndpoint[]
}

/** Where the set of voters was found. */
export interface VoterSet {
  readonly kraftVersion: number
  readonly voters: DecodedMessage<typeof VotersRecord>['voters']
  /** Whether a batch of the log holds it; the snapshot made by `format` does not count. */
  readonly isInLog: boolean
}

/**
 * Throws unless this node alone decides: another voter would have to agree to each record, and a voter under another
 * directory id is another replica, which Apache Kafka waits for in vain.
 */
export function checkOnlyVoter(local: LocalVoter, voterSet: VoterSet, staticVoters: readonly number[]): void {
  const { nodeId, directoryId } = local
  if (voterSet.kraftVersion === 0) {
    if (staticVoters.length === 1 && staticVoters[0] === nodeId) return
    throw new Error(
      staticVoters.length === 0
        ? `The metadata log knows no voters: either format with --standalone or set controller.quorum.voters.`
        : `controller.quorum.voters must name only node ${nodeId}, but names ${staticVoters.join(', ')}: a quorum of several controllers is not supported yet.`,
    )
  }
  const ids = voterSet.voters.map(({ voterId }) => voterId)
  if (ids.length !== 1 || ids[0] !== nodeId) {
    throw new Error(
      `The voters in the metadata log are [${ids.join(', ')}], not only this node (${nodeId}): a quorum of several controllers is not supported yet.`,
    )
  }
  const [voter] = voterSet.voters
  if (voter!.voterDirectoryId !== directoryId) {
    throw new Error(
      `The voter in the metadata log is node ${nodeId} with directory id ${voter!.voterDirectoryId}, but directory.id in meta.properties is ${directoryId}.`,
    )
  }
}

/** Whether a new leader has to write the voters again: the log does not hold them yet, or knows other endpoints. */
export function votersNeedUpdate(local: LocalVoter, voterSet: VoterSet): boolean {
  if (voterSet.kraftVersion === 0) return false
  const voter = voterSet.voters.find(({ voterId }) => voterId === local.nodeId)
  if (!voterSet.isInLog || !voter) return true
  const { minSupportedVersion, maxSupportedVersion } = voter.kRaftVersionFeature
  return (
    textOf(voter.endpoints) !== textOf(local.endpoints) ||
    minSupportedVersion !== SUPPORTED_KRAFT_VERSIONS.minSupportedVersion ||
    maxSupportedVersion !== SUPPORTED_KRAFT_VERSIONS.maxSupportedVersion
  )
}

function textOf(endpoints: readonly VoterEndpoint[]): string {
  return endpoints
    .map(({ name, host, port }) => `${name}://${host}:${port}`)
    .sort()
    .join(',')
}

/** The set with this node's own endpoints and versions. */
export function updatedVoters(local: LocalVoter): DecodedMessage<typeof VotersRecord>['voters'] {
  return [
    {
      voterId: local.nodeId,
      voterDirectoryId: local.directoryId,
      endpoints: local.endpoints.map((endpoint) => ({ ...endpoint })),
      kRaftVersionFeature: { ...SUPPORTED_KRAFT_VERSIONS },
    },
  ]
}
