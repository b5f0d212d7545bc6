/**
 * What the partition log costs: appends of one batch and of a tick's worth, reads from the tail cache and from the files,
 * opening. `npx tsx bench/log.ts`. CPU is the process's own, in seconds per GB.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PartitionLog } from '../src/broker/log/partition-log.ts'
import { brokerConfigFrom } from '../src/config/broker-config.ts'
import { type LogConfig, logConfigFrom } from '../src/config/topic-config.ts'
import { writeBatch } from '../src/protocol/record-batch.ts'

const NOW = 1_700_000_000_000
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
const config: LogConfig = { ...logConfigFrom(broker, new Map()), messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER }

const root = mkdtempSync(join(tmpdir(), 'bench-log-'))
process.on('exit', () => rmSync(root, { recursive: true, force: true }))
let logs = 0

function open(dir = join(root, `${logs++}`, 'bench-0'), isClean = false): Promise<PartitionLog> {
  return PartitionLog.open({
    dir,
    topic: 'bench',
    partition: 0,
    topicId: 'c29tZS10b3BpYy1pZC0xMQ',
    config,
    now: () => NOW,
    isClean,
  })
}

/** A batch of about `batchBytes` with records of `recordBytes`. */
function batchOf(batchBytes: number, recordBytes: number): Buffer {
  const count = Math.max(1, Math.floor((batchBytes - 61) / (recordBytes + 10)))
  const value = Buffer.alloc(recordBytes, 'x')
  return writeBatch({ records: Array.from({ length: count }, () => ({ value, timestamp: NOW })) })
}

async function measure(name: string, bytes: number, run: () => void | Promise<void>): Promise<void> {
  const cpu = process.cpuUsage()
  const started = performance.now()
  await run()
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const mbs = bytes / 1e6 / seconds
  const cpuPerGb = (user + system) / 1e6 / (bytes / 1e9)
  console.log(`${name.padEnd(52)} ${mbs.toFixed(0).padStart(6)} MB/s  CPU ${cpuPerGb.toFixed(2)}`)
}

const TOTAL = 256 * 1024 * 1024
const TICK = 256 * 1024

for (const [label, batchBytes, recordBytes] of [
  ['1 KB batches of one record', 1024, 950],
  ['16 KB batches of 1 KB records', 16_384, 1000],
  ['16 KB batches of 100 B records', 16_384, 100],
  ['1 MB batches of 1 KB records', 1_000_000, 1000],
] as const) {
  const original = batchOf(batchBytes, recordBytes)
  const perTick = Math.max(1, Math.floor(TICK / original.length))
  const ticks = Math.floor(TOTAL / (perTick * original.length))
  const bytes = ticks * perTick * original.length
  const log = await open()
  const entries = Array.from({ length: perTick }, () => ({
    records: Buffer.from(original),
    origin: 'client' as const,
    requestVersion: 12,
  }))
  const append = () => {
    for (let tick = 0; tick < ticks; tick++) {
      // A client's batch comes with base offset 0; the log has patched it.
      for (const { records } of entries) original.copy(records, 0, 0, 8)
      log.appendAsLeader(entries, 0, NOW)
    }
  }
  await measure(`append, ${label}, ${perTick} a call`, bytes, append)

  log.updateHighWatermark(log.logEndOffset)
  const options = { maxBytes: 1_048_576, minOneMessage: true, upTo: 'highWatermark' } as const
  let read = 0
  const readTail = async (from: number, limit: number) => {
    read = 0
    for (let offset = from; offset < log.logEndOffset && read < limit; ) {
      const result = log.read(offset, options)
      const { records } = result instanceof Promise ? await result : result
      let last = 0
      for (const piece of records) {
        read += piece.length
        last = piece.length
      }
      if (last === 0) break
      const count = records.reduce((sum, piece) => sum + piece.length, 0) / original.length
      offset += Math.round(count) * recordsIn(original)
    }
  }
  const tailRecords = Math.floor((16 * 1024 * 1024) / original.length) * recordsIn(original)
  const rounds = 8
  await measure(`read the last 16 MB from memory, ${label}`, rounds * 16 * 1024 * 1024, async () => {
    for (let i = 0; i < rounds; i++) await readTail(log.logEndOffset - tailRecords, 16 * 1024 * 1024)
  })
  await measure(`read from the files, ${label}`, bytes, () => readTail(0, bytes))
  log.closeFiles()
  await measure(`recover, ${label}`, bytes, async () => void (await open(log.dir)).closeFiles())
}

const empty = await open()
await empty.close()
const started = performance.now()
for (let i = 0; i < 100; i++) (await open(empty.dir, true)).closeFiles()
console.log(`open an empty, cleanly closed log: ${((performance.now() - started) * 10).toFixed(0)} µs`)

function recordsIn(batch: Buffer): number {
  return batch.readInt32BE(57)
}
