import { expect, test } from 'vitest'
import { liveAndDie, operationsOfALife } from '../support/crash-scenario.ts'

/** Odd, so that both kinds of death come in turn; test/long/crash-points.test.ts goes through every operation. */
const STRIDE = 11

test('loses nothing that was answered when the process is killed after any file operation', async () => {
  const count = await operationsOfALife()
  expect(count).toBeGreaterThan(300)
  for (let killAfter = 0; killAfter < count; killAfter += STRIDE) await liveAndDie(killAfter, killAfter % 2 === 1)
})
