import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { logResources, type PartitionLog } from '../../../src/broker/log/partition-log.ts'
import { batchCrcIsValid, readBatches } from '../../../src/protocol/record-batch.ts'
import { OffsetIndex } from '../../../src/storage/offset-index.ts'
import { readPartitionMetadata } from '../../../src/storage/partition-metadata.ts'
import { decodeProducerSnapshot } from '../../../src/storage/producer-snapshot.ts'
import { TimeIndex } from '../../../src/storage/time-index.ts'
import { FaultyFiles, Killed } from '../../storage/support/faulty-files.ts'
import { append, batch, NOW, openLog, readAll } from './support/logs.ts'

const config = { segmentBytes: 900, indexIntervalBytes: 100, retentionMs: -1, retentionBytes: -1 }

/** What has been answered to clients before the kill. */
interface Acknowledged {
  /** Value of each record by offset. */
  readonly values: Map<number, string>
  logStartOffset: number
  /** Where a truncation may have cut. */
  truncatedTo: number
  directoryMade: boolean
}

type Scenario = (dir: string, files: FaultyFiles, acknowledged: Acknowledged) => Promise<void>

let sequence = 0

function produce(log: PartitionLog, count: number, acknowledged: Acknowledged): void {
  for (let i = 0; i < count; i++) {
    const value = `value-${sequence}`.padEnd(80)
    const records = batch([value], { producerId: 9, producerEpoch: 0, baseSequence: sequence++, timestamp: NOW + i })
    const { firstOffset } = append(log, records)
    acknowledged.values.set(firstOffset, value)
  }
}

const open = (dir: string, files: FaultyFiles, isClean = false, rest = {}) =>
  openLog(dir, { isClean, resources: logResources(files), ...rest }, config)

const SCENARIOS: Record<string, Scenario> = {
  'create and append over several segments': async (dir, files, acknowledged) => {
    const log = await open(dir, files)
    acknowledged.directoryMade = true
    produce(log, 8, acknowledged)
    await log.flush()
    produce(log, 2, acknowledged)
  },
  'append, close, open again, append, close': async (dir, files, acknowledged) => {
    const log = await open(dir, files)
    acknowledged.directoryMade = true
    produce(log, 5, acknowledged)
    await log.close()
    const again = await open(dir, files, true)
    produce(again, 5, acknowledged)
    await again.close()
  },
  'delete records and old segments': async (dir, files, acknowledged) => {
    const log = await open(dir, files)
    acknowledged.directoryMade = true
    produce(log, 14, acknowledged)
    log.updateHighWatermark(log.logEndOffset)
    log.advanceLogStartOffset(9)
    acknowledged.logStartOffset = 9
    log.deleteOldSegments(NOW)
    produce(log, 2, acknowledged)
    log.removeDeletedFiles(NOW + 1_000_000)
    log.config = { ...log.config, retentionMs: 0 }
    acknowledged.logStartOffset = Number.POSITIVE_INFINITY
    log.updateHighWatermark(log.logEndOffset)
    log.deleteOldSegments(NOW + 1_000_000)
    produce(log, 2, acknowledged)
    await log.close()
  },
  'truncate in the middle and append again': async (dir, files, acknowledged) => {
    const log = await open(dir, files)
    acknowledged.directoryMade = true
    produce(log, 14, acknowledged)
    await log.flush()
    acknowledged.truncatedTo = 5
    sequence -= 9
    log.truncateTo(5)
    for (const offset of acknowledged.values.keys()) if (offset >= 5) acknowledged.values.delete(offset)
    acknowledged.truncatedTo = Number.POSITIVE_INFINITY
    produce(log, 6, acknowledged)
    await log.close()
  },
  'recover after an unclean stop': async (dir, files, acknowledged) => {
    const log = await open(dir, files)
    acknowledged.directoryMade = true
    produce(log, 10, acknowledged)
    log.closeFiles()
    const again = await open(dir, files)
    produce(again, 3, acknowledged)
    again.closeFiles()
    const once = await open(dir, files, false, { recoveryPoint: 6 })
    await once.close()
  },
}

/** Runs a scenario up to the kill; what it throws otherwise is a fault of the log. */
async function runUntilKilled(scenario: Scenario, dir: string, files: FaultyFiles): Promise<Acknowledged> {
  const acknowledged: Acknowledged = {
    values: new Map(),
    logStartOffset: 0,
    truncatedTo: Number.POSITIVE_INFINITY,
    directoryMade: false,
  }
  sequence = 0
  try {
    await scenario(dir, files, acknowledged)
  } catch (error) {
    if (!(error instanceof Killed) && !String((error as Error).message).startsWith('Error while')) throw error
  }
  return acknowledged
}

