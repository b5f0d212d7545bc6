import { expect, test } from 'vitest'
import { ManualClock } from '../../../src/broker/clock.ts'
import { CloseConnection, handler } from '../../../src/broker/handler.ts'
import type { RequestInfo } from '../../../src/broker/request-context.ts'
import { ApiError, ErrorCode } from '../../../src/protocol/error-code.ts'
import { Produce } from '../../../src/protocol/messages/00-produce.ts'
import { Metadata } from '../../../src/protocol/messages/03-metadata.ts'
import { Heartbeat } from '../../../src/protocol/messages/12-heartbeat.ts'
import { ApiVersions } from '../../../src/protocol/messages/18-api-versions.ts'
import type { RequestInput } from '../../../src/protocol/schema.ts'
import { framed, requestFrame } from '../../support/raw-client.ts'
import { deferred, settle, startListener, until } from './harness.ts'

const ACKS_ALL = -1

function produceRequest(acks: number, index: number, size = 61): RequestInput<typeof Produce> {
  return {
    acks,
    timeoutMs: 1000,
    topicData: [{ name: 'orders', partitionData: [{ index, records: Buffer.alloc(size) }] }],
  }
}

/** A Produce handler whose requests the test answers by hand; it notes the order in which they began. */
function manualProduce(options: { queueAppends: boolean }) {
  const begun: number[] = []
  const answers: (() => void)[] = []
  const contexts: RequestInfo[] = []
  const produce = handler<typeof Produce, RequestInfo>(Produce, async (request, context) => {
    const { index } = request.topicData[0]!.partitionData[0]!
    begun.push(index)
    contexts.push(context)
    if (options.queueAppends) context.appendsQueued()
    const { promise, resolve } = deferred<void>()
    answers[index] = () => resolve()
    await promise
    if (request.acks === 0) return undefined
    return { responses: [{ name: 'orders', partitionResponses: [{ index, errorCode: 0, baseOffset: index }] }] }
  })
  return { produce, begun, answers, contexts }
}

test('a request does not begin before the one before it is answered', async () => {
  const { produce, begun, answers } = manualProduce({ queueAppends: false })
  const { connect } = await startListener({ handlers: [produce] })
  const client = await connect()
  for (const index of [0, 1, 2]) client.write(Produce, 9, produceRequest(ACKS_ALL, index))

  await until(() => begun.length > 0)
  await settle()
  expect(begun).toEqual([0])
  answers[0]!()
  await client.receiveFrame()
  await until(() => begun.length === 2)
  expect(begun).toEqual([0, 1])
})

test('a Produce begins once the appends of the one before it are queued, and answers keep the order', async () => {
  const { produce, begun, answers } = manualProduce({ queueAppends: true })
  const { connect } = await startListener({ handlers: [produce] })
  const client = await connect()
  const sent = [0, 1, 2].map((index) => client.write(Produce, 9, produceRequest(ACKS_ALL, index)))

  await until(() => begun.length === 3)
  answers[2]!()
  answers[1]!()
  await settle()
  expect(client.unread).toBe(0)
  answers[0]!()
  const received = [await client.receiveFrame(), await client.receiveFrame(), await client.receiveFrame()]
  expect(received.map((frame) => frame.readInt32BE(0))).toEqual(sent)
})

test('a request that is no Produce waits for the answers of all Produce requests before it', async () => {
  const { produce, begun, answers } = manualProduce({ queueAppends: true })
  const { connect } = await startListener({ handlers: [produce] })
  const client = await connect()
  client.write(Produce, 9, produceRequest(ACKS_ALL, 0))
  client.write(ApiVersions, 0, {})
  client.write(Produce, 9, produceRequest(ACKS_ALL, 1))

  await until(() => begun.length === 1)
  await settle()
  expect([begun, client.unread]).toEqual([[0], 0])
  answers[0]!()
  await until(() => begun.length === 2)
  expect(client.unread).toBe(2)
})

test('a bounded number of Produce requests is under way together', async () => {
  const { produce, begun } = manualProduce({ queueAppends: true })
  const { connect } = await startListener({ handlers: [produce] })
  const client = await connect()
  client.writeBytes(
    Buffer.concat(Array.from({ length: 500 }, (_, i) => requestFrame(Produce, 9, produceRequest(ACKS_ALL, i)))),
  )
  await until(() => begun.length > 0)
  await settle()
  expect(begun.length).toBe(64)
})

