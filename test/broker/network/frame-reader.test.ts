import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BlockPool } from '../../../src/broker/network/block-pool.ts'
import { FrameReader, InvalidReceive } from '../../../src/broker/network/frame-reader.ts'
import { framed } from '../../support/raw-client.ts'

function framesOf(reader: FrameReader): Buffer[] {
  const frames: Buffer[] = []
  for (let frame = reader.next(); frame; frame = reader.next()) frames.push(frame)
  return frames
}

test('cuts the same frames however the bytes are split into chunks', () => {
  const payload = fc.uint8Array({ maxLength: 70_000 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(
      fc.array(payload, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 80_000 }), { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      (payloads, cuts, readEach) => {
        const stream = Buffer.concat(payloads.map(framed))
        const reader = new FrameReader(1 << 20, new BlockPool())
        const frames: Buffer[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = Math.min(stream.length, at + cuts[i % cuts.length]!)
          reader.push(stream.subarray(at, end))
          if (readEach) frames.push(...framesOf(reader))
          at = end
        }
        frames.push(...framesOf(reader))
        expect(frames.length).toBe(payloads.length)
        for (const [i, frame] of frames.entries()) expect(frame.equals(payloads[i]!)).toBe(true)
        expect(reader.isPartial).toBe(false)
        expect(reader.hasUnread).toBe(false)
      },
    ),
    { numRuns: 200 },
  )
})

test('does not copy a frame that lies in one chunk', () => {
  const chunk = Buffer.concat([framed(Buffer.from('one')), framed(Buffer.from('two'))])
  const reader = new FrameReader(100, new BlockPool())
  reader.push(chunk)
  const [one, two] = framesOf(reader)
  expect(one!.buffer).toBe(chunk.buffer)
  expect(two!.byteOffset).toBe(chunk.byteOffset + 11)
})

test('believes a length only as far as bytes arrive', () => {
  const before = process.memoryUsage().arrayBuffers
  const readers = Array.from({ length: 100 }, () => {
    const reader = new FrameReader(100 * 1024 * 1024, new BlockPool())
    reader.push(Buffer.concat([framed(Buffer.alloc(0)), Buffer.from([6, 0x40, 0, 0]), Buffer.alloc(1000)]))
    return { reader, frames: framesOf(reader) }
  })
  const taken = process.memoryUsage().arrayBuffers - before
  expect(readers.every(({ reader, frames }) => frames.length === 1 && reader.isPartial)).toBe(true)
  expect(readers[0]!.reader.missingBytes).toBe(100 * 1024 * 1024 - 1000)
  expect(taken).toBeLessThan(100 * 4 * 1024)
})

test.each([
  [-5, 'Invalid receive (size = -5)'],
  [0x7fff_ffff, 'Invalid receive (size = 2147483647 larger than 1000)'],
  [1001, 'Invalid receive (size = 1001 larger than 1000)'],
])('refuses the length %i with the text of Kafka', (size, message) => {
  const prefix = Buffer.alloc(4)
  prefix.writeInt32BE(size)
  for (const chunks of [[prefix], [prefix.subarray(0, 1), prefix.subarray(1)]]) {
    const reader = new FrameReader(1000, new BlockPool())
    for (const chunk of chunks) reader.push(chunk)
    expect(() => reader.next()).toThrow(new InvalidReceive(message))
  }
})

test('takes a frame of exactly the largest size, and an empty one', () => {
  const reader = new FrameReader(1000, new BlockPool())
  reader.push(framed(Buffer.alloc(1000, 1)))
  reader.push(framed(Buffer.alloc(0)))
  expect(framesOf(reader).map(({ length }) => length)).toEqual([1000, 0])
})
