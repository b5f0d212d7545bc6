// Whatever fails whenever: what was acknowledged is in the log, and the state is what the log says.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../../src/broker/clock.ts'
import { CoordinatorRuntime } from '../../../src/broker/coordinator/runtime.ts'
import type { CoordinatorShard, RecordSerde } from '../../../src/broker/coordinator/shard.ts'
import { silentLogger } from '../../../src/broker/logger.ts'
import { ApiError, ErrorCode } from '../../../src/protocol/error-code.ts'
import { MemoryCoordinatorLog } from '../../support/memory-coordinator-log.ts'

class Words implements CoordinatorShard<string> {
  readonly words: string[] = []

  replay(word: string): void {
    this.words.push(word)
  }

  replayEndTransaction(): void {}
  onLoaded(): void {}
}

const serde: RecordSerde<string> = {
  serialize: (word) => ({ key: Buffer.from(word), value: null }),
  deserialize: (key) => String(key),
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('say' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'look' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'turn' as const }) },
  ...(['break', 'mend', 'stop committing', 'commit', 'lose the lead', 'time passes'] as const).map((kind) => ({
    weight: 1,
    arbitrary: fc.constant({ kind }),
  })),
)

test('acknowledged records are in the log, and every answer tells of a state that the log has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const log = new MemoryCoordinatorLog()
      log.maxBatchBytes = 200
      const clock = new ManualClock()
      const runtime = new CoordinatorRuntime<Words, string>({
        topic: 'words',
        clock,
        logger: silentLogger,
        log: () => log,
        serde,
        createShard: () => new Words(),
        codec: 'none',
        loadBufferBytes: 100,
        commitTimeoutMs: 5000,
      })
      const logged = () => log.records().map(({ key }) => String(key))
      const turn = () => new Promise((resolve) => setImmediate(resolve))
      const pending: Promise<void>[] = []
      let next = 0
      const check = <T>(answer: Promise<T>, verify: (value: T) => void) =>
        pending.push(
          answer.then(verify, (error) => {
            expect(error).toBeInstanceOf(ApiError)
          }),
        )
      runtime.onLeader(0, 0)
      for (const each of steps) {
        if (each.kind === 'say') {
          const words = Array.from({ length: each.count }, () => `w${next++}`)
          const answer = runtime.write(0, (shard) => ({ records: words, response: [...shard.words, ...words] }))
          check(answer, (seen) => {
            expect(logged().slice(0, seen.length)).toEqual(seen)
            expect(log.highWatermark).toBeGreaterThanOrEqual(seen.length)
          })
        } else if (each.kind === 'look') {
          check(
            runtime.read(0, (shard) => [...shard.words]),
            (seen) => {
              expect(logged().slice(0, seen.length)).toEqual(seen)
              expect(log.highWatermark).toBeGreaterThanOrEqual(seen.length)
            },
          )
        } else if (each.kind === 'turn') await turn()
        else if (each.kind === 'break') log.appendError = new ApiError(ErrorCode.KAFKA_STORAGE_ERROR)
        else if (each.kind === 'mend') log.appendError = undefined
        else if (each.kind === 'stop committing') log.commitsAtOnce = false
        else if (each.kind === 'time passes') await clock.advance(5000)
        else if (each.kind === 'lose the lead') {
          runtime.onResigned(0)
          runtime.onLeader(0, 0)
        } else {
          log.commitsAtOnce = true
          log.commit()
        }
      }
      log.appendError = undefined
      log.commitsAtOnce = true
      log.commit()
      for (let i = 0; i < 40; i++) await turn()
      log.commit()
      await Promise.all(pending)
      const words = await runtime.read(0, (shard) => [...shard.words])
      expect(words).toEqual(logged())
      await runtime.close()
    }),
    { numRuns: 200 },
  )
})
