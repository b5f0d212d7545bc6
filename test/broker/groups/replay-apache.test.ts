// Logs of `__consumer_offsets` as Apache Kafka 4.3.1 wrote them (test/fixtures/consumer-offsets).
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { offsetFetch } from '../../../src/broker/apis/09-offset-fetch.ts'
import { describeGroups } from '../../../src/broker/apis/15-describe-groups.ts'
import { listGroups } from '../../../src/broker/apis/16-list-groups.ts'
import { deleteGroups } from '../../../src/broker/apis/42-delete-groups.ts'
import { type GroupRecord, groupRecordSerde } from '../../../src/broker/groups/records.ts'
import { encodeToBuffer } from '../../../src/protocol/codec.ts'
import { errorName } from '../../../src/protocol/error-code.ts'
import { readBatches, readRecords, writeBatch } from '../../../src/protocol/record-batch.ts'
import { LegacyOffsetCommitKey, LegacyOffsetCommitValue } from '../../../src/protocol/records/group-coordinator.ts'
import { join, subscription } from '../../support/classic-members.ts'
import { GroupBroker } from '../../support/group-broker.ts'

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/consumer-offsets/${name}.log`, import.meta.url))
}

async function brokerOn(...logs: (string | Buffer)[]): Promise<GroupBroker> {
  const broker = new GroupBroker()
  for (const log of logs) {
    const bytes = typeof log === 'string' ? fixture(log) : log
    for (const { header, position } of readBatches(bytes)) {
      broker.logs[0]!.appendNow(bytes.subarray(position, position + header.sizeInBytes))
    }
  }
  broker.lead()
  await broker.settled()
  return broker
}

async function offsetsOf(broker: GroupBroker, groupId: string) {
  const response = await broker.send(offsetFetch, { groups: [{ groupId, topics: null }] }, { version: 9 })
  return Object.fromEntries(
    response.groups[0]!.topics.flatMap(({ name, partitions }) =>
      partitions.map((p) => [`${name}-${p.partitionIndex}`, [p.committedOffset, p.metadata]]),
    ),
  )
}

test.each([
  'classic-group',
  'consumer-group',
  'share-group',
  'simple-group',
  'static-member',
  'sample-data-0',
  'sample-data-1',
])('every record of %s comes out as the bytes that went in', (name) => {
  const log = fixture(name)
  for (const { header, position } of readBatches(log)) {
    if (header.isControl) continue
    for (const { key, value } of readRecords(log, position)) {
      expect(groupRecordSerde.serialize(groupRecordSerde.deserialize(key, value))).toEqual({ key, value })
    }
  }
})

test('groups of every kind are listed with their type, state and protocol', async () => {
  const broker = await brokerOn('classic-group', 'consumer-group', 'share-group', 'simple-group', 'static-member')
  const { groups } = await broker.send(listGroups, {})
  expect(groups.sort((a, b) => (a.groupId < b.groupId ? -1 : 1))).toEqual([
    { groupId: 'classic-1', protocolType: 'consumer', groupState: 'Empty', groupType: 'classic' },
    { groupId: 'modern-1', protocolType: 'consumer', groupState: 'Empty', groupType: 'consumer' },
    { groupId: 'my-group', protocolType: '', groupState: 'Empty', groupType: 'classic' },
    { groupId: 'share-1', protocolType: 'share', groupState: 'Empty', groupType: 'share' },
    { groupId: 'static-1', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' },
  ])
})

test('committed offsets are those that Apache Kafka shows, transactional ones included', async () => {
  const broker = await brokerOn('sample-data-0', 'sample-data-1', 'consumer-group')
  expect(await offsetsOf(broker, 'sample-group')).toEqual({ 'sample-plain-0': [10, 'ten'], 'sample-plain-1': [26, ''] })
  expect(await offsetsOf(broker, 'sample-group-simple')).toEqual({ 'sample-txn-0': [3, 'by the admin client'] })
  expect(await offsetsOf(broker, 'sample-group-txn')).toEqual({ 'sample-plain-0': [7, 'in a transaction'] })
  expect(await offsetsOf(broker, 'modern-1')).toEqual({
    'orders-0': [50, ''],
    'orders-1': [0, ''],
    'orders-2': [0, ''],
  })
})

test('a stable group is described with what its members were assigned', async () => {
  const broker = await brokerOn('static-member')
  const { groups } = await broker.send(describeGroups, { groups: ['static-1'], includeAuthorizedOperations: true })
  expect(groups[0]).toMatchObject({
    errorCode: 0,
    groupState: 'Stable',
    protocolType: 'consumer',
    protocolData: 'range',
    // READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS
    authorizedOperations: 0b1101_0100_1000,
    members: [
      {
        memberId: 'i1-22492613-157c-44cd-acb8-9984e8dc0722',
        groupInstanceId: 'i1',
        clientId: 'console-consumer',
        clientHost: '/127.0.0.1',
      },
    ],
  })
  const [member] = groups[0]!.members
  expect(member!.memberMetadata.subarray(0, 16)).toEqual(
    Buffer.concat([Buffer.from([0, 3]), subscription('orders').subarray(2, 16)]),
  )
  expect(member!.memberAssignment.toString('latin1')).toContain('orders')
})

describe('a group of another kind', () => {
  test('is Dead to DescribeGroups, with a text from v6 on', async () => {
    const broker = await brokerOn('consumer-group')
    const answer = async (version: number) => {
      const { groups } = await broker.send(describeGroups, { groups: ['modern-1', 'nobody'] }, { version })
      return groups.map((group) => [errorName(group.errorCode), group.groupState, group.errorMessage])
    }
    expect(await answer(5)).toEqual([
      ['NONE', 'Dead', null],
      ['NONE', 'Dead', null],
    ])
    expect(await answer(6)).toEqual([
      ['GROUP_ID_NOT_FOUND', 'Dead', 'Group modern-1 is not a classic group.'],
      ['GROUP_ID_NOT_FOUND', 'Dead', 'Group nobody not found.'],
    ])
  })

  test('makes way for a classic one when it is empty: first its tombstones, its own record last', async () => {
    const broker = await brokerOn('consumer-group')
    const before = broker.records().length
    await join(broker, { groupId: 'modern-1' })
    const written = broker.records().slice(before)
    expect(written.map((record) => [record.type, record.value === null])).toEqual([
      ['consumerGroupTargetAssignmentMetadata', true],
      ['consumerGroupMetadata', true],
      ['groupMetadata', false],
    ])
    expect(await offsetsOf(broker, 'modern-1')).toMatchObject({ 'orders-0': [50, ''] })
  })

  test('with members refuses classic ones, and is named as not supported', async () => {
    const log = fixture('consumer-group')
    const [first] = [...readBatches(log)]
    const broker = await brokerOn(log.subarray(0, first!.header.sizeInBytes))
    expect((await broker.send(listGroups, {})).groups).toMatchObject([{ groupType: 'consumer', groupState: 'Stable' }])
    expect(errorName((await join(broker, { groupId: 'modern-1' })).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(broker.warnings.join()).toContain('Group modern-1 is a consumer group with members')
    const { results } = await broker.send(deleteGroups, { groupsNames: ['modern-1'] })
    expect(results.map((result) => errorName(result.errorCode))).toEqual(['NON_EMPTY_GROUP'])
  })

  test('is deleted when it is empty, with its offsets; a share group is not', async () => {
    const broker = await brokerOn('consumer-group', 'share-group')
    const { results } = await broker.send(deleteGroups, { groupsNames: ['modern-1', 'share-1'] })
    expect(results.map((result) => [result.groupId, errorName(result.errorCode)])).toEqual([
      ['modern-1', 'NONE'],
      ['share-1', 'UNSUPPORTED_VERSION'],
    ])
    expect(await offsetsOf(broker, 'modern-1')).toEqual({})
    await broker.restart()
    expect((await broker.send(listGroups, {})).groups.map((group) => group.groupId)).toEqual(['share-1'])
  })
})

describe('records that are not of today', () => {
  function record(key: Buffer, value: Buffer | null): Buffer {
    return writeBatch({ records: [{ key, value }] })
  }

  test('offsets under keys of type 0 are read', async () => {
    const key = Buffer.concat([
      Buffer.from([0, 0]),
      encodeToBuffer(LegacyOffsetCommitKey, 0, { group: 'old', topic: 't', partition: 1 }),
    ])
    const fields = { offset: 42, metadata: 'm', commitTimestamp: 1000 }
    const value = Buffer.concat([Buffer.from([0, 0]), encodeToBuffer(LegacyOffsetCommitValue, 0, fields)])
    const broker = await brokerOn(record(key, value))
    expect(await offsetsOf(broker, 'old')).toEqual({ 't-1': [42, 'm'] })
  })

  test('unknown key types are passed over with a warning', async () => {
    const broker = await brokerOn(record(Buffer.from([0, 99, 1]), Buffer.from([0, 0])), 'simple-group')
    expect(broker.warnings).toEqual([expect.stringContaining('Unknown record type 99')])
    expect(Object.keys(await offsetsOf(broker, 'my-group'))).toHaveLength(3)
  })

  test('an unknown value version stops the partition', async () => {
    const [first] = readRecords(fixture('simple-group'))
    const broker = await brokerOn(record(first!.key!, Buffer.from([0, 5, 1, 2, 3])))
    expect(errorName((await join(broker)).errorCode)).toBe('NOT_COORDINATOR')
    expect(broker.errors.join()).toContain('unknown record version 5')
  })
})

test('a streams group is listed by the state its records add up to', async () => {
  const groupId = 's'
  const member = { groupId, memberId: 'm' }
  const batch = (...records: GroupRecord[]) =>
    writeBatch({ records: records.map((each) => groupRecordSerde.serialize(each)) })
  const record = (type: GroupRecord['type'], key: object, value: object) =>
    ({ type, key, value, version: 0 }) as unknown as GroupRecord
  const epochs = (epoch: number, validatedTopologyEpoch: number) =>
    record('streamsGroupMetadata', { groupId }, { epoch, metadataHash: 0, validatedTopologyEpoch })
  const states: string[] = []
  const broker = await brokerOn(batch(epochs(3, -1)))
  const add = async (...records: GroupRecord[]) => {
    broker.logs[0]!.appendNow(batch(...records))
    await broker.restart()
    states.push((await broker.send(listGroups, { typesFilter: ['Streams'] })).groups[0]!.groupState)
  }
  await add(record('streamsGroupMemberMetadata', member, { clientId: 'c', clientHost: '/h', processId: 'p' }))
  await add(record('streamsGroupTopology', { groupId }, { epoch: 1, subtopologies: [] }), epochs(3, 1))
  await add(record('streamsGroupTargetAssignmentMetadata', { groupId }, { assignmentEpoch: 3 }))
  await add(record('streamsGroupCurrentMemberAssignment', member, { memberEpoch: 3, previousMemberEpoch: 2, state: 0 }))
  expect(states).toEqual(['NotReady', 'Assigning', 'Reconciling', 'Stable'])
})