test('acks=0 is not answered, and the request after it is', async () => {
  const { produce, begun, answers } = manualProduce({ queueAppends: true })
  const { connect } = await startListener({ handlers: [produce] })
  const client = await connect()
  client.write(Produce, 9, produceRequest(0, 0))
  const answer = client.send(ApiVersions, 0, {})
  await until(() => begun.length === 1)
  answers[0]!()
  expect((await answer).errorCode).toBe(ErrorCode.NONE)
})

test('what an acks=0 producer sent before it left is still served', async () => {
  const begun: number[] = []
  const produce = handler<typeof Produce, RequestInfo>(Produce, async (request) => {
    begun.push(request.topicData[0]!.partitionData[0]!.index)
    await settle()
    return undefined
  })
  const { connect, network } = await startListener({ handlers: [produce] })
  const client = await connect()
  for (let i = 0; i < 5; i++) client.write(Produce, 9, produceRequest(0, i))
  client.socket.end()
  await until(() => network.openConnections.size === 0)
  expect(begun).toEqual([0, 1, 2, 3, 4])
})

test.each([
  ['ends the connection', () => new CloseConnection('failed')],
  ['throws', () => new ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)],
])('an acks=0 Produce whose handler %s closes the connection', async (_, failure) => {
  const produce = handler<typeof Produce, RequestInfo>(Produce, async () => {
    throw failure()
  })
  const { connect } = await startListener({ handlers: [produce] })
  const client = await connect()
  client.write(Produce, 9, produceRequest(0, 0))
  expect(await client.closed).toBeUndefined()
  expect(client.unread).toBe(0)
})

test('a peer that does not read gets one answer; its next request waits until it reads', async () => {
  let begun = 0
  const name = 'n'.repeat(30_000)
  const metadata = handler(Metadata, () => {
    begun++
    return { topics: Array.from({ length: 400 }, () => ({ name, errorCode: 0 })) }
  })
  const { connect, network } = await startListener({ handlers: [metadata] })
  const client = await connect({ paused: true })
  for (let i = 0; i < 4; i++) client.write(Metadata, 8, { topics: null })

  await until(() => begun === 1)
  await settle()
  expect(begun).toBe(1)
  expect(network.unsentBytes).toBeGreaterThan(0)
  client.resume()
  for (let i = 0; i < 4; i++) await client.receiveFrame()
  expect(begun).toBe(4)
  await until(() => network.unsentBytes === 0)
})

test('the signal of parked requests is aborted when their peer leaves', async () => {
  const { produce, contexts, answers } = manualProduce({ queueAppends: true })
  const { connect, network } = await startListener({ handlers: [produce] })
  const client = await connect()
  client.write(Produce, 9, produceRequest(ACKS_ALL, 0))
  await until(() => contexts.length === 1)
  await client.close()
  await until(() => contexts[0]!.signal.aborted)
  answers[0]!()
  await until(() => network.openConnections.size === 0 && network.memory.used === 0)
})

test('received bytes are counted until they are answered', async () => {
  const { produce, begun, answers } = manualProduce({ queueAppends: false })
  const { connect, network } = await startListener({ handlers: [produce] })
  const client = await connect()
  const frame = requestFrame(Produce, 9, produceRequest(ACKS_ALL, 0, 500_000))
  client.writeBytes(frame)
  await until(() => begun.length === 1)
  expect(network.memory.used).toBe(frame.length)
  answers[0]!()
  await client.receiveFrame()
  expect(network.memory.used).toBe(0)
})

test('at the limit unfinished requests wait, but whole ones are served, and all are in the end', async () => {
  const { produce, begun, answers } = manualProduce({ queueAppends: false })
  const queuedBytes = 200_000
  const { connect, network } = await startListener({ handlers: [produce], settings: { queuedBytes } })
  const size = 2_000_000
  const clients = await Promise.all(Array.from({ length: 8 }, () => connect()))
  for (const [i, client] of clients.entries()) client.write(Produce, 9, produceRequest(ACKS_ALL, i, size))

  await until(() => begun.length >= 1)
  await settle()
  // The one that fills the limit alone is under way; those whose turn has not come hold one read each.
  expect(begun.length).toBe(1)
  expect(network.memory.used - size).toBeLessThan(queuedBytes + 8 * 65_536)
  const other = await connect()
  expect((await other.send(ApiVersions, 0, {})).errorCode).toBe(ErrorCode.NONE)

  for (let served = 0; served < clients.length; served++) {
    await until(() => begun.length > served)
    const index = begun[served]!
    answers[index]!()
    await clients[index]!.receiveFrame()
  }
  expect(network.memory.used).toBe(0)
})

