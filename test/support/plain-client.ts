/** The few things a test does with topics and groups, each one raw request: no retries, no caches, nothing in between. */
import { ErrorCode, errorName } from '../../src/protocol/error-code.ts'
import { Produce } from '../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import { Metadata } from '../../src/protocol/messages/03-metadata.ts'
import { OffsetCommit } from '../../src/protocol/messages/08-offset-commit.ts'
import { OffsetFetch } from '../../src/protocol/messages/09-offset-fetch.ts'
import { FindCoordinator } from '../../src/protocol/messages/10-find-coordinator.ts'
import { JoinGroup } from '../../src/protocol/messages/11-join-group.ts'
import { LeaveGroup } from '../../src/protocol/messages/13-leave-group.ts'
import { SyncGroup } from '../../src/protocol/messages/14-sync-group.ts'
import { CreateTopics } from '../../src/protocol/messages/19-create-topics.ts'
import { DeleteTopics } from '../../src/protocol/messages/20-delete-topics.ts'
import { InitProducerId } from '../../src/protocol/messages/22-init-producer-id.ts'
import { type LogRecord, type NewBatch, readBatches, readRecords, writeBatch } from '../../src/protocol/record-batch.ts'
import type { RawClient } from './raw-client.ts'

/** An answer with an error code. */
export class Refused extends Error {
  readonly code: string

  constructor(what: string, errorCode: number, message?: string | null) {
    super(`${what}: ${errorName(errorCode)} ${message ?? ''}`)
    this.code = errorName(errorCode)
  }
}

function check(what: string, errorCode: number, message?: string | null): void {
  if (errorCode !== ErrorCode.NONE) throw new Refused(what, errorCode, message)
}

/** Answers the new topic's id. */
export async function createTopic(
  client: RawClient,
  name: string,
  { partitions = 1, configs = {} }: { partitions?: number; configs?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const settings = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  const { topics } = await client.send(CreateTopics, 7, {
    topics: [{ name, numPartitions: partitions, replicationFactor: 1, configs: settings }],
    timeoutMs: 10_000,
  })
  check(`create ${name}`, topics[0]!.errorCode, topics[0]!.errorMessage)
  return topics[0]!.topicId
}

export async function deleteTopic(client: RawClient, name: string): Promise<void> {
  const { responses } = await client.send(DeleteTopics, 6, { topics: [{ name }], timeoutMs: 10_000 })
  check(`delete ${name}`, responses[0]!.errorCode, responses[0]!.errorMessage)
}

/** Topics by name, with their ids. */
export async function topicsOf(client: RawClient): Promise<Map<string, { id: string; partitions: number }>> {
  const { topics } = await client.send(Metadata, 12, { topics: null, allowAutoTopicCreation: false })
  return new Map(topics.map(({ name, topicId, partitions }) => [name!, { id: topicId, partitions: partitions.length }]))
}

export async function newProducerId(client: RawClient): Promise<number> {
  const answer = await whenLoaded(() =>
    client.send(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 60_000 }),
  )
  check('producer id', answer.errorCode)
  return answer.producerId
}

export interface Produced {
  readonly topic: string
  readonly partition?: number
  readonly values: readonly string[]
  readonly acks?: -1 | 1
}

/** Appends one batch and answers its first offset. */
export async function produce(
  client: RawClient,
  { topic, partition = 0, values, acks = -1 }: Produced,
  batch: Omit<NewBatch, 'records'> = {},
): Promise<number> {
  const timestamp = Date.now()
  const records = writeBatch({ ...batch, records: values.map((value) => ({ value: Buffer.from(value), timestamp })) })
  const { responses } = await client.send(Produce, 9, {
    acks,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
  })
  const answer = responses[0]!.partitionResponses[0]!
  check(`produce to ${topic}-${partition}`, answer.errorCode, answer.errorMessage)
  return answer.baseOffset
}

export interface ReadOptions {
  readonly from?: number
  readonly isolation?: 'read_uncommitted' | 'read_committed'
  readonly maxBytes?: number
}

export interface FetchedRecord extends LogRecord {
  readonly isControl: boolean
  readonly baseOffset: number
  readonly codec: string
  readonly leaderEpoch: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly timestampType: string
}

/**
 * Every record up to the end that the isolation level allows, control records too; in read_committed without those of
 * aborted transactions, as a consumer leaves them out.
 */
