/** The group coordinator of a broker: finds the shard a group lives in and runs requests on it. */
import { randomUUID } from 'node:crypto'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { Clock } from '../clock.ts'
import type { CoordinatorLog } from '../coordinator/coordinator-log.ts'
import { partitionForKey } from '../coordinator/partition-for.ts'
import { CoordinatorRuntime } from '../coordinator/runtime.ts'
import type { Logger } from '../logger.ts'
import type {
  HeartbeatRequest,
  JoiningClient,
  JoinRequest,
  LeaveAnswer,
  LeavingMember,
  SyncRequest,
} from './classic.ts'
import type { JoinAnswer, SyncAnswer } from './classic-group.ts'
import { type GroupSettings, groupSettingsFrom, type SettingSource } from './config.ts'
import { type DeletedGroup, type DescribedGroup, GroupShard, type ListedGroup } from './group-shard.ts'
import type {
  CommitRequest,
  CommitTopicAnswer,
  DeleteTopic,
  DeleteTopicAnswer,
  FetchRequest,
  FetchTopicAnswer,
} from './offsets.ts'
import { type GroupRecord, groupRecordSerde } from './records.ts'

export const GROUP_TOPIC = '__consumer_offsets'
const LOGGER = 'org.apache.kafka.coordinator.group.GroupCoordinatorService'

export interface GroupCoordinatorOptions {
  readonly clock: Clock
  /** Broker settings (`BrokerConfig`). */
  readonly config: SettingSource
  readonly logger: Logger
  /** Partition of `__consumer_offsets` on this broker. */
  readonly log: (partition: number) => CoordinatorLog | undefined
  /** Partitions of `__consumer_offsets` in the metadata; undefined until it exists. */
  readonly partitionCount: () => number | undefined
  /** Makes member ids unique; random UUIDs by default. */
  readonly newId?: () => string
}

/** Every operation rejects with an `ApiError` where the whole request fails, such as NOT_COORDINATOR. */
export class GroupCoordinator {
  readonly settings: GroupSettings
  private readonly runtime: CoordinatorRuntime<GroupShard, GroupRecord>
  private readonly options: GroupCoordinatorOptions
  private closed = false

  constructor(options: GroupCoordinatorOptions) {
    this.options = options
    const { clock, logger, log, newId = randomUUID } = options
    const settings = groupSettingsFrom(options.config)
    this.settings = settings
    this.runtime = new CoordinatorRuntime({
      topic: GROUP_TOPIC,
      clock,
      logger,
      log,
      serde: groupRecordSerde,
      createShard: (host) => new GroupShard(host, { settings, logger, newId }),
      codec: settings.offsetsTopicCodec,
      loadBufferBytes: settings.offsetsLoadBufferBytes,
      commitTimeoutMs: settings.offsetCommitTimeoutMs,
    })
  }

  /** Says that it is there; partitions may have been taken over before. */
  start(): void {
    this.info('Starting up.')
    this.info('Startup complete.')
  }

  private info(message: string): void {
    this.options.logger.info(`[GroupCoordinator id=${this.options.config.get('node.id')}] ${message}`, LOGGER)
  }

  onLeader(partition: number, leaderEpoch: number): void {
    this.runtime.onLeader(partition, leaderEpoch)
  }

  onResigned(partition: number): void {
    this.runtime.onResigned(partition)
  }

  /** Offsets of deleted topics are deleted with them, in every group. */
  onTopicsDeleted(topics: readonly { readonly name: string; readonly id: string }[]): void {
    if (topics.length === 0) return
    for (const partition of this.runtime.partitions()) {
      const operation = this.runtime.write(partition, (shard) => ({
        records: shard.offsets.deleteTopics(topics),
        separable: true,
        response: undefined,
      }))
      operation.catch((error: Error) => {
        const names = topics.map((topic) => topic.name).join(', ')
        this.options.logger.error(
          `Could not delete offsets for deleted topics ${names} due to: ${error.message}.`,
          LOGGER,
        )
      })
    }
  }

  /** Partition of `__consumer_offsets` that the group lives in. NOT_COORDINATOR while that topic does not exist. */
  partitionFor(groupId: string): number {
    const count = this.options.partitionCount()
    if (count === undefined) throw this.withoutTopic
    return partitionForKey(groupId, count)
  }

  private get withoutTopic(): ApiError {
    return new ApiError(this.closed ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NOT_COORDINATOR)
  }