test('a length of 100 MB followed by nothing takes no memory and hinders nobody', async () => {
  const { connect, network } = await startListener()
  const prefix = Buffer.from([6, 0x40, 0, 0])
  const idle = await Promise.all(Array.from({ length: 50 }, () => connect()))
  for (const client of idle) client.writeBytes(Buffer.concat([prefix, Buffer.alloc(100)]))
  await until(() => network.memory.used === 50 * 104)
  const client = await connect()
  expect((await client.send(ApiVersions, 0, {})).errorCode).toBe(ErrorCode.NONE)
})

test.each([
  ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xfb]), 'Invalid receive (size = -5)'],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'Invalid receive (size = 1195725856 larger than 104857600)'],
])('%s closes the connection, with the log line of Kafka', async (_, bytes, reason) => {
  const { connect, log, network } = await startListener()
  const client = await connect()
  client.writeBytes(bytes)
  expect(await client.closed).toBeUndefined()
  expect(client.ended).toBe(true)
  expect(log.join('')).toContain('WARN [SocketServer listenerType=BROKER, nodeId=1] Unexpected error from /127.0.0.1 (')
  expect(log.join('')).toContain(`InvalidReceiveException: ${reason}`)
  await until(() => network.memory.used === 0)
})

test('requests before garbage are answered before the connection closes', async () => {
  const { connect } = await startListener()
  const client = await connect()
  const good = requestFrame(ApiVersions, 0, {}, { correlationId: 7 })
  client.writeBytes(Buffer.concat([good, framed(Buffer.from([0, 3, 0]))]))
  expect((await client.receiveFrame()).readInt32BE(0)).toBe(7)
  await expect(client.receiveFrame()).rejects.toThrow()
})

test('a connection that is silent for connections.max.idle.ms is closed, and one that talks is not', async () => {
  const clock = new ManualClock()
  const { connect } = await startListener({ clock, settings: { maxIdleMs: 1000 } })
  const [silent, talking] = [await connect(), await connect()]
  await talking.send(ApiVersions, 0, {})
  await clock.advance(600)
  await talking.send(ApiVersions, 0, {})
  await clock.advance(600)
  await silent.closed
  expect((await talking.send(ApiVersions, 0, {})).errorCode).toBe(ErrorCode.NONE)
})

test('before it has authenticated a peer may ask for ApiVersions and nothing else', async () => {
  const heartbeat = handler(Heartbeat, () => ({}))
  const { connect, log } = await startListener({ handlers: [heartbeat], listener: { principal: undefined } })
  const client = await connect()
  expect((await client.send(ApiVersions, 0, {})).errorCode).toBe(ErrorCode.NONE)
  client.write(Heartbeat, 0, { groupId: 'g' })
  await client.closed
  expect(log.join('')).toContain('Unexpected Kafka request of type HEARTBEAT during SASL handshake.')
})

test('a connection full of small requests leaves the others their turn', async () => {
  let begun = 0
  let mostInATurn = 0
  const heartbeat = handler(Heartbeat, () => {
    begun++
    return {}
  })
  const { connect } = await startListener({ handlers: [heartbeat] })
  const client = await connect()
  const count = 3000
  const one = requestFrame(Heartbeat, 0, { groupId: 'g' })
  client.writeBytes(Buffer.concat(Array.from({ length: count }, () => one)))
  for (let seen = 0; begun < count; ) {
    await new Promise((resolve) => setImmediate(resolve))
    mostInATurn = Math.max(mostInATurn, begun - seen)
    seen = begun
  }
  // At most 16 when its turn comes, and as many when more bytes arrive.
  expect(mostInATurn).toBeLessThanOrEqual(48)
})

test('bytes claimed for an answer are not left for others until it leaves', async () => {
  const { promise, resolve } = deferred<void>()
  const granted: number[] = []
  const heartbeat = handler<typeof Heartbeat, RequestInfo>(Heartbeat, async (_, context) => {
    granted.push(context.claimResponseBytes(25_000_000))
    if (granted.length === 1) context.returnResponseBytes(5_000_000)
    await promise
    return {}
  })
  const { connect, network } = await startListener({ handlers: [heartbeat] })
  const all = network.responseBytesLeft
  const clients = [await connect(), await connect(), await connect()]
  const answers = clients.map((client) => client.send(Heartbeat, 0, { groupId: 'g' }))
  await until(() => granted.length === 3)
  expect(granted).toEqual([25_000_000, all - 20_000_000, 0])
  expect(network.responseBytesLeft).toBe(0)
  resolve()
  await Promise.all(answers)
  expect(network.responseBytesLeft).toBe(all)
})
