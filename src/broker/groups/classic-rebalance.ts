/**
 * How a classic group gets from one generation to the next: `PreparingRebalance` until everybody has joined or the time
 * is up, then `CompletingRebalance` until the leader's assignment makes it `Stable`.
 *
 * Each function changes the soft state and returns the records that have to follow.
 */
import { ErrorCode } from '../../protocol/error-code.ts'
import type { ShardTimers } from '../coordinator/timers.ts'
import type { Logger } from '../logger.ts'
import { type ClassicGroup, type ClassicMember, type JoinAnswer, NO_ASSIGNMENT } from './classic-group.ts'
import type { GroupSettings } from './config.ts'
import type { Groups } from './group.ts'
import type { GroupRecord } from './records.ts'

export const GROUP_LOGGER = 'org.apache.kafka.coordinator.group.GroupMetadataManager'

/** What one shard's groups share. */
export interface GroupShardParts {
  readonly groups: Groups
  readonly timers: ShardTimers<GroupRecord>
  readonly settings: GroupSettings
  readonly logger: Logger
  /** A new random UUID. */
  readonly newId: () => string
}

const NO_RECORDS: readonly GroupRecord[] = []

export class ClassicRebalance {
  private readonly parts: GroupShardParts

  constructor(parts: GroupShardParts) {
    this.parts = parts
  }

  /** The classic group of that name, when it is still the same one that a timer was set for. */
  private find(groupId: string): ClassicGroup | undefined {
    const group = this.parts.groups.get(groupId)
    return group?.type === 'classic' ? (group as ClassicGroup) : undefined
  }

  private info(message: string): void {
    this.parts.logger.info(message, GROUP_LOGGER)
  }

  // --- joining ----------------------------------------------------------------------------------------------------

  /** Somebody came, changed or went: a new rebalance where none is under way, else perhaps the end of this one. */
  rebalanceOrCompleteJoin(group: ClassicGroup, reason: string, nowMs: number): readonly GroupRecord[] {
    return group.state === 'PreparingRebalance'
      ? this.maybeCompleteJoin(group, nowMs)
      : this.prepare(group, reason, nowMs)
  }

