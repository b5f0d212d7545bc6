import { ADMIN_CLIENT } from '../config/admin-config.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/schema.ts'
import { backoffMs, delay } from './backoff.ts'
import { plaintextConfig } from './client-config.ts'
import { Cluster, type Node, noNodeError } from './cluster.ts'
import type { Connection } from './connection.ts'
import { ClientError, isRetriable, kafkaError, timeoutError } from './errors.ts'
import type { ClientLog } from './log.ts'

export interface AdminOptions {
  readonly properties: ReadonlyMap<string, string>
  readonly log: ClientLog
}

/** Asks whom: any broker, the controller, or a given one. */
export type Target = 'any' | 'controller' | Node

/** One attempt of a call: `send` asks the chosen broker with what is left of the time. */
export interface Attempt {
  readonly connection: Connection
  send<A extends AnyApi>(api: A, request: RequestInput<A>, version?: number): Promise<ResponseOf<A>>
}

let clients = 0

/**
 * Kafka's admin client: calls with a deadline (`default.api.timeout.ms`) of which each attempt may take
 * `request.timeout.ms`; retriable errors are tried again after a pause, against fresh metadata.
 */
export class AdminClient {
  readonly cluster: Cluster
  readonly apiTimeoutMs: number
  readonly #retries: number

  private constructor(cluster: Cluster) {
    this.cluster = cluster
    this.apiTimeoutMs = cluster.config.get('default.api.timeout.ms')
    this.#retries = cluster.config.get('retries')
  }

  /** Throws KafkaException `Failed to create new KafkaAdminClient` with its cause, as Kafka. */
  static async create({ properties, log }: AdminOptions): Promise<AdminClient> {
    try {
      const config = plaintextConfig(ADMIN_CLIENT, properties)
      const clientId = config.get<string>('client.id') || `adminclient-${++clients}`
      return new AdminClient(await Cluster.create({ config, clientId, log, name: `AdminClient clientId=${clientId}` }))
    } catch (error) {
      throw kafkaError('Failed to create new KafkaAdminClient', error)
    }
  }

  /**
   * Makes attempts until one succeeds, fails for good, or time is up. `name` is Kafka's name of the call, which its
   * timeout texts show.
   */
  async call<T>(
    name: string,
    target: Target,
    attempt: (attempt: Attempt) => Promise<T>,
    timeoutMs = this.apiTimeoutMs,
  ): Promise<T> {
    const deadlineMs = Date.now() + timeoutMs
    for (let tries = 1; ; tries++) {
      const connection = await this.#connect(target, deadlineMs)
      if (!connection) throw noNodeError(name)
      try {
        return await attempt(this.#attempt(connection, deadlineMs))
      } catch (error) {
        const pauseMs = backoffMs(tries - 1, this.cluster.retryBackoffMs, this.cluster.retryBackoffMaxMs)
        const now = Date.now()
        if (now >= deadlineMs || (isRetriable(error) && tries > this.#retries)) {
          throw this.#timedOut(name, deadlineMs, tries, now + pauseMs, now, error)
        }
        if (!isRetriable(error)) throw error
        await delay(Math.min(pauseMs, deadlineMs - now), this.cluster.closing)
      }
    }
  }

  /** One attempt at one node, as part of a call that tries again by itself. */
  async once<T>(name: string, node: Node, attempt: (attempt: Attempt) => Promise<T>, timeoutMs: number): Promise<T> {
    const deadlineMs = Date.now() + timeoutMs
    const connection = await this.cluster.connectBefore(node, deadlineMs)
    if (!connection) throw noNodeError(name)
    return attempt(this.#attempt(connection, deadlineMs))
  }

  close(): void {
    this.cluster.close()
  }

  async #connect(target: Target, deadlineMs: number): Promise<Connection | undefined> {
    if (target === 'any') return this.cluster.connectToAny(deadlineMs)
    if (target !== 'controller') return this.cluster.connectBefore(target, deadlineMs)
    while (!this.cluster.isClosed) {
      const any = await this.cluster.connectToAny(deadlineMs)
      if (!any) return undefined
      try {
        await this.cluster.metadata(any, [], { timeoutMs: this.#timeLeft(deadlineMs) })
        const controller = this.cluster.node(this.cluster.controllerId)
        if (controller) return await this.cluster.connectBefore(controller, deadlineMs)
      } catch (error) {
        if (!isRetriable(error)) throw error
      }
      if (Date.now() + this.cluster.retryBackoffMs >= deadlineMs) return undefined
      await delay(this.cluster.retryBackoffMs, this.cluster.closing)
    }
    return undefined
  }

  #attempt(connection: Connection, deadlineMs: number): Attempt {
    return {
      connection,
      send: (api, request, version) => connection.send(api, version ?? 'newest', request, this.#timeLeft(deadlineMs)),
    }
  }

  #timeLeft(deadlineMs: number): number {
    return Math.max(1, Math.min(this.cluster.requestTimeoutMs, deadlineMs - Date.now()))
  }

  #timedOut(name: string, deadlineMs: number, tries: number, nextMs: number, now: number, cause: unknown): Error {
    if (cause instanceof ClientError && cause.javaClass.endsWith('.TimeoutException')) return cause
    const call = `Call(callName=${name}, deadlineMs=${deadlineMs}, tries=${tries}, nextAllowedTryMs=${nextMs})`
    return timeoutError(`${call} timed out at ${now} after ${tries} attempt(s)`, cause)
  }
}
