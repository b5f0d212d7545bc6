import { beforeEach, describe, expect, test } from 'vitest'
import { findCoordinator } from '../../../src/broker/apis/10-find-coordinator.ts'
import { partitionForKey } from '../../../src/broker/coordinator/partition-for.ts'
import { ErrorCode, errorName } from '../../../src/protocol/error-code.ts'
import { CreateTopics } from '../../../src/protocol/messages/19-create-topics.ts'
import type { RequestInput } from '../../../src/protocol/schema.ts'
import { GroupBroker } from '../../support/group-broker.ts'

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAMQ'
const CONFIG: Record<string, number> = {
  'offsets.topic.num.partitions': 50,
  'offsets.topic.replication.factor': 1,
  'offsets.topic.segment.bytes': 104_857_600,
}

let broker: GroupBroker
let created: RequestInput<typeof CreateTopics>[]
/** What the controller answers; it makes the topic when that is NONE. */
let creation: ErrorCode
let warnings: string[]

beforeEach(async () => {
  broker = await GroupBroker.start()
  created = []
  creation = ErrorCode.NONE
  warnings = []
  broker.metadata.cluster.brokers.set(1, {
    id: 1,
    fenced: false,
    endpoints: [
      { name: 'PLAINTEXT', host: 'broker.example', port: 9092 },
      { name: 'OTHER', host: 'other', port: 1 },
    ],
  } as never)
  Object.assign(broker.services, {
    config: { get: (key: string) => CONFIG[key], requestTimeoutMs: 30_000 },
    logger: { warn: (line: string) => warnings.push(line) },
    controller: {
      send: async (api: unknown, _version: number, request: RequestInput<typeof CreateTopics>) => {
        expect(api).toBe(CreateTopics)
        created.push(request)
        if (creation === ErrorCode.NONE) broker.addTopic('__consumer_offsets', TOPIC_ID, 50)
        return { topics: [{ name: '__consumer_offsets', errorCode: creation, errorMessage: 'because' }] }
      },
    },
  })
})

const HERE = { nodeId: 1, host: 'broker.example', port: 9092 }
const NOWHERE = { nodeId: -1, host: '', port: -1 }

describe('for a group', () => {
  test('makes __consumer_offsets and answers at once with the coordinator', async () => {
    const response = await broker.send(findCoordinator, { coordinatorKeys: ['g'] })
    expect(response.coordinators).toEqual([{ key: 'g', ...HERE, errorCode: 0, errorMessage: '' }])
    expect(created).toEqual([
      {
        timeoutMs: 30_000,
        topics: [
          {
            name: '__consumer_offsets',
            numPartitions: 50,
            replicationFactor: 1,
            configs: [
              { name: 'cleanup.policy', value: 'compact' },
              { name: 'compression.type', value: 'producer' },
              { name: 'segment.bytes', value: '104857600' },
            ],
          },
        ],
      },
    ])
  })

  test('makes the topic once', async () => {
    for (let i = 0; i < 2; i++) await broker.send(findCoordinator, { coordinatorKeys: ['g'] })
    expect(created).toHaveLength(1)
  })

  test('finds the topic that somebody else made meanwhile', async () => {
    creation = ErrorCode.TOPIC_ALREADY_EXISTS
    broker.addTopic('__consumer_offsets', TOPIC_ID, 50)
    const response = await broker.send(findCoordinator, { coordinatorKeys: ['g'] })
    expect(response.coordinators).toMatchObject([HERE])
    expect(warnings).toEqual([])
  })

  test('is not available when the topic cannot be made, and the log says why', async () => {
    creation = ErrorCode.INVALID_REPLICATION_FACTOR
    const response = await broker.send(findCoordinator, { coordinatorKeys: ['g'] })
    expect(response.coordinators).toEqual([
      { key: 'g', ...NOWHERE, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, errorMessage: '' },
    ])
    expect(warnings).toEqual([
      "Auto topic creation failed for __consumer_offsets with error 'INVALID_REPLICATION_FACTOR': because",
    ])
  })

  test('is the leader of the partition that the group id hashes to, where it is alive', async () => {
    broker.addTopic('__consumer_offsets', TOPIC_ID, 50)
    const { partitions } = broker.metadata.topics.byName.get('__consumer_offsets')!
    const partition = partitionForKey('my-group', 50)
    partitions[partition] = { ...partitions[partition]!, leader: 2 }
    const response = await broker.send(findCoordinator, { coordinatorKeys: ['my-group', 'g'] })
    expect(response.coordinators.map((each) => errorName(each.errorCode))).toEqual([
      'COORDINATOR_NOT_AVAILABLE',
      'NONE',
    ])
  })

  test.each([0, 1, 2, 3])('is asked for one by one in version %i', async (version) => {
    const response = await broker.send(findCoordinator, { key: 'g' }, { version })
    expect(response).toMatchObject({ ...HERE, errorCode: 0, errorMessage: version === 0 ? '' : 'NONE' })
  })

  test('takes the right to describe the group', async () => {
    broker.denied.add('DESCRIBE GROUP g')
    const response = await broker.send(findCoordinator, { coordinatorKeys: ['g', 'h'] })
    expect(response.coordinators).toMatchObject([{ errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, ...NOWHERE }, HERE])
    const old = await broker.send(findCoordinator, { key: 'g' }, { version: 3 })
    expect(old).toMatchObject({ ...NOWHERE, errorMessage: 'Group authorization failed.' })
  })
})

describe('of another type', () => {
  test('there is none for transactions yet', async () => {
    const response = await broker.send(findCoordinator, { keyType: 1, coordinatorKeys: ['t'] })
    expect(response.coordinators).toMatchObject([{ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, ...NOWHERE }])
    expect(created).toEqual([])
    broker.denied.add('DESCRIBE TRANSACTIONAL_ID t')
    const denied = await broker.send(findCoordinator, { keyType: 1, coordinatorKeys: ['t'] })
    expect(denied.coordinators).toMatchObject([{ errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED }])
  })

  test.each([
    ['g:AAAAAAAAAAAAAAAAAAAAMQ:0', 6, 'COORDINATOR_NOT_AVAILABLE'],
    ['g:AAAAAAAAAAAAAAAAAAAAMQ', 6, 'INVALID_REQUEST'],
    ['g:AAAAAAAAAAAAAAAAAAAAMQ:0', 5, 'INVALID_REQUEST'],
  ])('the share partition %s, in v%i, is %s', async (key, version, error) => {
    const response = await broker.send(findCoordinator, { keyType: 2, coordinatorKeys: [key] }, { version })
    expect(response.coordinators.map((each) => errorName(each.errorCode))).toEqual([error])
  })

  test('that there is not, the request is invalid', async () => {
    const response = await broker.send(findCoordinator, { keyType: 3, coordinatorKeys: ['a', 'b'] })
    expect(response.coordinators.map((each) => errorName(each.errorCode))).toEqual([
      'INVALID_REQUEST',
      'INVALID_REQUEST',
    ])
  })
})
