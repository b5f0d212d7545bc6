import { METADATA_VERSIONS, recordVersionsAt } from '../../config/metadata-version.ts'
import { PartitionChangeRecord } from '../../protocol/records/metadata.ts'
import { type MetadataRecord, metadataRecord } from '../metadata/record.ts'
import { NO_LEADER, NO_LEADER_CHANGE, type PartitionImage } from '../metadata/topics.ts'

const RECOVERING = 1
/** Below it a leader did not notice a smaller ISR unless its epoch rose as well (KAFKA-15021). */
const NO_EPOCH_BUMP_ON_SHRINK = METADATA_VERSIONS.find(({ name }) => name === '3.6-IV0')!.level

/**
 * `ONLINE` elects from the ISR, or from the ELR when the ISR is empty; `UNCLEAN` takes any live replica when that
 * fails.
 */
export type Election = 'ONLINE' | 'UNCLEAN'

export interface PartitionChange {
  readonly targetIsr: readonly number[]
  /** Replicas that may have lost records: they leave the ELR. */
  readonly uncleanReplicas?: readonly number[]
  readonly election?: Election
}

export interface ChangeContext {
  readonly metadataVersion: number
  readonly elrEnabled: boolean
  /** Effective min.insync.replicas of the topic, at most the replication factor. */
  readonly minIsr: number
  /** Whether a replica could lead: its broker is active and the directory is online. */
  readonly mayLead: (brokerId: number) => boolean
}

/** Fields of the record that are set; the others stay "no change". */
interface Draft {
  isr?: number[]
  leader?: number
  leaderRecoveryState?: number
  eligibleLeaderReplicas?: number[]
  lastKnownElr?: number[]
}

/**
 * The record that takes a partition to a new ISR and, when its leader cannot stay, to a new leader; undefined when
 * nothing changes.
 *
 * A partition that loses its last in-sync replica keeps its name in the ELR (it holds every committed record), or,
 * after an unclean stop, as last known leader in `lastKnownElr` (KIP-966). Apache Kafka never elects again where ISR,
 * ELR and lastKnownElr are all empty, so that state is never written.
 */
export function partitionChange(
  topicId: string,
  partition: PartitionImage,
  change: PartitionChange,
  context: ChangeContext,
): MetadataRecord<typeof PartitionChangeRecord> | undefined {
  const draft: Draft = {}
  let isr = [...change.targetIsr]
  let elr = targetElr(partition, change, context)
  const { leader, isUnclean } = elect(partition, isr, elr, change.election ?? 'ONLINE', context)
  if (leader !== partition.leader) {
    draft.leader = leader
    if (elr.includes(leader)) {
      isr = [leader]
      elr = elr.filter((replica) => replica !== leader)
    } else if (isUnclean) {
      // The new leader alone is in sync, with whatever it has: records may be lost.
      isr = [leader]
      elr = []
      if (partition.leaderRecoveryState !== RECOVERING) draft.leaderRecoveryState = RECOVERING
    }
  }
  if (!context.elrEnabled) elr = []
  if (!sameList(elr, partition.elr)) draft.eligibleLeaderReplicas = elr
  // Without ELR the last replica stays in the ISR, though it leads no more.
  if ((isr.length > 0 || context.elrEnabled) && !sameList(isr, partition.isr)) draft.isr = isr
  bumpEpochOnShrink(draft, partition, context)
  if (context.elrEnabled) noteLastLeader(draft, partition, elr)
  if (Object.keys(draft).length === 0) return undefined
  const version = recordVersionsAt(context.metadataVersion).partitionChange
  return metadataRecord(PartitionChangeRecord, version, { partitionId: partition.partition, topicId, ...draft })
}

function targetElr(partition: PartitionImage, change: PartitionChange, context: ChangeContext): number[] {
  if (!context.elrEnabled) return [...partition.elr]
  if (change.targetIsr.length >= context.minIsr) return []
  const candidates = new Set([...partition.elr, ...partition.isr])
  return [...candidates]
    .filter((replica) => !change.targetIsr.includes(replica) && !change.uncleanReplicas?.includes(replica))
    .sort((a, b) => a - b)
}

function elect(
  partition: PartitionImage,
  isr: readonly number[],
  elr: readonly number[],
  election: Election,
  context: ChangeContext,
): { leader: number; isUnclean: boolean } {
  const isEligible = (replica: number) =>
    (isr.includes(replica) || (isr.length === 0 && elr.includes(replica))) && context.mayLead(replica)
  if (isEligible(partition.leader)) return { leader: partition.leader, isUnclean: false }
  const clean = partition.replicas.find(isEligible)
  if (clean !== undefined) return { leader: clean, isUnclean: false }
  const [lastLeader] = partition.lastKnownElr
  if (
    context.elrEnabled &&
    isr.length === 0 &&
    elr.length === 0 &&
    partition.lastKnownElr.length === 1 &&
    context.mayLead(lastLeader!)
  ) {
    return { leader: lastLeader!, isUnclean: true }
  }
  if (election === 'UNCLEAN') {
    const any = partition.replicas.find(context.mayLead)
    if (any !== undefined) return { leader: any, isUnclean: true }
  }
  return { leader: NO_LEADER, isUnclean: false }
}

function bumpEpochOnShrink(draft: Draft, partition: PartitionImage, context: ChangeContext): void {
  if (context.metadataVersion >= NO_EPOCH_BUMP_ON_SHRINK || draft.leader !== undefined || !draft.isr) return
  if (partition.isr.some((replica) => !draft.isr!.includes(replica))) draft.leader = partition.leader
}

/** While it has no leader, a partition remembers its last one. */
function noteLastLeader(draft: Draft, partition: PartitionImage, elr: readonly number[]): void {
  const leader = draft.leader ?? NO_LEADER_CHANGE
  if (leader === NO_LEADER && partition.lastKnownElr.length === 0) draft.lastKnownElr = [partition.leader]
  else if (leader >= 0 && partition.lastKnownElr.length > 0) draft.lastKnownElr = []
  const isr = draft.isr ?? partition.isr
  const lastKnownElr = draft.lastKnownElr ?? partition.lastKnownElr
  if (isr.length === 0 && elr.length === 0 && lastKnownElr.length === 0) {
    draft.lastKnownElr = [partition.elr[0] ?? partition.isr[0] ?? (partition.replicas[0] as number)]
  }
}

/** A new leader epoch for the leader a partition has: whoever fetched from it looks again where its log ends. */
export function raisedLeaderEpoch(
  topicId: string,
  partition: PartitionImage,
  metadataVersion: number,
): MetadataRecord<typeof PartitionChangeRecord> {
  return metadataRecord(PartitionChangeRecord, recordVersionsAt(metadataVersion).partitionChange, {
    partitionId: partition.partition,
    topicId,
    leader: partition.leader,
  })
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}
