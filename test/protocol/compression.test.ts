import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  CODECS,
  COMPRESSION_LEVELS,
  type Codec,
  compress,
  decompress,
  prepareCodec,
} from '../../src/protocol/compression.ts'
import { DecodeError } from '../../src/protocol/reader.ts'

const compressing = CODECS.filter((codec) => codec !== 'none')
const MAX = 10_000_000

beforeAll(async () => {
  for (const codec of CODECS) await prepareCodec(codec)
})

function sample(size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, i) => (i % 700 < 500 ? i % 7 : Math.imul(i, 2654435761) >>> 24)))
}

describe.each(CODECS)('%s', (codec) => {
  // Around the block sizes of snappy (32 KiB), lz4 (64 KiB) and zstd (128 KiB).
  test.each([0, 1, 13, 1000, 32767, 32768, 32769, 65536, 65537, 131072, 131073, 400_000])(
    '%i bytes come back',
    (size) => {
      const data = sample(size)
      expect(decompress(codec, compress(codec, data), size).equals(data)).toBe(true)
    },
  )

  test('one byte more than allowed is refused', () => {
    for (const size of [1, 1000, 65536, 200_000]) {
      const compressed = compress(codec, sample(size))
      expect(() => decompress(codec, compressed, size - 1)).toThrow(DecodeError)
    }
  })

  test('streams one after the other are read as one', () => {
    const both = Buffer.concat([
      compress(codec, Buffer.from('one, ')),
      compress(codec, sample(0)),
      compress(codec, sample(70_000)),
    ])
    expect(decompress(codec, both, MAX).equals(Buffer.concat([Buffer.from('one, '), sample(70_000)]))).toBe(true)
    expect(() => decompress(codec, both, 70_000)).toThrow(DecodeError)
  })
})

describe.each(compressing)('hostile %s', (codec) => {
  test('a bomb is refused without filling the memory', () => {
    const bomb = compress(codec, Buffer.alloc(40_000_000))
    const before = process.memoryUsage()
    expect(() => decompress(codec, bomb, 100_000)).toThrow(DecodeError)
    const after = process.memoryUsage()
    expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(10_000_000)
  })

  test('cut off anywhere, it is an error', () => {
    const compressed = compress(codec, sample(3000))
    // A snappy stream may end after any of its blocks; this one has only one.
    for (let end = codec === 'snappy' ? 17 : 0; end < compressed.length; end += 7) {
      expect(() => decompress(codec, compressed.subarray(0, end), MAX)).toThrow(DecodeError)
    }
  })

  test('flipped bits are an error, or other bytes within the limit', () => {
    const compressed = compress(codec, sample(3000))
    for (let at = 0; at < compressed.length; at++) {
      const flipped = Buffer.from(compressed)
      flipped[at]! ^= 1 << (at % 8)
      expectWithinLimit(codec, flipped, 20_000)
    }
  })

  test('random bytes are an error, or few', () => {
    const start = compress(codec, Buffer.from('start')).subarray(0, codec === 'snappy' ? 16 : 7)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, hasStart) => {
        expectWithinLimit(codec, Buffer.concat([hasStart ? start : Buffer.alloc(0), bytes]), 20_000)
      }),
      { numRuns: 200 },
    )
  })
})

function expectWithinLimit(codec: Codec, data: Buffer, maxSize: number): void {
  try {
    expect(decompress(codec, data, maxSize).length).toBeLessThanOrEqual(maxSize)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
  }
}

test('levels are those of Kafka, and no others', () => {
  const data = sample(50_000)
  for (const codec of ['gzip', 'lz4', 'zstd'] as const) {
    const { min, max, default: usual } = COMPRESSION_LEVELS[codec]
    for (const level of [min, max, usual]) {
      expect(decompress(codec, compress(codec, data, level), MAX).equals(data)).toBe(true)
    }
    for (const level of [min - 1, max + 1, 1.5, Number.NaN]) {
      if (level !== usual) expect(() => compress(codec, data, level)).toThrow(RangeError)
    }
  }
  expect(compress('gzip', data, 9).length).toBeLessThan(compress('gzip', data, 1).length)
  expect(() => compress('gzip', data, 0)).toThrow(RangeError)
})

describe('gzip', () => {
  test('checks what it decompressed', () => {
    const compressed = gzipSync('some text')
    compressed.writeUInt32LE(0, compressed.length - 8)
    expect(() => decompress('gzip', compressed, MAX)).toThrow(DecodeError)
  })
})

