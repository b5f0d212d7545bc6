import { expect, test } from 'vitest'
import { liveAndDie, operationsOfALife } from '../support/crash-scenario.ts'

test.each([
  ['', false],
  [', the last write being torn', true],
])(
  'loses nothing that was answered when the process is killed after every single file operation%s',
  async (_, tears) => {
    const count = await operationsOfALife()
    expect(count).toBeGreaterThan(300)
    for (let killAfter = 0; killAfter < count; killAfter++) await liveAndDie(killAfter, tears)
  },
)
