/** A broker whose answers a test writes, for what a real one does only now and then: errors, silence, lost connections. */
import { createServer, type Socket } from 'node:net'
import { decode, encode } from '../../src/protocol/codec.ts'
import { RequestHeader, ResponseHeader } from '../../src/protocol/headers.ts'
import { ApiVersions } from '../../src/protocol/messages/18-api-versions.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { type AnyApi, isFlexible, type RequestOf, type ResponseInput } from '../../src/protocol/schema.ts'
import { Writer } from '../../src/protocol/writer.ts'

/** No answer, ever; or the connection is closed instead of one. */
export type NoAnswer = 'silence' | 'disconnect'

export interface FakeHandler {
  readonly api: AnyApi
  readonly versions?: readonly [number, number]
  answer(request: never, version: number): unknown
}

export function answering<A extends AnyApi>(
  api: A,
  answer: (
    request: RequestOf<A>,
    version: number,
  ) => ResponseInput<A> | NoAnswer | Promise<ResponseInput<A> | NoAnswer>,
  versions?: readonly [number, number],
): FakeHandler {
  return { api, answer, ...(versions ? { versions } : {}) }
}

export interface FakeBroker {
  readonly host: string
  readonly port: number
  readonly bootstrapServers: string
  /** Names of the APIs that were asked for, in order, ApiVersions among them. */
  readonly requests: string[]
  /** Closes every connection now. */
  disconnectAll(): void
  stop(): Promise<void>
}

/** Listens on a port of the system's choice; serves ApiVersions by itself from the list of handlers. */
export async function startFakeBroker(handlers: readonly FakeHandler[]): Promise<FakeBroker> {
  const sockets = new Set<Socket>()
  const requests: string[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    serve(socket, handlers, requests)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const disconnectAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    host: '127.0.0.1',
    port,
    bootstrapServers: `127.0.0.1:${port}`,
    requests,
    disconnectAll,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        disconnectAll()
      }),
  }
}

function serve(socket: Socket, handlers: readonly FakeHandler[], requests: string[]): void {
  let buffered = Buffer.alloc(0)
  let previous: Promise<void> = Promise.resolve()
  socket.on('data', (chunk) => {
    buffered = Buffer.concat([buffered, chunk])
    while (buffered.length >= 4 && buffered.length >= 4 + buffered.readInt32BE(0)) {
      const frame = buffered.subarray(4, 4 + buffered.readInt32BE(0))
      buffered = buffered.subarray(4 + frame.length)
      previous = previous.then(() => answerFrame(socket, frame, handlers, requests))
    }
  })
}

async function answerFrame(
  socket: Socket,
  frame: Buffer,
  handlers: readonly FakeHandler[],
  requests: string[],
): Promise<void> {
  const [key, version] = [frame.readInt16BE(0), frame.readInt16BE(2)]
  const all = [...handlers, answering(ApiVersions, () => apiVersions(handlers))]
  const handler = all.find(({ api }) => api.key === key)
  if (!handler) throw new Error(`no answer to API ${key}`)
  const { api } = handler
  requests.push(api.name)
  const reader = new Reader(frame)
  const { correlationId } = decode(RequestHeader, isFlexible(api, version) ? 2 : 1, reader)
  const answer = await handler.answer(decode(api.request, version, reader) as never, version)
  if (answer === 'disconnect') socket.destroy()
  if (answer === 'disconnect' || answer === 'silence') return
  const writer = new Writer()
  const isVersions = api.key === ApiVersions.key
  encode(ResponseHeader, isFlexible(api, version) && !isVersions ? 1 : 0, { correlationId }, writer)
  // An unknown version of ApiVersions is answered in version 0 (KIP-511).
  const asVersion = isVersions && (answer as { errorCode?: number }).errorCode === 35 ? 0 : version
  encode(api.response, asVersion, answer as ResponseInput<AnyApi>, writer)
  const payload = writer.toBuffer()
  const size = Buffer.alloc(4)
  size.writeInt32BE(payload.length)
  if (!socket.destroyed) socket.write(Buffer.concat([size, payload]))
}

function apiVersions(handlers: readonly FakeHandler[]) {
  const ranges = handlers.map(({ api, versions }) => ({
    apiKey: api.key,
    minVersion: (versions ?? api.versions)[0],
    maxVersion: (versions ?? api.versions)[1],
  }))
  return { apiKeys: [...ranges, { apiKey: ApiVersions.key, minVersion: 0, maxVersion: 4 }] }
}
