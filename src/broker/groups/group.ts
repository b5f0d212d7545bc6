import type { GroupRecord } from './records.ts'

export type GroupType = 'classic' | 'consumer' | 'share' | 'streams'

/** Who commits or fetches offsets, as far as the request says. */
export interface CommitIdentity {
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** -1 from clients that do not take part in the group, such as tools. */
  readonly generationIdOrMemberEpoch: number
}

/** What every kind of group has in common. Kinds other than classic are `HeldGroup`s for now. */
export interface Group {
  readonly groupId: string
  readonly type: GroupType
  /** As ListGroups shows it, such as `Stable`. */
  readonly stateName: string
  /** As ListGroups shows it: `consumer`, `connect`, …; empty for a group that only keeps offsets. */
  readonly protocolTypeName: string
  /** True without members: the group may be deleted, or replaced by one of another kind. */
  readonly isEmpty: boolean
  /** Whether a member reads the topic: its offsets are not to be deleted under it. */
  isSubscribedTo(topic: string): boolean
  /** These throw the `ApiError` that such a request gets. */
  checkOffsetCommit(who: CommitIdentity, apiVersion: number): void
  checkOffsetFetch(memberId: string | null, memberEpoch: number): void
  checkOffsetDeletion(): void
  checkDeletion(): void
  /** Records that make everybody forget the group. */
  tombstones(): GroupRecord[]
  /**
   * From when the retention of an offset counts that was committed at `commitTimestampMs`; undefined while no offset of
   * the group expires.
   */
  retentionStartMs(commitTimestampMs: number): number | undefined
}

/** All groups of one shard. */
export type Groups = Map<string, Group>
