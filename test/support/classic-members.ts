/** Members of classic groups, as tests need them. */
import { joinGroup } from '../../src/broker/apis/11-join-group.ts'
import { heartbeat } from '../../src/broker/apis/12-heartbeat.ts'
import { leaveGroup } from '../../src/broker/apis/13-leave-group.ts'
import { syncGroup } from '../../src/broker/apis/14-sync-group.ts'
import { encodeToBuffer } from '../../src/protocol/codec.ts'
import { errorName } from '../../src/protocol/error-code.ts'
import type { JoinGroup } from '../../src/protocol/messages/11-join-group.ts'
import { ConsumerProtocolSubscription } from '../../src/protocol/records/clients.ts'
import type { RequestInput, ResponseOf } from '../../src/protocol/schema.ts'
import type { GroupBroker, SendOptions } from './group-broker.ts'

export type Joined = ResponseOf<typeof JoinGroup>

/** Metadata of a consumer that subscribes to topics: `version int16 | subscription`. */
export function subscription(...topics: string[]): Buffer {
  return Buffer.concat([Buffer.from([0, 1]), encodeToBuffer(ConsumerProtocolSubscription, 1, { topics })])
}

const DEFAULTS = {
  groupId: 'g',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: subscription('orders') }],
}

/** One JoinGroup, as it is sent. */
export function join(
  broker: GroupBroker,
  request: RequestInput<typeof JoinGroup> = {},
  options?: SendOptions,
): Promise<Joined> {
  return broker.send(joinGroup, { ...DEFAULTS, ...request }, options)
}

/** Joins with the id that MEMBER_ID_REQUIRED gives, as clients do. */
export async function enter(
  broker: GroupBroker,
  request: RequestInput<typeof JoinGroup> = {},
  options?: SendOptions,
): Promise<Joined> {
  const first = await join(broker, request, options)
  if (errorName(first.errorCode) !== 'MEMBER_ID_REQUIRED') return first
  return join(broker, { ...request, memberId: first.memberId }, options)
}

export function sync(
  broker: GroupBroker,
  { memberId, generationId, members }: Pick<Joined, 'memberId' | 'generationId'> & Partial<Pick<Joined, 'members'>>,
  request: { groupId?: string; groupInstanceId?: string | null; assign?: (memberId: string) => string } = {},
) {
  const { assign = (id) => `to ${id}`, groupId = 'g', groupInstanceId = null } = request
  const assignments = (members ?? []).map((m) => ({
    memberId: m.memberId,
    assignment: Buffer.from(assign(m.memberId)),
  }))
  return broker.send(syncGroup, {
    groupId,
    memberId,
    groupInstanceId,
    generationId,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments,
  })
}

export async function beat(
  broker: GroupBroker,
  { memberId, generationId }: Pick<Joined, 'memberId' | 'generationId'>,
  groupInstanceId: string | null = null,
): Promise<string> {
  return errorName((await broker.send(heartbeat, { groupId: 'g', memberId, generationId, groupInstanceId })).errorCode)
}

export async function leave(broker: GroupBroker, memberId: string, groupInstanceId: string | null = null) {
  const response = await broker.send(leaveGroup, { groupId: 'g', members: [{ memberId, groupInstanceId }] })
  return errorName(response.errorCode || response.members[0]!.errorCode)
}

/** A stable group of dynamic members: joins them all, and lets the leader assign. */
export async function stableGroup(
  broker: GroupBroker,
  size: number,
  request: RequestInput<typeof JoinGroup> = {},
): Promise<Joined[]> {
  const ids: string[] = []
  for (let i = 0; i < size; i++) ids.push((await join(broker, request)).memberId)
  const joining = ids.map((memberId) => join(broker, { ...request, memberId }))
  await broker.advance(0)
  const joined = await Promise.all(joining)
  await Promise.all(joined.map((member) => sync(broker, member)))
  return joined
}
