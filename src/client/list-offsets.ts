import { ListOffsets } from '../protocol/messages/02-list-offsets.ts'
import type { Connection } from './connection.ts'

/** What ListOffsets takes in place of a time. */
export const LATEST_TIMESTAMP = -1
export const EARLIEST_TIMESTAMP = -2

export interface OffsetQuery {
  readonly topic: string
  readonly partition: number
  readonly timestamp: number
}

export interface OffsetAnswer {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  /** -1 when no record is as late as asked. */
  readonly offset: number | bigint
  readonly timestamp: number | bigint
  readonly leaderEpoch: number
}

/** Asks the leader of some partitions for offsets by time. */
export async function listOffsets(
  connection: Connection,
  queries: readonly OffsetQuery[],
  isReadCommitted: boolean,
  timeoutMs?: number,
): Promise<OffsetAnswer[]> {
  const byTopic = new Map<string, OffsetQuery[]>()
  for (const query of queries) {
    const list = byTopic.get(query.topic)
    if (list) list.push(query)
    else byTopic.set(query.topic, [query])
  }
  const request = {
    replicaId: -1,
    isolationLevel: isReadCommitted ? 1 : 0,
    topics: [...byTopic].map(([name, list]) => ({
      name,
      partitions: list.map(({ partition, timestamp }) => ({ partitionIndex: partition, timestamp })),
    })),
    timeoutMs: timeoutMs ?? 30_000,
  }
  // Version 11 asks for tiered offsets, which nobody here does; brokers do not offer it by default.
  const version = connection.versionOf(ListOffsets, 10)
  const { topics } = await connection.send(ListOffsets, version ?? 'newest', request, timeoutMs)
  return topics.flatMap(({ name, partitions }) =>
    partitions.map((one) => ({ topic: name, partition: one.partitionIndex, ...one })),
  )
}
