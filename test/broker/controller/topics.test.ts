import { beforeEach, describe, expect, test } from 'vitest'
import type { AclOperation, Authorizer } from '../../../src/broker/authorizer.ts'
import { ANONYMOUS } from '../../../src/broker/principal.ts'
import { errorName } from '../../../src/protocol/error-code.ts'
import { CreateTopics } from '../../../src/protocol/messages/19-create-topics.ts'
import { DeleteTopics } from '../../../src/protocol/messages/20-delete-topics.ts'
import { CreatePartitions } from '../../../src/protocol/messages/37-create-partitions.ts'
import type { RequestInput } from '../../../src/protocol/schema.ts'
import { FastFiles, TestNode } from './harness.ts'

type Topic = NonNullable<RequestInput<typeof CreateTopics>['topics']>[number]

let node: TestNode

beforeEach(async () => {
  node = await TestNode.running()
})

async function create(topics: readonly Topic[], more: Partial<RequestInput<typeof CreateTopics>> = {}, on = node) {
  const answer = await on.channel.send(CreateTopics, 7, { topics, ...more })
  return answer.topics.map(({ name, errorCode, errorMessage }) => [name, errorName(errorCode), errorMessage])
}

const topic = (name: string, more: Partial<Topic> = {}): Topic => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  ...more,
})
const config = (name: string, value: string | null) => ({ configs: [{ name, value }] })
const assigned = (...replicas: number[][]) => ({
  numPartitions: -1,
  replicationFactor: -1,
  assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
})

