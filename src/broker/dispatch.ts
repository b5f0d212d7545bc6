import { decode, encode } from '../protocol/codec.ts'
import { ApiError, ErrorCode, errorFacts } from '../protocol/error-code.ts'
import { RequestHeader, ResponseHeader } from '../protocol/headers.ts'
import { ApiVersions } from '../protocol/messages/18-api-versions.ts'
import { ALL_APIS } from '../protocol/messages/all.ts'
import { Reader } from '../protocol/reader.ts'
import { type AnyApi, isFlexible } from '../protocol/schema.ts'
import { Writer } from '../protocol/writer.ts'
import { servedVersions, unsupportedApiVersions } from './apis/18-api-versions.ts'
import type { Authorizer, AuthorizerFactory } from './authorizer.ts'
import { errorResponse } from './error-responses.ts'
import { type AnyHandler, CloseConnection } from './handler.ts'
import type { Logger } from './logger.ts'
import type { Counter, Histogram, Metrics } from './metrics.ts'
import { type Connection, type Exchange, RefusedRequest, type RequestDispatcher } from './network/connection.ts'
import { ANONYMOUS, type Principal } from './principal.ts'
import type { RequestInfo } from './request-context.ts'

const KAFKA_APIS = 'kafka.server.KafkaApis'
const ERRORS = 'org.apache.kafka.common.errors'
/** SaslHandshake, ApiVersions, SaslAuthenticate: all that a peer may ask before it has authenticated. */
const ALLOWED_UNAUTHENTICATED: ReadonlySet<number> = new Set([17, 18, 36])

const APIS_BY_KEY: ReadonlyMap<number, AnyApi> = new Map(ALL_APIS.map((api) => [api.key, api]))
/** Keys that Kafka keeps for APIs it no longer has. */
const REMOVED_APIS: ReadonlyMap<number, string> = new Map([
  [4, 'LeaderAndIsr'],
  [5, 'StopReplica'],
  [6, 'UpdateMetadata'],
  [7, 'ControlledShutdown'],
])

export interface DispatcherOptions<Services extends object> {
  readonly listenerType: 'BROKER' | 'CONTROLLER'
  readonly nodeId: number
  readonly handlers: readonly AnyHandler[]
  /**
   * What handlers find in their context besides what is known of the request. Contexts inherit from it, so it may be
   * completed later and may have getters; spreading a context loses it.
   */
  readonly services: Services
  readonly authorizers: AuthorizerFactory
  readonly logger: Logger
  readonly metrics: Metrics
}

/** An API in the dispatcher's table. */
interface Served {
  readonly api: AnyApi
  readonly oldest: number
  readonly newest: number
  readonly handle: AnyHandler['handle']
  /** By version. */
  readonly requests: Counter[]
  readonly totalTimeMs: Histogram
}

/** A request under way: what its handler sees, and what its connection waits for. */
interface DispatchedRequest extends RequestInfo, Exchange {
  readonly connection: Connection
  readonly correlationId: number
  answer: readonly Buffer[] | undefined
  endsConnection: boolean
}

type RequestClass = new (
  connection: Connection,
  apiKey: number,
  apiVersion: number,
  correlationId: number,
  clientId: string,
  receivedBytes: number,
) => DispatchedRequest

/** Decodes requests, hands them to their handlers, encodes what they answer. One per listener role. */
export class Dispatcher<Services extends object> implements RequestDispatcher {
  readonly listenerType: 'BROKER' | 'CONTROLLER'
  private readonly nodeId: number
  private readonly authorizers: AuthorizerFactory
  private readonly logger: Logger
  private readonly metrics: Metrics
  private readonly table: (Served | undefined)[] = []
  private readonly Request: RequestClass

  constructor(options: DispatcherOptions<Services>) {
    this.listenerType = options.listenerType
    this.nodeId = options.nodeId
    this.authorizers = options.authorizers
    this.logger = options.logger
    this.metrics = options.metrics
    this.Request = requestClass(options.services)
    for (const { api, handle } of options.handlers) {
      const [oldest, newest] = servedVersions(api)
      const totalTimeMs = this.metrics.histogram('kafka.network:type=RequestMetrics,name=TotalTimeMs', {
        request: api.name,
      })
      this.table[api.key] = { api, oldest, newest, handle, requests: [], totalTimeMs }
    }
  }

  authorizerFor(principal: Principal, address: string): Authorizer {
    return this.authorizers.forPrincipal(principal, address)
  }

