/** All groups of one partition of `__consumer_offsets`: one state machine, one part per kind of group. */
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { DescribeGroups } from '../../protocol/messages/15-describe-groups.ts'
import type { ListGroups } from '../../protocol/messages/16-list-groups.ts'
import type { DeleteGroups } from '../../protocol/messages/42-delete-groups.ts'
import type { ResponseInput } from '../../protocol/schema.ts'
import type { CoordinatorShard, Outcome, RecordOrigin, ShardHost } from '../coordinator/shard.ts'
import type { Logger } from '../logger.ts'
import { ClassicGroups } from './classic.ts'
import type { ClassicGroup, ClassicMember } from './classic-group.ts'
import { GROUP_LOGGER, type GroupShardParts } from './classic-rebalance.ts'
import type { GroupSettings } from './config.ts'
import type { Groups } from './group.ts'
import { replayHeld } from './held-group.ts'
import { groupNotFound, Offsets } from './offsets.ts'
import type { GroupRecord } from './records.ts'

export type ListedGroup = NonNullable<ResponseInput<typeof ListGroups>['groups']>[number]
export type DescribedGroup = NonNullable<ResponseInput<typeof DescribeGroups>['groups']>[number]
export type DeletedGroup = NonNullable<ResponseInput<typeof DeleteGroups>['results']>[number]

const EXPIRY_TIMER = 'expire offsets and groups'

export class GroupShard implements CoordinatorShard<GroupRecord> {
  readonly classic: ClassicGroups
  readonly offsets: Offsets
  private readonly groups: Groups = new Map()
  private readonly parts: GroupShardParts

  constructor(
    host: ShardHost<GroupRecord>,
    options: { readonly settings: GroupSettings; readonly logger: Logger; readonly newId: () => string },
  ) {
    this.parts = { groups: this.groups, timers: host.timers, ...options }
    this.classic = new ClassicGroups(this.parts)
    this.offsets = new Offsets(this.parts, (group, memberId) => {
      const member = group.members.get(memberId)
      if (member && group.isIn('Stable', 'PreparingRebalance')) this.classic.rebalance.keepAlive(group, member)
    })
  }

  replay(record: GroupRecord, origin: RecordOrigin): void {
    if (record.type === 'offsetCommit') this.offsets.replay(record, origin)
    else if (record.type === 'legacyOffsetCommit') this.offsets.replayLegacy(record, origin)
    else if (record.type === 'groupMetadata') this.classic.replay(record)
    else replayHeld(this.groups, record)
  }

  replayEndTransaction(producerId: number, _producerEpoch: number, committed: boolean): void {
    this.offsets.replayEndTransaction(producerId, committed)
  }

  onLoaded(nowMs: number): void {
    for (const group of this.groups.values()) {
      if (group.type === 'classic') this.classic.onLoaded(group as ClassicGroup, nowMs)
      else if (!group.isEmpty) {
        this.parts.logger.warn(
          `Group ${group.groupId} is a ${group.type} group with members: it can be listed and its offsets be read, ` +
            `but its members are not served: ${group.type} groups are not supported yet.`,
          GROUP_LOGGER,
        )
      }
    }
    this.scheduleExpiry()
  }

  // --- expiry -----------------------------------------------------------------------------------------------------

  private scheduleExpiry(): void {
    const { timers, settings } = this.parts
    timers.schedule(EXPIRY_TIMER, settings.offsetsRetentionCheckIntervalMs, (nowMs) => {
      this.scheduleExpiry()
      return { records: this.expire(nowMs), separable: true, response: undefined }
    })
  }

  /** Offsets whose time is up go; so do classic groups that have no members and no offsets. */
  private expire(nowMs: number): GroupRecord[] {
    const records: GroupRecord[] = []
    for (const group of this.groups.values()) {
      const { records: expired, isAll } = this.offsets.expire(group, nowMs)
      for (const record of expired) records.push(record)
      if (isAll && group.isEmpty && group.type === 'classic') records.push(...group.tombstones())
    }
    if (records.length > 0) {
      this.parts.logger.info(
        `Generated ${records.length} tombstone records while cleaning up group metadata.`,
        GROUP_LOGGER,
      )
    }
    return records
  }

  // --- ListGroups, DescribeGroups, DeleteGroups -------------------------------------------------------------------

  /** Filters of states and types are sets of lower-case names; an empty one lets everything pass. */
  list(states: ReadonlySet<string>, types: ReadonlySet<string>): ListedGroup[] {
    const listed: ListedGroup[] = []
    for (const group of this.groups.values()) {
      const { groupId, type: groupType, stateName: groupState, protocolTypeName: protocolType } = group
      if (states.size > 0 && !states.has(groupState.toLowerCase())) continue
      if (types.size > 0 && !types.has(groupType)) continue
      listed.push({ groupId, protocolType, groupState, groupType })
    }
    return listed
  }

  /** A group that is not there is `Dead`; from version 6 on that is an error, too (KIP-1043). */
  describe(groupIds: readonly string[], apiVersion: number): DescribedGroup[] {
    return groupIds.map((groupId): DescribedGroup => {
      const group = this.groups.get(groupId)
      if (group?.type === 'classic') return describeClassic(group as ClassicGroup)
      if (apiVersion < 6) return { groupId, groupState: 'Dead' }
      const errorMessage = group ? `Group ${groupId} is not a classic group.` : groupNotFound(groupId).message
      return { groupId, groupState: 'Dead', errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
    })
  }

  delete(groupIds: readonly string[]): Outcome<DeletedGroup[], GroupRecord> {
    const records: GroupRecord[] = []
    const response = groupIds.map((groupId): DeletedGroup => {
      try {
        const group = this.groups.get(groupId)
        if (!group) throw groupNotFound(groupId)
        group.checkDeletion()
        records.push(...this.offsets.deleteAll(groupId), ...group.tombstones())
        return { groupId, errorCode: ErrorCode.NONE }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        return { groupId, errorCode: error.code }
      }
    })
    return { records, response }
  }
}

function describeClassic(group: ClassicGroup): DescribedGroup {
  const isStable = group.state === 'Stable'
  return {
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolTypeName,
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member: ClassicMember) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberAssignment: member.assignment,
      // While a group rebalances, its members' metadata are on the move.
      memberMetadata: isStable ? group.metadataOf(member) : Buffer.alloc(0),
    })),
  }
}