describe('snappy', () => {
  test('a raw block that claims more than it can hold is not believed', () => {
    expect(() => decompress('snappy', Buffer.from('ffffffff0f00', 'hex'), 2 ** 40)).toThrow(/corrupt snappy/)
    expect(() => decompress('snappy', Buffer.from('ffffffffffffff', 'hex'), 2 ** 40)).toThrow(/corrupt snappy/)
    expect(() => decompress('snappy', Buffer.alloc(0), MAX)).toThrow(/corrupt snappy/)
  })

  test('a block size that is negative or too large is refused', () => {
    const header = compress('snappy', Buffer.alloc(0))
    for (const size of ['ffffffff', '7fffffff', '80000000']) {
      expect(() => decompress('snappy', Buffer.concat([header, Buffer.from(size, 'hex')]), MAX)).toThrow(DecodeError)
    }
  })
})

describe('lz4', () => {
  const block = Buffer.from('05000080', 'hex') // five stored bytes
  const frame = (descriptor: string, ...rest: (string | Buffer)[]) =>
    Buffer.concat([
      Buffer.from(`04224d18${descriptor}`, 'hex'),
      ...rest.map((part) => Buffer.from(part as string, 'latin1')),
    ])

  test('skippable frames are skipped', () => {
    const skippable = Buffer.from('512a4d1803000000ffffff', 'hex')
    const data = compress('lz4', Buffer.from('hello'))
    expect(decompress('lz4', Buffer.concat([skippable, data, skippable, data]), MAX).toString()).toBe('hellohello')
  })

  test.each([
    ['dependent blocks', '404000'],
    ['a dictionary', '614000'],
    ['another version', 'a04000'],
    ['an unknown block size', '603000'],
    ['a wrong header checksum', '604083'],
  ])('%s are refused', (_, descriptor) => {
    expect(() => decompress('lz4', frame(descriptor, block, 'hello', '\0\0\0\0'), MAX)).toThrow(DecodeError)
  })

  // The library chooses blocks of 64 KiB, 256 KiB, 1 MiB or 4 MiB by the size of the data.
  test.each([1000, 100_000, 600_000, 3_000_000])('a frame of %i bytes is read up to exactly the limit', (size) => {
    const { compressFrameSync } = createRequire(import.meta.url)('lz4-napi') as typeof import('lz4-napi')
    const data = Buffer.concat([sample(size - 900), Buffer.alloc(900)])
    for (const blockChecksums of [false, true]) {
      const frame = compressFrameSync(data, { blockChecksums, contentChecksum: true })
      expect(decompress('lz4', frame, size).equals(data)).toBe(true)
      expect(() => decompress('lz4', frame, size - 1)).toThrow(`more than ${size - 1} bytes`)
      // The end of the last block, before the end mark and the content's checksum, which only counts for whole frames.
      frame[frame.length - 9]! ^= 1
      expect(() => decompress('lz4', frame, MAX)).toThrow(/corrupt lz4/)
      if (blockChecksums) expect(() => decompress('lz4', frame, size)).toThrow(/corrupt lz4/)
    }
  })
})

describe('zstd', () => {
  const magic = '28b52ffd'
  const bytes = (hex: string) => Buffer.from(hex, 'hex')

  test('blocks of one repeated byte count before they are made', () => {
    // Window of 1 GiB, no content size, 100 blocks of 2 MiB - 1 repeated bytes each.
    const bomb = Buffer.concat([bytes(`${magic}00a0`), Buffer.alloc(400, bytes('faffff61')), bytes('03000061')])
    expect(() => decompress('zstd', bomb, 1_000_000)).toThrow(DecodeError)
  })

  test.each([
    ['a content size of 2^63', `${magic}c0580000000000000080010000`],
    ['a content size beyond what its blocks can hold', `${magic}a0ffffff7f010000`],
    ['a reserved block', `${magic}0058070000`],
    ['another format', '04224d18604082'],
    ['nothing', ''],
    ['a cut-off skippable frame', '502a4d18ffffffff00'],
  ])('%s is refused', (_, hex) => {
    expect(() => decompress('zstd', bytes(hex), MAX)).toThrow(DecodeError)
  })

  test('skippable frames are skipped', () => {
    const data = compress('zstd', Buffer.from('hello'))
    const skippable = bytes('5f2a4d1803000000ffffff')
    expect(decompress('zstd', Buffer.concat([data, skippable, data]), MAX).toString()).toBe('hellohello')
  })
})