describe('CreateTopics', () => {
  test.each<[string, Topic, string, string | null]>([
    ['', topic(''), 'INVALID_TOPIC_EXCEPTION', 'Topic name is invalid: the empty string is not allowed'],
    ['..', topic('..'), 'INVALID_TOPIC_EXCEPTION', "Topic name is invalid: '..' is not allowed"],
    [
      'bad name',
      topic('bad name'),
      'INVALID_TOPIC_EXCEPTION',
      "Topic name is invalid: 'bad name' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    ],
    [
      'a long name',
      topic('n'.repeat(250)),
      'INVALID_TOPIC_EXCEPTION',
      `Topic name is invalid: the length of '${'n'.repeat(250)}' is longer than the max allowed length 249`,
    ],
    ['an existing name', topic('old'), 'TOPIC_ALREADY_EXISTS', "Topic 'old' already exists."],
    ['a colliding name', topic('a.b'), 'INVALID_TOPIC_EXCEPTION', "Topic 'a.b' collides with existing topic: a_b"],
    [
      'an unknown setting',
      topic('t', config('no.such.config', '1')),
      'INVALID_CONFIG',
      'Unknown topic config name: no.such.config',
    ],
    [
      'a bad setting',
      topic('t', config('retention.ms', '-5')),
      'INVALID_CONFIG',
      'Invalid value -5 for configuration retention.ms: Value must be at least -1',
    ],
    [
      'a null setting',
      topic('t', config('retention.ms', null)),
      'INVALID_CONFIG',
      'Null value not supported for topic configs: retention.ms',
    ],
    [
      'too many replicas',
      topic('t', { replicationFactor: 3 }),
      'INVALID_REPLICATION_FACTOR',
      'Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories cordoned.',
    ],
    [
      'no replicas',
      topic('t', { replicationFactor: 0 }),
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    ],
    [
      'no partitions',
      topic('t', { numPartitions: 0 }),
      'INVALID_PARTITIONS',
      'Number of partitions was set to an invalid non-positive value.',
    ],
    [
      'an unknown broker',
      topic('t', assigned([7])),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes broker 7, but no such broker is registered.',
    ],
    [
      'a broker twice',
      topic('t', assigned([1, 1])),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes the broker 1 more than once.',
    ],
    [
      'an empty assignment',
      topic('t', assigned([])),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes an empty replica list.',
    ],
    [
      'an assignment and a replication factor',
      topic('t', { ...assigned([1]), replicationFactor: 1 }),
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    ],
    [
      'an assignment and a partition count',
      topic('t', { ...assigned([1]), numPartitions: 1 }),
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but numPartitions was not set to -1.',
    ],
    [
      'a gap in the assignment',
      topic('t', { ...assigned([1]), assignments: [{ partitionIndex: 1, brokerIds: [1] }] }),
      'INVALID_REPLICA_ASSIGNMENT',
      'partitions should be a consecutive 0-based integer sequence',
    ],
    [
      'a partition assigned twice',
      topic('t', {
        ...assigned([1]),
        assignments: [0, 0].map((partitionIndex) => ({ partitionIndex, brokerIds: [1] })),
      }),
      'INVALID_REPLICA_ASSIGNMENT',
      'Found multiple manual partition assignments for partition 0',
    ],
    [
      'the name of the metadata topic',
      topic('__cluster_metadata'),
      'INVALID_REQUEST',
      'Creation of internal topic __cluster_metadata is prohibited.',
    ],
  ])('refuses %s', async (_, refused, error, text) => {
    await create([topic('old'), topic('a_b')])
    const offset = node.log.nextOffset
    expect(await create([refused])).toEqual([[refused.name, error, text]])
    expect(node.log.nextOffset).toBe(offset)
  })

  test('creates those of a request that it can', async () => {
    expect(await create([topic('good'), topic('bad', { numPartitions: 0 })])).toMatchObject([
      ['good', 'NONE', null],
      ['bad', 'INVALID_PARTITIONS', expect.any(String)],
    ])
    expect([...node.loader.image.topics.byName.keys()]).toEqual(['good'])
  })

  test('refuses a topic that a request names twice', async () => {
    expect(await create([topic('twice'), topic('twice'), topic('once')])).toEqual([
      ['once', 'NONE', null],
      ['twice', 'INVALID_REQUEST', 'Duplicate topic name.'],
    ])
  })

  test('takes -1 for the defaults of the broker', async () => {
    const other = await TestNode.running({ settings: { 'num.partitions': '3' } })
    await create([topic('t', { numPartitions: -1, replicationFactor: -1 })], {}, other)
    expect(other.loader.image.topics.byName.get('t')!.partitions).toHaveLength(3)
  })

  test('writes nothing when it only validates', async () => {
    const offset = node.log.nextOffset
    expect(await create([topic('t'), topic('u', { numPartitions: 0 })], { validateOnly: true })).toMatchObject([
      ['t', 'NONE', null],
      ['u', 'INVALID_PARTITIONS', expect.any(String)],
    ])
    expect(node.log.nextOffset).toBe(offset)
  })

  test('answers id, counts and settings, and keeps the settings', async () => {
    const { topics } = await node.channel.send(CreateTopics, 7, {
      topics: [topic('t', { numPartitions: 2, ...config('retention.ms', '1000') })],
    })
    const [created] = topics
    expect(created).toMatchObject({ numPartitions: 2, replicationFactor: 1, topicConfigErrorCode: 0 })
    expect(created!.topicId).toBe(node.loader.image.topics.byName.get('t')!.id)
    const configs = new Map(created!.configs!.map((one) => [one.name, one]))
    expect(configs.get('retention.ms')).toMatchObject({ value: '1000', configSource: 1, isSensitive: false })
    expect(configs.get('min.insync.replicas')).toMatchObject({ value: '1', configSource: 3 })
    expect(configs.get('cleanup.policy')).toMatchObject({ value: 'delete', configSource: 5 })
    const names = created!.configs!.map(({ name }) => name)
    expect(names).toEqual([...names].sort())
    expect(node.loader.image.configs.of('TOPIC', 't')).toEqual(new Map([['retention.ms', '1000']]))
    expect(
      node
        .records()
        .slice(-4)
        .map(({ type }) => type),
    ).toEqual(['TopicRecord', 'ConfigRecord', 'PartitionRecord', 'PartitionRecord'])
  })

  test('refuses a request for more than 10,000 partitions as a whole', async () => {
    expect(await create([topic('a', { numPartitions: 10_001 }), topic('b')])).toEqual([
      ['a', 'POLICY_VIOLATION', 'Excessively large number of partitions per request.'],
      ['b', 'POLICY_VIOLATION', 'Excessively large number of partitions per request.'],
    ])
  })

  test('of 2,000 clients at once each get their topic, with few fsyncs', async () => {
    let fsyncs = 0
    class CountingFiles extends FastFiles {
      override async fsync(): Promise<void> {
        fsyncs++
      }
    }
    const other = await TestNode.running({ files: new CountingFiles() })
    const before = fsyncs
    const results = await Promise.all(Array.from({ length: 2000 }, (_, i) => create([topic(`t-${i}`)], {}, other)))
    expect(results.every(([first]) => first?.[1] === 'NONE')).toBe(true)
    expect(other.loader.image.topics.byName.size).toBe(2000)
    expect(fsyncs - before).toBeLessThanOrEqual(3)
  })

  test('without any time changes nothing, as in Apache Kafka', async () => {
    const { topics } = await node.channel.send(CreateTopics, 7, { topics: [topic('late')], timeoutMs: 0 })
    expect(topics.map(({ errorCode, errorMessage }) => [errorName(errorCode), errorMessage])).toEqual([
      ['REQUEST_TIMED_OUT', null],
    ])
    expect(node.loader.image.topics.byName.has('late')).toBe(false)
  })

  test('of two at once for the same topic one gets it', async () => {
    const results = await Promise.all([create([topic('t')]), create([topic('t')])])
    expect(results.map(([first]) => first?.[1])).toEqual(['NONE', 'TOPIC_ALREADY_EXISTS'])
  })
})

describe('DeleteTopics', () => {
  const idOf = (name: string) => node.loader.image.topics.byName.get(name)!.id
  async function remove(topics: { name?: string | null; topicId?: string }[]) {
    const { responses } = await node.channel.send(DeleteTopics, 6, { topics, timeoutMs: 30_000 })
    return responses.map(({ name, errorCode, errorMessage }) => [name, errorName(errorCode), errorMessage])
  }

  test('takes names and ids', async () => {
    await create([topic('a'), topic('b'), topic('c')])
    expect(await remove([{ name: 'a' }, { name: null, topicId: idOf('b') }])).toEqual(
      expect.arrayContaining([
        ['a', 'NONE', null],
        ['b', 'NONE', null],
      ]),
    )
    expect([...node.loader.image.topics.byName.keys()]).toEqual(['c'])
    expect(
      node
        .records()
        .slice(-2)
        .map(({ type }) => type),
    ).toEqual(['RemoveTopicRecord', 'RemoveTopicRecord'])
  })

  test('says what it does not know', async () => {
    const id = 'dG9waWMwMDAwMDAwMDAwMQ'
    expect(await remove([{ name: 'none' }, { name: null, topicId: id }])).toEqual(
      expect.arrayContaining([
        ['none', 'UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.'],
        [null, 'UNKNOWN_TOPIC_ID', 'This server does not host this topic ID.'],
      ]),
    )
  })

  test('refuses what is named twice, both ways or not at all', async () => {
    await create([topic('a'), topic('b')])
    expect(await remove([{ name: 'a' }, { name: 'a' }])).toEqual([['a', 'INVALID_REQUEST', 'Duplicate topic name.']])
    expect(await remove([{ name: 'a' }, { name: null, topicId: idOf('a') }])).toEqual([
      ['a', 'INVALID_REQUEST', 'The provided topic name maps to an ID that was already supplied.'],
    ])
    expect(await remove([{ name: 'a', topicId: idOf('a') }])).toEqual([
      ['a', 'INVALID_REQUEST', 'You may not specify both topic name and topic id.'],
    ])
    expect(await remove([{ name: null }])).toEqual([
      [null, 'INVALID_REQUEST', 'Neither topic name nor id were specified.'],
    ])
    expect(node.loader.image.topics.byName.size).toBe(2)
  })

  test('makes the name, and names like it, free again', async () => {
    await create([topic('a.b')])
    await remove([{ name: 'a.b' }])
    expect(await create([topic('a_b')])).toEqual([['a_b', 'NONE', null]])
  })

  test('is refused where delete.topic.enable is false', async () => {
    const other = await TestNode.running({ settings: { 'delete.topic.enable': 'false' } })
    const { responses } = await other.channel.send(DeleteTopics, 6, { topics: [{ name: 'a' }], timeoutMs: 60_000 })
    expect(errorName(responses[0]!.errorCode)).toBe('TOPIC_DELETION_DISABLED')
  })
})

describe('CreatePartitions', () => {
  async function grow(
    name: string,
    count: number,
    assignments: { brokerIds: number[] }[] | null = null,
    validateOnly = false,
  ) {
    const { results } = await node.channel.send(CreatePartitions, 3, {
      timeoutMs: 30_000,
      topics: [{ name, count, assignments }],
      validateOnly,
    })
    return results.map(({ errorCode, errorMessage }) => [errorName(errorCode), errorMessage])
  }
  const countOf = (name: string) => node.loader.image.topics.byName.get(name)!.partitions.length

  beforeEach(async () => {
    await create([topic('t', { numPartitions: 2 })])
  })

  test('adds partitions up to the new count', async () => {
    expect(await grow('t', 5)).toEqual([['NONE', null]])
    expect(
      node.loader.image.topics.byName.get('t')!.partitions.map(({ partition, leader }) => [partition, leader]),
    ).toEqual([0, 1, 2, 3, 4].map((partition) => [partition, 1]))
  })

  test.each<[string, [number, { brokerIds: number[] }[]?], string, string | null]>([
    ['the same count', [2], 'INVALID_PARTITIONS', 'Topic already has 2 partition(s).'],
    [
      'a smaller count',
      [1],
      'INVALID_PARTITIONS',
      'The topic t currently has 2 partition(s); 1 would not be an increase.',
    ],
    [
      'too few assignments',
      [4, [{ brokerIds: [1] }]],
      'INVALID_REPLICA_ASSIGNMENT',
      'Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.',
    ],
    [
      'an unknown broker',
      [3, [{ brokerIds: [9] }]],
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes broker 9, but no such broker is registered.',
    ],
    [
      'a count beyond reason',
      [2_000_000_000],
      'POLICY_VIOLATION',
      'Unable to perform excessively large batch operation.',
    ],
  ])('refuses %s', async (_, [count, assignments], error, text) => {
    expect(await grow('t', count, assignments ?? null)).toEqual([[error, text]])
    expect(countOf('t')).toBe(2)
  })

  test('does not know a topic that is not there', async () => {
    expect(await grow('none', 2)).toEqual([['UNKNOWN_TOPIC_OR_PARTITION', null]])
  })

  test('writes nothing when it only validates', async () => {
    expect(await grow('t', 5, null, true)).toEqual([['NONE', null]])
    expect(countOf('t')).toBe(2)
  })
})

describe('without the right', () => {
  const granting = (...granted: [AclOperation, string][]): Authorizer => ({
    allows: (operation, _, name) => granted.some(([op, resource]) => op === operation && resource === name),
    allowsAny: () => false,
  })
  const onBehalf = (authorizer: Authorizer) => ({
    principal: ANONYMOUS,
    authorizer,
    clientAddress: '127.0.0.1',
    clientId: 'c',
  })

  test('CREATE on cluster or topic a topic is not created', async () => {
    const { topics } = await node.channel.send(
      CreateTopics,
      7,
      { topics: [topic('mine'), topic('other')] },
      onBehalf(granting(['CREATE', 'mine'])),
    )
    expect(
      topics.map(({ name, errorCode, topicConfigErrorCode }) => [
        name,
        errorName(errorCode),
        errorName(topicConfigErrorCode),
      ]),
    ).toEqual([
      ['mine', 'NONE', 'TOPIC_AUTHORIZATION_FAILED'],
      ['other', 'TOPIC_AUTHORIZATION_FAILED', 'NONE'],
    ])
  })

  test('DELETE a topic stays, and without DESCRIBE nobody learns that it is there', async () => {
    await create([topic('seen'), topic('hidden')])
    const { responses } = await node.channel.send(
      DeleteTopics,
      6,
      { topics: ['seen', 'hidden', 'none'].map((name) => ({ name })), timeoutMs: 30_000 },
      onBehalf(granting(['DESCRIBE', 'seen'])),
    )
    expect(responses.map(({ errorCode }) => errorName(errorCode))).toEqual(
      new Array(3).fill('TOPIC_AUTHORIZATION_FAILED'),
    )
    expect(node.loader.image.topics.byName.size).toBe(2)
  })

  test('ALTER a topic does not grow', async () => {
    await create([topic('t')])
    const request = { topics: [{ name: 't', count: 2, assignments: null }], timeoutMs: 60_000 }
    const { results } = await node.channel.send(CreatePartitions, 3, request, onBehalf(granting()))
    expect(errorName(results[0]!.errorCode)).toBe('TOPIC_AUTHORIZATION_FAILED')
  })
})
