import { connect as connectSocket, type Socket } from 'node:net'
import { decode, encode, UnsupportedVersionError } from '../protocol/codec.ts'
import { ErrorCode } from '../protocol/error-code.ts'
import { RequestHeader, ResponseHeader } from '../protocol/headers.ts'
import { ApiVersions } from '../protocol/messages/18-api-versions.ts'
import { DecodeError, Reader } from '../protocol/reader.ts'
import { type AnyApi, isFlexible, type RequestInput, type ResponseOf } from '../protocol/schema.ts'
import { Writer } from '../protocol/writer.ts'
import { apiError, type ClientError, disconnectError, lateAnswerError, unsupportedVersionError } from './errors.ts'

/** Largest answer that is believed, in bytes. A fetch may exceed its `max.bytes` by one record of any size. */
const MAX_RESPONSE_BYTES = 512 * 1024 * 1024

const SOFTWARE_NAME = 'kafka-toolkit'
const SOFTWARE_VERSION = '0.1.0'

export interface ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly clientId: string
  /** Until the socket is connected. */
  readonly connectTimeoutMs?: number
  /** Until an answer, unless the request says otherwise. */
  readonly requestTimeoutMs?: number
  /** Correlation ids, which one client counts over all its connections, as Kafka's log lines show. */
  readonly nextCorrelationId?: () => number
  readonly maxResponseBytes?: number
}

interface PendingRequest {
  readonly correlationId: number
  readonly api: AnyApi
  readonly version: number
  readonly resolve: (response: unknown) => void
  readonly reject: (error: ClientError) => void
  timer: NodeJS.Timeout | undefined
}

interface VersionRange {
  readonly minVersion: number
  readonly maxVersion: number
}

/**
 * One connection to one broker. Requests may be sent without waiting for earlier answers; answers come in order. After
 * any violation of the protocol the connection is closed and everything unanswered fails: nothing after it can be
 * trusted.
 */
export class Connection {
  readonly host: string
  readonly port: number
  /** Called once, when the connection has ended for whatever reason. */
  onClose: (() => void) | undefined
  /** Of the request that was written last: Kafka's log lines show it. */
  lastCorrelationId = -1
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #pending: PendingRequest[] = []
  #versions = new Map<number, VersionRange>()
  #chunks: Buffer[] = []
  #chunksSize = 0
  #frameSize = -1
  #ownCorrelationId = 0
  #closed = false

