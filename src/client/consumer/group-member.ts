import { ErrorCode } from '../../protocol/error-code.ts'
import { JoinGroup } from '../../protocol/messages/11-join-group.ts'
import { Heartbeat } from '../../protocol/messages/12-heartbeat.ts'
import { LeaveGroup } from '../../protocol/messages/13-leave-group.ts'
import { SyncGroup } from '../../protocol/messages/14-sync-group.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../../protocol/schema.ts'
import { backoffMs, delay } from '../backoff.ts'
import type { Cluster, Node } from '../cluster.ts'
import type { Connection } from '../connection.ts'
import { findGroupCoordinator } from '../coordinator.ts'
import { disconnectError, isRetriable, throwIfFailed } from '../errors.ts'

const PROTOCOL_TYPE = 'consumer'
/** What a JoinGroup may take beyond the rebalance timeout before it counts as lost. */
const JOIN_SLACK_MS = 5_000

export interface GroupMemberOptions {
  readonly groupId: string
  readonly groupInstanceId: string | null
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
}

export interface JoinedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly metadata: Buffer
}

/** What the member asks its owner, in the order of a rebalance. */
export interface GroupMemberHooks {
  /** Before joining: commit what was read, and read no more of it. */
  revoked(): Promise<void>
  /** Votes: what to send as metadata under each assignor's name. */
  protocols(): Promise<{ name: string; metadata: Buffer }[]>
  /** As leader: everyone's assignment. */
  assign(protocol: string, members: readonly JoinedMember[]): Promise<{ memberId: string; assignment: Buffer }[]>
  assigned(assignment: Buffer): Promise<void>
  /** Trying again cannot help. */
  failed(error: unknown): void
}

const LOST_MEMBER = new Set<number>([ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.ILLEGAL_GENERATION])
const LOST_COORDINATOR = new Set<number>([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.REQUEST_TIMED_OUT,
])

/** A member of a classic group: joins, keeps the membership alive, joins again when the group changes, and leaves. */
export class GroupMember {
  memberId = ''
  generationId = -1
  isLeader = false
  readonly #cluster: Cluster
  readonly #options: GroupMemberOptions
  readonly #hooks: GroupMemberHooks
  #coordinator: Node | undefined
  #mustRejoin = false
  #isStable = false
  #wakeUp = new AbortController()
  #isLeaving = false

  constructor(cluster: Cluster, options: GroupMemberOptions, hooks: GroupMemberHooks) {
    this.#cluster = cluster
    this.#options = options
    this.#hooks = hooks
  }

