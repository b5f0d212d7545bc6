/**
 * A small Kafka client for tests: any API at any version, and any bytes at all. Requests are matched with answers by
 * order, as Kafka promises; correlation ids are checked. It shares only the codecs with the broker.
 */
import { connect, type Socket } from 'node:net'
import { decode, encode } from '../../src/protocol/codec.ts'
import { RequestHeader, ResponseHeader } from '../../src/protocol/headers.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { type AnyApi, isFlexible, type RequestInput, type ResponseOf } from '../../src/protocol/schema.ts'
import { Writer } from '../../src/protocol/writer.ts'

/** ApiVersions answers with header v0 in every version, so that a client can read it whatever the broker is. */
const API_VERSIONS_KEY = 18

export interface RawClientOptions {
  readonly host?: string
  readonly clientId?: string | null
  /** Do not read from the socket until `resume` is called. */
  readonly paused?: boolean
}

/** One request as bytes, with its length in front. */
export function requestFrame<A extends AnyApi>(
  api: A,
  version: number,
  request: RequestInput<A>,
  header: { correlationId?: number; clientId?: string | null } = {},
): Buffer {
  const writer = new Writer()
  const headerVersion = isFlexible(api, version) ? 2 : 1
  encode(
    RequestHeader,
    headerVersion,
    {
      requestApiKey: api.key,
      requestApiVersion: version,
      correlationId: header.correlationId ?? 0,
      clientId: header.clientId === undefined ? 'raw-client' : header.clientId,
    },
    writer,
  )
  encode(api.request, version, request, writer)
  return framed(writer.toBuffer())
}

/** `length int32 | payload` */
export function framed(payload: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(payload.length)
  return Buffer.concat([size, payload])
}

/** Reads a response whose length has been taken off. */
export function decodeResponse<A extends AnyApi>(
  api: A,
  version: number,
  payload: Buffer,
): { correlationId: number; response: ResponseOf<A> } {
  const reader = new Reader(payload)
  const headerVersion = api.key !== API_VERSIONS_KEY && isFlexible(api, version) ? 1 : 0
  const { correlationId } = decode(ResponseHeader, headerVersion, reader)
  const response = decode(api.response, version, reader) as ResponseOf<A>
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes left after ${api.name} response v${version}`)
  return { correlationId, response }
}

export class RawClient {
  readonly socket: Socket
  /** Resolves when the connection is over; with the error, if it was reset. */
  readonly closed: Promise<Error | undefined>
  /** Whether the peer ended the stream in good order (FIN), seen once everything it sent has been read. */
  ended = false
  readonly clientId: string | null
  private nextCorrelationId = 1
  private chunks: Buffer[] = []
  private pendingBytes = 0
  /** Bytes that must have arrived before there is anything to cut: a length, then a whole frame. */
  private neededBytes = 4
  private frames: Buffer[] = []
  private waiters: { resolve: (frame: Buffer) => void; reject: (error: Error) => void }[] = []
  private failure: Error | undefined

  private constructor(socket: Socket, options: RawClientOptions) {
    this.socket = socket
    this.clientId = options.clientId === undefined ? 'raw-client' : options.clientId
    let error: Error | undefined
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.failure ??= error ?? new Error('the connection was closed')
        for (const waiter of this.waiters.splice(0)) waiter.reject(this.failure)
        resolve(error)
      })
    })
    socket.on('error', (cause) => {
      error = cause
    })
    socket.on('end', () => {
      this.ended = true
    })
    if (!options.paused) this.resume()
  }

  static connect(port: number, options: RawClientOptions = {}): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: options.host ?? '127.0.0.1', noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new RawClient(socket, options))
      })
    })
  }

  /** Begins to read. Only needed after connecting with `paused`. */
  resume(): void {
    if (this.socket.listenerCount('data') === 0) this.socket.on('data', (chunk) => this.receive(chunk))
    this.socket.resume()
  }

  /** Sends one request and waits for its answer. Several may be under way; answers come in the order of requests. */
  async send<A extends AnyApi>(api: A, version: number, request: RequestInput<A>): Promise<ResponseOf<A>> {
    const correlationId = this.write(api, version, request)
    const answer = decodeResponse(api, version, await this.receiveFrame())
    if (answer.correlationId !== correlationId) {
      throw new Error(`answer ${answer.correlationId} where ${correlationId} was due`)
    }
    return answer.response
  }

  /** Sends one request without waiting for an answer (or where none comes: acks=0). Returns its correlation id. */
  write<A extends AnyApi>(api: A, version: number, request: RequestInput<A>): number {
    const correlationId = this.nextCorrelationId++
    this.writeBytes(requestFrame(api, version, request, { correlationId, clientId: this.clientId }))
    return correlationId
  }

  /** Sends bytes as they are: no length is added. */
  writeBytes(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** The next answer, without its length. Rejects when the connection ends before it is whole. */
  receiveFrame(): Promise<Buffer> {
    const frame = this.frames.shift()
    if (frame) return Promise.resolve(frame)
    if (this.failure) return Promise.reject(this.failure)
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }))
  }

  /** Answers that came and were not asked for yet. */
  get unread(): number {
    return this.frames.length
  }

  /** Ends the connection at once. */
  async close(): Promise<void> {
    this.socket.destroy()
    await this.closed
  }

  private receive(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.pendingBytes += chunk.length
    if (this.pendingBytes < this.neededBytes) return
    let pending = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks)
    for (;;) {
      this.neededBytes = pending.length < 4 ? 4 : 4 + pending.readInt32BE(0)
      if (pending.length < this.neededBytes) break
      const frame = pending.subarray(4, this.neededBytes)
      pending = pending.subarray(this.neededBytes)
      const waiter = this.waiters.shift()
      if (waiter) waiter.resolve(frame)
      else this.frames.push(frame)
    }
    this.chunks = [pending]
    this.pendingBytes = pending.length
  }
}