  begin(frame: Buffer, connection: Connection): Exchange {
    const reader = new Reader(frame)
    const header = readHeader(reader)
    const { requestApiKey: apiKey, requestApiVersion: version, correlationId } = header
    const served = this.table[apiKey]
    if (!connection.principal && !ALLOWED_UNAUTHENTICATED.has(apiKey)) {
      throw new RefusedRequest(
        `${ERRORS}.IllegalSaslStateException: Unexpected Kafka request of type ${javaName(apiKey)} during SASL handshake.`,
      )
    }
    const request = new this.Request(
      connection,
      apiKey,
      version,
      correlationId,
      header.clientId ?? '',
      frame.length + 4,
    )
    if (!served || version < served.oldest || version > served.newest) {
      if (apiKey !== ApiVersions.key || !served) throw refusal(apiKey, version)
      // KIP-511: whatever version a client begins with, it learns which ones there are.
      request.answer = encodeAnswer(ApiVersions, 0, correlationId, unsupportedApiVersions)
      request.isDone = true
      return request
    }
    let body: unknown
    try {
      body = decode(served.api.request, version, reader)
    } catch (error) {
      throw new RefusedRequest(undecodable(request, error))
    }
    void this.run(request, served, body)
    return request
  }

  /** The handler runs up to its first `await` before this returns. Never rejects. */
  private async run(request: DispatchedRequest, served: Served, body: unknown): Promise<void> {
    const { api, handle } = served
    const version = request.apiVersion
    const { isRecording } = this.metrics
    const startMs = isRecording ? performance.now() : 0
    try {
      const response = await handle(body as never, request as never)
      if (response !== undefined) request.answer = encodeAnswer(api, version, request.correlationId, response)
    } catch (error) {
      this.fail(request, api, body, error)
    }
    if (isRecording) {
      served.requests[version] ??= this.metrics.counter('kafka.network:type=RequestMetrics,name=RequestsPerSec', {
        request: api.name,
        version,
      })
      served.requests[version].add(1)
      served.totalTimeMs.record(performance.now() - startMs)
    }
    request.connection.finished(request)
  }

  /** Turns what a handler threw into the API's error response; where there is none, the connection ends. */
  private fail(request: DispatchedRequest, api: AnyApi, body: unknown, error: unknown): void {
    request.answer = undefined
    if (error instanceof CloseConnection) {
      request.endsConnection = true
      return
    }
    try {
      const response = errorResponse(api, request.apiVersion, body, this.failureOf(error, request))
      if (response) request.answer = encodeAnswer(api, request.apiVersion, request.correlationId, response)
      else request.endsConnection = true
    } catch (cause) {
      this.logUnexpected(request, cause)
      request.endsConnection = true
    }
  }

  private failureOf(error: unknown, request: DispatchedRequest): { code: ErrorCode; message: string } {
    if (error instanceof ApiError) return { code: error.code, message: error.message }
    this.logUnexpected(request, error)
    const code = ErrorCode.UNKNOWN_SERVER_ERROR
    return { code, message: errorFacts(code).message }
  }

  private logUnexpected(request: DispatchedRequest, error: unknown): void {
    const { apiKey, apiVersion, clientId, correlationId, connectionId } = request
    const prefix = this.listenerType === 'BROKER' ? 'KafkaApi' : 'ControllerApis'
    this.logger.error(
      `[${prefix}-${this.nodeId}] Unexpected error handling request RequestHeader(apiKey=${javaName(apiKey)}, ` +
        `apiVersion=${apiVersion}, clientId=${clientId}, correlationId=${correlationId}) on connection ${connectionId}`,
      KAFKA_APIS,
      error,
    )
  }
}

/**
 * The class of one dispatcher's requests. Its prototype inherits from the services, so that a request's context
 * costs one small object and no copying.
 */
