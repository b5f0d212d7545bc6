import { createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Connection } from '../../src/client/connection.ts'
import { encodeToBuffer } from '../../src/protocol/codec.ts'
import { Heartbeat } from '../../src/protocol/messages/12-heartbeat.ts'
import { ApiVersions } from '../../src/protocol/messages/18-api-versions.ts'
import { answering, type FakeBroker, type FakeHandler, startFakeBroker } from '../support/fake-broker.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function connectTo(
  handlers: readonly FakeHandler[],
  options: { requestTimeoutMs?: number } = {},
): Promise<{ broker: FakeBroker; connection: Connection }> {
  const broker = await startFakeBroker(handlers)
  cleanups.push(() => broker.stop())
  const connection = await Connection.open({ host: broker.host, port: broker.port, clientId: 'test', ...options })
  cleanups.push(() => connection.close())
  return { broker, connection }
}

const heartbeat = (groupId: string) => ({ groupId, generationId: 1, memberId: 'm' })

/** A server that answers each connection's first request with ApiVersions, and everything after with given bytes. */
async function hostileServer(reply: (socket: Socket, request: Buffer) => void): Promise<number> {
  const server = createServer((socket) => {
    let isFirst = true
    socket.on('error', () => socket.destroy())
    socket.on('data', (data) => {
      if (!isFirst) {
        reply(socket, data)
        return
      }
      isFirst = false
      const ranges = [{ apiKey: Heartbeat.key, minVersion: 0, maxVersion: 4 }]
      const body = encodeToBuffer(ApiVersions.response, 4, { apiKeys: ranges })
      socket.write(frame(Buffer.concat([data.subarray(8, 12), body])))
    })
    cleanups.push(() => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as { port: number }).port
}

function frame(payload: Buffer, size = payload.length): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(size)
  return Buffer.concat([length, payload])
}

async function sendToHostile(reply: (socket: Socket, request: Buffer) => void): Promise<unknown> {
  const connection = await Connection.open({ host: '127.0.0.1', port: await hostileServer(reply), clientId: 'test' })
  cleanups.push(() => connection.close())
  return connection.send(Heartbeat, 'newest', heartbeat('g'))
}

test('answers reach the requests they belong to, whatever is in flight', async () => {
  const { connection } = await connectTo([answering(Heartbeat, ({ groupId }) => ({ errorCode: groupId.length }))])

  const answers = await Promise.all(
    ['a', 'bb', 'ccc', 'dddd'].map((groupId) => connection.send(Heartbeat, 'newest', heartbeat(groupId))),
  )

  expect(answers.map(({ errorCode }) => errorCode)).toEqual([1, 2, 3, 4])
})

test('the newest version that both sides know is spoken', async () => {
  const versions: number[] = []
  const { connection } = await connectTo([
    answering(
      Heartbeat,
      (_, version) => {
        versions.push(version)
        return {}
      },
      [1, 3],
    ),
  ])

  await connection.send(Heartbeat, 'newest', heartbeat('g'))

  expect(versions).toEqual([3])
})

test('an API that the broker does not serve fails without a request', async () => {
  const { connection, broker } = await connectTo([])

  await expect(connection.send(Heartbeat, 'newest', heartbeat('g'))).rejects.toThrow(
    'The node does not support Heartbeat',
  )
  expect(broker.requests).toEqual(['ApiVersions'])
})

test('a broker that knows only older versions of ApiVersions is asked again in one of those (KIP-511)', async () => {
  const asked: number[] = []
  const { connection } = await connectTo([
    answering(Heartbeat, () => ({ errorCode: 0 })),
    answering(ApiVersions, (_, version) => {
      asked.push(version)
      const apiKeys = [
        { apiKey: ApiVersions.key, minVersion: 0, maxVersion: 2 },
        { apiKey: Heartbeat.key, minVersion: 0, maxVersion: 2 },
      ]
      return { errorCode: version > 2 ? 35 : 0, apiKeys }
    }),
  ])

  expect(asked).toEqual([4, 2])
  expect(connection.versionOf(Heartbeat)).toBe(2)
})

test('a request that is not answered in time closes the connection, and everything in flight fails', async () => {
  const { connection } = await connectTo([answering(Heartbeat, () => 'silence' as const)], { requestTimeoutMs: 20 })

  const outcomes = await Promise.allSettled([
    connection.send(Heartbeat, 'newest', heartbeat('g')),
    connection.send(Heartbeat, 'newest', heartbeat('h'), 10_000),
  ])

  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(connection.isClosed).toBe(true)
})

test('a lost connection fails what was not answered with a retriable error', async () => {
  const { connection } = await connectTo([answering(Heartbeat, () => 'disconnect' as const)])

  await expect(connection.send(Heartbeat, 'newest', heartbeat('g'))).rejects.toMatchObject({
    javaClass: 'org.apache.kafka.common.errors.DisconnectException',
    retriable: true,
  })
})

test('an answer that arrives byte by byte is read', async () => {
  const answer = (socket: Socket, request: Buffer) => {
    const body = encodeToBuffer(Heartbeat.response, 4, { errorCode: 27 })
    const bytes = frame(Buffer.concat([request.subarray(8, 12), Buffer.from([0]), body]))
    const next = (at: number) => {
      if (at < bytes.length) socket.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1))
    }
    next(0)
  }

  expect(await sendToHostile(answer)).toMatchObject({ errorCode: 27 })
})

test.each([
  ['a negative length', (socket: Socket) => socket.write(frame(Buffer.alloc(0), -5))],
  ['a length of 2 GB', (socket: Socket) => socket.write(frame(Buffer.alloc(0), 0x7fffffff))],
  ['an answer that is cut off', (socket: Socket, request: Buffer) => socket.write(frame(request.subarray(8, 12)))],
  ['the answer to another request', (socket: Socket) => socket.write(frame(Buffer.alloc(20, 1)))],
])('%s ends the connection with a clear error', async (_, reply) => {
  await expect(sendToHostile(reply)).rejects.toMatchObject({
    javaClass: 'org.apache.kafka.common.errors.DisconnectException',
  })
})
