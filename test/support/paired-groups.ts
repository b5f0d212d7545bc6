/** Sends the same group requests to Apache Kafka and to our coordinator, and holds the answers against each other. */
import { expect } from 'vitest'
import type { Handler } from '../../src/broker/handler.ts'
import type { RequestContext } from '../../src/broker/request-context.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../../src/protocol/schema.ts'
import type { GroupBroker } from './group-broker.ts'
import { RawClient } from './raw-client.ts'

const CLIENT_ID = 'client'
/** Joins and syncs that wait for others have reached Apache's coordinator after this time. */
const PARKED_MS = 100

export interface Both<T> {
  readonly apache: T
  readonly ours: T
}

type Side = keyof Both<unknown>
type RequestFor<A extends AnyApi> = (side: Side) => RequestInput<A>

export class PairedGroups {
  private readonly port: number
  private readonly broker: GroupBroker
  private readonly clients: RawClient[] = []
  /** Member ids of each side, in the order they were given out: the same member has the same place in both. */
  private readonly memberIds = { apache: [] as string[], ours: [] as string[] }

  constructor(apachePort: number, broker: GroupBroker) {
    this.port = apachePort
    this.broker = broker
  }

  /** Sends to both without waiting for the answers; `settle` compares them. */
  async start<A extends AnyApi>(
    handler: Handler<A, RequestContext>,
    version: number,
    request: RequestFor<A>,
  ): Promise<{ settle(): Promise<Both<ResponseOf<A>>> }> {
    const client = await RawClient.connect(this.port, { clientId: CLIENT_ID })
    this.clients.push(client)
    const apache = client.send(handler.api, version, request('apache'))
    const ours = this.broker.send(handler, request('ours'), { version, clientId: CLIENT_ID })
    return {
      settle: async () => {
        await this.broker.advance(0)
        const answers = { apache: await apache, ours: await ours }
        expect(this.comparable('ours', answers.ours), `${handler.api.name} v${version}`).toEqual(
          this.comparable('apache', answers.apache),
        )
        return answers
      },
    }
  }

  async send<A extends AnyApi>(
    handler: Handler<A, RequestContext>,
    version: number,
    request: RequestFor<A>,
  ): Promise<Both<ResponseOf<A>>> {
    return (await this.start(handler, version, request)).settle()
  }

  /** Lets a request that nobody has answered yet arrive. */
  async parked(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, PARKED_MS))
    await this.broker.advance(0)
  }

  /** Lists have no order in Kafka, and member ids are random. */
  private comparable(side: Side, answer: object): unknown {
    const ids = this.memberIds[side]
    if ('memberId' in answer && typeof answer.memberId === 'string' && !ids.includes(answer.memberId)) {
      ids.push(answer.memberId)
    }
    const plain = (value: unknown): unknown => {
      if (Buffer.isBuffer(value)) return value.toString('base64')
      if (typeof value === 'bigint') return `${value}n`
      if (typeof value === 'string' && value !== '' && ids.includes(value)) return `member ${ids.indexOf(value)}`
      if (Array.isArray(value)) return value.map(plain).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
    }
    return plain(answer)
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()))
  }
}
