/** Sends the same bytes to Apache Kafka and to our broker, and holds the answers against each other. */
import { expect } from 'vitest'
import { batchSizeAt } from '../../src/protocol/batch-header.ts'
import { ListOffsets } from '../../src/protocol/messages/02-list-offsets.ts'
import { Metadata } from '../../src/protocol/messages/03-metadata.ts'
import { CreateTopics } from '../../src/protocol/messages/19-create-topics.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../../src/protocol/schema.ts'
import { RawClient } from './raw-client.ts'

export type Side = 'apache' | 'ours'

/** What a broker did with a request. */
export type Outcome<A extends AnyApi> = ResponseOf<A> | 'closed'

export type Both<T> = Readonly<Record<Side, T>>

/** The same for both, or made of what each side has named differently: ids, sessions. */
export type RequestFor<A extends AnyApi> = RequestInput<A> | ((side: Side) => RequestInput<A>)

export interface SendOptions {
  readonly clientId?: string
  /** Changes an answer before it is compared: takes out what is known to differ. */
  readonly without?: (answer: Record<string, unknown>, side: Side) => void
}

export const SIDES: readonly Side[] = ['apache', 'ours']
/** Answers to a request of one of these come in no order of their own: Java's hash maps. */
const UNORDERED: ReadonlySet<string> = new Set([
  'topics',
  'responses',
  'partitionResponses',
  'results',
  'configs',
  'apiKeys',
  'supportedFeatures',
  'finalizedFeatures',
])

export class PairedBrokers {
  /** Requests compared so far. */
  compared = 0
  private readonly ports: Both<number>
  private readonly clients = new Map<string, Promise<RawClient>>()
  /** Random names that a side gave, and what they stand for on both. */
  private readonly names = { apache: new Map<string, string>(), ours: new Map<string, string>() }

  constructor(ports: Both<number>) {
    this.ports = ports
  }

  async send<A extends AnyApi>(
    api: A,
    version: number,
    request: RequestFor<A>,
    { clientId = 'client', without }: SendOptions = {},
  ): Promise<Both<Outcome<A>>> {
    const requestOf = (side: Side) => (typeof request === 'function' ? request(side) : request)
    const [apache, ours] = await Promise.all(
      SIDES.map((side) => this.sendTo(side, api, version, requestOf(side), clientId)),
    )
    const answers = { apache: apache!, ours: ours! }
    const comparable = (side: Side) => {
      const answer = this.comparable(api, side, answers[side])
      if (without && answer !== 'closed') without(answer as Record<string, unknown>, side)
      return answer
    }
    expect.soft(comparable('ours'), `${api.name} v${version} ${shown(requestOf('ours'))}`).toEqual(comparable('apache'))
    this.compared++
    return answers
  }

  /** The same to both, outside a test, where nothing can be expected. */
  async alike<A extends AnyApi>(api: A, version: number, request: RequestInput<A>): Promise<void> {
    await Promise.all(SIDES.map((side) => this.sendTo(side, api, version, request)))
  }

  /** One side only, without a comparison. */
  async sendTo<A extends AnyApi>(
    side: Side,
    api: A,
    version: number,
    request: RequestInput<A>,
    clientId = 'client',
  ): Promise<Outcome<A>> {
    const client = await this.client(side, clientId)
    try {
      return await client.send(api, version, request)
    } catch (error) {
      if (!/closed|ECONNRESET|EPIPE/.test(String(error))) throw error
      this.clients.delete(`${side} ${clientId}`)
      return 'closed'
    }
  }

  /** The connection that requests of a client id go through. */
  client(side: Side, clientId = 'client'): Promise<RawClient> {
    const key = `${side} ${clientId}`
    let client = this.clients.get(key)
    if (!client) this.clients.set(key, (client = RawClient.connect(this.ports[side], { clientId })))
    return client
  }

  /** Lets `name` stand for something that each side calls differently. */
  alias(name: string, { apache, ours }: Both<string>): void {
    this.names.apache.set(apache, name)
    this.names.ours.set(ours, name)
  }

