import { expect, test } from 'vitest'
import { ManualClock } from '../../../src/broker/clock.ts'
import { type MemoryWaiter, RequestMemory } from '../../../src/broker/network/request-memory.ts'

class Waiter implements MemoryWaiter {
  readonly events: string[] = []
  missingBytes: number

  constructor(missingBytes: number) {
    this.missingBytes = missingBytes
  }

  continueReading(): void {
    this.events.push('continue')
  }

  giveUp(): void {
    this.events.push('give up')
  }
}

test('everybody may read below the limit', () => {
  const memory = new RequestMemory(100, new ManualClock())
  memory.take(99)
  expect(memory.mayRead(new Waiter(1))).toBe(true)
})

test('at the limit one reads on and the others wait until there is room', () => {
  const memory = new RequestMemory(100, new ManualClock())
  memory.take(100)
  const [first, second] = [new Waiter(50), new Waiter(50)]
  expect(memory.mayRead(first)).toBe(true)
  expect(memory.mayRead(second)).toBe(false)
  expect(memory.mayRead(first)).toBe(true)

  memory.release(1)
  expect(second.events).toEqual(['continue'])
})

test('the one that needs the fewest bytes is let through next', () => {
  const memory = new RequestMemory(100, new ManualClock())
  memory.take(1000)
  const [first, large, small] = [new Waiter(5), new Waiter(900), new Waiter(10)]
  for (const waiter of [first, large, small]) memory.mayRead(waiter)

  memory.leave(first)
  expect([large.events, small.events]).toEqual([[], ['continue']])
  memory.leave(small)
  expect(large.events).toEqual(['continue'])
})

test('one that is let through and sends nothing for five seconds is given up', async () => {
  const clock = new ManualClock()
  const memory = new RequestMemory(100, clock)
  memory.take(1000)
  const [stalled, next] = [new Waiter(1), new Waiter(2)]
  memory.mayRead(stalled)
  memory.mayRead(next)

  await clock.advance(4_000)
  expect(memory.mayRead(stalled)).toBe(true)
  await clock.advance(4_000)
  expect(stalled.events).not.toContain('give up')
  await clock.advance(1_001)
  expect(stalled.events).toContain('give up')
  expect(next.events).toEqual(['continue'])
})

test('nobody is given up once there is room', async () => {
  const clock = new ManualClock()
  const memory = new RequestMemory(100, clock)
  memory.take(100)
  const waiter = new Waiter(1)
  memory.mayRead(waiter)
  memory.release(50)
  await clock.advance(60_000)
  expect(waiter.events).not.toContain('give up')
})

test('nobody is let through while requests under way fill the limit alone', () => {
  const memory = new RequestMemory(100, new ManualClock())
  memory.take(150)
  memory.begin(150)
  memory.take(60)
  const waiter = new Waiter(1)
  expect(memory.mayRead(waiter)).toBe(false)

  memory.answered(60)
  expect(waiter.events).toEqual(['continue'])
})
