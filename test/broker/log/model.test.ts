import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OpenFiles } from '../../../src/broker/log/open-files.ts'
import { logResources, type PartitionLog } from '../../../src/broker/log/partition-log.ts'
import { TailCache } from '../../../src/broker/log/tail-cache.ts'
import { FaultyFiles } from '../../storage/support/faulty-files.ts'
import { append, batch, NOW, openLog, readAll, temporaryDirectory } from './support/logs.ts'

/** What a log is, without files: records by offset, and bounds. */
class Model {
  records: { offset: number; value: string; timestamp: number; epoch: number }[] = []
  logStartOffset = 0
  logEndOffset = 0
  highWatermark = 0
  epoch = 0
  timestamp = NOW

  get readable() {
    return this.records.filter(({ offset }) => offset >= this.logStartOffset)
  }

  append(values: readonly string[]): void {
    for (const value of values) {
      this.records.push({ offset: this.logEndOffset++, value, timestamp: this.timestamp, epoch: this.epoch })
    }
  }

  truncateTo(offset: number, baseOffset: number): void {
    if (offset >= this.logEndOffset) return
    // The batch that the offset lies in goes as a whole.
    this.records = this.records.filter((record) => record.offset < baseOffset)
    this.logEndOffset = baseOffset
    this.logStartOffset = Math.min(this.logStartOffset, baseOffset)
    this.highWatermark = Math.min(this.highWatermark, baseOffset)
  }
}

/** A log and its model, on which commands are run side by side. */
class Pair {
  readonly model = new Model()
  readonly dir = join(temporaryDirectory(), 'orders-0')
  /** First offset of each batch that is still there. */
  batches: number[] = []
  log!: PartitionLog
  private values = 0

  async open(isClean: boolean): Promise<void> {
    const files = new FaultyFiles()
    const resources = { ...logResources(files), openFiles: new OpenFiles(files, 3), tailCache: new TailCache(2000) }
    const { logStartOffset } = this.model
    const recoveryPoint = this.log?.recoveryPoint ?? 0
    this.log = await openLog(this.dir, { isClean, logStartOffset, recoveryPoint, resources }, CONFIG)
    this.log.updateHighWatermark(this.model.highWatermark)
  }

  newValue(size: number): string {
    return `${this.values++}`.padEnd(size)
  }
}

const CONFIG = {
  segmentBytes: 1200,
  segmentMs: 5000,
  indexIntervalBytes: 150,
  retentionMs: 20_000,
  retentionBytes: -1,
  messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
}

type Step = (pair: Pair) => Promise<void> | void

function appendStep(count: number, size: number): Step {
  return (pair) => {
    const { model, log } = pair
    const values = Array.from({ length: count }, () => pair.newValue(size))
    const records = batch(values, { timestamp: model.timestamp })
    expect(append(log, records, model.epoch)).toMatchObject({ firstOffset: model.logEndOffset, isDuplicate: false })
    pair.batches.push(model.logEndOffset)
    model.append(values)
  }
}

function truncateStep(share: number): Step {
  return (pair) => {
    const { model, log } = pair
    const { logStartOffset, logEndOffset } = model
    const offset = logStartOffset + Math.floor((logEndOffset - logStartOffset) * share)
    log.truncateTo(offset)
    model.truncateTo(offset, pair.batches.findLast((base) => base <= offset) ?? offset)
    pair.batches = pair.batches.filter((base) => base < offset && model.records.some((r) => r.offset === base))
  }
}

const step: fc.Arbitrary<{ name: string; run: Step }> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 200 }))
      .map(([count, size]) => ({ name: `append ${count} × ${size}`, run: appendStep(count, size) })),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 0, max: 6000 }).map((ms) => ({
      name: `time +${ms}`,
      run: ({ model }: Pair) => {
        model.timestamp += ms
      },
    })),
  },
  fc.double({ min: 0, max: 1, noNaN: true }).map((share) => ({ name: `truncate ${share}`, run: truncateStep(share) })),
  fc.constant({
    name: 'roll',
    run: ({ log }: Pair) => log.roll(),
  }),
  fc.constant({
    name: 'new epoch',
    run: ({ model, log }: Pair) => log.assignLeaderEpoch(++model.epoch, model.logEndOffset),
  }),
  fc.double({ min: 0, max: 1, noNaN: true }).map((share) => ({
    name: `high watermark ${share}`,
    run: ({ model, log }: Pair) => {
      const room = model.logEndOffset - model.highWatermark
      model.highWatermark += Math.floor(room * share)
      log.updateHighWatermark(model.highWatermark)
      model.highWatermark = log.highWatermark
    },
  })),
  fc.double({ min: 0, max: 1, noNaN: true }).map((share) => ({
    name: `delete records ${share}`,
    run: ({ model, log }: Pair) => {
      const room = Math.max(0, model.highWatermark - model.logStartOffset)
      const offset = model.logStartOffset + Math.floor(room * share)
      log.advanceLogStartOffset(offset)
      model.logStartOffset = Math.max(model.logStartOffset, offset)
    },
  })),
  fc.constant({
    name: 'retention',
    run: ({ model, log }: Pair) => {
      log.deleteOldSegments(model.timestamp)
      // Which segments go is tested elsewhere; here, that nothing but the oldest does, and nothing uncommitted.
      expect(log.logStartOffset).toBeGreaterThanOrEqual(model.logStartOffset)
      expect(log.logStartOffset).toBeLessThanOrEqual(Math.max(model.highWatermark, model.logStartOffset))
      for (const record of model.readable) {
        if (record.offset < log.logStartOffset) expect(model.timestamp - record.timestamp).toBeGreaterThan(0)
      }
      model.logStartOffset = log.logStartOffset
    },
  }),
  fc.constant({ name: 'flush', run: ({ log }: Pair) => log.flush() }),
  fc.constant({
    name: 'stop cleanly and open',
    run: async (pair: Pair) => {
      await pair.log.close()
      await pair.open(true)
    },
  }),
  fc.constant({
    name: 'kill and open',
    run: async (pair: Pair) => {
      pair.log.closeFiles()
      await pair.open(false)
    },
  }),
)

async function check({ model, log }: Pair, at: number): Promise<void> {
  expect(log.logEndOffset).toBe(model.logEndOffset)
  expect(log.logStartOffset).toBe(model.logStartOffset)
  const expected = model.readable.map(({ offset, value }) => ({ offset, value }))
  expect(await readAll(log, model.logStartOffset, 300)).toEqual(expected)
  if (expected.length === 0) return
  const picked = model.readable[at % expected.length]!
  const rest = await readAll(log, picked.offset, 100_000)
  expect(rest).toEqual(expected.filter(({ offset }) => offset >= picked.offset))
  const byTime = model.readable.find(({ timestamp }) => timestamp >= picked.timestamp)!
  expect(await log.offsetForTimestamp(picked.timestamp)).toEqual({
    offset: byTime.offset,
    timestamp: byTime.timestamp,
    leaderEpoch: byTime.epoch,
  })
}

test('a log behaves as a list of records does, through rolls, truncations, deletions and restarts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (run) => {
      const pair = new Pair()
      await pair.open(false)
      for (const [index, { name, run: apply }] of run.entries()) {
        try {
          await apply(pair)
          await check(pair, index * 7)
        } catch (error) {
          ;(error as Error).message += `\nafter: ${run
            .slice(0, index)
            .map((one) => one.name)
            .join(', ')}\nat: ${name}`
          throw error
        }
      }
      pair.log.closeFiles()
    }),
    { numRuns: 60, interruptAfterTimeLimit: 10_000 },
  )
})
