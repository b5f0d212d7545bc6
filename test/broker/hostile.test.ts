/** Clients that mean harm, or are broken, at a whole broker: it answers an error or closes, and goes on. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROKER_APIS } from '../../src/broker/apis.ts'
import { type Logger, lineLogger } from '../../src/broker/logger.ts'
import { encode } from '../../src/protocol/codec.ts'
import { ErrorCode } from '../../src/protocol/error-code.ts'
import { RequestHeader } from '../../src/protocol/headers.ts'
import { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import { ListOffsets } from '../../src/protocol/messages/02-list-offsets.ts'
import { ApiVersions } from '../../src/protocol/messages/18-api-versions.ts'
import { DeleteTopics } from '../../src/protocol/messages/20-delete-topics.ts'
import { type AnyApi, isFlexible } from '../../src/protocol/schema.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { ZERO_UUID } from '../../src/storage/uuid.ts'
import { startBroker, type TestBroker } from '../../src/testing/start-broker.ts'
import { anyMessage } from '../support/arbitrary-message.ts'
import { createTopic, findCoordinator, produce, readPartition, topicsOf } from '../support/plain-client.ts'
import { decodeResponse, framed, RawClient } from '../support/raw-client.ts'

const MiB = 1024 * 1024
/** How long an answer may take before it counts as a long poll: the client goes away then. */
const PATIENCE_MS = 150

let broker: TestBroker
const log: string[] = []

const portOf = ({ bootstrapServers }: TestBroker) => Number(bootstrapServers.split(':')[1])
const logger: Logger = lineLogger((line) => log.push(line))

beforeAll(async () => {
  broker = await startBroker({ topics: ['orders'], logger })
})

afterAll(() => broker.stop())

/** Errors of our own making; what clients do wrong is no error of the broker. */
function mistakes(): string[] {
  return log.filter((line) => /TypeError|RangeError|ReferenceError|AssertionError|Unexpected error/.test(line))
}

async function serves(): Promise<void> {
  const client = await RawClient.connect(portOf(broker))
  expect((await client.send(ApiVersions, 0, {})).errorCode).toBe(0)
  const offset = await produce(client, { topic: 'orders', values: ['still here'] })
  expect((await readPartition(client, 'orders', 0, { from: offset }))[0]?.value?.toString()).toBe('still here')
  await client.close()
}

/** A header of the right version, and any bytes as the request. */
function frameOf(api: AnyApi, version: number, body: Uint8Array): Buffer {
  const writer = new Writer()
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId: 7, clientId: 'hostile' }
  encode(RequestHeader, isFlexible(api, version) ? 2 : 1, header, writer)
  return framed(Buffer.concat([writer.toBuffer(), body]))
}

/** Sends, ends its side, and waits until the broker has ended the other; goes away if it is a long poll. */
async function sendAndLeave(bytes: Buffer): Promise<Buffer[]> {
  const client = await RawClient.connect(portOf(broker))
  const answers: Buffer[] = []
  const timer = setTimeout(() => client.socket.destroy(), PATIENCE_MS)
  client.writeBytes(bytes)
  client.socket.end()
  const first = await client.receiveFrame().catch(() => undefined)
  if (first) answers.push(first)
  client.socket.destroy()
  await client.closed
  clearTimeout(timer)
  return answers
}

const EVERY_VERSION = BROKER_APIS.map(({ api }) => api).flatMap((api) =>
  Array.from({ length: api.versions[1] - api.versions[0] + 1 }, (_, i) => ({ api, version: api.versions[0] + i })),
)

/** Runs a few at a time: one by one would take long, all at once would queue. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < items.length) await work(items[next++]!)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

describe('after a valid header', () => {
  test.each<[string, Buffer[]]>([
    ['nothing', [Buffer.alloc(0)]],
    ['random bytes', fc.sample(fc.uint8Array({ maxLength: 300 }), { seed: 3, numRuns: 3 }).map(Buffer.from)],
    ['the largest int32 in every place', [Buffer.alloc(64, Buffer.from([0x7f, 0xff, 0xff, 0xff]))]],
    ['the largest varint in every place', [Buffer.alloc(60, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]))]],
    ['a varint without end', [Buffer.alloc(200, 0xff)]],
    ['zeros', [Buffer.alloc(400)]],
    ['ones', [Buffer.alloc(400, 1)]],
  ])('%s at every version of every API', async (_, bodies) => {
    const before = process.memoryUsage()
    const requests = EVERY_VERSION.flatMap((target) => bodies.map((body) => ({ ...target, body })))
    await inParallel(requests, async ({ api, version, body }) => {
      for (const answer of await sendAndLeave(frameOf(api, version, body))) decodeResponse(api, version, answer)
    })
    await serves()
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(50 * MiB)
    expect(mistakes()).toEqual([])
  })

  test('well-formed requests with any content are answered in their schema', async () => {
    const requests = EVERY_VERSION.flatMap(({ api, version }) =>
      fc
        .sample(anyMessage(api.request, version), { seed: api.key * 100 + version, numRuns: 4 })
        .map((content) => ({ api, version, content })),
    )
    await inParallel(requests, async ({ api, version, content }) => {
      const writer = new Writer()
      encode(api.request, version, content as never, writer)
      for (const answer of await sendAndLeave(frameOf(api, version, writer.toBuffer()))) {
        decodeResponse(api, version, answer)
      }
    })
    await serves()
    expect(mistakes()).toEqual([])
  })

  test('requests about a topic and group that exist are answered in their schema, whatever else they say', async () => {
    const client = await RawClient.connect(portOf(broker))
    const topicId = (await topicsOf(client)).get('orders')!.id
    await findCoordinator(client, GROUP)
    await client.close()
    const requests = EVERY_VERSION.filter(({ api }) => api !== DeleteTopics).flatMap(({ api, version }) =>
      fc
        .sample(anyMessage(api.request, version), { seed: api.key * 100 + version, numRuns: 6 })
        .map((content) => ({ api, version, content: aboutWhatExists(content, topicId) })),
    )
    await inParallel(requests, async ({ api, version, content }) => {
      const writer = new Writer()
      encode(api.request, version, content as never, writer)
      for (const answer of await sendAndLeave(frameOf(api, version, writer.toBuffer()))) {
        decodeResponse(api, version, answer)
      }
    })
    await serves()
    expect(mistakes()).toEqual([])
  })
})

const GROUP = 'billing'

/** The same request with the names of what is there, so that it gets past the first look. */
function aboutWhatExists(value: unknown, topicId: string, key = ''): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => aboutWhatExists(item, topicId, key))
  }
  if (typeof value === 'string') {
    // The default of a field that this version lacks must stay.
    if (value === '' || value === ZERO_UUID) return value
    if (key === 'topicId') return topicId
    if (/^(name|topic|topics|topicNames|resourceName)$/.test(key)) return 'orders'
    return /^(groupId|key|coordinatorKeys|groups|groupsNames)$/.test(key) ? GROUP : value
  }
  if (typeof value === 'number') return /^(index|partition|partitionIndex|partitionIndexes)$/.test(key) ? 0 : value
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, aboutWhatExists(inner, topicId, name)]))
}

