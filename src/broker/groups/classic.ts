/** Requests of classic group members: join, sync, heartbeat, leave. What they set going is in `classic-rebalance.ts`. */
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { JoinGroup } from '../../protocol/messages/11-join-group.ts'
import type { Heartbeat } from '../../protocol/messages/12-heartbeat.ts'
import type { LeaveGroup } from '../../protocol/messages/13-leave-group.ts'
import type { SyncGroup } from '../../protocol/messages/14-sync-group.ts'
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts'
import { type Outcome, Parked } from '../coordinator/shard.ts'
import {
  ClassicGroup,
  type ClassicMember,
  type JoinAnswer,
  type MemberProtocol,
  NO_ASSIGNMENT,
  type SyncAnswer,
} from './classic-group.ts'
import { ClassicRebalance, GROUP_LOGGER, type GroupShardParts, joinAnswer } from './classic-rebalance.ts'
import { type GroupMetadataRecord, type GroupRecord, groupMetadataRecord } from './records.ts'

export type JoinRequest = RequestOf<typeof JoinGroup>
export type SyncRequest = RequestOf<typeof SyncGroup>
export type HeartbeatRequest = RequestOf<typeof Heartbeat>
export type LeavingMember = RequestOf<typeof LeaveGroup>['members'][number]
export type LeaveAnswer = ResponseInput<typeof LeaveGroup>
type MemberLeft = NonNullable<LeaveAnswer['members']>[number]

/** Who joins. */
export interface JoiningClient {
  readonly clientId: string
  /** With the slash that Kafka shows before addresses. */
  readonly clientHost: string
  readonly apiVersion: number
}

/** How long a new member may wait for its first generation: a client that gives up must not stay in the group for ever. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60_000
/** From this version on a new member is given its id first and joins with it (KIP-394). */
const MEMBER_ID_REQUIRED_VERSION = 4
/** From this version on a leader can be told to leave the assignment alone (KIP-814). */
const SKIP_ASSIGNMENT_VERSION = 9

type JoinOutcome = Outcome<JoinAnswer, GroupRecord>
type SyncOutcome = Outcome<SyncAnswer, GroupRecord>

/** One JoinGroup on its way through. */
interface Join {
  readonly request: JoinRequest
  readonly client: JoiningClient
  readonly protocols: readonly MemberProtocol[]
  readonly reason: string
  readonly nowMs: number
}

export class ClassicGroups {
  readonly rebalance: ClassicRebalance
  private readonly parts: GroupShardParts

  constructor(parts: GroupShardParts) {
    this.parts = parts
    this.rebalance = new ClassicRebalance(parts)
  }

  private find(groupId: string): ClassicGroup | undefined {
    const group = this.parts.groups.get(groupId)
    return group?.type === 'classic' ? (group as ClassicGroup) : undefined
  }

  private info(message: string): void {
    this.parts.logger.info(message, GROUP_LOGGER)
  }

  // --- replay -----------------------------------------------------------------------------------------------------

  replay({ key, value }: GroupMetadataRecord): void {
    const { groups } = this.parts
    if (value === null) {
      groups.delete(key.group)
      return
    }
    let group = this.find(key.group)
    if (!group) groups.set(key.group, (group = new ClassicGroup(key.group)))
    group.apply(value)
  }

  /** Members in the log are taken for alive until their session ends. */
  onLoaded(group: ClassicGroup, nowMs: number): void {
    for (const member of group.members.values()) this.rebalance.keepAlive(group, member)
    const { maxSize } = this.parts.settings
    if (group.members.size <= maxSize) return
    const reason =
      `Freshly-loaded group ${group.groupId} (size ${group.members.size}) is over capacity ${maxSize}. ` +
      'Rebalancing in order to give a chance for consumers to commit offsets'
    // With members none of whom has joined, nothing can be complete: no records.
    this.rebalance.prepare(group, reason, nowMs)
  }

  // --- JoinGroup --------------------------------------------------------------------------------------------------

