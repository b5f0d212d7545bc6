import { beforeEach, describe, expect, test } from 'vitest'
import { offsetCommit } from '../../../src/broker/apis/08-offset-commit.ts'
import { offsetFetch } from '../../../src/broker/apis/09-offset-fetch.ts'
import { listGroups } from '../../../src/broker/apis/16-list-groups.ts'
import { deleteGroups } from '../../../src/broker/apis/42-delete-groups.ts'
import { offsetDelete } from '../../../src/broker/apis/47-offset-delete.ts'
import { groupRecordSerde, offsetCommitRecord } from '../../../src/broker/groups/records.ts'
import { errorName } from '../../../src/protocol/error-code.ts'
import { ControlType, controlKey, writeBatch } from '../../../src/protocol/record-batch.ts'
import { beat, join, leave, stableGroup, subscription, sync } from '../../support/classic-members.ts'
import { GroupBroker } from '../../support/group-broker.ts'

const ORDERS_ID = 'AAAAAAAAAAAAAAAAAAAAMQ'
const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAAMg'
const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const DAY_MS = 24 * 3600_000

let broker: GroupBroker

async function start(settings: Record<string, number> = {}): Promise<void> {
  broker = await GroupBroker.start({ settings })
  broker.addTopic('orders', ORDERS_ID, 3)
  broker.addTopic('other', OTHER_ID, 1)
}

beforeEach(() => start())

interface Commit {
  readonly groupId?: string
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number | bigint
  readonly metadata?: string | null
  readonly memberId?: string
  readonly generationId?: number
  readonly retentionTimeMs?: number | bigint
  readonly version?: number
}

async function commit(options: Commit = {}): Promise<string> {
  const { groupId = 'g', topic = 'orders', partition = 0, offset = 1, version = 9, metadata = '' } = options
  const response = await broker.send(
    offsetCommit,
    {
      groupId,
      memberId: options.memberId ?? '',
      generationIdOrMemberEpoch: options.generationId ?? -1,
      retentionTimeMs: options.retentionTimeMs ?? -1,
      topics: [
        {
          name: topic,
          topicId: version >= 10 ? topic : NO_ID,
          partitions: [{ partitionIndex: partition, committedOffset: offset, committedMetadata: metadata }],
        },
      ],
    },
    { version },
  )
  return errorName(response.topics[0]!.partitions[0]!.errorCode)
}

/** Everything the group has committed, as `topic-partition: offset`. */
async function committed(groupId = 'g', requireStable = false) {
  const { groups } = await broker.send(
    offsetFetch,
    { requireStable, groups: [{ groupId, topics: null }] },
    { version: 9 },
  )
  const entries = groups[0]!.topics.flatMap(({ name, partitions }) =>
    partitions.map((each): [string, unknown] => [
      `${name}-${each.partitionIndex}`,
      each.errorCode ? errorName(each.errorCode) : each.committedOffset,
    ]),
  )
  return Object.fromEntries(entries)
}

async function groupIds(): Promise<string[]> {
  return (await broker.send(listGroups, {})).groups.map((group) => group.groupId)
}

