import { expect, test } from 'vitest'
import { handler } from '../../src/broker/handler.ts'
import type { RequestInfo } from '../../src/broker/request-context.ts'
import { ApiError, ErrorCode } from '../../src/protocol/error-code.ts'
import { Produce } from '../../src/protocol/messages/00-produce.ts'
import { ListOffsets } from '../../src/protocol/messages/02-list-offsets.ts'
import { Metadata } from '../../src/protocol/messages/03-metadata.ts'
import { Heartbeat } from '../../src/protocol/messages/12-heartbeat.ts'
import { InitProducerId } from '../../src/protocol/messages/22-init-producer-id.ts'
import { framed, requestFrame } from '../support/raw-client.ts'
import { startListener, until } from './network/harness.ts'

const metadata = handler(Metadata, (request) => ({
  topics: (request.topics ?? []).map(({ name }) => ({ name, errorCode: 0 })),
}))

/** A Metadata request v1 whose body is `body`, with its length. */
function metadataV1(body: number[]): Buffer {
  return framed(Buffer.from([0, 3, 0, 1, 0, 0, 0, 9, 0xff, 0xff, ...body]))
}

test('serves an API in its oldest and newest version', async () => {
  const { connect } = await startListener({ handlers: [metadata] })
  const client = await connect()
  for (const version of [0, 8, 9, 13]) {
    const { topics } = await client.send(Metadata, version, { topics: [{ name: 'orders' }] })
    expect(topics.map(({ name }) => name)).toEqual(['orders'])
  }
})

test('a handler finds the services of its broker and what is known of the request', async () => {
  const seen: object[] = []
  const inspecting = handler<typeof Heartbeat, RequestInfo & { colour: string }>(Heartbeat, (_, context) => {
    const { apiKey, apiVersion, clientId, clientAddress, listenerName, principal, colour } = context
    seen.push({ apiKey, apiVersion, clientId, clientAddress, listenerName, principal, colour })
    expect(context.connectionId).toMatch(/^127\.0\.0\.1:\d+-127\.0\.0\.1:\d+-0-\d+$/)
    expect(context.authorizer.allows('READ', 'GROUP', 'g')).toBe(true)
    expect(context.responseBytesLeft).toBeGreaterThan(0)
    return {}
  })
  const { connect } = await startListener({ handlers: [inspecting], services: { colour: 'red' } })
  await (await connect({ clientId: 'me' })).send(Heartbeat, 3, { groupId: 'g' })
  await (await connect({ clientId: null })).send(Heartbeat, 3, { groupId: 'g' })
  const known = {
    apiKey: 12,
    apiVersion: 3,
    clientAddress: '127.0.0.1',
    listenerName: 'PLAINTEXT',
    principal: { type: 'User', name: 'ANONYMOUS' },
    colour: 'red',
  }
  expect(seen).toEqual([
    { ...known, clientId: 'me' },
    { ...known, clientId: '' },
  ])
})

const refused: [string, Buffer, string][] = [
  ['an empty frame', framed(Buffer.alloc(0)), 'Error parsing request header. Our best guess of the apiKeyId is: -1'],
  [
    'half a header',
    framed(Buffer.from([0, 3, 0])),
    'Error parsing request header. Our best guess of the apiKeyId is: 3',
  ],
  [
    'an unknown API',
    framed(Buffer.from([1, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff])),
    'Caused by: java.lang.IllegalArgumentException: Unexpected api key: 256',
  ],
  [
    'a removed API',
    framed(Buffer.from([0, 4, 0, 0, 0, 0, 0, 1, 0xff, 0xff])),
    'InvalidRequestException: Unsupported api with key 4 (LeaderAndIsr) and version 0',
  ],
  [
    'a version there is not',
    framed(Buffer.from([0, 3, 0, 99, 0, 0, 0, 1, 0xff, 0xff, 0])),
    'UnsupportedVersionException: Received request for api with key 3 (Metadata) and unsupported version 99',
  ],
  [
    'an API of the other kind of listener',
    framed(Buffer.from([0, 52, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0, 0])),
    'InvalidRequestException: Received request for disabled api with key 52 (Vote) and version 0',
  ],
  [
    'an unstable version',
    requestFrame(InitProducerId, 6, {}),
    'InvalidRequestException: Received request for disabled api with key 22 (InitProducerId) and version 6',
  ],
  ['a truncated body', metadataV1([0, 0]), 'Error getting request for apiKey: METADATA, apiVersion: 1, connectionId: '],
  [
    'an array longer than the frame',
    metadataV1([0x7f, 0xff, 0xff, 0xff]),
    'Error getting request for apiKey: METADATA',
  ],
]