  /** Makes a topic on both and waits until both serve it. Answers its ids. */
  async createTopic(
    name: string,
    numPartitions = 1,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<Both<string>> {
    const settings = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const topics = [{ name, numPartitions, replicationFactor: 1, configs: settings }]
    await Promise.all(SIDES.map((side) => this.sendTo(side, CreateTopics, 7, { topics, timeoutMs: 30_000 })))
    return this.untilServed(name, numPartitions)
  }

  /** Apache's broker learns of a topic after its creation was answered, and leads it a little later still. */
  async untilServed(name: string, partitionCount = 1): Promise<Both<string>> {
    const indexes = Array.from({ length: partitionCount }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }))
    const ids = await Promise.all(
      SIDES.map(async (side) => {
        for (;;) {
          const topics = [{ name, partitions: indexes }]
          const offsets = await this.sendTo(side, ListOffsets, 1, { replicaId: -1, topics })
          if (offsets !== 'closed' && offsets.topics[0]!.partitions.every(({ errorCode }) => errorCode === 0)) break
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        const known = await this.sendTo(side, Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
        return known === 'closed' ? '' : known.topics[0]!.topicId
      }),
    )
    const both = { apache: ids[0]!, ours: ids[1]! }
    this.alias(`id of ${name}`, both)
    return both
  }

  /** Apache's broker forgets a topic after its deletion was answered. */
  async untilGone(name: string): Promise<void> {
    for (const side of SIDES) {
      for (;;) {
        const request = { topics: [{ name }], allowAutoTopicCreation: false }
        const answer = await this.sendTo(side, Metadata, 12, request)
        if (answer !== 'closed' && answer.topics[0]!.errorCode !== 0) break
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }

  /** Closes all connections; the next request opens new ones. */
  async close(): Promise<void> {
    // One that could not be opened needs no closing.
    await Promise.allSettled([...this.clients.values()].map(async (client) => (await client).close()))
    this.clients.clear()
  }

  private comparable(api: AnyApi, side: Side, answer: unknown): unknown {
    const port = this.ports[side]
    const plain = (value: unknown, key: string): unknown => {
      if (Buffer.isBuffer(value)) return (key === 'records' ? wholeBatches(value) : value).toString('hex')
      if (typeof value === 'bigint') return `${value}n`
      if (typeof value === 'string') return key === 'clusterId' ? 'the cluster id' : this.text(value, side)
      if (typeof value === 'number') {
        if (value === port) return 'the port'
        if (key === 'logAppendTimeMs' && value > 0) return 'the time'
        if (key === 'finalizedFeaturesEpoch') return 'some offset'
        if (key === 'producerId' && value >= 0) return 'an id'
        return key === 'sessionId' && value !== 0 ? 'a session' : value
      }
      if (Array.isArray(value)) {
        const elements = value.map((each) => plain(each, key))
        const isUnordered = UNORDERED.has(key) || (api.key === ListOffsets.key && key === 'partitions')
        return isUnordered ? elements.sort(byText) : elements
      }
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each, name)]))
    }
    return plain(answer, '')
  }

  /** A text with names of this side in it, such as an error message with a topic id. */
  private text(value: string, side: Side): string {
    let text = this.names[side].get(value) ?? value
    for (const [own, name] of this.names[side]) if (own.length > 8) text = text.replaceAll(own, name)
    // Bounds of timestamps depend on the time of the request.
    return text.replaceAll(`:${this.ports[side]}`, ':PORT').replace(/within \[-?\d+, -?\d+\]/, 'within [bounds]')
  }
}

/** Apache fills an answer up with a part of the next batch, which clients drop. */
function wholeBatches(records: Buffer): Buffer {
  let end = 0
  for (;;) {
    const size = batchSizeAt(records, end)
    if (size < 0 || end + size > records.length) return records.subarray(0, end)
    end += size
  }
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}

function shown(request: unknown): string {
  const text = JSON.stringify(request, (_, value) => {
    if (typeof value === 'bigint') return `${value}n`
    return value?.type === 'Buffer' ? `${value.data.length} bytes` : value
  })
  return text.length > 600 ? `${text.slice(0, 600)}…` : text
}
