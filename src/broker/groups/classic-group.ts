/**
 * One classic group: its members, generation and state. Durable is what the last `GroupMetadata` record says; while the
 * group rebalances, the state here runs ahead of it, and a restart throws the members back to that record.
 *
 * `membersAwaitingJoin` counts the members whose `awaitingJoin` is set.
 */

import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { JoinGroup } from '../../protocol/messages/11-join-group.ts'
import type { SyncGroup } from '../../protocol/messages/14-sync-group.ts'
import type { ResponseInput } from '../../protocol/schema.ts'
import type { Parked } from '../coordinator/shard.ts'
import { subscribedTopicsOf } from './consumer-protocol.ts'
import type { CommitIdentity, Group } from './group.ts'
import { type GroupMetadataRecord, type GroupRecord, groupMetadataRecord } from './records.ts'

export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

export type JoinAnswer = ResponseInput<typeof JoinGroup>
export type SyncAnswer = ResponseInput<typeof SyncGroup>

export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface ClassicMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  /** With the slash that Kafka shows before addresses. */
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** In the member's order of preference. */
  protocols: readonly MemberProtocol[]
  assignment: Buffer
  awaitingJoin?: Parked<JoinAnswer>
  awaitingSync?: Parked<SyncAnswer>
  /** Has not seen its first generation: it sends no heartbeats yet, and may time out while it waits. */
  isNew: boolean
}

/** Protocol type of the Java consumer and everything like it. */
const CONSUMER_PROTOCOL_TYPE = 'consumer'
export const NO_ASSIGNMENT: Buffer = Buffer.alloc(0)

type GroupMetadata = NonNullable<GroupMetadataRecord['value']>

export class ClassicGroup implements Group {
  readonly groupId: string
  readonly type = 'classic'
  state: ClassicGroupState = 'Empty'
  previousState: ClassicGroupState = 'Empty'
  /** When the state was entered; -1 when an old record does not tell. */
  stateTimestampMs = -1
  protocolType: string | undefined
  protocolName: string | undefined
  generationId = 0
  leaderId: string | undefined
  readonly members = new Map<string, ClassicMember>()
  /** Member ids by group instance id. */
  readonly staticMembers = new Map<string, string>()
  /** Ids given out by MEMBER_ID_REQUIRED (KIP-394) that have not come back yet. */
  readonly pendingMembers = new Set<string>()
  /** Members that have not asked for their assignment in this generation. */
  readonly pendingSyncMembers = new Set<string>()
  membersAwaitingJoin = 0
  /** Somebody new came during the initial rebalance: it may wait a little longer for more. */
  newMemberAdded = false
  /** Topics of all members; undefined when their metadata do not tell. */
  subscribedTopics: ReadonlySet<string> | undefined
  /** How many members support each protocol. */
  private readonly supporters = new Map<string, number>()

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get stateName(): string {
    return this.state
  }

  get protocolTypeName(): string {
    return this.protocolType ?? ''
  }

  get isEmpty(): boolean {
    return this.state === 'Empty'
  }

  isIn(...states: ClassicGroupState[]): boolean {
    return states.includes(this.state)
  }

  enter(state: ClassicGroupState, nowMs: number): void {
    this.previousState = this.state
    this.state = state
    this.stateTimestampMs = nowMs
  }

  // --- members ----------------------------------------------------------------------------------------------------

  add(member: ClassicMember, protocolType: string): void {
    if (member.groupInstanceId !== null) this.staticMembers.set(member.groupInstanceId, member.memberId)
    if (this.members.size === 0) this.protocolType = protocolType
    this.leaderId ??= member.memberId
    this.members.set(member.memberId, member)
    this.countProtocols(member, 1)
    if (member.awaitingJoin) this.membersAwaitingJoin++
    this.pendingMembers.delete(member.memberId)
  }

  /** Also takes the id of a member that is only pending. A leader that goes is followed by the oldest member. */
  remove(memberId: string): void {
    const member = this.members.get(memberId)
    if (member) {
      this.members.delete(memberId)
      this.countProtocols(member, -1)
      if (member.awaitingJoin) this.membersAwaitingJoin--
      if (member.groupInstanceId !== null) this.staticMembers.delete(member.groupInstanceId)
    }
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value
    this.pendingMembers.delete(memberId)
    this.pendingSyncMembers.delete(memberId)
  }