  /** Refuses new work, and answers everybody who waits. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.info('Shutting down.')
    await this.runtime.close()
    this.info('Shutdown complete.')
  }

  // --- classic group members --------------------------------------------------------------------------------------

  async join(request: JoinRequest, client: JoiningClient): Promise<JoinAnswer> {
    requireGroupId(request.groupId)
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.settings
    if (request.sessionTimeoutMs < minSessionTimeoutMs || request.sessionTimeoutMs > maxSessionTimeoutMs) {
      return { memberId: request.memberId, errorCode: ErrorCode.INVALID_SESSION_TIMEOUT }
    }
    const partition = this.partitionFor(request.groupId)
    return this.runtime.write(partition, (shard, nowMs) => shard.classic.join(request, client, nowMs))
  }

  async sync(request: SyncRequest): Promise<SyncAnswer> {
    requireGroupId(request.groupId)
    const partition = this.partitionFor(request.groupId)
    return this.runtime.write(partition, (shard, nowMs) => shard.classic.sync(request, nowMs))
  }

  async heartbeat(request: HeartbeatRequest): Promise<ErrorCode> {
    requireGroupId(request.groupId)
    return this.runtime.write(this.partitionFor(request.groupId), (shard) => shard.classic.heartbeat(request))
  }

  async leave(groupId: string, members: readonly LeavingMember[]): Promise<LeaveAnswer> {
    requireGroupId(groupId)
    const partition = this.partitionFor(groupId)
    return this.runtime.write(partition, (shard, nowMs) => shard.classic.leave(groupId, members, nowMs))
  }

  // --- offsets; an empty group id is allowed, as it was once ------------------------------------------------------

  async commitOffsets(request: CommitRequest, apiVersion: number): Promise<CommitTopicAnswer[]> {
    const partition = this.partitionFor(request.groupId)
    return this.runtime.write(partition, (shard, nowMs) => shard.offsets.commit(request, apiVersion, nowMs))
  }

  async fetchOffsets(request: FetchRequest, requireStable: boolean): Promise<FetchTopicAnswer[]> {
    const partition = this.partitionFor(request.groupId)
    return this.runtime.read(partition, (shard) => shard.offsets.fetch(request, requireStable))
  }

  async deleteOffsets(groupId: string, topics: readonly DeleteTopic[]): Promise<DeleteTopicAnswer[]> {
    requireGroupId(groupId)
    return this.runtime.write(this.partitionFor(groupId), (shard) => shard.offsets.delete(groupId, topics))
  }

  // --- groups -----------------------------------------------------------------------------------------------------

  /** Groups of all partitions led here. Fails while one of them is being loaded: a list with holes misleads. */
  async listGroups(states: readonly string[], types: readonly string[]): Promise<ListedGroup[]> {
    if (this.closed) throw new ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    const wantedStates = new Set(states.map((state) => state.trim().toLowerCase()))
    const wantedTypes = new Set(types.map((type) => type.toLowerCase()))
    const listed = this.runtime.partitions().map(async (partition) => {
      try {
        return await this.runtime.read(partition, (shard) => shard.list(wantedStates, wantedTypes))
      } catch (error) {
        if (error instanceof ApiError && error.code === ErrorCode.NOT_COORDINATOR) return []
        throw error
      }
    })
    return (await Promise.all(listed)).flat()
  }

  /** A partition that cannot answer fails its own groups only. */
  async describeGroups(groupIds: readonly string[], apiVersion: number): Promise<DescribedGroup[]> {
    const answer = (partition: number, ids: string[]) =>
      this.runtime.read(partition, (shard) => shard.describe(ids, apiVersion))
    return this.byPartition(groupIds, answer, (groupId, errorCode) => ({ groupId, errorCode }))
  }

  async deleteGroups(groupIds: readonly string[]): Promise<DeletedGroup[]> {
    const answer = (partition: number, ids: string[]) => this.runtime.write(partition, (shard) => shard.delete(ids))
    return this.byPartition(groupIds, answer, (groupId, errorCode) => ({ groupId, errorCode }))
  }

  private async byPartition<T>(
    groupIds: readonly string[],
    answer: (partition: number, groupIds: string[]) => Promise<T[]>,
    failed: (groupId: string, errorCode: ErrorCode) => T,
  ): Promise<T[]> {
    if (this.options.partitionCount() === undefined) {
      return groupIds.map((groupId) => failed(groupId, this.withoutTopic.code))
    }
    const byPartition = new Map<number, string[]>()
    for (const groupId of groupIds) {
      const partition = this.partitionFor(groupId)
      const ids = byPartition.get(partition)
      if (ids) ids.push(groupId)
      else byPartition.set(partition, [groupId])
    }
    const answers = [...byPartition].map(async ([partition, ids]) => {
      try {
        return await answer(partition, ids)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        return ids.map((groupId) => failed(groupId, error.code))
      }
    })
    return (await Promise.all(answers)).flat()
  }
}

function requireGroupId(groupId: string): void {
  if (groupId === '') throw new ApiError(ErrorCode.INVALID_GROUP_ID)
}
