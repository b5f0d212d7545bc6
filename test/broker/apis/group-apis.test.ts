// What the handlers of group APIs add to the coordinator: who may ask, and how versions differ.
import { beforeEach, describe, expect, test } from 'vitest'
import { offsetCommit } from '../../../src/broker/apis/08-offset-commit.ts'
import { offsetFetch } from '../../../src/broker/apis/09-offset-fetch.ts'
import { heartbeat } from '../../../src/broker/apis/12-heartbeat.ts'
import { leaveGroup } from '../../../src/broker/apis/13-leave-group.ts'
import { syncGroup } from '../../../src/broker/apis/14-sync-group.ts'
import { describeGroups } from '../../../src/broker/apis/15-describe-groups.ts'
import { listGroups } from '../../../src/broker/apis/16-list-groups.ts'
import { deleteGroups } from '../../../src/broker/apis/42-delete-groups.ts'
import { offsetDelete } from '../../../src/broker/apis/47-offset-delete.ts'
import { errorName } from '../../../src/protocol/error-code.ts'
import { join, stableGroup } from '../../support/classic-members.ts'
import { GroupBroker } from '../../support/group-broker.ts'

let broker: GroupBroker

beforeEach(async () => {
  broker = await GroupBroker.start()
  broker.addTopic('orders', 'AAAAAAAAAAAAAAAAAAAAMQ', 1)
  broker.addTopic('secret', 'AAAAAAAAAAAAAAAAAAAAMg', 1)
})

const partitions = [{ partitionIndex: 0, committedOffset: 1 }]

describe('without the right', () => {
  test.each([
    ['READ', 'JoinGroup', async () => (await join(broker)).errorCode],
    ['READ', 'Heartbeat', async () => (await broker.send(heartbeat, { groupId: 'g' })).errorCode],
    ['READ', 'LeaveGroup', async () => (await broker.send(leaveGroup, { groupId: 'g' })).errorCode],
    [
      'READ',
      'SyncGroup',
      async () => (await broker.send(syncGroup, { groupId: 'g', protocolType: 'p', protocolName: 'n' })).errorCode,
    ],
    [
      'READ',
      'OffsetCommit',
      async () => {
        const topics = [{ name: 'orders', partitions }]
        const response = await broker.send(offsetCommit, { groupId: 'g', topics }, { version: 9 })
        return response.topics[0]!.partitions[0]!.errorCode
      },
    ],
    [
      'DESCRIBE',
      'OffsetFetch',
      async () => (await broker.send(offsetFetch, { groups: [{ groupId: 'g', topics: null }] })).groups[0]!.errorCode,
    ],
    [
      'DESCRIBE',
      'DescribeGroups',
      async () => (await broker.send(describeGroups, { groups: ['g'] })).groups[0]!.errorCode,
    ],
    [
      'DELETE',
      'DeleteGroups',
      async () => (await broker.send(deleteGroups, { groupsNames: ['g'] })).results[0]!.errorCode,
    ],
    ['DELETE', 'OffsetDelete', async () => (await broker.send(offsetDelete, { groupId: 'g' })).errorCode],
  ])('to %s the group, %s is refused', async (operation, _, send) => {
    broker.denied.add(`${operation} GROUP g`)
    expect(errorName(await send())).toBe('GROUP_AUTHORIZATION_FAILED')
  })

  test('to read a topic, its offsets are not committed, and others are', async () => {
    broker.denied.add('READ TOPIC secret')
    const topics = [
      { name: 'secret', partitions },
      { name: 'orders', partitions },
    ]
    const response = await broker.send(offsetCommit, { groupId: 'g', topics }, { version: 9 })
    expect(response.topics.map((topic) => [topic.name, errorName(topic.partitions[0]!.errorCode)])).toEqual([
      ['secret', 'TOPIC_AUTHORIZATION_FAILED'],
      ['orders', 'NONE'],
    ])
    const deleted = await broker.send(offsetDelete, {
      groupId: 'g',
      topics: topics.map(({ name }) => ({ name, partitions })),
    })
    expect(deleted.topics.map((topic) => errorName(topic.partitions[0]!.errorCode))).toEqual([
      'TOPIC_AUTHORIZATION_FAILED',
      'NONE',
    ])
  })

  test('to describe a topic, its offsets are not shown', async () => {
    const topics = ['secret', 'orders'].map((name) => ({ name, partitions }))
    await broker.send(offsetCommit, { groupId: 'g', topics }, { version: 9 })
    broker.denied.add('DESCRIBE TOPIC secret')
    const all = await broker.send(offsetFetch, { groups: [{ groupId: 'g', topics: null }] }, { version: 9 })
    expect(all.groups[0]!.topics.map((topic) => topic.name)).toEqual(['orders'])
    const asked = ['secret', 'orders'].map((name) => ({ name, partitionIndexes: [0] }))
    const some = await broker.send(offsetFetch, { groups: [{ groupId: 'g', topics: asked }] }, { version: 9 })
    expect(some.groups[0]!.topics.map((topic) => [topic.name, errorName(topic.partitions[0]!.errorCode)])).toEqual([
      ['orders', 'NONE'],
      ['secret', 'TOPIC_AUTHORIZATION_FAILED'],
    ])
  })

  test('to describe the cluster, only groups are listed that may be described', async () => {
    for (const groupId of ['g', 'h']) await join(broker, { groupId })
    broker.denied.add('DESCRIBE GROUP h')
    const names = async () => (await broker.send(listGroups, {})).groups.map((group) => group.groupId)
    expect(await names()).toEqual(['g', 'h'])
    broker.denied.add('DESCRIBE CLUSTER kafka-cluster')
    expect(await names()).toEqual(['g'])
  })

  test('to some of it, the authorized operations say the rest', async () => {
    await join(broker)
    broker.denied.add('DELETE GROUP g')
    const described = await broker.send(describeGroups, { groups: ['g'], includeAuthorizedOperations: true })
    expect(described.groups[0]!.authorizedOperations).toBe(0b1101_0000_1000)
    const silent = await broker.send(describeGroups, { groups: ['g'] })
    expect(silent.groups[0]!.authorizedOperations).toBe(-0x8000_0000)
  })
})

