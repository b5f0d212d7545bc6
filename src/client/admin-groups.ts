import { IllegalArgumentException } from '../config/java-error.ts'
import { javaHashOrder } from '../config/java-hash-order.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { OffsetFetch } from '../protocol/messages/09-offset-fetch.ts'
import { DescribeGroups } from '../protocol/messages/15-describe-groups.ts'
import { ListGroups } from '../protocol/messages/16-list-groups.ts'
import { DeleteGroups } from '../protocol/messages/42-delete-groups.ts'
import { OffsetDelete } from '../protocol/messages/47-offset-delete.ts'
import { ConsumerGroupDescribe } from '../protocol/messages/69-consumer-group-describe.ts'
import type { ResponseOf } from '../protocol/schema.ts'
import type { AdminClient, Attempt } from './admin-client.ts'
import type { Node } from './cluster.ts'
import { assignedPartitions } from './consumer/group-protocol.ts'
import { findGroupCoordinator } from './coordinator.ts'
import { apiError, kafkaError, throwIfFailed } from './errors.ts'
import { LATEST_TIMESTAMP, listOffsets } from './list-offsets.ts'
import { byTopic, type TopicPartition } from './topic-partition.ts'

export interface GroupListing {
  readonly groupId: string
  /** As the broker names them; empty from one that does not tell. */
  readonly type: string
  readonly state: string
}

export interface GroupMemberDescription {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly host: string
  readonly assignment: readonly TopicPartition[]
  /** Of a group of the new protocol only. */
  readonly targetAssignment?: readonly TopicPartition[]
  readonly memberEpoch?: number
  /** Whether the member speaks the new protocol; absent when the broker does not tell. */
  readonly isUpgraded?: boolean
}

export interface GroupDescription {
  readonly groupId: string
  readonly state: string
  readonly assignor: string
  readonly members: readonly GroupMemberDescription[]
  readonly coordinator: Node
  readonly groupEpoch?: number
  readonly targetAssignmentEpoch?: number
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number | bigint
  /** -1 when the commit did not say. */
  readonly leaderEpoch: number
}

/** All consumer groups of all brokers, in the order of the Java map that Kafka collects them in. */
export async function listConsumerGroups(
  admin: AdminClient,
  filters: { states?: readonly string[]; types?: readonly string[] } = {},
  timeoutMs = admin.apiTimeoutMs,
): Promise<GroupListing[]> {
  const brokers = await findBrokers(admin, timeoutMs)
  const lists = await Promise.all(brokers.map((broker) => listGroupsOf(admin, broker, filters, timeoutMs)))
  const groups = new Map(lists.flat().map((group) => [group.groupId, group]))
  return javaHashOrder([...groups.keys()]).map((groupId) => groups.get(groupId)!)
}

async function findBrokers(admin: AdminClient, timeoutMs: number): Promise<Node[]> {
  try {
    return await admin.call(
      'findAllBrokers',
      'any',
      async ({ connection }) => {
        await admin.cluster.metadata(connection, [])
        return [...admin.cluster.nodes.values()]
      },
      timeoutMs,
    )
  } catch (error) {
    throw kafkaError('Failed to find brokers to send ListGroups', error)
  }
}

async function listGroupsOf(
  admin: AdminClient,
  broker: Node,
  { states = [], types = [] }: { states?: readonly string[]; types?: readonly string[] },
  timeoutMs: number,
): Promise<GroupListing[]> {
  return admin.call(
    'listGroups',
    broker,
    async ({ send }) => {
      const { errorCode, groups } = await send(ListGroups, { statesFilter: states, typesFilter: types })
      throwIfFailed(errorCode)
      return groups
        .filter(({ protocolType }) => protocolType === '' || protocolType === 'consumer')
        .map(({ groupId, groupType, groupState }) => ({ groupId, type: groupType, state: groupState }))
    },
    timeoutMs,
  )
}