export async function readPartition(
  client: RawClient,
  topic: string,
  partition = 0,
  { from = 0, isolation = 'read_uncommitted', maxBytes = 1_000_000 }: ReadOptions = {},
): Promise<FetchedRecord[]> {
  const found: FetchedRecord[] = []
  for (let next = from; ; ) {
    const { responses } = await client.send(Fetch, 11, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes,
      isolationLevel: isolation === 'read_committed' ? 1 : 0,
      topics: [{ topic, partitions: [{ partition, fetchOffset: next, partitionMaxBytes: maxBytes }] }],
    })
    const answer = responses[0]!.partitions[0]!
    check(`fetch ${topic}-${partition} at ${next}`, answer.errorCode)
    const end = isolation === 'read_committed' ? answer.lastStableOffset : answer.highWatermark
    const before = next
    const aborted = new Set<number>()
    const pending = [...(answer.abortedTransactions ?? [])].sort((a, b) => a.firstOffset - b.firstOffset)
    for (const { header, position } of readBatches(answer.records ?? Buffer.alloc(0))) {
      while (pending.length > 0 && pending[0]!.firstOffset <= header.lastOffset)
        aborted.add(pending.shift()!.producerId)
      const isDropped = header.isTransactional && !header.isControl && aborted.has(header.producerId)
      if (header.isControl) aborted.delete(header.producerId)
      next = Math.max(next, header.nextOffset)
      if (isDropped) continue
      const { baseOffset, codec, partitionLeaderEpoch, producerId, producerEpoch, timestampType, isControl } = header
      for (const record of readRecords(answer.records!, position)) {
        if (record.offset < before) continue
        const timestamp = timestampType === 'LogAppendTime' ? header.maxTimestamp : record.timestamp
        const facts = { baseOffset, codec, leaderEpoch: partitionLeaderEpoch, producerId, producerEpoch, timestampType }
        found.push({ ...record, ...facts, timestamp, isControl })
      }
    }
    if (next >= Number(end) || next === before) return found
  }
}

/** Finds the group's coordinator, which makes `__consumer_offsets` on first use; asks again until it is ready. */
export async function findCoordinator(client: RawClient, groupId: string): Promise<void> {
  for (;;) {
    const { errorCode } = await client.send(FindCoordinator, 3, { key: groupId, keyType: 0 })
    if (errorCode === ErrorCode.NONE) return
    if (errorCode !== ErrorCode.COORDINATOR_NOT_AVAILABLE) throw new Refused('find coordinator', errorCode)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export interface Member {
  readonly groupId: string
  readonly memberId: string
  readonly generationId: number
}

/** Joins as the only member of a classic group. */
export async function joinAlone(client: RawClient, groupId: string): Promise<Member> {
  const joined = await whenLoaded(() =>
    client.send(JoinGroup, 3, {
      groupId,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    }),
  )
  check('join', joined.errorCode)
  const { memberId, generationId } = joined
  const synced = await client.send(SyncGroup, 2, {
    groupId,
    generationId,
    memberId,
    assignments: [{ memberId, assignment: Buffer.from('all') }],
  })
  check('sync', synced.errorCode)
  return { groupId, memberId, generationId }
}

export async function commitOffset(client: RawClient, member: Member, topic: string, offset: number): Promise<void> {
  const answer = await client.send(OffsetCommit, 7, {
    groupId: member.groupId,
    generationIdOrMemberEpoch: member.generationId,
    memberId: member.memberId,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }] }],
  })
  check('commit', answer.topics[0]!.partitions[0]!.errorCode)
}

export async function leaveGroup(client: RawClient, { groupId, memberId }: Member): Promise<void> {
  check('leave', (await client.send(LeaveGroup, 1, { groupId, memberId })).errorCode)
}

/** -1 when the group has committed nothing there. */
export async function committedOffset(
  client: RawClient,
  groupId: string,
  topic: string,
  partition = 0,
): Promise<number | bigint> {
  const answer = await whenLoaded(() =>
    client.send(OffsetFetch, 6, { groupId, topics: [{ name: topic, partitionIndexes: [partition] }] }),
  )
  check('fetch offsets', answer.errorCode)
  const found = answer.topics[0]!.partitions[0]!
  check('fetch offset', found.errorCode)
  return found.committedOffset
}

/** Asks again while the coordinator reads its log, or waits for a block of producer ids. */
async function whenLoaded<T extends { errorCode: number }>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer.errorCode !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) return answer
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
