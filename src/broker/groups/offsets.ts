/** Committing, fetching, deleting and expiring offsets, of groups of every kind. */
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { OffsetCommit } from '../../protocol/messages/08-offset-commit.ts'
import type { OffsetFetch } from '../../protocol/messages/09-offset-fetch.ts'
import type { OffsetDelete } from '../../protocol/messages/47-offset-delete.ts'
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts'
import type { Outcome, RecordOrigin } from '../coordinator/shard.ts'
import { ClassicGroup } from './classic-group.ts'
import type { GroupShardParts } from './classic-rebalance.ts'
import type { CommitIdentity, Group } from './group.ts'
import { type CommittedOffset, OffsetStore } from './offset-store.ts'
import {
  type GroupRecord,
  type GroupRecordOf,
  type OffsetCommitRecord,
  offsetCommitRecord,
  offsetTombstone,
} from './records.ts'

export const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

export type CommitTopic = RequestOf<typeof OffsetCommit>['topics'][number]
export type CommitTopicAnswer = NonNullable<ResponseInput<typeof OffsetCommit>['topics']>[number]
export interface CommitRequest extends CommitIdentity {
  readonly groupId: string
  /** -1: the broker's own retention. */
  readonly retentionTimeMs: number | bigint
  readonly topics: readonly CommitTopic[]
}

/** `topics: null` asks for everything the group has. */
export type FetchRequest = RequestOf<typeof OffsetFetch>['groups'][number]
export type FetchTopicAnswer = NonNullable<
  NonNullable<ResponseInput<typeof OffsetFetch>['groups']>[number]['topics']
>[number]
type FetchPartitionAnswer = NonNullable<FetchTopicAnswer['partitions']>[number]

export type DeleteTopic = RequestOf<typeof OffsetDelete>['topics'][number]
export type DeleteTopicAnswer = NonNullable<ResponseInput<typeof OffsetDelete>['topics']>[number]

const LARGEST_INT64 = 0x7fff_ffff_ffff_ffffn

export class Offsets {
  private readonly parts: GroupShardParts
  /** A commit proves that its member is alive. */
  private readonly keepAlive: (group: ClassicGroup, memberId: string) => void
  private readonly store = new OffsetStore()

  constructor(parts: GroupShardParts, keepAlive: (group: ClassicGroup, memberId: string) => void) {
    this.parts = parts
    this.keepAlive = keepAlive
  }

  // --- replay -----------------------------------------------------------------------------------------------------

  replay({ key, value }: OffsetCommitRecord, origin: RecordOrigin): void {
    const { group: groupId, topic, partition } = key
    if (value === null) {
      this.store.delete(groupId, topic, partition)
      return
    }
    // Who commits without ever joining makes a group that only keeps offsets.
    const { groups } = this.parts
    if (!groups.has(groupId)) groups.set(groupId, new ClassicGroup(groupId))
    const offset: CommittedOffset = {
      committedOffset: value.offset,
      leaderEpoch: value.leaderEpoch,
      metadata: value.metadata,
      commitTimestampMs: value.commitTimestamp,
      expireTimestampMs: value.expireTimestamp,
      topicId: value.topicId,
      recordOffset: origin.offset,
    }
    if (origin.producerId < 0) this.store.set(groupId, topic, partition, offset)
    else this.store.setPending(origin.producerId, groupId, topic, partition, offset)
  }

  /** Offsets as brokers before 0.9 wrote them. */
  replayLegacy({ key, value }: GroupRecordOf<'legacyOffsetCommit'>, origin: RecordOrigin): void {
    const upgraded = value && { ...value, leaderEpoch: -1, expireTimestamp: -1, topicId: NO_TOPIC_ID }
    this.replay({ type: 'offsetCommit', key, value: upgraded, version: 0 }, origin)
  }

  replayEndTransaction(producerId: number, isCommit: boolean): void {
    this.store.endTransaction(producerId, isCommit)
  }

  // --- OffsetCommit -----------------------------------------------------------------------------------------------

  commit(request: CommitRequest, apiVersion: number, nowMs: number): Outcome<CommitTopicAnswer[], GroupRecord> {
    this.checkCommit(request, apiVersion)
    const { offsetMetadataMaxSize } = this.parts.settings
    const expireTimestamp = expiryOf(request.retentionTimeMs, nowMs)
    const records: GroupRecord[] = []
    const response = request.topics.map(({ name, topicId, partitions }): CommitTopicAnswer => {
      const answers = partitions.map((partition) => {
        const { partitionIndex, committedOffset, committedLeaderEpoch } = partition
        const metadata = partition.committedMetadata ?? ''
        if (metadata.length > offsetMetadataMaxSize) {
          return { partitionIndex, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE }
        }
        const value = { offset: committedOffset, metadata, commitTimestamp: nowMs, expireTimestamp, topicId }
        records.push(
          offsetCommitRecord(request.groupId, name, partitionIndex, { ...value, leaderEpoch: committedLeaderEpoch }),
        )
        return { partitionIndex, errorCode: ErrorCode.NONE }
      })
      return { name, topicId, partitions: answers }
    })
    return { records, response }
  }

  private checkCommit(request: CommitRequest, apiVersion: number): void {
    const group = this.parts.groups.get(request.groupId)
    if (!group) {
      if (request.generationIdOrMemberEpoch < 0) return
      throw apiVersion >= 9 ? groupNotFound(request.groupId) : new ApiError(ErrorCode.ILLEGAL_GENERATION)
    }
    group.checkOffsetCommit(request, apiVersion)
    if (group.type === 'classic' && !group.isEmpty) this.keepAlive(group as ClassicGroup, request.memberId)
  }

  // --- OffsetFetch ------------------------------------------------------------------------------------------------