  /**
   * A static member came back under a new id, its place among the members kept. Whoever still waits under the old id is
   * fenced.
   */
  replaceStaticMember(groupInstanceId: string, oldMemberId: string, newMemberId: string): ClassicMember {
    const old = this.members.get(oldMemberId)!
    this.answerJoin(old, { memberId: oldMemberId, errorCode: ErrorCode.FENCED_INSTANCE_ID })
    this.answerSync(old, { errorCode: ErrorCode.FENCED_INSTANCE_ID })
    const member: ClassicMember = { ...old, memberId: newMemberId, isNew: false }
    const members = [...this.members].map(([id, m]): [string, ClassicMember] =>
      id === oldMemberId ? [newMemberId, member] : [id, m],
    )
    this.members.clear()
    for (const [id, m] of members) this.members.set(id, m)
    if (this.leaderId === oldMemberId) this.leaderId = newMemberId
    this.staticMembers.set(groupInstanceId, newMemberId)
    if (this.pendingSyncMembers.delete(oldMemberId)) this.pendingSyncMembers.add(newMemberId)
    return member
  }

  update(
    member: ClassicMember,
    change: {
      readonly protocols: readonly MemberProtocol[]
      readonly rebalanceTimeoutMs: number
      readonly sessionTimeoutMs: number
      readonly awaitingJoin?: Parked<JoinAnswer>
    },
  ): void {
    this.countProtocols(member, -1)
    member.protocols = change.protocols
    this.countProtocols(member, 1)
    member.rebalanceTimeoutMs = change.rebalanceTimeoutMs
    member.sessionTimeoutMs = change.sessionTimeoutMs
    if (change.awaitingJoin && !member.awaitingJoin) this.membersAwaitingJoin++
    if (!change.awaitingJoin && member.awaitingJoin) this.membersAwaitingJoin--
    member.awaitingJoin = change.awaitingJoin
  }

  answerJoin(member: ClassicMember, answer: JoinAnswer): void {
    if (!member.awaitingJoin) return
    member.awaitingJoin.answer(answer)
    member.awaitingJoin = undefined
    this.membersAwaitingJoin--
  }

  /** Returns whether the member was waiting. */
  answerSync(member: ClassicMember, answer: SyncAnswer): boolean {
    if (!member.awaitingSync) return false
    member.awaitingSync.answer(answer)
    member.awaitingSync = undefined
    return true
  }

  /** Throws unless the id is a member's, and the one its group instance id stands for now (KIP-345). */
  checkMember(memberId: string, groupInstanceId: string | null): void {
    if (groupInstanceId !== null) {
      const current = this.staticMembers.get(groupInstanceId)
      if (current === undefined) throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
      if (current !== memberId) throw new ApiError(ErrorCode.FENCED_INSTANCE_ID)
    }
    if (!this.members.has(memberId)) throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
  }

  get haveAllJoined(): boolean {
    return this.members.size === this.membersAwaitingJoin && this.pendingMembers.size === 0
  }

  /** The longest that a member asks for. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  // --- protocols --------------------------------------------------------------------------------------------------

  private countProtocols(member: ClassicMember, change: 1 | -1): void {
    for (const name of new Set(member.protocols.map((protocol) => protocol.name))) {
      this.supporters.set(name, (this.supporters.get(name) ?? 0) + change)
    }
  }

  private isSupportedByAll(protocol: string): boolean {
    return this.supporters.get(protocol) === this.members.size
  }

  /** Whether a member like this can be in the group: one protocol that everybody has, and the same protocol type. */
  supports(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0
    return this.protocolType === protocolType && protocols.some(({ name }) => this.isSupportedByAll(name))
  }