function requestClass(services: object): RequestClass {
  class DispatchedRequestOf implements DispatchedRequest {
    readonly connection: Connection
    readonly apiKey: number
    readonly apiVersion: number
    readonly correlationId: number
    readonly clientId: string
    readonly receivedBytes: number
    isDone = false
    hasQueuedAppends = false
    endsConnection = false
    answer: readonly Buffer[] | undefined = undefined
    onSent: (() => void) | undefined = undefined
    claimedBytes = 0

    constructor(
      connection: Connection,
      apiKey: number,
      apiVersion: number,
      correlationId: number,
      clientId: string,
      receivedBytes: number,
    ) {
      this.connection = connection
      this.apiKey = apiKey
      this.apiVersion = apiVersion
      this.correlationId = correlationId
      this.clientId = clientId
      this.receivedBytes = receivedBytes
    }

    get clientAddress(): string {
      return this.connection.clientAddress
    }

    get listenerName(): string {
      return this.connection.listenerName
    }

    get principal(): Principal {
      return this.connection.principal ?? ANONYMOUS
    }

    get authorizer(): Authorizer {
      return this.connection.authorizer
    }

    get connectionId(): string {
      return this.connection.id
    }

    get signal(): AbortSignal {
      return this.connection.signal
    }

    get responseBytesLeft(): number {
      return this.connection.network.responseBytesLeft
    }

    claimResponseBytes(bytes: number): number {
      const granted = Math.max(0, Math.min(bytes, this.responseBytesLeft))
      this.returnResponseBytes(-granted)
      return granted
    }

    returnResponseBytes(bytes: number): void {
      this.claimedBytes -= bytes
      this.connection.network.claimedBytes -= bytes
    }

    whenSent(task: () => void): void {
      const { onSent } = this
      this.onSent = onSent
        ? () => {
            onSent()
            task()
          }
        : task
    }

    appendsQueued(): void {
      if (this.hasQueuedAppends) return
      this.hasQueuedAppends = true
      this.connection.appendsQueued()
    }
  }
  Object.setPrototypeOf(DispatchedRequestOf.prototype, services)
  return DispatchedRequestOf
}

/** `length int32 | header | response`. ApiVersions has header v0 in every version (KIP-511). */
function encodeAnswer(api: AnyApi, version: number, correlationId: number, response: unknown): readonly Buffer[] {
  const writer = new Writer()
  writer.int32(0)
  const headerVersion = api.key !== ApiVersions.key && isFlexible(api, version) ? 1 : 0
  encode(ResponseHeader, headerVersion, { correlationId }, writer)
  encode(api.response, version, response as object, writer)
  const size = writer.size - 4
  const pieces = writer.finish()
  pieces[0]!.writeInt32BE(size, 0)
  return pieces
}

/** Header v2 from an API's first flexible version on, even in versions that it does not have. */
function readHeader(reader: Reader) {
  let apiKey = -1
  try {
    apiKey = reader.int16()
    const version = reader.int16()
    reader.position -= 4
    const api = APIS_BY_KEY.get(apiKey)
    if (api) return decode(RequestHeader, isFlexible(api, version) ? 2 : 1, reader)
    throw new RefusedRequest(unknownApi(apiKey, version))
  } catch (error) {
    if (error instanceof RefusedRequest) throw error
    throw new RefusedRequest(`${unreadableHeader(apiKey)}\nCaused by: ${error}`)
  }
}

function unknownApi(apiKey: number, version: number): string {
  const removed = REMOVED_APIS.get(apiKey)
  return removed === undefined
    ? `${unreadableHeader(apiKey)}\nCaused by: java.lang.IllegalArgumentException: Unexpected api key: ${apiKey}`
    : `${ERRORS}.InvalidRequestException: Unsupported api with key ${apiKey} (${removed}) and version ${version}`
}

function unreadableHeader(apiKey: number): string {
  return `${ERRORS}.InvalidRequestException: Error parsing request header. Our best guess of the apiKeyId is: ${apiKey}`
}

/** Why a well-formed header cannot be served here: a version there is not, or an API that is not served. */
function refusal(apiKey: number, version: number): RefusedRequest {
  const api = APIS_BY_KEY.get(apiKey)!
  const key = `${apiKey} (${api.name})`
  const [oldest, newest] = api.versions
  return new RefusedRequest(
    version >= oldest && version <= newest
      ? `${ERRORS}.InvalidRequestException: Received request for disabled api with key ${key} and version ${version}`
      : `${ERRORS}.UnsupportedVersionException: Received request for api with key ${key} and unsupported version ${version}`,
  )
}

function undecodable(
  { apiKey, apiVersion, connectionId, listenerName, principal }: RequestInfo,
  cause: unknown,
): string {
  return (
    `${ERRORS}.InvalidRequestException: Error getting request for apiKey: ${javaName(apiKey)}, apiVersion: ${apiVersion}, ` +
    `connectionId: ${connectionId}, listenerName: ListenerName(${listenerName}), ` +
    `principal: ${principal.type}:${principal.name}\nCaused by: ${cause}`
  )
}

/** `OffsetForLeaderEpoch` as Java's ApiKeys names it: `OFFSET_FOR_LEADER_EPOCH`. */
function javaName(apiKey: number): string {
  const name = APIS_BY_KEY.get(apiKey)?.name ?? String(apiKey)
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
}