  join(request: JoinRequest, client: JoiningClient, nowMs: number): JoinOutcome {
    const join: Join = {
      request,
      client,
      // Copies: the request's are slices of the whole frame.
      protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
      reason: request.reason || 'not provided',
      nowMs,
    }
    const existing = this.parts.groups.get(request.groupId)
    if (existing?.type === 'classic') return this.joinGroup(existing as ClassicGroup, join)
    if (existing && (!existing.isEmpty || existing.type === 'share')) {
      return failedJoin('', ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    }
    if (request.memberId !== '') return failedJoin(request.memberId, ErrorCode.UNKNOWN_MEMBER_ID)
    return {
      // An empty group of another kind makes way, as in Kafka.
      records: [...(existing?.tombstones() ?? []), emptyGroupRecord(request.groupId, nowMs)],
      next: () => this.joinGroup(this.find(request.groupId)!, join),
    }
  }

  private joinGroup(group: ClassicGroup, join: Join): JoinOutcome {
    const { memberId } = join.request
    if (!this.hasRoomFor(group, memberId)) {
      group.remove(memberId)
      const records = this.rebalance.maybeCompleteJoin(group, join.nowMs)
      return { records, response: { memberId: '', errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED } }
    }
    if (!group.supports(join.request.protocolType, join.protocols)) {
      return failedJoin(memberId, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    }
    return memberId === '' ? this.joinAsNew(group, join) : this.rejoin(group, memberId, join)
  }

  /**
   * While a group rebalances, those who have joined count, not those who were members: the maximum may have been lowered,
   * and who rejoins last is turned away.
   */
  private hasRoomFor(group: ClassicGroup, memberId: string): boolean {
    const { maxSize } = this.parts.settings
    switch (group.state) {
      case 'Empty':
        return true
      case 'PreparingRebalance':
        return group.members.get(memberId)?.awaitingJoin !== undefined || group.membersAwaitingJoin < maxSize
      default:
        return group.members.has(memberId) || group.members.size < maxSize
    }
  }

  private joinAsNew(group: ClassicGroup, join: Join): JoinOutcome {
    const { groupInstanceId, sessionTimeoutMs } = join.request
    const memberId = `${groupInstanceId ?? join.client.clientId}-${this.parts.newId()}`
    if (groupInstanceId !== null) {
      const replaced = group.staticMembers.get(groupInstanceId)
      if (replaced !== undefined) return this.replaceStaticMember(group, replaced, memberId, join)
      return this.addMember(group, memberId, join)
    }
    if (join.client.apiVersion < MEMBER_ID_REQUIRED_VERSION) return this.addMember(group, memberId, join)
    this.info(
      `Dynamic member with unknown member id joins group ${group.groupId} in ${group.state} state. ` +
        `Created a new member id ${memberId} and requesting the member to rejoin with this id.`,
    )
    group.pendingMembers.add(memberId)
    this.rebalance.expireAfter(group.groupId, memberId, sessionTimeoutMs)
    return failedJoin(memberId, ErrorCode.MEMBER_ID_REQUIRED)
  }

  private addMember(group: ClassicGroup, memberId: string, join: Join): JoinOutcome {
    const { request, client } = join
    const awaitingJoin = new Parked<JoinAnswer>()
    const member: ClassicMember = {
      memberId,
      groupInstanceId: request.groupInstanceId,
      clientId: client.clientId,
      clientHost: client.clientHost,
      ...timeoutsOf(join),
      protocols: join.protocols,
      assignment: NO_ASSIGNMENT,
      awaitingJoin,
      isNew: true,
    }
    if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.newMemberAdded = true
    group.add(member, request.protocolType)
    this.rebalance.keepAlive(group, member, NEW_MEMBER_JOIN_TIMEOUT_MS)
    const reason = `Adding new member ${memberId} with group instance id ${request.groupInstanceId}; client reason: ${join.reason}`
    return { records: this.rebalance.rebalanceOrCompleteJoin(group, reason, join.nowMs), response: awaitingJoin }
  }

  private rejoin(group: ClassicGroup, memberId: string, join: Join): JoinOutcome {
    const { groupInstanceId } = join.request
    if (group.pendingMembers.has(memberId)) {
      // Only dynamic members are ever pending.
      if (groupInstanceId !== null) return failedJoin(memberId, ErrorCode.UNKNOWN_SERVER_ERROR)
      return this.addMember(group, memberId, join)
    }
    try {
      group.checkMember(memberId, groupInstanceId)
    } catch (error) {
      if (error instanceof ApiError) return failedJoin(memberId, error.code)
      throw error
    }
    const member = group.members.get(memberId)!
    const isLeader = group.leaderId === memberId
    const isUnchanged = sameProtocols(member.protocols, join.protocols)
    switch (group.state) {
      case 'PreparingRebalance':
        return this.updateMember(group, member, join, `Member ${memberId} is joining group`)
      case 'CompletingRebalance':
        // Perhaps it never got the answer: it gets the same once more.
        if (isUnchanged) return { response: joinAnswer(group, member) }
        return this.updateMember(group, member, join, `Updating metadata for member ${memberId}`)
      case 'Stable':
        // A leader may ask for a rebalance because of what only it can see, such as new partitions.
        if (isLeader) return this.updateMember(group, member, join, `Leader ${memberId} re-joining group`)
        if (isUnchanged) return { response: joinAnswer(group, member) }
        return this.updateMember(group, member, join, `Updating metadata for member ${memberId}`)
      default:
        return failedJoin(memberId, ErrorCode.UNKNOWN_MEMBER_ID)
    }
  }

  private updateMember(group: ClassicGroup, member: ClassicMember, join: Join, what: string): JoinOutcome {
    // A client that asks again, on a new connection perhaps, gets the answer that the first request waits for.
    const awaitingJoin = member.awaitingJoin ?? new Parked<JoinAnswer>()
    group.update(member, { protocols: join.protocols, ...timeoutsOf(join), awaitingJoin })
    const reason = `${what} during ${group.state}; client reason: ${join.reason}`
    return { records: this.rebalance.rebalanceOrCompleteJoin(group, reason, join.nowMs), response: awaitingJoin }
  }

  /**
   * A static member came back without its member id, restarted most likely (KIP-345). In a stable group whose protocol
   * does not change by that, it takes its old place and assignment without a rebalance.
   */
  private replaceStaticMember(group: ClassicGroup, oldMemberId: string, memberId: string, join: Join): JoinOutcome {
    const { request, client, nowMs } = join
    this.info(
      `Static member with groupInstanceId=${request.groupInstanceId} and unknown member id joins group ${group.groupId} ` +
        `in ${group.state} state. Replacing previously mapped member ${oldMemberId} with this groupInstanceId.`,
    )
    const groupInstanceId = request.groupInstanceId!
    const leaderBefore = group.leaderId ?? ''
    const member = group.replaceStaticMember(groupInstanceId, oldMemberId, memberId)
    this.rebalance.endSession(group, oldMemberId)
    this.rebalance.keepAlive(group, member)
    const before = { ...member }
    const awaitingJoin = new Parked<JoinAnswer>()
    group.update(member, { protocols: join.protocols, ...timeoutsOf(join), awaitingJoin })
    if (group.state !== 'Stable' || group.protocolName !== group.selectProtocol()) {
      // While members sync, the leader may already assign to the old id: they have to join once more.
      const reason = `Updating metadata for static member ${memberId} with instance id ${groupInstanceId}; client reason: ${join.reason}`
      return { records: this.rebalance.rebalanceOrCompleteJoin(group, reason, nowMs), response: awaitingJoin }
    }
    return {
      records: [group.toRecord((m) => m.assignment)],
      next: () => {
        const current = group.members.get(memberId)!
        const answer = joinAnswer(group, current)
        const isLeader = group.leaderId === memberId
        group.answerJoin(
          current,
          client.apiVersion >= SKIP_ASSIGNMENT_VERSION
            ? { ...answer, skipAssignment: isLeader }
            : // An older leader would assign anew on seeing itself named; the id it is told is the one it had.
              { ...answer, leader: leaderBefore, members: [] },
        )
        return { response: awaitingJoin }
      },
      refused: (error) => {
        group.update(member, { ...before, awaitingJoin: undefined })
        const old = group.replaceStaticMember(groupInstanceId, memberId, oldMemberId)
        this.rebalance.endSession(group, memberId)
        this.rebalance.keepAlive(group, old)
        throw error
      },
    }
  }

  // --- SyncGroup --------------------------------------------------------------------------------------------------

  sync(request: SyncRequest, nowMs: number): SyncOutcome {
    const { memberId, groupId } = request
    const group = this.find(groupId)
    if (!group || group.isEmpty) throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
    group.checkMember(memberId, request.groupInstanceId)
    if (request.generationId !== group.generationId) throw new ApiError(ErrorCode.ILLEGAL_GENERATION)
    const disagrees = (asked: string | null, has: string | undefined) => asked !== null && asked !== has
    if (disagrees(request.protocolType, group.protocolType) || disagrees(request.protocolName, group.protocolName)) {
      throw new ApiError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    }
    if (group.state === 'PreparingRebalance') throw new ApiError(ErrorCode.REBALANCE_IN_PROGRESS)
    this.rebalance.synced(group, memberId)
    const member = group.members.get(memberId)!
    if (group.state === 'Stable') return { response: syncAnswer(group, member) }
    const response = (member.awaitingSync ??= new Parked())
    return group.leaderId === memberId ? this.storeAssignment(group, request, response, nowMs) : { response }
  }

  /** The leader's assignment makes the generation durable and the group stable. */
  private storeAssignment(
    group: ClassicGroup,
    request: SyncRequest,
    response: Parked<SyncAnswer>,
    nowMs: number,
  ): SyncOutcome {
    this.info(
      `Assignment received from leader ${request.memberId} for group ${group.groupId} for generation ${group.generationId}. ` +
        `The group has ${group.members.size} members, ${group.staticMembers.size} of which are static.`,
    )
    const assignments = new Map(request.assignments.map((each) => [each.memberId, each.assignment]))
    return {
      records: [group.toRecord((member) => assignments.get(member.memberId) ?? NO_ASSIGNMENT)],
      next: () => {
        for (const member of group.members.values()) {
          if (group.answerSync(member, syncAnswer(group, member))) this.rebalance.keepAlive(group, member)
        }
        return { response }
      },
      refused: () => {
        const reason = `Error when storing group assignment during SyncGroup (member: ${request.memberId}).`
        this.rebalance.failSyncs(group, ErrorCode.UNKNOWN_SERVER_ERROR)
        return { records: this.rebalance.prepare(group, reason, nowMs), response }
      },
    }
  }

  // --- Heartbeat and LeaveGroup -----------------------------------------------------------------------------------

  heartbeat(request: HeartbeatRequest): Outcome<ErrorCode, GroupRecord> {
    const group = this.find(request.groupId)
    if (!group) throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
    group.checkMember(request.memberId, request.groupInstanceId)
    if (request.generationId !== group.generationId) throw new ApiError(ErrorCode.ILLEGAL_GENERATION)
    this.rebalance.keepAlive(group, group.members.get(request.memberId)!)
    return { response: group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE }
  }

  leave(groupId: string, leaving: readonly LeavingMember[], nowMs: number): Outcome<LeaveAnswer, GroupRecord> {
    const group = this.find(groupId)
    const members = leaving.map(({ memberId, groupInstanceId, reason }): MemberLeft => {
      const errorCode = group ? this.leaveOne(group, memberId, groupInstanceId, reason) : ErrorCode.UNKNOWN_MEMBER_ID
      return { memberId, groupInstanceId, errorCode }
    })
    const left = members.filter((member) => member.errorCode === ErrorCode.NONE)
    if (!group || group.isEmpty || left.length === 0) return { response: { members } }
    const reason = `explicit \`LeaveGroup\` request for (${left.map((member) => member.memberId).join(', ')}) members.`
    return { records: this.rebalance.rebalanceOrCompleteJoin(group, reason, nowMs), response: { members } }
  }

  private leaveOne(
    group: ClassicGroup,
    memberId: string,
    groupInstanceId: string | null,
    clientReason: string | null,
  ): ErrorCode {
    const reason = clientReason ?? 'not provided'
    // Tools remove static members by their instance id alone.
    const id = memberId === '' && groupInstanceId !== null ? group.staticMembers.get(groupInstanceId) : memberId
    if (id === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    if (!group.pendingMembers.has(id)) {
      try {
        group.checkMember(id, groupInstanceId)
      } catch (error) {
        if (error instanceof ApiError) return error.code
        throw error
      }
    }
    this.info(
      `[Group ${group.groupId}] Member ${id} has left group through explicit \`LeaveGroup\` request; client reason: ${reason}`,
    )
    this.rebalance.endSession(group, id)
    const member = group.members.get(id)
    if (member) this.rebalance.removeMember(group, member)
    else group.remove(id)
    return ErrorCode.NONE
  }
}

/** A group as it is when nobody has joined yet. */
function emptyGroupRecord(groupId: string, nowMs: number): GroupMetadataRecord {
  return groupMetadataRecord(groupId, {
    protocolType: '',
    generation: 0,
    protocol: null,
    leader: null,
    currentStateTimestamp: nowMs,
    members: [],
  })
}

function failedJoin(memberId: string, errorCode: ErrorCode): JoinOutcome {
  return { response: { memberId, errorCode } }
}

function syncAnswer(group: ClassicGroup, member: ClassicMember): SyncAnswer {
  const { protocolType = null, protocolName = null } = group
  return { protocolType, protocolName, assignment: member.assignment }
}

/** Version 0 knows no rebalance timeout: there the session timeout stands for both. */
function timeoutsOf({ request, client }: Join): { rebalanceTimeoutMs: number; sessionTimeoutMs: number } {
  const { sessionTimeoutMs, rebalanceTimeoutMs } = request
  return { sessionTimeoutMs, rebalanceTimeoutMs: client.apiVersion === 0 ? sessionTimeoutMs : rebalanceTimeoutMs }
}

function sameProtocols(a: readonly MemberProtocol[], b: readonly MemberProtocol[]): boolean {
  return (
    a.length === b.length && a.every(({ name, metadata }, i) => name === b[i]!.name && metadata.equals(b[i]!.metadata))
  )
}