  prepare(group: ClassicGroup, reason: string, nowMs: number): readonly GroupRecord[] {
    if (group.state === 'CompletingRebalance') this.failSyncs(group, ErrorCode.REBALANCE_IN_PROGRESS)
    this.endSyncPhase(group)
    const isInitial = group.isEmpty
    if (isInitial) {
      const delayMs = this.parts.settings.initialRebalanceDelayMs
      this.extendInitialRebalance(group, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0))
    }
    group.enter('PreparingRebalance', nowMs)
    this.info(
      `Preparing to rebalance group ${group.groupId} in state ${group.state} with old generation ${group.generationId} (reason: ${reason}).`,
    )
    if (isInitial) return NO_RECORDS
    if (group.haveAllJoined) return this.completeJoin(group, nowMs)
    this.completeJoinAfter(group, group.rebalanceTimeoutMs)
    return NO_RECORDS
  }

  private completeJoinAfter(group: ClassicGroup, delayMs: number): void {
    const { groupId } = group
    this.parts.timers.schedule(joinTimer(groupId), delayMs, (nowMs) => {
      const current = this.find(groupId)
      return { records: current ? this.completeJoin(current, nowMs) : NO_RECORDS, response: undefined }
    })
  }

  /**
   * A group without members waits a moment for more to come, so that they need not rebalance one by one (KIP-134); and
   * again as long as they keep coming, until `leftMs` is used up.
   */
  private extendInitialRebalance(group: ClassicGroup, delayMs: number, leftMs: number): void {
    const { groupId } = group
    const { timers, settings } = this.parts
    timers.schedule(joinTimer(groupId), delayMs, (nowMs) => {
      const current = this.find(groupId)
      if (!current) return { response: undefined }
      if (!current.newMemberAdded || leftMs === 0) {
        return { records: this.completeJoin(current, nowMs), response: undefined }
      }
      current.newMemberAdded = false
      const nextDelayMs = Math.min(settings.initialRebalanceDelayMs, leftMs)
      this.extendInitialRebalance(current, nextDelayMs, Math.max(leftMs - delayMs, 0))
      return { response: undefined }
    })
  }

  /** Ends the join phase as soon as everybody is there; an initial one takes its time. */
  maybeCompleteJoin(group: ClassicGroup, nowMs: number): readonly GroupRecord[] {
    if (group.state !== 'PreparingRebalance' || group.previousState === 'Empty' || !group.haveAllJoined)
      return NO_RECORDS
    return this.completeJoin(group, nowMs)
  }

  /** Ends the join phase with those who came. Static members that did not come stay until their session ends. */
  completeJoin(group: ClassicGroup, nowMs: number): readonly GroupRecord[] {
    const { timers } = this.parts
    if (group.state !== 'PreparingRebalance') return NO_RECORDS
    timers.cancel(joinTimer(group.groupId))
    const late = [...group.members.values()].filter((m) => !m.awaitingJoin && m.groupInstanceId === null)
    for (const { memberId } of late) {
      group.remove(memberId)
      timers.cancel(heartbeatTimer(group.groupId, memberId))
    }
    if (late.length > 0) {
      this.info(
        `Group ${group.groupId} removed dynamic members who haven't joined: ${late.map((m) => m.memberId).join(', ')}`,
      )
    }
    if (group.members.size > 0 && !this.electJoinedLeader(group)) {
      // Only silent static members are left: wait until they come or their sessions end.
      this.parts.logger.error(
        `Group ${group.groupId} could not complete rebalance because no members rejoined.`,
        GROUP_LOGGER,
      )
      this.completeJoinAfter(group, group.rebalanceTimeoutMs)
      return NO_RECORDS
    }
    group.startNextGeneration(nowMs)
    if (group.isEmpty) {
      this.info(`Group ${group.groupId} with generation ${group.generationId} is now empty.`)
      return [group.toRecord(() => NO_ASSIGNMENT)]
    }
    this.info(`Stabilized group ${group.groupId} generation ${group.generationId} with ${group.members.size} members.`)
    for (const member of group.members.values()) {
      group.answerJoin(member, joinAnswer(group, member))
      this.keepAlive(group, member)
      member.isNew = false
      group.pendingSyncMembers.add(member.memberId)
    }
    this.startSyncTimer(group)
    return NO_RECORDS
  }

  /** The leader must be one who joined. False when nobody did. */
  private electJoinedLeader(group: ClassicGroup): boolean {
    const leader = group.leaderId === undefined ? undefined : group.members.get(group.leaderId)
    if (leader?.awaitingJoin) return true
    for (const member of group.members.values()) {
      if (!member.awaitingJoin) continue
      group.leaderId = member.memberId
      this.info(
        `Group leader [memberId: ${leader?.memberId}, groupInstanceId: ${leader?.groupInstanceId ?? 'None'}] failed to ` +
          `join before the rebalance timeout. Member ${member.memberId} was elected as the new leader.`,
      )
      return true
    }
    return false
  }

  // --- the sync phase ---------------------------------------------------------------------------------------------

  /** Members that do not ask for their assignment within the rebalance timeout are taken for gone (KIP-389). */
  private startSyncTimer(group: ClassicGroup): void {
    const { groupId, generationId } = group
    const { timers } = this.parts
    timers.schedule(syncTimer(groupId), group.rebalanceTimeoutMs, (nowMs) => {
      const current = this.find(groupId)
      const silent = current?.generationId === generationId ? [...current.pendingSyncMembers] : []
      if (!current?.isIn('CompletingRebalance', 'Stable') || silent.length === 0) return { response: undefined }
      for (const memberId of silent) {
        current.remove(memberId)
        timers.cancel(heartbeatTimer(groupId, memberId))
      }
      const reason = `Removing ${silent.join(', ')} on pending sync request expiration`
      return { records: this.prepare(current, reason, nowMs), response: undefined }
    })
  }

  /** The member has asked for its assignment. */
  synced(group: ClassicGroup, memberId: string): void {
    group.pendingSyncMembers.delete(memberId)
    if (group.pendingSyncMembers.size === 0) this.parts.timers.cancel(syncTimer(group.groupId))
  }

  private endSyncPhase(group: ClassicGroup): void {
    group.pendingSyncMembers.clear()
    this.parts.timers.cancel(syncTimer(group.groupId))
  }

  failSyncs(group: ClassicGroup, error: ErrorCode): void {
    for (const member of group.members.values()) {
      member.assignment = NO_ASSIGNMENT
      if (group.answerSync(member, { errorCode: error })) this.keepAlive(group, member)
    }
  }

  // --- sessions ---------------------------------------------------------------------------------------------------

  /** The member was heard of: its session, or `timeoutMs`, begins anew. */
  keepAlive(group: ClassicGroup, member: ClassicMember, timeoutMs: number = member.sessionTimeoutMs): void {
    this.expireAfter(group.groupId, member.memberId, timeoutMs)
  }

  /** Removes the member, or forgets its pending id, after `timeoutMs`. */
  expireAfter(groupId: string, memberId: string, timeoutMs: number): void {
    this.parts.timers.schedule(heartbeatTimer(groupId, memberId), timeoutMs, (nowMs) => {
      const group = this.find(groupId)
      return { records: group ? this.expire(group, memberId, nowMs) : NO_RECORDS, response: undefined }
    })
  }

  endSession(group: ClassicGroup, memberId: string): void {
    this.parts.timers.cancel(heartbeatTimer(group.groupId, memberId))
  }

  private expire(group: ClassicGroup, memberId: string, nowMs: number): readonly GroupRecord[] {
    if (group.pendingMembers.has(memberId)) {
      this.info(
        `Pending member ${memberId} in group ${group.groupId} has been removed after session timeout expiration.`,
      )
      group.remove(memberId)
      return this.completeJoinOfAll(group, nowMs)
    }
    const member = group.members.get(memberId)
    if (!member) return NO_RECORDS
    // Who waits for others cannot send heartbeats; only one that has never been answered may have gone unnoticed.
    if (!member.isNew && (member.awaitingJoin || member.awaitingSync)) return NO_RECORDS
    this.info(`Member ${memberId} in group ${group.groupId} has failed, removing it from the group.`)
    this.removeMember(group, member)
    if (group.isIn('Stable', 'CompletingRebalance')) {
      return this.prepare(group, `removing member ${memberId} on heartbeat expiration.`, nowMs)
    }
    return this.completeJoinOfAll(group, nowMs)
  }

  /** Also ends an initial rebalance early: those who are still to come start the next one. */
  private completeJoinOfAll(group: ClassicGroup, nowMs: number): readonly GroupRecord[] {
    return group.state === 'PreparingRebalance' && group.haveAllJoined ? this.completeJoin(group, nowMs) : NO_RECORDS
  }

  /** A client that still waits is told to join anew. */
  removeMember(group: ClassicGroup, member: ClassicMember): void {
    group.answerJoin(member, { memberId: '', errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
    group.answerSync(member, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
    group.remove(member.memberId)
  }
}

/** What a member learns about the generation; the leader also learns who is in it, with what metadata. */
export function joinAnswer(group: ClassicGroup, member: ClassicMember): JoinAnswer {
  const isLeader = group.leaderId === member.memberId
  return {
    memberId: member.memberId,
    generationId: group.generationId,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName ?? null,
    leader: group.leaderId ?? '',
    members: isLeader ? joinedMembers(group) : [],
  }
}

function joinedMembers(group: ClassicGroup): NonNullable<JoinAnswer['members']> {
  return [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: group.metadataOf(member),
  }))
}

function joinTimer(groupId: string): string {
  return `join ${groupId}`
}

function syncTimer(groupId: string): string {
  return `sync ${groupId}`
}

/** Lengths keep names apart: group and member ids may hold anything. */
function heartbeatTimer(groupId: string, memberId: string): string {
  return `heartbeat ${groupId.length} ${groupId} ${memberId}`
}
