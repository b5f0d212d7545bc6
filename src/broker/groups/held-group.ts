/**
 * A consumer, share or streams group that Apache Kafka wrote. Members of these kinds are not served yet, but their
 * records are kept whole, so that the groups are listed, their offsets read, and nothing of them is lost: the log keeps
 * every record, and what is here can write the tombstones of an empty group.
 */
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { CommitIdentity, Group, Groups } from './group.ts'
import type { GroupRecord, GroupRecordOf, GroupRecordType } from './records.ts'

export type HeldGroupType = 'consumer' | 'share' | 'streams'
type HeldRecordType = Exclude<GroupRecordType, 'legacyOffsetCommit' | 'offsetCommit' | 'groupMetadata'>
export type HeldRecord = { [T in HeldRecordType]: GroupRecordOf<T> }[HeldRecordType]

/** `MemberState.STABLE` in a current-assignment record. */
const STABLE_MEMBER = 0

/** Applies a record of such a group; the tombstone of the group's own record ends it. */
export function replayHeld(groups: Groups, record: HeldRecord): void {
  const { groupId } = record.key
  const type = typeOf(record)
  const found = groups.get(groupId)
  let group = found?.type === type ? (found as HeldGroup) : undefined
  if (record.value === null) {
    if (group && record.type === METADATA_TYPE[type]) groups.delete(groupId)
    else group?.forget(record)
    return
  }
  if (!group) groups.set(groupId, (group = new HeldGroup(groupId, type)))
  group.hold(record)
}

const METADATA_TYPE = {
  consumer: 'consumerGroupMetadata',
  share: 'shareGroupMetadata',
  streams: 'streamsGroupMetadata',
} as const satisfies Record<HeldGroupType, HeldRecordType>

function typeOf(record: HeldRecord): HeldGroupType {
  if (record.type.startsWith('consumer')) return 'consumer'
  return record.type.startsWith('share') ? 'share' : 'streams'
}

export class HeldGroup implements Group {
  readonly groupId: string
  readonly type: HeldGroupType
  private readonly records = new Map<string, HeldRecord>()

  constructor(groupId: string, type: HeldGroupType) {
    this.groupId = groupId
    this.type = type
  }

  hold(record: HeldRecord): void {
    this.records.set(identityOf(record), record)
  }

  forget(record: HeldRecord): void {
    this.records.delete(identityOf(record))
  }

  private *of<T extends HeldRecordType>(...types: T[]): Generator<GroupRecordOf<T>> {
    for (const record of this.records.values()) {
      if ((types as HeldRecordType[]).includes(record.type)) yield record as GroupRecordOf<T>
    }
  }

  private get memberIds(): Set<string> {
    const members = this.of('consumerGroupMemberMetadata', 'shareGroupMemberMetadata', 'streamsGroupMemberMetadata')
    return new Set([...members].map((member) => (member.key as { memberId: string }).memberId))
  }

  get isEmpty(): boolean {
    return this.memberIds.size === 0
  }

  get protocolTypeName(): string {
    return this.type
  }

  /** The state that Apache Kafka computes from the same records. */
  get stateName(): string {
    const members = this.memberIds
    if (members.size === 0) return 'Empty'
    if (this.type === 'share') return 'Stable'
    const [metadata] = this.of('consumerGroupMetadata', 'streamsGroupMetadata')
    const [target] = this.of('consumerGroupTargetAssignmentMetadata', 'streamsGroupTargetAssignmentMetadata')
    if (this.type === 'streams' && !this.isTopologyReady()) return 'NotReady'
    const assignmentEpoch = target?.value?.assignmentEpoch ?? -1
    if ((metadata?.value?.epoch ?? 0) > assignmentEpoch) return 'Assigning'
    const isReconciled = (id: string) => {
      const current = this.currentAssignmentOf(id)
      return current?.state === STABLE_MEMBER && current.memberEpoch === assignmentEpoch
    }
    return [...members].every(isReconciled) ? 'Stable' : 'Reconciling'
  }

  private isTopologyReady(): boolean {
    const [metadata] = this.of('streamsGroupMetadata')
    const [topology] = this.of('streamsGroupTopology')
    return topology !== undefined && topology.value?.epoch === metadata?.value?.validatedTopologyEpoch
  }

  private currentAssignmentOf(memberId: string): { state: number; memberEpoch: number } | undefined {
    for (const { key, value } of this.of(
      'consumerGroupCurrentMemberAssignment',
      'streamsGroupCurrentMemberAssignment',
    )) {
      if (key.memberId === memberId) return value ?? undefined
    }
    return undefined
  }

  isSubscribedTo(topic: string): boolean {
    for (const { value } of this.of('consumerGroupMemberMetadata')) {
      if (value?.subscribedTopicNames.includes(topic)) return true
    }
    for (const { value } of this.of('consumerGroupRegularExpression')) if (value?.topics.includes(topic)) return true
    if (this.isEmpty) return false
    for (const { value } of this.of('streamsGroupTopology')) {
      if (value?.subtopologies.some((each) => each.sourceTopics.includes(topic))) return true
    }
    return false
  }

  checkOffsetCommit(who: CommitIdentity, apiVersion: number): void {
    if (this.type === 'share') throw new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, this.notConsumerText())
    if (who.generationIdOrMemberEpoch < 0 && this.isEmpty) return
    this.checkMember(who.memberId, who.generationIdOrMemberEpoch)
    if (apiVersion < 9) throw new ApiError(ErrorCode.UNSUPPORTED_VERSION)
  }

  checkOffsetFetch(memberId: string | null, memberEpoch: number): void {
    if (this.type === 'share' || (memberId === null && memberEpoch < 0)) return
    this.checkMember(memberId ?? '', memberEpoch)
  }

  private checkMember(memberId: string, memberEpoch: number): void {
    if (!this.memberIds.has(memberId)) throw new ApiError(ErrorCode.UNKNOWN_MEMBER_ID)
    if (memberEpoch !== this.currentAssignmentOf(memberId)?.memberEpoch) {
      throw new ApiError(ErrorCode.STALE_MEMBER_EPOCH)
    }
  }

  checkOffsetDeletion(): void {
    if (this.type === 'share') throw new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, this.notConsumerText())
  }

  private notConsumerText(): string {
    return `Group ${this.groupId} is not a consumer group.`
  }

  checkDeletion(): void {
    if (!this.isEmpty) throw new ApiError(ErrorCode.NON_EMPTY_GROUP)
    if (this.type === 'share') {
      const text = `Share group ${this.groupId} cannot be deleted: the state of share groups is not supported yet.`
      throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, text)
    }
  }

  /** The group's own record goes last: Apache Kafka wants a group to be bare before that. */
  tombstones(): GroupRecord[] {
    const isOwn = (record: HeldRecord) => record.type === METADATA_TYPE[this.type]
    const records = [...this.records.values()].sort((a, b) => Number(isOwn(a)) - Number(isOwn(b)))
    return records.map((record) => ({ ...record, value: null, version: 0 }) as GroupRecord)
  }

  /** Offsets and groups of these kinds stay until they are served. */
  retentionStartMs(): undefined {
    return undefined
  }
}

function identityOf(record: HeldRecord): string {
  return JSON.stringify([record.type, record.key])
}