/** Every file in the directory is what Apache Kafka would accept without a look at the log. */
function checkFiles(dir: string): void {
  const metadata = join(dir, 'partition.metadata')
  const logs = readdirSync(dir).filter((name) => name.endsWith('.log'))
  if (logs.length > 0) expect(readPartitionMetadata(metadata)).toBeDefined()
  for (const name of logs) {
    const bytes = readFileSync(join(dir, name))
    let end = 0
    for (const { header, position } of readBatches(bytes)) {
      expect(batchCrcIsValid(bytes, position, header.sizeInBytes)).toBe(true)
      end = position + header.sizeInBytes
    }
    expect(end, `${name} ends with a whole batch`).toBe(bytes.length)
    const base = Number(name.slice(0, 20))
    const index = new OffsetIndex(base, readFileSync(join(dir, name.replace('.log', '.index'))))
    expect(index.firstBadEntry(bytes.length), `${name}: bad index entry`).toBeUndefined()
    const timeIndex = new TimeIndex(base, readFileSync(join(dir, name.replace('.log', '.timeindex'))))
    const batches = [...readBatches(bytes)].map(({ header }) => header)
    if (batches.length > 0) {
      expect(timeIndex.last.timestamp).toBe(Math.max(...batches.map((header) => Number(header.maxTimestamp))))
    }
  }
  for (const name of readdirSync(dir)) {
    if (name.endsWith('.snapshot')) decodeProducerSnapshot(readFileSync(join(dir, name)))
  }
}

async function checkAfterRestart(dir: string, acknowledged: Acknowledged): Promise<void> {
  if (!existsSync(dir)) {
    expect(acknowledged.directoryMade).toBe(false)
    return
  }
  // Fsyncs cost time and change nothing here: a kill keeps the page cache.
  const resources = logResources(new FaultyFiles())
  const log = await openLog(dir, { resources }, config)
  const found = new Map((await readAll(log)).map(({ offset, value }) => [offset, value]))
  for (const [offset, value] of acknowledged.values) {
    const mayBeGone = offset < acknowledged.logStartOffset || offset >= acknowledged.truncatedTo
    if (!mayBeGone || found.has(offset)) expect(found.get(offset), `record ${offset}`).toBe(value)
  }
  // One more may have been written when the kill came before its answer.
  const last = Math.max(-1, ...acknowledged.values.keys())
  expect(log.logEndOffset).toBeLessThanOrEqual(last + 2)
  // The producer goes on where it was.
  const known = log.activeProducers.get(9)
  if (known && known.batches.length > 0) {
    const next = batch(['next'], { producerId: 9, producerEpoch: 0, baseSequence: known.lastSequence + 1 })
    expect(append(log, next)).toMatchObject({ firstOffset: log.logEndOffset - 1 })
  }
  await log.close()
  checkFiles(dir)
  const again = await openLog(dir, { isClean: true, resources }, config)
  expect(again.logEndOffset).toBe(log.logEndOffset)
  expect([...again.activeProducers.keys()]).toEqual([...log.activeProducers.keys()])
  again.closeFiles()
}

describe('a kill after any single file operation loses nothing that was answered', () => {
  for (const tearsLastWrite of [false, true]) {
    test.each(Object.keys(SCENARIOS))(`while: %s${tearsLastWrite ? ' (the last write is torn)' : ''}`, async (name) => {
      const scenario = SCENARIOS[name]!
      const root = mkdtempSync(join(tmpdir(), 'crash-'))
      try {
        const whole = new FaultyFiles()
        await runUntilKilled(scenario, join(root, 'whole', 'orders-0'), whole)
        expect(whole.count).toBeGreaterThan(20)
        const points = tearsLastWrite ? whole.writes : Array.from({ length: whole.count + 1 }, (_, i) => i)
        for (const killAfter of points) {
          const dir = join(root, `${killAfter}`, 'orders-0')
          const files = new FaultyFiles()
          files.killAfter = killAfter
          files.tearsLastWrite = tearsLastWrite
          const acknowledged = await runUntilKilled(scenario, dir, files)
          try {
            await checkAfterRestart(dir, acknowledged)
          } catch (error) {
            ;(error as Error).message += ` (killed after operation ${killAfter} of ${whole.count})`
            throw error
          }
        }
      } finally {
        rmSync(root, { recursive: true, force: true })
      }
    })
  }
})

test('a recovery that is itself killed at any operation can be repeated', async () => {
  const root = mkdtempSync(join(tmpdir(), 'crash-'))
  try {
    const origin = join(root, 'origin', 'orders-0')
    const acknowledged = await runUntilKilled(
      SCENARIOS['create and append over several segments']!,
      origin,
      new FaultyFiles(),
    )
    const whole = new FaultyFiles()
    cpSync(origin, join(root, 'whole', 'orders-0'), { recursive: true })
    await open(join(root, 'whole', 'orders-0'), whole)
    for (let killAfter = 0; killAfter < whole.count; killAfter++) {
      const dir = join(root, `${killAfter}`, 'orders-0')
      cpSync(origin, dir, { recursive: true })
      const files = new FaultyFiles()
      files.killAfter = killAfter
      await expect(open(dir, files)).rejects.toThrow()
      await checkAfterRestart(dir, acknowledged)
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
