import { expect, test } from 'vitest'
import { ReadBuffers } from '../../../src/broker/log/read-buffers.ts'

const MEGABYTE = 1024 * 1024

test('a buffer is used again once it was given back', () => {
  const buffers = new ReadBuffers()
  const first = buffers.take(MEGABYTE)
  const second = buffers.take(MEGABYTE)
  expect(second).not.toBe(first)
  buffers.giveBack(first)
  expect(buffers.take(MEGABYTE)).toBe(first)
})

test('a buffer that is given back twice is lent to one reader only', () => {
  const buffers = new ReadBuffers()
  const buffer = buffers.take(MEGABYTE)
  buffers.giveBack(buffer)
  buffers.giveBack(buffer)
  const [first, second] = [buffers.take(MEGABYTE), buffers.take(MEGABYTE)]
  expect(first).not.toBe(second)
})

test('reads of any size find room', () => {
  const buffers = new ReadBuffers()
  for (const size of [1, 4096, MEGABYTE, 5 * MEGABYTE]) {
    const buffer = buffers.take(size)
    expect(buffer.length).toBeGreaterThanOrEqual(size)
    buffers.giveBack(buffer)
  }
})
