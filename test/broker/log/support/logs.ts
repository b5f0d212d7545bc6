import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { AppendEntry, AppendResult, PartitionLogOptions } from '../../../../src/broker/log/partition-log.ts'
import { PartitionLog } from '../../../../src/broker/log/partition-log.ts'
import { brokerConfigFrom } from '../../../../src/config/broker-config.ts'
import { type LogConfig, logConfigFrom } from '../../../../src/config/topic-config.ts'
import { type NewBatch, readBatches, readRecords, writeBatch } from '../../../../src/protocol/record-batch.ts'

export const TOPIC_ID = 'c29tZS10b3BpYy1pZC0xMQ'
export const NOW = 1_700_000_000_000

/** A directory of its own that is gone when the test has finished. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'log-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const broker = brokerConfigFrom(
  new Map([
    ['process.roles', 'broker,controller'],
    ['node.id', '1'],
    ['controller.listener.names', 'CONTROLLER'],
    ['listeners', 'PLAINTEXT://:0,CONTROLLER://:0'],
    ['controller.quorum.bootstrap.servers', 'localhost:9093'],
    ['log.dirs', '/unused'],
  ]),
)

export function logConfig(overrides: Partial<LogConfig> = {}): LogConfig {
  return { ...logConfigFrom(broker, new Map()), ...overrides }
}

export function openLog(
  dir: string,
  options: Partial<PartitionLogOptions> = {},
  config: Partial<LogConfig> = {},
): Promise<PartitionLog> {
  return PartitionLog.open({
    dir,
    topic: 'orders',
    partition: 0,
    topicId: TOPIC_ID,
    config: logConfig(config),
    now: () => NOW,
    ...options,
  })
}

/** A batch of records with these values. */
export function batch(
  values: readonly string[],
  options: Omit<NewBatch, 'records'> & { timestamp?: number } = {},
): Buffer {
  const { timestamp = NOW, ...rest } = options
  const records = values.map((value, i) => ({ key: Buffer.from(`k${i}`), value: Buffer.from(value), timestamp }))
  return writeBatch({ ...rest, records })
}

export function clientEntry(records: Buffer): AppendEntry {
  return { records, origin: 'client', requestVersion: 12 }
}

/** Appends one client batch; throws what it is refused with. */
export function append(log: PartitionLog, records: Buffer, leaderEpoch = 0, nowMs = NOW): AppendResult {
  const [result] = log.appendAsLeader([clientEntry(records)], leaderEpoch, nowMs)
  if (result instanceof Error) throw result
  return result!
}

export interface ReadRecord {
  readonly offset: number
  readonly value: string | undefined
}

/** All records of the log from `offset` on, read in answers of `maxBytes`. */
export async function readAll(
  log: PartitionLog,
  offset = log.logStartOffset,
  maxBytes = 1_000_000,
): Promise<ReadRecord[]> {
  const records: ReadRecord[] = []
  for (let next = offset; next < log.logEndOffset; ) {
    const { records: pieces } = await log.read(next, { maxBytes, minOneMessage: true, upTo: 'logEnd' })
    const before = next
    for (const piece of pieces) {
      for (const { header, position } of readBatches(piece)) {
        for (const record of readRecords(piece, position)) {
          if (record.offset >= next) records.push({ offset: record.offset, value: record.value?.toString() })
        }
        next = Math.max(next, header.nextOffset)
      }
    }
    if (next === before) break
  }
  return records
}