  private constructor(socket: Socket, options: ConnectionOptions) {
    this.host = options.host
    this.port = options.port
    this.#socket = socket
    this.#options = options
    socket.on('data', (chunk) => this.#received(chunk))
    socket.on('error', (error) => this.close(disconnectError(error.message)))
    socket.on('close', () => this.close(disconnectError()))
  }

  /** Connects and learns which versions the broker speaks. Rejects with an Error of the system or a ClientError. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const socket = await openSocket(options)
    const connection = new Connection(socket, options)
    try {
      await connection.#negotiate()
    } catch (error) {
      connection.close()
      throw error
    }
    return connection
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Requests that were sent and not answered. */
  get inFlight(): number {
    return this.#pending.length
  }

  /** The newest version that both sides know; undefined when the broker does not serve the API, or no common one. */
  versionOf(api: AnyApi, newest = api.versions[1]): number | undefined {
    const range = this.#versions.get(api.key)
    if (!range) return undefined
    const version = Math.min(range.maxVersion, newest)
    return version >= Math.max(range.minVersion, api.versions[0]) ? version : undefined
  }

  /**
   * Sends one request and answers with its response. Rejects with a `ClientError`: UnsupportedVersionException without
   * a common version, DisconnectException when the connection ends or the answer is late (then it is closed: Kafka's
   * own clients do the same, because answers come in order).
   */
  async send<A extends AnyApi>(
    api: A,
    version: number | 'newest',
    request: RequestInput<A>,
    timeoutMs = this.#options.requestTimeoutMs ?? 30_000,
  ): Promise<ResponseOf<A>> {
    const chosen = version === 'newest' ? this.#commonVersion(api) : version
    const correlationId = this.#write(api, chosen, request)
    return new Promise((accept, reject) => {
      const resolve = accept as (response: unknown) => void
      const pending: PendingRequest = { correlationId, api, version: chosen, resolve, reject, timer: undefined }
      if (timeoutMs < 0x7fffffff) {
        pending.timer = setTimeout(() => this.close(lateAnswerError()), timeoutMs)
      }
      this.#pending.push(pending)
    })
  }

  /** Sends a request that has no answer (Produce with acks 0). */
  sendWithoutAnswer<A extends AnyApi>(api: A, version: number | 'newest', request: RequestInput<A>): void {
    this.#write(api, version === 'newest' ? this.#commonVersion(api) : version, request)
  }

  /** Resolves when the socket has taken what was written; at once when it is not behind. */
  drained(): Promise<void> {
    if (!this.#socket.writableNeedDrain || this.#closed) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done)
        this.#socket.off('close', done)
        resolve()
      }
      this.#socket.on('drain', done)
      this.#socket.on('close', done)
    })
  }

  /** Bytes written to the socket object that the system has not taken yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength
  }

  close(error: ClientError = disconnectError()): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket.destroy()
    this.#chunks = []
    for (const pending of this.#pending.splice(0)) {
      clearTimeout(pending.timer)
      pending.reject(error)
    }
    this.onClose?.()
  }

  /** Ends after what was written has left: for requests without an answer. */
  async end(): Promise<void> {
    if (!this.#closed) await new Promise<void>((resolve) => this.#socket.end(resolve))
    this.close()
  }

  #commonVersion(api: AnyApi): number {
    const version = this.versionOf(api)
    if (version !== undefined) return version
    throw unsupportedVersionError(
      this.#versions.has(api.key)
        ? `The node does not support ${api.name} with version in range [${api.versions[0]},${api.versions[1]}].`
        : `The node does not support ${api.name}`,
    )
  }

  #write<A extends AnyApi>(api: A, version: number, request: RequestInput<A>): number {
    if (this.#closed) throw disconnectError()
    const correlationId = this.#options.nextCorrelationId?.() ?? this.#ownCorrelationId++
    this.lastCorrelationId = correlationId
    const writer = new Writer(256)
    const header = {
      requestApiKey: api.key,
      requestApiVersion: version,
      correlationId,
      clientId: this.#options.clientId,
    }
    try {
      encode(RequestHeader, isFlexible(api, version) ? 2 : 1, header, writer)
      encode(api.request, version, request, writer)
    } catch (error) {
      if (error instanceof UnsupportedVersionError) throw unsupportedVersionError(error.message)
      throw error
    }
    const size = Buffer.allocUnsafe(4)
    size.writeInt32BE(writer.size)
    this.#socket.cork()
    this.#socket.write(size)
    for (const piece of writer.finish()) this.#socket.write(piece)
    this.#socket.uncork()
    return correlationId
  }

  /**
   * Asks in the newest version. A broker that does not know it answers in version 0 with UNSUPPORTED_VERSION and its
   * own range (KIP-511): then in the newest of that, or in 0 when it named none.
   */
  async #negotiate(): Promise<void> {
    const request = { clientSoftwareName: SOFTWARE_NAME, clientSoftwareVersion: SOFTWARE_VERSION }
    let answer = await this.send(ApiVersions, ApiVersions.versions[1], request)
    if (answer.errorCode === ErrorCode.UNSUPPORTED_VERSION) {
      const own = answer.apiKeys.find((range) => range.apiKey === ApiVersions.key)
      answer = await this.send(ApiVersions, Math.min(own?.maxVersion ?? 0, ApiVersions.versions[1]), request)
    }
    if (answer.errorCode !== ErrorCode.NONE) throw apiError(answer.errorCode)
    this.#versions = new Map(answer.apiKeys.map((range) => [range.apiKey, range]))
  }

  /** Cuts frames from what arrives. A frame within one chunk is a slice of it; only longer ones are joined. */
  #received(chunk: Buffer): void {
    let rest = chunk
    if (this.#chunksSize > 0) {
      this.#chunks.push(chunk)
      this.#chunksSize += chunk.length
      if (this.#chunksSize < (this.#frameSize < 0 ? 4 : this.#frameSize + 4)) return
      rest = Buffer.concat(this.#chunks, this.#chunksSize)
      this.#chunks = []
      this.#chunksSize = 0
    }
    let position = 0
    this.#frameSize = -1
    while (rest.length - position >= 4) {
      const size = rest.readInt32BE(position)
      if (size < 0 || size > (this.#options.maxResponseBytes ?? MAX_RESPONSE_BYTES)) {
        this.close(disconnectError(`Invalid receive (size = ${size})`))
        return
      }
      if (rest.length - position - 4 < size) {
        this.#frameSize = size
        break
      }
      this.#answered(rest.subarray(position + 4, position + 4 + size))
      if (this.#closed) return
      position += 4 + size
    }
    if (position < rest.length) {
      this.#chunks = [position === 0 ? rest : rest.subarray(position)]
      this.#chunksSize = rest.length - position
    }
  }

  #answered(frame: Buffer): void {
    const pending = this.#pending[0]
    if (!pending) {
      this.close(disconnectError('an answer that nobody asked for'))
      return
    }
    try {
      const reader = new Reader(frame)
      const isVersions = pending.api.key === ApiVersions.key
      const headerVersion = isFlexible(pending.api, pending.version) && !isVersions ? 1 : 0
      const { correlationId } = decode(ResponseHeader, headerVersion, reader)
      if (correlationId !== pending.correlationId) {
        throw new DecodeError(`answer ${correlationId} to request ${pending.correlationId}`)
      }
      const response = decode(
        pending.api.response,
        isVersions ? versionOfApiVersions(reader, pending) : pending.version,
        reader,
      )
      this.#pending.shift()
      clearTimeout(pending.timer)
      pending.resolve(response)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.close(disconnectError(error.message))
    }
  }
}

/** An ApiVersions request in a version the broker lacks is answered in version 0. */
function versionOfApiVersions(reader: Reader, pending: PendingRequest): number {
  if (reader.remaining < 2) return pending.version
  return reader.buffer.readInt16BE(reader.position) === ErrorCode.UNSUPPORTED_VERSION ? 0 : pending.version
}

function openSocket({ host, port, connectTimeoutMs = 10_000 }: ConnectionOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host, port, noDelay: true, keepAlive: true })
    const fail = (error: Error) => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(() => fail(new Error(`no connection after ${connectTimeoutMs} ms`)), connectTimeoutMs)
    socket.once('error', fail)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}