  /** Runs until `leave` is called, the cluster is closed, or the group refuses the member for good. */
  async run(): Promise<void> {
    for (let attempt = 0; !this.#isOver; ) {
      try {
        await this.#join()
        attempt = 0
        await this.#stay()
      } catch (error) {
        this.#isStable = false
        if (this.#isOver) return
        if (!this.#recover(error)) {
          this.#hooks.failed(error)
          return
        }
        const { retryBackoffMs, retryBackoffMaxMs, closing } = this.#cluster
        if (!this.#isMemberIdRequired(error)) {
          await delay(backoffMs(attempt++, retryBackoffMs, retryBackoffMaxMs), closing)
        }
      }
    }
  }

  /** What was subscribed to, or its partitions, changed. */
  rejoin(): void {
    this.#mustRejoin = true
    this.#wakeUp.abort()
  }

  /** Whether the member has an assignment of the current generation. */
  get isStable(): boolean {
    return this.#isStable
  }

  /** Asks the coordinator, on a connection of its own, what may depend on the version. Throws a retriable error when that cannot be had. */
  async send<A extends AnyApi>(
    api: A,
    request: RequestInput<A> | ((version: number) => RequestInput<A>),
    { newest = api.versions[1], timeoutMs = this.#cluster.requestTimeoutMs } = {},
  ): Promise<ResponseOf<A>> {
    const connection = await this.#connect()
    const version = connection.versionOf(api, newest)
    const chosen = typeof request === 'function' ? request(version ?? newest) : request
    return connection.send(api, version ?? 'newest', chosen, timeoutMs)
  }

  /** Tells the coordinator that the member goes. A static member does not: it may come back. */
  async leave(timeoutMs: number): Promise<void> {
    this.#isLeaving = true
    this.#wakeUp.abort()
    const { groupId, groupInstanceId } = this.#options
    const connection = this.#coordinator && this.#cluster.openConnection(this.#coordinator)
    if (!connection || this.memberId === '' || groupInstanceId !== null || !this.#isStable) return
    const version = connection.versionOf(LeaveGroup) ?? 0
    const { memberId } = this
    const request =
      version < 3
        ? { groupId, memberId }
        : { groupId, members: [{ memberId, groupInstanceId, reason: 'the consumer is being closed' }] }
    try {
      await connection.send(LeaveGroup, version, request, timeoutMs)
    } catch (error) {
      // The session of a member that could not say so ends by itself.
      if (!isRetriable(error)) throw error
    }
  }

  get #isOver(): boolean {
    return this.#isLeaving || this.#cluster.isClosed
  }

  #isMemberIdRequired(error: unknown): boolean {
    return codeOf(error) === ErrorCode.MEMBER_ID_REQUIRED
  }

  async #connect(): Promise<Connection> {
    if (!this.#coordinator) {
      const any = await this.#cluster.connectToAny(Date.now() + this.#cluster.requestTimeoutMs, this.#wakeUp.signal)
      if (!any) throw disconnectError()
      const node = await findGroupCoordinator(any, this.#options.groupId)
      // Its own connection: a join that waits there must not hold up fetches.
      this.#coordinator = { ...node, channel: 'coordinator' }
    }
    const connection = await this.#cluster.connect(this.#coordinator)
    if (connection) return connection
    this.#coordinator = undefined
    throw disconnectError()
  }

  async #join(): Promise<void> {
    const { groupId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    this.#mustRejoin = false
    this.#wakeUp = new AbortController()
    await this.#connect()
    await this.#hooks.revoked()
    this.#isStable = false
    if (this.#isOver) return
    const protocols = await this.#hooks.protocols()
    const joined = await this.send(
      JoinGroup,
      {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.memberId,
        groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocols,
        reason: '',
      },
      { timeoutMs: rebalanceTimeoutMs + JOIN_SLACK_MS },
    )
    if (joined.errorCode === ErrorCode.MEMBER_ID_REQUIRED) this.memberId = joined.memberId
    throwIfFailed(joined.errorCode)
    this.memberId = joined.memberId
    this.generationId = joined.generationId
    this.isLeader = joined.leader === joined.memberId
    const protocolName = joined.protocolName ?? ''
    const assignments =
      this.isLeader && !joined.skipAssignment ? await this.#hooks.assign(protocolName, joined.members) : []
    const synced = await this.send(SyncGroup, {
      groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      groupInstanceId,
      protocolType: PROTOCOL_TYPE,
      protocolName,
      assignments,
    })
    throwIfFailed(synced.errorCode)
    this.#isStable = true
    await this.#hooks.assigned(synced.assignment)
  }

  /** Heartbeats until the group rebalances. */
  async #stay(): Promise<void> {
    const { groupId, groupInstanceId, heartbeatIntervalMs } = this.#options
    while (!this.#isOver && !this.#mustRejoin) {
      await delay(heartbeatIntervalMs, this.#wakeUp.signal)
      if (this.#isOver || this.#mustRejoin) return
      const { generationId, memberId } = this
      const { errorCode } = await this.send(Heartbeat, { groupId, generationId, memberId, groupInstanceId })
      if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS) return
      throwIfFailed(errorCode)
    }
  }

  /** Prepares the next attempt after an error; false when there can be none. */
  #recover(error: unknown): boolean {
    const code = codeOf(error)
    if (code === undefined) return false
    if (LOST_MEMBER.has(code)) {
      if (code === ErrorCode.UNKNOWN_MEMBER_ID) this.memberId = ''
      this.generationId = -1
      return true
    }
    if (LOST_COORDINATOR.has(code)) this.#coordinator = undefined
    return code === ErrorCode.MEMBER_ID_REQUIRED || code === ErrorCode.REBALANCE_IN_PROGRESS || isRetriable(error)
  }
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined
}