/** Describes one group, of either protocol. Throws GroupIdNotFoundException when there is none of that name. */
export async function describeConsumerGroup(
  admin: AdminClient,
  groupId: string,
  timeoutMs = admin.apiTimeoutMs,
): Promise<GroupDescription> {
  return atCoordinator(admin, 'describeConsumerGroups', groupId, timeoutMs, async (attempt, coordinator) => {
    let notFoundText: string | null = null
    if (attempt.connection.versionOf(ConsumerGroupDescribe) !== undefined) {
      const { groups } = await attempt.send(ConsumerGroupDescribe, { groupIds: [groupId] })
      const group = groups[0]!
      if (group.errorCode === ErrorCode.NONE) return ofNewProtocol(group, coordinator)
      const isOther = [ErrorCode.GROUP_ID_NOT_FOUND, ErrorCode.UNSUPPORTED_VERSION].some(
        (code) => code === group.errorCode,
      )
      if (!isOther) throw apiError(group.errorCode, group.errorMessage)
      notFoundText = group.errorMessage
    }
    return describeClassicGroup(attempt, groupId, coordinator, notFoundText)
  })
}

async function describeClassicGroup(
  { send }: Attempt,
  groupId: string,
  coordinator: Node,
  notFoundText: string | null,
): Promise<GroupDescription> {
  const { groups } = await send(DescribeGroups, { groups: [groupId] })
  const group = groups[0]!
  if (group.errorCode === ErrorCode.GROUP_ID_NOT_FOUND)
    throw apiError(group.errorCode, notFoundText ?? group.errorMessage)
  throwIfFailed(group.errorCode, group.errorMessage)
  if (group.protocolType !== 'consumer' && group.protocolType !== '') {
    throw new IllegalArgumentException(`GroupId ${groupId} is not a consumer group (${group.protocolType}).`)
  }
  return {
    groupId,
    state: group.groupState,
    assignor: group.protocolData,
    coordinator,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      host: member.clientHost,
      assignment: member.memberAssignment.length === 0 ? [] : assignedPartitions(member.memberAssignment),
    })),
  }
}

type NewGroup = ResponseOf<typeof ConsumerGroupDescribe>['groups'][number]

function ofNewProtocol(group: NewGroup, coordinator: Node): GroupDescription {
  const flat = ({ topicPartitions }: NewGroup['members'][number]['assignment']) =>
    topicPartitions.flatMap(({ topicName, partitions }) =>
      partitions.map((partition) => ({ topic: topicName, partition })),
    )
  return {
    groupId: group.groupId,
    state: group.groupState,
    assignor: group.assignorName,
    coordinator,
    groupEpoch: group.groupEpoch,
    targetAssignmentEpoch: group.assignmentEpoch,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      host: member.clientHost,
      assignment: flat(member.assignment),
      targetAssignment: flat(member.targetAssignment),
      memberEpoch: member.memberEpoch,
      ...(member.memberType < 0 ? {} : { isUpgraded: member.memberType === 1 }),
    })),
  }
}

/** What a group has committed, of every partition. */
export async function listGroupOffsets(
  admin: AdminClient,
  groupId: string,
  timeoutMs = admin.apiTimeoutMs,
): Promise<CommittedOffset[]> {
  return atCoordinator(admin, 'listConsumerGroupOffsets', groupId, timeoutMs, async ({ connection, send }) => {
    // Version 10 names topics by id only.
    const version = connection.versionOf(OffsetFetch, 9) ?? 9
    const wanted = version < 8 ? { groupId, topics: null } : { groups: [{ groupId, topics: null }] }
    const answer = await send(OffsetFetch, wanted, version)
    const found = answer.groups[0] ?? answer
    throwIfFailed(found.errorCode)
    return found.topics.flatMap(({ name, partitions }) =>
      partitions.flatMap((one) => {
        throwIfFailed(one.errorCode)
        const { partitionIndex, committedOffset, committedLeaderEpoch } = one
        if (committedOffset === -1) return []
        return [{ topic: name, partition: partitionIndex, offset: committedOffset, leaderEpoch: committedLeaderEpoch }]
      }),
    )
  })
}