  /**
   * Offsets of a group, -1 where it has none. With `requireStable` an offset that an open transaction may yet change is
   * an error (KIP-447).
   */
  fetch(request: FetchRequest, requireStable: boolean): FetchTopicAnswer[] {
    const { groupId } = request
    const group = this.parts.groups.get(groupId)
    group?.checkOffsetFetch(request.memberId, request.memberEpoch)
    const one = (topic: string, topicId: string, partitionIndex: number): FetchPartitionAnswer => {
      if (requireStable && this.store.isUnstable(groupId, topic, partitionIndex)) {
        return { ...NO_OFFSET, partitionIndex, errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT }
      }
      const offset = this.store.get(groupId, topic, partitionIndex)
      if (!offset || isOfAnotherTopic(offset, topicId)) return { ...NO_OFFSET, partitionIndex }
      const { committedOffset, leaderEpoch, metadata } = offset
      return { partitionIndex, committedOffset, committedLeaderEpoch: leaderEpoch, metadata }
    }
    if (request.topics) {
      return request.topics.map(({ name, topicId, partitionIndexes }) => ({
        name,
        topicId,
        partitions: partitionIndexes.map((index) => one(name, topicId, index)),
      }))
    }
    return [...this.store.topicsOf(groupId)].map(([name, partitions]) => ({
      name,
      topicId: NO_TOPIC_ID,
      partitions: [...partitions.keys()].map((index) => one(name, NO_TOPIC_ID, index)),
    }))
  }

  // --- deletion and expiry ----------------------------------------------------------------------------------------

  /** OffsetDelete (KIP-496): topics that a member reads keep their offsets. */
  delete(groupId: string, topics: readonly DeleteTopic[]): Outcome<DeleteTopicAnswer[], GroupRecord> {
    const group = this.parts.groups.get(groupId)
    if (!group) throw groupNotFound(groupId)
    group.checkOffsetDeletion()
    const records: GroupRecord[] = []
    const response = topics.map(({ name, partitions }): DeleteTopicAnswer => {
      const errorCode = group.isSubscribedTo(name) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE
      const answers = partitions.map(({ partitionIndex }) => {
        if (errorCode === ErrorCode.NONE && this.knows(groupId, name, partitionIndex)) {
          records.push(offsetTombstone(groupId, name, partitionIndex))
        }
        return { partitionIndex, errorCode }
      })
      return { name, partitions: answers }
    })
    return { records, response }
  }

  private knows(groupId: string, topic: string, partition: number): boolean {
    return this.store.get(groupId, topic, partition) !== undefined || this.store.isUnstable(groupId, topic, partition)
  }

  /** Tombstones of everything the group has committed or is about to. */
  deleteAll(groupId: string): GroupRecord[] {
    const records: GroupRecord[] = []
    for (const [topic, partitions] of this.store.topicsOf(groupId)) {
      for (const partition of partitions.keys()) records.push(offsetTombstone(groupId, topic, partition))
    }
    for (const [topic, partition] of this.store.unstablePartitions(groupId)) {
      if (!this.store.get(groupId, topic, partition)) records.push(offsetTombstone(groupId, topic, partition))
    }
    return records
  }

  /** Tombstones of offsets of deleted topics. An offset of another topic that had the name before stays out of it. */
  deleteTopics(topics: readonly { readonly name: string; readonly id: string }[]): GroupRecord[] {
    const ids = new Map(topics.map(({ name, id }) => [name, id]))
    const tombstones = new Map<string, GroupRecord>()
    for (const [groupId, topic, partition, { topicId }] of this.store.all()) {
      const id = ids.get(topic)
      if (id === undefined || (topicId !== NO_TOPIC_ID && topicId !== id)) continue
      tombstones.set(JSON.stringify([groupId, topic, partition]), offsetTombstone(groupId, topic, partition))
    }
    return [...tombstones.values()]
  }

  /** Tombstones of the group's offsets whose time is up, and whether nothing will be left of them. */
  expire(group: Group, nowMs: number): { records: GroupRecord[]; isAll: boolean } {
    const { groupId } = group
    const { offsetsRetentionMs } = this.parts.settings
    const records: GroupRecord[] = []
    let kept = 0
    for (const [topic, partitions] of this.store.topicsOf(groupId)) {
      const isRead = group.isSubscribedTo(topic)
      for (const [partition, offset] of partitions) {
        const start = group.retentionStartMs(Number(offset.commitTimestampMs))
        const isExpired =
          start !== undefined &&
          (offset.expireTimestampMs === -1 ? nowMs - start >= offsetsRetentionMs : nowMs >= offset.expireTimestampMs)
        if (isExpired && !isRead && !this.store.isUnstable(groupId, topic, partition)) {
          records.push(offsetTombstone(groupId, topic, partition))
        } else kept++
      }
    }
    return { records, isAll: kept === 0 && !this.store.hasOpenTransactions(groupId) }
  }
}

const NO_OFFSET = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' } as const

export function groupNotFound(groupId: string): ApiError {
  return new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} not found.`)
}

/** The offset was committed for a topic that has since been deleted and made anew. */
function isOfAnotherTopic(offset: CommittedOffset, topicId: string): boolean {
  return topicId !== NO_TOPIC_ID && offset.topicId !== NO_TOPIC_ID && offset.topicId !== topicId
}

/** When an offset expires that asks for a retention of its own; at the end of time where the sum is past that. */
function expiryOf(retentionTimeMs: number | bigint, nowMs: number): number | bigint {
  if (retentionTimeMs === -1) return -1
  const expiry = BigInt(retentionTimeMs) + BigInt(nowMs)
  if (expiry > LARGEST_INT64) return LARGEST_INT64
  return Number.isSafeInteger(Number(expiry)) ? Number(expiry) : expiry
}