describe('versions', () => {
  test('LeaveGroup up to v2 takes one member and has its error at the top', async () => {
    const [member] = await stableGroup(broker, 1)
    const leave = async () =>
      errorName((await broker.send(leaveGroup, { groupId: 'g', memberId: member!.memberId }, { version: 2 })).errorCode)
    expect(await leave()).toBe('NONE')
    expect(await leave()).toBe('UNKNOWN_MEMBER_ID')
  })

  test('SyncGroup from v5 on wants to know the protocol the client believes in, and checks it', async () => {
    const [member] = await stableGroup(broker, 1)
    const sync = async (protocol: object, version: number) => {
      const { memberId, generationId } = member!
      const request = { groupId: 'g', memberId, generationId, ...protocol }
      return errorName((await broker.send(syncGroup, request, { version })).errorCode)
    }
    expect(await sync({}, 4)).toBe('NONE')
    expect(await sync({}, 5)).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(await sync({ protocolType: 'consumer', protocolName: 'sticky' }, 5)).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(await sync({ protocolType: 'consumer', protocolName: 'range' }, 5)).toBe('NONE')
  })

  test('Heartbeat is answered while the group is being loaded: nothing speaks against the member', async () => {
    broker.groups.onResigned(0)
    broker.groups.onLeader(0, 1)
    const response = await broker.send(heartbeat, { groupId: 'g', memberId: 'm', generationId: 1 })
    expect(errorName(response.errorCode)).toBe('NONE')
  })

  test('ListGroups filters by state and type, whatever their case', async () => {
    await stableGroup(broker, 1)
    await join(broker, { groupId: 'empty' })
    const listed = async (statesFilter: string[], typesFilter: string[]) =>
      (await broker.send(listGroups, { statesFilter, typesFilter })).groups.map((group) => group.groupId)
    expect(await listed([], [])).toEqual(['g', 'empty'])
    expect(await listed([' stable'], [])).toEqual(['g'])
    expect(await listed(['Empty', 'Stable'], ['CLASSIC'])).toEqual(['g', 'empty'])
    expect(await listed([], ['consumer'])).toEqual([])
    expect(await listed([], ['nonsense'])).toEqual([])
  })

  test.each(Array.from({ length: 10 }, (_, version) => version))('JoinGroup v%i is answered', async (version) => {
    const answer = join(broker, version === 0 ? { rebalanceTimeoutMs: undefined } : {}, { version })
    await broker.advance(0)
    expect(errorName((await answer).errorCode)).toBe(version < 4 ? 'NONE' : 'MEMBER_ID_REQUIRED')
  })
})

test('a broker without __consumer_offsets coordinates nothing, and says so', async () => {
  const bare = new GroupBroker({ partitions: 1 })
  expect(errorName((await join(bare)).errorCode)).toBe('NOT_COORDINATOR')
  expect((await bare.send(listGroups, {})).groups).toEqual([])
})

test('a stopped broker answers who waits, and refuses new work', async () => {
  broker = await GroupBroker.start({ settings: { 'group.initial.rebalance.delay.ms': 3000 } })
  const waiting = join(broker, {}, { version: 3 })
  await broker.settled()
  await broker.groups.close()
  expect(errorName((await waiting).errorCode)).toBe('NOT_COORDINATOR')
  expect(errorName((await join(broker)).errorCode)).toBe('COORDINATOR_NOT_AVAILABLE')
  expect(errorName((await broker.send(listGroups, {})).errorCode)).toBe('COORDINATOR_NOT_AVAILABLE')
})