describe('frames', () => {
  test.each([
    ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xff, 0])],
    ['a length beyond socket.request.max.bytes', Buffer.from([0x7f, 0xff, 0xff, 0xff, 0])],
    ['an empty frame', framed(Buffer.alloc(0))],
    ['half a header', framed(Buffer.from([0, 3, 0]))],
    ['an unknown API', framed(Buffer.from([0x7f, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff]))],
    ['a line of HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ])('%s ends the connection without an answer', async (_, bytes) => {
    expect(await sendAndLeave(bytes)).toEqual([])
    await serves()
  })

  test('that stop in the middle end with their connection', async () => {
    const whole = frameOf(Fetch, 12, Buffer.alloc(200, 1))
    await inParallel(
      Array.from({ length: 40 }, (_, i) => i),
      async (i) => {
        expect(await sendAndLeave(whole.subarray(0, Math.floor((whole.length * i) / 40)))).toEqual([])
      },
    )
    await serves()
  })
})

test('a version that is not served ends the connection, but for ApiVersions', async () => {
  for (const { api } of BROKER_APIS) {
    for (const version of [api.versions[1] + 1, 0x7fff, -1]) {
      const answers = await sendAndLeave(frameOf(api, version, Buffer.alloc(20)))
      if (api.key !== ApiVersions.key) expect(answers, `${api.name} v${version}`).toEqual([])
      else {
        const { response } = decodeResponse(ApiVersions, 0, answers[0]!)
        expect(response.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION)
        expect(response.apiKeys).toContainEqual({ apiKey: 18, minVersion: 0, maxVersion: 4 })
      }
    }
  }
  await serves()
})

test('300 idle connections cost little and delay nobody', async () => {
  const before = process.memoryUsage().rss
  const idle = await Promise.all(Array.from({ length: 300 }, () => RawClient.connect(portOf(broker))))
  await serves()
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * MiB)
  await Promise.all(idle.map((client) => client.close()))
  await serves()
})

test('readers that do not read hold a bounded part of the memory', async () => {
  const client = await RawClient.connect(portOf(broker))
  await createTopic(client, 'large')
  for (let i = 0; i < 8; i++) await produce(client, { topic: 'large', values: ['x'.repeat(900_000)] })
  const before = process.memoryUsage()
  const slow = await Promise.all(Array.from({ length: 40 }, () => RawClient.connect(portOf(broker), { paused: true })))
  for (const reader of slow) {
    for (let i = 0; i < 10; i++) {
      reader.write(Fetch, 12, {
        maxWaitMs: 0,
        minBytes: 1,
        topics: [{ topic: 'large', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 8 * MiB }] }],
      })
    }
  }
  for (let i = 0; i < 5; i++) await serves()
  // 40 readers times 10 answers of 7 MB would be 2.8 GB.
  expect(process.memoryUsage().rss - before.rss).toBeLessThan(250 * MiB)
  await Promise.all(slow.map((reader) => reader.close()))
  await serves()
  await client.close()
})

test('stop answers 100 parked long polls and closes every connection in good order within two seconds', async () => {
  const own = await startBroker({ topics: ['quiet'] })
  const clients = await Promise.all(Array.from({ length: 100 }, () => RawClient.connect(portOf(own))))
  const polls = clients.map((client) =>
    client.send(Fetch, 12, {
      maxWaitMs: 60_000,
      minBytes: 1,
      topics: [{ topic: 'quiet', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MiB }] }],
    }),
  )
  // Parked for sure: a later request of another connection has been answered.
  const other = await RawClient.connect(portOf(own))
  await other.send(ListOffsets, 7, { topics: [{ name: 'quiet', partitions: [{ partitionIndex: 0, timestamp: -1 }] }] })
  const startedMs = Date.now()
  await own.stop()
  expect(Date.now() - startedMs).toBeLessThan(2000)
  for (const answer of await Promise.all(polls)) {
    expect([ErrorCode.NONE, ErrorCode.NOT_LEADER_OR_FOLLOWER]).toContain(
      answer.responses[0]?.partitions[0]?.errorCode ?? ErrorCode.NONE,
    )
  }
  for (const client of [...clients, other]) {
    expect(await client.closed).toBeUndefined()
    expect(client.ended).toBe(true)
  }
})
