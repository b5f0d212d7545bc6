import { ListOffsets } from '../protocol/messages/02-list-offsets.ts'
import type { Connection } from './connection.ts'
import { byTopic, type TopicPartition } from './topic-partition.ts'

/** What ListOffsets takes in place of a time. */
export const LATEST_TIMESTAMP = -1
export const EARLIEST_TIMESTAMP = -2

export interface OffsetQuery extends TopicPartition {
  readonly timestamp: number
}

export interface OffsetAnswer extends TopicPartition {
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
  const request = {
    replicaId: -1,
    isolationLevel: isReadCommitted ? 1 : 0,
    topics: byTopic(queries).map(([name, list]) => ({
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