  /** Each member votes for the first of its protocols that everybody supports; most votes win, then the earliest. */
  selectProtocol(): string {
    const votes = new Map<string, number>()
    for (const member of this.members.values()) {
      const vote = member.protocols.find(({ name }) => this.isSupportedByAll(name))
      if (vote) votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1)
    }
    return [...votes].reduce((best, vote) => (vote[1] > best[1] ? vote : best))[0]
  }

  metadataOf(member: ClassicMember): Buffer {
    return member.protocols.find(({ name }) => name === this.protocolName)?.metadata ?? NO_ASSIGNMENT
  }

  /** Begins a generation with the members there are: `CompletingRebalance`, or `Empty` without any. */
  startNextGeneration(nowMs: number): void {
    this.generationId++
    this.protocolName = this.members.size > 0 ? this.selectProtocol() : undefined
    this.subscribedTopics = this.readSubscriptions()
    this.enter(this.members.size > 0 ? 'CompletingRebalance' : 'Empty', nowMs)
    this.pendingSyncMembers.clear()
  }

  private get usesConsumerProtocol(): boolean {
    return this.protocolType === CONSUMER_PROTOCOL_TYPE
  }

  private readSubscriptions(): ReadonlySet<string> | undefined {
    if (!this.usesConsumerProtocol) return undefined
    if (this.members.size > 0 && this.protocolName === undefined) return undefined
    return subscribedTopicsOf([...this.members.values()].map((member) => this.metadataOf(member)))
  }

  /** A consumer group whose subscriptions cannot be read may read anything. */
  isSubscribedTo(topic: string): boolean {
    return this.subscribedTopics?.has(topic) ?? this.usesConsumerProtocol
  }

  // --- requests that every kind of group answers ------------------------------------------------------------------

  checkOffsetCommit(who: CommitIdentity): void {
    const { memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = who
    if (generationId < 0 && this.isEmpty) return
    if (generationId >= 0 || memberId !== '' || groupInstanceId !== null) {
      this.checkMember(memberId, groupInstanceId)
      if (generationId !== this.generationId) throw new ApiError(ErrorCode.ILLEGAL_GENERATION)
    } else if (!this.isEmpty) throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
    // The member knows its generation from the answer to JoinGroup, but not yet what it owns in it.
    if (this.state === 'CompletingRebalance') throw new ApiError(ErrorCode.REBALANCE_IN_PROGRESS)
  }

  /** Anybody may look. */
  checkOffsetFetch(): void {}

  checkOffsetDeletion(): void {
    if (!this.isEmpty && !this.usesConsumerProtocol) throw new ApiError(ErrorCode.NON_EMPTY_GROUP)
  }

  checkDeletion(): void {
    if (!this.isEmpty) throw new ApiError(ErrorCode.NON_EMPTY_GROUP)
  }

  tombstones(): GroupRecord[] {
    return [groupMetadataRecord(this.groupId, null)]
  }

  /**
   * Offsets of an empty group count from when it became empty, those of a group without members of its own (simple
   * consumers) and of topics that a stable consumer group reads no longer from their commit (KIP-211).
   */
  retentionStartMs(commitTimestampMs: number): number | undefined {
    if (this.protocolType === undefined) return commitTimestampMs
    if (this.isEmpty) return this.stateTimestampMs === -1 ? commitTimestampMs : this.stateTimestampMs
    if (this.state === 'Stable' && this.usesConsumerProtocol && this.subscribedTopics) return commitTimestampMs
    return undefined
  }

  // --- records ----------------------------------------------------------------------------------------------------

  /** What makes the group durable as it stands, with these assignments. */
  toRecord(assignmentOf: (member: ClassicMember) => Buffer): GroupMetadataRecord {
    return groupMetadataRecord(this.groupId, {
      protocolType: this.protocolType ?? '',
      generation: this.generationId,
      protocol: this.protocolName ?? null,
      leader: this.leaderId ?? null,
      currentStateTimestamp: this.stateTimestampMs,
      members: [...this.members.values()].map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeout: member.rebalanceTimeoutMs,
        sessionTimeout: member.sessionTimeoutMs,
        subscription: this.metadataOf(member),
        assignment: assignmentOf(member),
      })),
    })
  }

  /**
   * Becomes what the record says. What a record does not hold (who waits, the protocols that were not selected) stays
   * with the members that the record leaves as they were.
   */
  apply(value: GroupMetadata): void {
    this.protocolType = value.protocolType || undefined
    this.protocolName = value.protocol ?? undefined
    this.generationId = value.generation
    this.stateTimestampMs = value.currentStateTimestamp
    const before = new Map(this.members)
    const pendingSync = [...this.pendingSyncMembers]
    for (const memberId of before.keys()) this.remove(memberId)
    for (const member of value.members) {
      const known = before.get(member.memberId)
      const isSame = known?.protocols.some(
        ({ name, metadata }) => name === value.protocol && metadata.equals(member.subscription),
      )
      this.add(
        {
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
          clientId: member.clientId,
          clientHost: member.clientHost,
          rebalanceTimeoutMs: member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
          sessionTimeoutMs: member.sessionTimeout,
          // Copies: what we are given are slices of whole requests, or of a stretch of the log.
          protocols: isSame
            ? known!.protocols
            : [{ name: value.protocol ?? '', metadata: Buffer.from(member.subscription) }],
          assignment: Buffer.from(member.assignment),
          awaitingJoin: known?.awaitingJoin,
          awaitingSync: known?.awaitingSync,
          isNew: false,
        },
        value.protocolType,
      )
    }
    for (const memberId of pendingSync) if (this.members.has(memberId)) this.pendingSyncMembers.add(memberId)
    this.leaderId = value.leader ?? undefined
    this.previousState = this.state
    this.state = this.members.size > 0 ? 'Stable' : 'Empty'
    this.subscribedTopics = this.readSubscriptions()
  }
}
