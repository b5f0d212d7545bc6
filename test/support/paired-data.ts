/** Produce and Fetch requests to Apache Kafka and our broker, by topic name whatever a version calls a topic. */
import { Produce } from '../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import { type NewBatch, writeBatch } from '../../src/protocol/record-batch.ts'
import type { RequestInput } from '../../src/protocol/schema.ts'
import type { Both, PairedBrokers, Side } from './paired-brokers.ts'

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAzw'
const MIB = 1024 * 1024

/** Timestamp of the first record: recent enough for it to be kept. */
export const START_MS = Date.now() - 3_600_000

/** Records a second apart, with keys. */
export function batch(count: number, options: Partial<NewBatch> = {}, firstMs = START_MS): Buffer {
  const records = Array.from({ length: count }, (_, i) => ({
    key: Buffer.from(`k${i}`),
    value: Buffer.from(`value ${i}`.repeat(5)),
    timestamp: firstMs + i * 1000,
  }))
  return writeBatch({ records, ...options })
}

export interface PartitionData {
  readonly index: number
  readonly records: Buffer | null
}

type FetchedTopic = NonNullable<RequestInput<typeof Fetch>['topics']>[number]
/** Partition 0 from offset 0 on, where nothing else is said. */
export type FetchPartition = NonNullable<FetchedTopic['partitions']>[number]

export class PairedData {
  private readonly both: PairedBrokers
  private readonly ids = new Map<string, Both<string>>()

  constructor(both: PairedBrokers) {
    this.both = both
  }

  /** Makes a topic. Topics that were not made have an id that nobody knows. */
  async topic(name: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void> {
    this.ids.set(name, await this.both.createTopic(name, partitions, configs))
  }

  /** Learns the id of a topic that both made by themselves. */
  async know(name: string): Promise<void> {
    this.ids.set(name, await this.both.untilServed(name))
  }

  idOf(name: string, side: Side): string {
    return this.ids.get(name)?.[side] ?? UNKNOWN_ID
  }

  produceRequest(version: number, topics: Record<string, PartitionData[]>, change: object, side: Side) {
    return {
      acks: -1,
      timeoutMs: 10_000,
      topicData: Object.entries(topics).map(([name, partitionData]) => ({
        ...(version >= 13 ? { topicId: this.idOf(name, side) } : { name }),
        partitionData,
      })),
      ...change,
    }
  }

  /** `topics`: name → records of its partitions. */
  produce(version: number, topics: Record<string, PartitionData[]>, change: object = {}, clientId?: string) {
    return this.both.send(Produce, version, (side) => this.produceRequest(version, topics, change, side), { clientId })
  }

  fetchRequest(version: number, topics: Record<string, FetchPartition[]>, change: object, side: Side) {
    return {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: MIB,
      topics: Object.entries(topics).map(([name, partitions]) => ({
        ...(version >= 13 ? { topicId: this.idOf(name, side) } : { topic: name }),
        partitions: partitions.map((partition) => ({
          partition: 0,
          fetchOffset: 0,
          partitionMaxBytes: MIB,
          ...partition,
        })),
      })),
      ...change,
    }
  }

  /** `topics`: name → what is asked of its partitions. */
  fetch(version: number, topics: Record<string, FetchPartition[]>, change: object = {}) {
    return this.both.send(Fetch, version, (side) => this.fetchRequest(version, topics, change, side))
  }
}