export async function deleteGroup(admin: AdminClient, groupId: string, timeoutMs?: number): Promise<void> {
  await atCoordinator(admin, 'deleteConsumerGroups', groupId, timeoutMs, async ({ send }) => {
    const { results } = await send(DeleteGroups, { groupsNames: [groupId] })
    for (const { errorCode } of results) throwIfFailed(errorCode)
  })
}

/** Forgets committed offsets; answers with the error code of each partition, throws what concerns the whole group. */
export async function deleteGroupOffsets(
  admin: AdminClient,
  groupId: string,
  partitions: readonly TopicPartition[],
  timeoutMs?: number,
): Promise<(TopicPartition & { errorCode: number })[]> {
  return atCoordinator(admin, 'deleteConsumerGroupOffsets', groupId, timeoutMs, async ({ send }) => {
    const topics = byTopic(partitions).map(([name, list]) => ({
      name,
      partitions: list.map(({ partition }) => ({ partitionIndex: partition })),
    }))
    const answer = await send(OffsetDelete, { groupId, topics })
    throwIfFailed(answer.errorCode)
    return answer.topics.flatMap(({ name, partitions: list }) =>
      list.map(({ partitionIndex, errorCode }) => ({ topic: name, partition: partitionIndex, errorCode })),
    )
  })
}

/** Log end offsets by `topic-partition`; partitions without leader are left out. */
export async function logEndOffsets(
  admin: AdminClient,
  partitions: readonly TopicPartition[],
  timeoutMs = admin.apiTimeoutMs,
): Promise<Map<string, number | bigint>> {
  if (partitions.length === 0) return new Map()
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  const byLeader = await admin.call(
    'listOffsets',
    'any',
    async ({ connection }) => {
      const metadata = await admin.cluster.metadata(connection, topics)
      const leaders = new Map<number, TopicPartition[]>()
      for (const topic of metadata.topics) {
        throwIfFailed(topic.errorCode)
        for (const { partitionIndex, leaderId } of topic.partitions) {
          const one = partitions.find(
            ({ topic: name, partition }) => name === topic.name && partition === partitionIndex,
          )
          if (one && leaderId >= 0) leaders.set(leaderId, [...(leaders.get(leaderId) ?? []), one])
        }
      }
      return leaders
    },
    timeoutMs,
  )
  const answers = await Promise.all(
    [...byLeader].map(([leader, list]) =>
      admin.call(
        'listOffsets',
        admin.cluster.node(leader) ?? 'any',
        async ({ connection }) => {
          const queries = list.map((one) => ({ ...one, timestamp: LATEST_TIMESTAMP }))
          const offsets = await listOffsets(connection, queries, false, admin.cluster.requestTimeoutMs)
          for (const { errorCode } of offsets) throwIfFailed(errorCode)
          return offsets
        },
        timeoutMs,
      ),
    ),
  )
  return new Map(answers.flat().map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]))
}

/** Makes a call at the coordinator of a group, which is looked up anew for each attempt. */
async function atCoordinator<T>(
  admin: AdminClient,
  name: string,
  groupId: string,
  timeoutMs: number | undefined,
  attempt: (attempt: Attempt, coordinator: Node) => Promise<T>,
): Promise<T> {
  const deadlineMs = Date.now() + (timeoutMs ?? admin.apiTimeoutMs)
  const left = () => Math.max(1, deadlineMs - Date.now())
  return admin.call(
    name,
    'any',
    async ({ connection }) => {
      const coordinator = await findGroupCoordinator(
        connection,
        groupId,
        Math.min(left(), admin.cluster.requestTimeoutMs),
      )
      return admin.once(name, coordinator, (one) => attempt(one, coordinator), left())
    },
    timeoutMs,
  )
}