describe('a commit', () => {
  test('is read back, also after a restart', async () => {
    expect(await commit({ offset: 42, metadata: 'note' })).toBe('NONE')
    await broker.restart()
    const topics = [{ name: 'orders', partitionIndexes: [0, 1] }]
    const { groups } = await broker.send(offsetFetch, { groups: [{ groupId: 'g', topics }] }, { version: 9 })
    expect(groups[0]!.topics[0]!.partitions).toMatchObject([
      { partitionIndex: 0, committedOffset: 42, metadata: 'note', errorCode: 0 },
      { partitionIndex: 1, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
    ])
  })

  test.each([[2n ** 63n - 1n], [2n ** 53n + 1n], [-1], [0]])('of offset %s is not rounded', async (offset) => {
    await commit({ offset })
    await broker.restart()
    expect(await committed()).toEqual({ 'orders-0': offset })
  })

  test('is written as Apache Kafka writes it', async () => {
    await commit({ offset: 42 })
    expect(broker.records()).toEqual([
      {
        type: 'offsetCommit',
        version: 4,
        key: { group: 'g', topic: 'orders', partition: 0 },
        value: {
          offset: 42,
          leaderEpoch: -1,
          metadata: '',
          commitTimestamp: broker.clock.now(),
          expireTimestamp: -1,
          topicId: ORDERS_ID,
        },
      },
    ])
  })

  test('names topics by id from v10 on', async () => {
    expect(await commit({ topic: ORDERS_ID, version: 10 })).toBe('NONE')
    expect(await commit({ topic: 'AAAAAAAAAAAAAAAAAAAAzw', version: 10 })).toBe('UNKNOWN_TOPIC_ID')
    const groups = [{ groupId: 'g', topics: [{ topicId: ORDERS_ID, partitionIndexes: [0] }] }]
    const fetched = await broker.send(offsetFetch, { groups })
    expect(fetched.groups[0]!.topics).toMatchObject([{ topicId: ORDERS_ID, partitions: [{ committedOffset: 1 }] }])
  })

  test.each([
    ['an unknown topic', { topic: 'nowhere' }],
    ['an unknown partition', { partition: 3 }],
    ['a negative partition', { partition: -1 }],
  ])('for %s is UNKNOWN_TOPIC_OR_PARTITION', async (_, change) => {
    expect(await commit(change)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(broker.records()).toEqual([])
  })

  test('with metadata above offset.metadata.max.bytes fails alone', async () => {
    await start({ 'offset.metadata.max.bytes': 5 })
    const partition = (partitionIndex: number, committedMetadata: string) => ({
      partitionIndex,
      committedOffset: 1,
      committedMetadata,
    })
    const topics = [{ name: 'orders', partitions: [partition(0, '12345'), partition(1, '123456'), partition(2, 'éé')] }]
    const response = await broker.send(offsetCommit, { groupId: 'g', topics }, { version: 9 })
    const errors = response.topics[0]!.partitions.map((each) => errorName(each.errorCode))
    expect(errors).toEqual(['NONE', 'OFFSET_METADATA_TOO_LARGE', 'NONE'])
    expect(await committed()).toEqual({ 'orders-0': 1, 'orders-2': 1 })
  })

  test('larger than a batch may be fails, and the group goes on', async () => {
    broker.logs[0]!.maxBatchBytes = 200
    expect(await commit({ metadata: 'x'.repeat(500) })).toBe('UNKNOWN_SERVER_ERROR')
    expect(await commit()).toBe('NONE')
  })

  test('without taking part in a group makes one that only keeps offsets', async () => {
    await commit({ groupId: 'tool' })
    const { groups } = await broker.send(listGroups, {})
    expect(groups).toMatchObject([{ groupId: 'tool', protocolType: '', groupState: 'Empty', groupType: 'classic' }])
  })

  test.each([
    [8, 'ILLEGAL_GENERATION'],
    [9, 'GROUP_ID_NOT_FOUND'],
  ])('of a generation of an unknown group is, in v%i, %s', async (version, error) => {
    expect(await commit({ generationId: 1, memberId: 'm', version })).toBe(error)
  })

  test('of a member is taken in its generation only', async () => {
    const [member] = await stableGroup(broker, 1)
    const { memberId, generationId } = member!
    expect(await commit({ memberId, generationId })).toBe('NONE')
    expect(await commit({ memberId, generationId: generationId + 1 })).toBe('ILLEGAL_GENERATION')
    expect(await commit({ memberId: 'nobody', generationId })).toBe('UNKNOWN_MEMBER_ID')
    expect(await commit()).toBe('UNKNOWN_MEMBER_ID')
  })

  test('is put off while the group waits for its assignment', async () => {
    const [member] = await stableGroup(broker, 1)
    const { memberId } = member!
    const { generationId } = await join(broker, { memberId })
    expect(await commit({ memberId, generationId })).toBe('REBALANCE_IN_PROGRESS')
  })

  test('keeps its member alive', async () => {
    const [member] = await stableGroup(broker, 1)
    for (let i = 0; i < 3; i++) {
      await broker.advance(9999)
      expect(await commit(member!)).toBe('NONE')
    }
    expect(await beat(broker, member!)).toBe('NONE')
  })
})

describe('a fetch', () => {
  test('of an unknown group finds nothing, and that is no error', async () => {
    const topics = [{ name: 'orders', partitionIndexes: [0] }]
    const { groups } = await broker.send(
      offsetFetch,
      {
        groups: [
          { groupId: 'x', topics },
          { groupId: 'y', topics: null },
        ],
      },
      { version: 9 },
    )
    expect(groups).toMatchObject([
      { errorCode: 0, topics: [{ partitions: [{ committedOffset: -1, metadata: '', errorCode: 0 }] }] },
      { errorCode: 0, topics: [] },
    ])
  })

  test.each([1, 2, 7])('in version %i asks for one group', async (version) => {
    await commit({ offset: 5 })
    const topics = [{ name: 'orders', partitionIndexes: [0] }]
    const response = await broker.send(offsetFetch, { groupId: 'g', topics }, { version })
    expect(response.topics).toMatchObject([{ name: 'orders', partitions: [{ committedOffset: 5, errorCode: 0 }] }])
  })

  test('from where no coordinator is fails at each partition in v1, at the group later', async () => {
    broker.groups.onResigned(0)
    const topics = [{ name: 'orders', partitionIndexes: [0] }]
    const v1 = await broker.send(offsetFetch, { groupId: 'g', topics }, { version: 1 })
    expect(errorName(v1.topics[0]!.partitions[0]!.errorCode)).toBe('NOT_COORDINATOR')
    const v7 = await broker.send(offsetFetch, { groupId: 'g', topics }, { version: 7 })
    expect(errorName(v7.errorCode)).toBe('NOT_COORDINATOR')
    const v9 = await broker.send(offsetFetch, { groups: [{ groupId: 'g', topics }] }, { version: 9 })
    expect(errorName(v9.groups[0]!.errorCode)).toBe('NOT_COORDINATOR')
  })

  test('does not show the offset of a topic that had the name before', async () => {
    await commit({ offset: 5 })
    broker.metadata.topics.remove(ORDERS_ID)
    broker.addTopic('orders', OTHER_ID, 1)
    const groups = [{ groupId: 'g', topics: [{ topicId: OTHER_ID, partitionIndexes: [0] }] }]
    const fetched = await broker.send(offsetFetch, { groups })
    expect(fetched.groups[0]!.topics[0]!.partitions).toMatchObject([{ committedOffset: -1 }])
  })
})

describe('offsets of an open transaction', () => {
  const producer = { isTransactional: true, producerId: 7, producerEpoch: 0 }

  function appendCommit(offset: number): void {
    const fields = { offset, leaderEpoch: -1, metadata: '', commitTimestamp: 0, expireTimestamp: -1, topicId: NO_ID }
    const record = groupRecordSerde.serialize(offsetCommitRecord('g', 'orders', 0, fields))
    broker.logs[0]!.appendNow(writeBatch({ ...producer, records: [record] }))
  }

  function appendMarker(type: ControlType): void {
    const records = [{ key: controlKey(type), value: Buffer.alloc(6) }]
    broker.logs[0]!.appendNow(writeBatch({ ...producer, isControl: true, records }))
  }

  test('become visible when it is committed', async () => {
    appendCommit(7)
    await broker.restart()
    expect(await committed()).toEqual({})
    appendMarker(ControlType.COMMIT)
    await broker.restart()
    expect(await committed()).toEqual({ 'orders-0': 7 })
  })

  test('are forgotten when it is aborted', async () => {
    await commit({ offset: 3 })
    appendCommit(7)
    appendMarker(ControlType.ABORT)
    await broker.restart()
    expect(await committed()).toEqual({ 'orders-0': 3 })
  })

  test('make what there is unstable (KIP-447)', async () => {
    await commit({ offset: 3 })
    appendCommit(7)
    await broker.restart()
    expect(await committed('g', true)).toEqual({ 'orders-0': 'UNSTABLE_OFFSET_COMMIT' })
    expect(await committed('g', false)).toEqual({ 'orders-0': 3 })
  })

  test('do not overtake an offset that was committed after them', async () => {
    appendCommit(7)
    await broker.restart()
    await commit({ offset: 9 })
    appendMarker(ControlType.COMMIT)
    await broker.restart()
    expect(await committed()).toEqual({ 'orders-0': 9 })
  })

  test('are deleted with their group', async () => {
    appendCommit(7)
    await broker.restart()
    await broker.send(deleteGroups, { groupsNames: ['g'] })
    appendMarker(ControlType.COMMIT)
    await broker.restart()
    expect(await committed()).toEqual({})
    expect(await groupIds()).toEqual([])
  })
})

describe('expiry', () => {
  test('takes offsets of a group without members of its own after offsets.retention.minutes, and the group', async () => {
    await commit()
    await broker.advance(6 * DAY_MS)
    await commit({ partition: 1 })
    await broker.advance(DAY_MS)
    expect(await committed()).toEqual({ 'orders-1': 1 })
    await broker.advance(6 * DAY_MS + 600_000)
    expect(await committed()).toEqual({})
    expect(await groupIds()).toEqual([])
    await broker.restart()
    expect(await groupIds()).toEqual([])
  })

  test('counts from when the group became empty (KIP-211)', async () => {
    const [member] = await stableGroup(broker, 1, { sessionTimeoutMs: 1_800_000 })
    await commit(member!)
    for (let i = 0; i < 8 * 48; i++) {
      await broker.clock.advance(1_799_999)
      expect(await beat(broker, member!)).toBe('NONE')
    }
    expect(await committed()).toEqual({ 'orders-0': 1 })
    await leave(broker, member!.memberId)
    await broker.advance(6 * DAY_MS)
    expect(await committed()).toEqual({ 'orders-0': 1 })
    await broker.advance(DAY_MS + 600_000)
    expect(await committed()).toEqual({})
    expect(await groupIds()).toEqual([])
  })

  test('takes offsets of topics that a stable group reads no longer', async () => {
    const [member] = await stableGroup(broker, 1, { sessionTimeoutMs: 1_800_000 })
    await commit(member!)
    await commit({ ...member!, topic: 'other' })
    for (let i = 0; i < 8 * 48; i++) {
      await broker.clock.advance(1_799_999)
      await beat(broker, member!)
    }
    expect(await committed()).toEqual({ 'orders-0': 1 })
  })

  test('follows the retention that an old client asked for', async () => {
    await commit({ version: 4, retentionTimeMs: 1000 })
    await commit({ version: 4, partition: 1, retentionTimeMs: 2n ** 63n - 1n })
    expect(broker.records()[0]).toMatchObject({ version: 1, value: { expireTimestamp: broker.clock.now() + 1000 } })
    await broker.restart()
    await broker.advance(600_000)
    expect(await committed()).toEqual({ 'orders-1': 1 })
  })
})

describe('deletion', () => {
  async function deleteOffsets(topic: string, partitions: number[] = [0]) {
    const topics = [{ name: topic, partitions: partitions.map((partitionIndex) => ({ partitionIndex })) }]
    const response = await broker.send(offsetDelete, { groupId: 'g', topics })
    if (response.errorCode) return errorName(response.errorCode)
    return response.topics[0]!.partitions.map((each) => errorName(each.errorCode))
  }

  test('of a topic takes its offsets along, in every group', async () => {
    await commit({ groupId: 'a' })
    await commit({ groupId: 'b', partition: 2 })
    await commit({ groupId: 'b', topic: 'other' })
    broker.groups.onTopicsDeleted([{ name: 'orders', id: ORDERS_ID }])
    await broker.settled()
    expect([await committed('a'), await committed('b')]).toEqual([{}, { 'other-0': 1 }])
  })

  test('of a topic leaves offsets alone that belong to another one of that name', async () => {
    await commit()
    broker.groups.onTopicsDeleted([{ name: 'orders', id: OTHER_ID }])
    await broker.settled()
    expect(await committed()).toEqual({ 'orders-0': 1 })
  })

  test('of offsets spares topics that the group reads (KIP-496)', async () => {
    const [member] = await stableGroup(broker, 1)
    await commit(member!)
    await commit({ ...member!, topic: 'other' })
    expect(await deleteOffsets('orders')).toEqual(['GROUP_SUBSCRIBED_TO_TOPIC'])
    expect(await deleteOffsets('other')).toEqual(['NONE'])
    expect(await committed()).toEqual({ 'orders-0': 1 })
  })

  test('of offsets names partitions there are not', async () => {
    await commit()
    expect(await deleteOffsets('orders', [0, 7])).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 'NONE'])
  })

  test('of offsets needs a group, and one of consumers unless it is empty', async () => {
    expect(await deleteOffsets('orders')).toBe('GROUP_ID_NOT_FOUND')
    await stableGroup(broker, 1, { protocolType: 'connect', protocols: [{ name: 'range', metadata: subscription() }] })
    expect(await deleteOffsets('orders')).toBe('NON_EMPTY_GROUP')
  })

  test('of a group needs it to be empty, and takes its offsets along', async () => {
    const [member] = await stableGroup(broker, 1)
    await commit(member!)
    const deleted = async (...groupsNames: string[]) => {
      const { results } = await broker.send(deleteGroups, { groupsNames })
      return results.map((each) => [each.groupId, errorName(each.errorCode)])
    }
    expect(await deleted('g', 'x', 'g')).toEqual([
      ['g', 'NON_EMPTY_GROUP'],
      ['x', 'GROUP_ID_NOT_FOUND'],
    ])
    await leave(broker, member!.memberId)
    expect(await deleted('g')).toEqual([['g', 'NONE']])
    await broker.restart()
    expect(await groupIds()).toEqual([])
    expect(await committed()).toEqual({})
  })

  test('of a group does not disturb one that joins later under its name', async () => {
    const [member] = await stableGroup(broker, 1)
    await leave(broker, member!.memberId)
    await broker.send(deleteGroups, { groupsNames: ['g'] })
    const [again] = await stableGroup(broker, 1)
    expect(again).toMatchObject({ generationId: 1 })
    expect((await sync(broker, again!)).errorCode).toBe(0)
  })
})
