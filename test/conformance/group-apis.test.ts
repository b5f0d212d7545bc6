/** What our group coordinator answers, against Apache Kafka's answers to the same requests, version by version. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import { offsetCommit } from '../../src/broker/apis/08-offset-commit.ts'
import { offsetFetch } from '../../src/broker/apis/09-offset-fetch.ts'
import { findCoordinator } from '../../src/broker/apis/10-find-coordinator.ts'
import { joinGroup } from '../../src/broker/apis/11-join-group.ts'
import { heartbeat } from '../../src/broker/apis/12-heartbeat.ts'
import { leaveGroup } from '../../src/broker/apis/13-leave-group.ts'
import { syncGroup } from '../../src/broker/apis/14-sync-group.ts'
import { describeGroups } from '../../src/broker/apis/15-describe-groups.ts'
import { deleteGroups } from '../../src/broker/apis/42-delete-groups.ts'
import { offsetDelete } from '../../src/broker/apis/47-offset-delete.ts'
import type { JoinGroup } from '../../src/protocol/messages/11-join-group.ts'
import { CreateTopics } from '../../src/protocol/messages/19-create-topics.ts'
import type { ResponseOf } from '../../src/protocol/schema.ts'
import { type ApacheBroker, installApacheKafka, startApacheBroker, whyNoApacheKafka } from '../support/apache-kafka.ts'
import { subscription } from '../support/classic-members.ts'
import { freePort } from '../support/free-port.ts'
import { GroupBroker } from '../support/group-broker.ts'
import { type Both, PairedGroups } from '../support/paired-groups.ts'
import { RawClient } from '../support/raw-client.ts'

const reason = whyNoApacheKafka()
if (reason) console.log(`Skipped: Apache Kafka cannot be run here, ${reason}.`)

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAzw'
const versions = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe.skipIf(reason !== undefined)('Apache Kafka and we answer alike', () => {
  let apache: ApacheBroker
  let both: PairedGroups
  let topicId: string

  beforeAll(async () => {
    installApacheKafka()
    apache = await startApacheBroker({ port: await freePort() })
    const client = await RawClient.connect(apache.port)
    const topics = [{ name: 'orders', numPartitions: 3, replicationFactor: 1 }]
    topicId = (await client.send(CreateTopics, 7, { topics, timeoutMs: 30_000 })).topics[0]!.topicId
    await untilCoordinated(client)
    await client.close()
    const broker = await GroupBroker.start()
    broker.addTopic('orders', topicId, 3)
    both = new PairedGroups(apache.port, broker)
  })

  afterAll(async () => {
    await both?.close()
    await apache?.stop('SIGKILL')
  })

  /** Apache makes `__consumer_offsets` when it is first asked for, and says no until it is there and loaded. */
  async function untilCoordinated(client: RawClient): Promise<void> {
    for (;;) {
      const { errorCode } = await client.send(findCoordinator.api, 3, { key: 'g' })
      const { groups } = await client.send(describeGroups.api, 6, { groups: versions(0, 200).map((i) => `g${i}`) })
      if (errorCode === 0 && groups.every((group) => group.errorCode === 69)) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  type Joined = Both<ResponseOf<typeof JoinGroup>>

  const joinRequest = (groupId: string, version: number, change: object = {}) => ({
    groupId,
    sessionTimeoutMs: 10_000,
    ...(version > 0 ? { rebalanceTimeoutMs: 60_000 } : {}),
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription('orders') }],
    ...change,
  })

  const protocolOf = (version: number) => (version >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {})

  async function enter(groupId: string, version: number, change: object = {}): Promise<Joined> {
    const first = await both.send(joinGroup, version, () => joinRequest(groupId, version, change))
    if (first.apache.errorCode === 0) return first
    return both.send(joinGroup, version, (side) =>
      joinRequest(groupId, version, { ...change, memberId: first[side].memberId }),
    )
  }

  function sync(groupId: string, joined: Joined, version = 5, change: object = {}) {
    return both.start(syncGroup, version, (side) => ({
      groupId,
      memberId: joined[side].memberId,
      generationId: joined[side].generationId,
      ...protocolOf(version),
      assignments: joined[side].members.map(({ memberId }) => ({
        memberId,
        assignment: Buffer.from(memberId === joined[side].memberId ? 'own' : 'other'),
      })),
      ...change,
    }))
  }

  async function stable(groupId: string): Promise<Joined> {
    const joined = await enter(groupId, 9)
    await (await sync(groupId, joined)).settle()
    return joined
  }

  const beat = (groupId: string, joined: Joined, change: object = {}, version = 4) =>
    both.send(heartbeat, version, (side) => {
      const { memberId, generationId } = joined[side]
      return { groupId, memberId, generationId, ...change }
    })

  const describeIt = (groupId: string, version = 6) =>
    both.send(describeGroups, version, () => ({
      groups: [groupId, 'nobody'],
      ...(version >= 3 ? { includeAuthorizedOperations: true } : {}),
    }))

  test.each(versions(0, 9))('to JoinGroup v%i', async (version) => {
    const groupId = `join-${version}`
    const send = (change: object) => both.send(joinGroup, version, () => joinRequest(groupId, version, change))
    await send({ memberId: 'nobody' })
    await send({ sessionTimeoutMs: 1 })
    await send({ groupId: '' })
    await send({ protocols: [] })
    await send({ protocolType: '' })
    const joined = await enter(groupId, version)
    await send({ protocolType: 'connect' })
    await send({ protocols: [{ name: 'sticky', metadata: Buffer.alloc(0) }] })
    await describeIt(groupId)
    await both.send(joinGroup, version, (side) => joinRequest(groupId, version, { memberId: joined[side].memberId }))
  })

  test.each(versions(0, 5))('to SyncGroup v%i', async (version) => {
    const groupId = `sync-${version}`
    const joined = await enter(groupId, 9)
    for (const change of [
      { generationId: 99 },
      { memberId: 'nobody' },
      { groupId: 'nobody' },
      { groupId: '' },
      ...(version >= 3 ? [{ groupInstanceId: 'nobody' }] : []),
      ...(version >= 5 ? [{ protocolName: 'sticky' }, { protocolName: null }, { protocolType: 'connect' }] : []),
      {},
      {},
    ]) {
      await (await sync(groupId, joined, version, change)).settle()
    }
  })

  test.each(versions(0, 4))('to Heartbeat v%i', async (version) => {
    const groupId = `heartbeat-${version}`
    const joined = await enter(groupId, 9)
    await beat(groupId, joined, {}, version)
    await (await sync(groupId, joined)).settle()
    for (const change of [
      {},
      { generationId: 99 },
      { memberId: 'nobody' },
      { groupId: 'nobody' },
      { groupId: '' },
      ...(version >= 3 ? [{ groupInstanceId: 'nobody' }] : []),
    ]) {
      await beat(groupId, joined, change, version)
    }
  })

  test.each(versions(0, 5))('to LeaveGroup v%i', async (version) => {
    const groupId = `leave-${version}`
    const joined = await stable(groupId)
    const leave = (memberId: (side: 'apache' | 'ours') => string, change: object = {}) =>
      both.send(leaveGroup, version, (side) =>
        version >= 3
          ? { groupId, members: [{ memberId: memberId(side) }], ...change }
          : { groupId, memberId: memberId(side), ...change },
      )
    await leave(() => 'nobody')
    await leave(() => 'nobody', { groupId: 'nobody' })
    await leave(() => 'nobody', { groupId: '' })
    if (version >= 3) {
      const members = [
        { memberId: '' },
        { memberId: '', groupInstanceId: 'x' },
        { memberId: 'y', groupInstanceId: 'x' },
      ]
      await leave(() => '', { members })
    }
    await leave((side) => joined[side].memberId)
    await leave((side) => joined[side].memberId)
    await describeIt(groupId)
    await beat(groupId, joined)
  })

  test.each(versions(2, 10))('to OffsetCommit v%i', async (version) => {
    const groupId = `commit-${version}`
    const topic = (change: object = {}, partition: object = {}) => ({
      ...(version >= 10 ? { topicId } : { name: 'orders' }),
      partitions: [{ partitionIndex: 0, committedOffset: 2n ** 63n - 1n, committedMetadata: 'é', ...partition }],
      ...change,
    })
    const joined = await enter(groupId, 9)
    const commit = (change: object = {}) =>
      both.send(offsetCommit, version, (side) => {
        const { memberId, generationId } = joined[side]
        return { groupId, memberId, generationIdOrMemberEpoch: generationId, topics: [topic()], ...change }
      })
    await commit()
    await (await sync(groupId, joined)).settle()
    for (const change of [
      {},
      { generationIdOrMemberEpoch: 99 },
      { memberId: 'nobody' },
      { memberId: '', generationIdOrMemberEpoch: -1 },
      { groupId: 'nobody' },
      { groupId: '', memberId: '', generationIdOrMemberEpoch: -1 },
      ...(version >= 7 ? [{ groupInstanceId: 'nobody' }] : []),
      { topics: [topic({}, { partitionIndex: 9 }), topic()] },
      { topics: [topic(version >= 10 ? { topicId: UNKNOWN_ID } : { name: 'nowhere' }), topic()] },
      { topics: [topic({}, { committedMetadata: 'é'.repeat(4097) }), topic({}, { partitionIndex: 1 })] },
      { topics: [topic({}, { committedMetadata: null })] },
      { topics: [] },
    ]) {
      await commit(change)
    }
  })

  test.each(versions(1, 10))('to OffsetFetch v%i', async (version) => {
    const groupId = `fetch-${version}`
    const partitions = [{ partitionIndex: 1, committedOffset: 5, committedMetadata: 'note' }]
    await both.send(offsetCommit, 9, () => ({ groupId, topics: [{ name: 'orders', partitions }] }))
    const known = { ...(version >= 10 ? { topicId } : { name: 'orders' }), partitionIndexes: [0, 1, 7] }
    const unknown = { ...(version >= 10 ? { topicId: UNKNOWN_ID } : { name: 'nowhere' }), partitionIndexes: [0] }
    const fetch = (id: string, topics: object[] | null, change: object = {}) =>
      both.send(offsetFetch, version, () => {
        const groups = [
          { groupId: id, topics },
          { groupId: 'nobody', topics },
        ]
        return { ...(version >= 8 ? { groups } : { groupId: id, topics }), ...change } as never
      })
    await fetch(groupId, [known, unknown])
    await fetch('', [known])
    if (version >= 2) await fetch(groupId, null)
    if (version >= 7) await fetch(groupId, null, { requireStable: true })
  })

  test.each(versions(0, 6))('to DescribeGroups v%i', async (version) => {
    await stable(`describe-${version}`)
    await describeIt(`describe-${version}`, version)
  })

  test('to DeleteGroups and OffsetDelete', async () => {
    const groupId = 'delete'
    const joined = await stable(groupId)
    const partitions = (...indexes: number[]) =>
      indexes.map((partitionIndex) => ({ partitionIndex, committedOffset: 1 }))
    await both.send(offsetCommit, 9, (side) => {
      const { memberId, generationId } = joined[side]
      const topics = [{ name: 'orders', partitions: partitions(0, 1) }]
      return { groupId, memberId, generationIdOrMemberEpoch: generationId, topics }
    })
    const deleteOffsets = (id: string, ...topics: { name: string; partitions: { partitionIndex: number }[] }[]) =>
      both.send(offsetDelete, 0, () => ({ groupId: id, topics }))
    await deleteOffsets(groupId, { name: 'orders', partitions: partitions(0) })
    await deleteOffsets(
      groupId,
      { name: 'nowhere', partitions: partitions(0) },
      { name: 'orders', partitions: partitions(8, 1) },
    )
    await deleteOffsets('nobody', { name: 'orders', partitions: partitions(0) })
    await deleteOffsets('')
    const deleteAll = () => both.send(deleteGroups, 2, () => ({ groupsNames: [groupId, groupId, 'nobody'] }))
    await deleteAll()
    await both.send(leaveGroup, 5, (side) => ({ groupId, members: [{ memberId: joined[side].memberId }] }))
    await deleteOffsets(groupId, { name: 'orders', partitions: partitions(0) })
    await deleteAll()
    await describeIt(groupId)
  })

  test('while a group rebalances', async () => {
    const groupId = 'rebalance'
    const leader = await stable(groupId)
    const given = await both.send(joinGroup, 9, () => joinRequest(groupId, 9))
    const newcomer = await both.start(joinGroup, 9, (side) =>
      joinRequest(groupId, 9, { memberId: given[side].memberId }),
    )
    await both.parked()
    await beat(groupId, leader)
    await (await sync(groupId, leader)).settle()
    await both.send(offsetCommit, 9, (side) => {
      const { memberId, generationId } = leader[side]
      const topics = [
        { name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] },
      ]
      return { groupId, memberId, generationIdOrMemberEpoch: generationId, topics }
    })
    await describeIt(groupId)
    const again = await both.send(joinGroup, 9, (side) => joinRequest(groupId, 9, { memberId: leader[side].memberId }))
    const follower = await newcomer.settle()
    const waiting = await sync(groupId, follower)
    await both.parked()
    await (await sync(groupId, again)).settle()
    await waiting.settle()
    await both.send(joinGroup, 9, (side) => joinRequest(groupId, 9, { memberId: follower[side].memberId }))
    await describeIt(groupId)
  })

  test.each(versions(5, 9))('to static members that come back, in JoinGroup v%i', async (version) => {
    const groupId = `static-${version}`
    const i1 = { groupInstanceId: 'i1' }
    const first = await enter(groupId, version, i1)
    await (await sync(groupId, first, 5, i1)).settle()
    const back = await enter(groupId, version, i1)
    await beat(groupId, first, i1)
    await both.send(joinGroup, version, (side) =>
      joinRequest(groupId, version, { ...i1, memberId: first[side].memberId }),
    )
    await (await sync(groupId, back, 5, { ...i1, assignments: [] })).settle()
    await describeIt(groupId)
    await both.send(leaveGroup, 5, (side) => ({ groupId, members: [{ memberId: first[side].memberId, ...i1 }] }))
    await both.send(leaveGroup, 5, () => ({ groupId, members: [{ memberId: '', ...i1 }] }))
    await describeIt(groupId)
  })
})