test.each(refused)('%s closes the connection, logs as Kafka does, and hurts nobody else', async (_, bytes, text) => {
  const initProducerId = handler(InitProducerId, () => ({}))
  const { connect, log, network } = await startListener({ handlers: [metadata, initProducerId] })
  const [hostile, other] = [await connect(), await connect()]
  hostile.writeBytes(bytes)
  expect(await hostile.closed).toBeUndefined()
  expect([hostile.ended, hostile.unread]).toEqual([true, 0])
  expect(log.join('')).toMatch(/ERROR Closing socket for \S+ because of error \(kafka\.network\.Processor\)/)
  expect(log.join('')).toContain(text)
  expect((await other.send(Metadata, 1, { topics: [] })).topics).toEqual([])
  await until(() => network.memory.used === 0)
})

test('bytes after a request are ignored, as Kafka does', async () => {
  const { connect } = await startListener({ handlers: [metadata] })
  const client = await connect()
  client.writeBytes(metadataV1([0, 0, 0, 0, 9, 9, 9]))
  expect((await client.receiveFrame()).readInt32BE(0)).toBe(9)
})

test('an ApiError becomes the error response of its API, with each item of the request', async () => {
  const failing = handler(ListOffsets, () => {
    throw new ApiError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  })
  const { connect, log } = await startListener({ handlers: [failing] })
  const { topics } = await (await connect()).send(ListOffsets, 5, {
    replicaId: -1,
    topics: [{ name: 'orders', partitions: [{ partitionIndex: 3, timestamp: -1 }] }],
  })
  expect(topics).toEqual([
    {
      name: 'orders',
      partitions: [{ partitionIndex: 3, errorCode: 14, timestamp: -1, offset: -1, leaderEpoch: -1 }],
    },
  ])
  expect(log.join('')).not.toContain('ERROR')
})

test('anything else that a handler throws is UNKNOWN_SERVER_ERROR and an ERROR line with its stack', async () => {
  const failing = handler(Heartbeat, async () => {
    throw new TypeError('a mistake of ours')
  })
  const { connect, log } = await startListener({ handlers: [failing] })
  const client = await connect()
  expect((await client.send(Heartbeat, 4, { groupId: 'g' })).errorCode).toBe(ErrorCode.UNKNOWN_SERVER_ERROR)
  expect(log.join('')).toContain('ERROR [KafkaApi-1] Unexpected error handling request RequestHeader(apiKey=HEARTBEAT,')
  expect(log.join('')).toMatch(/TypeError: a mistake of ours\n\s+at .*dispatch\.test/)
  expect((await client.send(Heartbeat, 4, { groupId: 'g' })).errorCode).toBe(ErrorCode.UNKNOWN_SERVER_ERROR)
})

test('an answer that cannot be encoded is UNKNOWN_SERVER_ERROR too', async () => {
  const failing = handler(Metadata, () => ({ clusterId: 'x'.repeat(40_000) }))
  const { connect, log } = await startListener({ handlers: [failing] })
  const { topics } = await (await connect()).send(Metadata, 5, { topics: [{ name: 'orders' }] })
  expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([['orders', ErrorCode.UNKNOWN_SERVER_ERROR]])
  expect(log.join('')).toContain('RangeError')
})

test('two brokers in one process share nothing', async () => {
  const which = handler<typeof Metadata, RequestInfo & { name: string }>(Metadata, (_, { name }) => ({
    clusterId: name,
  }))
  const [one, two] = [
    await startListener({ handlers: [which], services: { name: 'one' } }),
    await startListener({ handlers: [which], services: { name: 'two' } }),
  ]
  const [first, second] = [await one.connect(), await two.connect()]
  expect((await first.send(Metadata, 2, { topics: [] })).clusterId).toBe('one')
  expect((await second.send(Metadata, 2, { topics: [] })).clusterId).toBe('two')
})

test('requests are counted by API and version when somebody listens', async () => {
  const counts = new Map<string, number>()
  const bump = (name: string, tags: object = {}) => {
    const key = `${name},${Object.entries(tags)
      .map(([tag, value]) => `${tag}=${value}`)
      .join(',')}`
    return { add: (count: number) => counts.set(key, (counts.get(key) ?? 0) + count), record() {} }
  }
  const metrics = { isRecording: true, counter: bump, histogram: bump, gauge: () => () => {} }
  const { connect } = await startListener({ handlers: [metadata], metrics })
  const client = await connect()
  for (const version of [1, 1, 2]) await client.send(Metadata, version, { topics: [] })
  expect(Object.fromEntries(counts)).toEqual({
    'kafka.network:type=RequestMetrics,name=RequestsPerSec,request=Metadata,version=1': 2,
    'kafka.network:type=RequestMetrics,name=RequestsPerSec,request=Metadata,version=2': 1,
  })
})

test('acks=0 and a failure: the connection closes without an answer', async () => {
  const failing = handler(Produce, () => {
    throw new ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  })
  const { connect } = await startListener({ handlers: [failing] })
  const client = await connect()
  client.write(Produce, 3, { acks: 0, timeoutMs: 1, topicData: [] })
  await client.closed
  expect(client.unread).toBe(0)
})
