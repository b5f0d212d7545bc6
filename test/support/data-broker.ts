/** A broker in this process and raw requests about its records, over a real socket. */
import { errorName } from '../../src/protocol/error-code.ts'
import { Produce } from '../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import { ListOffsets } from '../../src/protocol/messages/02-list-offsets.ts'
import { Metadata } from '../../src/protocol/messages/03-metadata.ts'
import { type NewBatch, readBatches, readRecords, writeBatch } from '../../src/protocol/record-batch.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../../src/protocol/schema.ts'
import { startBroker, type TestBroker, type TestBrokerOptions } from '../../src/testing/start-broker.ts'
import { RawClient, type RawClientOptions } from './raw-client.ts'

export const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAzw'
const MIB = 1024 * 1024
const NEWEST_BY_NAME = 12

type FetchedTopic = NonNullable<RequestInput<typeof Fetch>['topics']>[number]
/** Partition 0 from offset 0 on, where nothing else is said. */
export type AskedPartition = NonNullable<FetchedTopic['partitions']>[number]
export type FetchAnswer = ResponseOf<typeof Fetch>
export type FetchedPartition = FetchAnswer['responses'][number]['partitions'][number]

export interface ProduceOptions {
  /** 9 when left out. */
  readonly version?: number
  readonly partition?: number
  readonly acks?: number
  readonly client?: RawClient
}

/** Every version that Apache Kafka lists. */
export function versionsOf({ versions: [oldest, newest] }: AnyApi): number[] {
  return Array.from({ length: newest - oldest + 1 }, (_, i) => oldest + i)
}

/** One batch of these values, now. */
export function batchOf(values: readonly string[], options: Partial<NewBatch> = {}): Buffer {
  const timestamp = Date.now()
  return writeBatch({ records: values.map((value) => ({ value: Buffer.from(value), timestamp })), ...options })
}

/** The values of all records in an answer of one partition. */
export function valuesOf({ records }: FetchedPartition): string[] {
  const buffer = records ?? Buffer.alloc(0)
  return [...readBatches(buffer)].flatMap(({ position }) =>
    readRecords(buffer, position).map(({ value }) => String(value)),
  )
}

export class DataBroker {
  readonly client: RawClient
  private readonly broker: TestBroker
  private readonly clients: RawClient[]

  private constructor(broker: TestBroker, client: RawClient) {
    this.broker = broker
    this.client = client
    this.clients = [client]
  }

  static async start(options: TestBrokerOptions): Promise<DataBroker> {
    const broker = await startBroker(options)
    return new DataBroker(broker, await RawClient.connect(portOf(broker)))
  }

  /** One more connection. */
  async connect(options: RawClientOptions = {}): Promise<RawClient> {
    const client = await RawClient.connect(portOf(this.broker), options)
    this.clients.push(client)
    return client
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()))
    await this.broker.stop()
  }

  async topicId(name: string): Promise<string> {
    const { topics } = await this.client.send(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
    return topics[0]!.topicId
  }

  /** A topic as a version calls it: by name, or by an id that nobody has when there is no such topic. */
  private async nameFor(topic: string, byId: boolean): Promise<{ name: string } | { topicId: string }> {
    if (!byId) return { name: topic }
    const topicId = await this.topicId(topic)
    return { topicId: topicId === 'AAAAAAAAAAAAAAAAAAAAAA' ? UNKNOWN_ID : topicId }
  }

  /** Appends bytes as they are and answers what became of them, with the error by its name. */
  async append(topic: string, records: Buffer | null, options: ProduceOptions = {}) {
    const { version = 9, partition = 0, acks = -1, client = this.client } = options
    const { responses } = await client.send(Produce, version, {
      acks,
      timeoutMs: 10_000,
      topicData: [
        { ...(await this.nameFor(topic, version > NEWEST_BY_NAME)), partitionData: [{ index: partition, records }] },
      ],
    })
    const answer = responses[0]!.partitionResponses[0]!
    return { ...answer, error: errorName(answer.errorCode) }
  }

  /** Appends one batch of these values and answers its first offset. */
  async write(topic: string, values: readonly string[], options: ProduceOptions = {}): Promise<number> {
    const { error, baseOffset } = await this.append(topic, batchOf(values), options)
    if (error !== 'NONE') throw new Error(`produce to ${topic}: ${error}`)
    return baseOffset
  }

  /** `topics`: name → what is asked of its partitions. Does not wait for records unless the request says so. */
  async fetch(
    topics: Readonly<Record<string, readonly AskedPartition[]>>,
    request: RequestInput<typeof Fetch> = {},
    { version = 12, client = this.client }: { version?: number; client?: RawClient } = {},
  ): Promise<FetchAnswer> {
    const asked = await Promise.all(
      Object.entries(topics).map(async ([topic, partitions]) => {
        const named = await this.nameFor(topic, version > NEWEST_BY_NAME)
        return {
          ...('name' in named ? { topic: named.name } : named),
          partitions: partitions.map((partition) => ({
            partition: 0,
            fetchOffset: 0,
            partitionMaxBytes: MIB,
            ...partition,
          })),
        }
      }),
    )
    return client.send(Fetch, version, { maxWaitMs: 0, minBytes: 0, maxBytes: MIB, topics: asked, ...request })
  }

  /** The answer about one partition, with the error by its name. */
  async fetchOne(
    topic: string,
    partition: AskedPartition = {},
    request: RequestInput<typeof Fetch> = {},
    options: { version?: number; client?: RawClient } = {},
  ) {
    const { responses } = await this.fetch({ [topic]: [partition] }, request, options)
    const answer = responses[0]!.partitions[0]!
    return { ...answer, error: errorName(answer.errorCode), values: valuesOf(answer) }
  }

  async listOffset(
    topic: string,
    timestamp: number | bigint,
    { version = 11, isolationLevel = 0 }: { version?: number; isolationLevel?: number } = {},
  ) {
    const { topics } = await this.client.send(ListOffsets, version, {
      replicaId: -1,
      ...(version >= 2 ? { isolationLevel } : {}),
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }],
    })
    const answer = topics[0]!.partitions[0]!
    return { ...answer, error: errorName(answer.errorCode) }
  }
}

function portOf(broker: TestBroker): number {
  return Number(broker.bootstrapServers.split(':').at(-1))
}
