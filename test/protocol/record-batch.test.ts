import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { CODECS, compress, prepareCodec } from '../../src/protocol/compression.ts'
import { DecodeError } from '../../src/protocol/reader.ts'
import {
  addToSequence,
  BATCH_OVERHEAD,
  batchCrcIsValid,
  batchMagicAt,
  batchSizeAt,
  ControlType,
  controlKey,
  controlTypeOf,
  type NewRecord,
  readBatches,
  readBatchHeader,
  readRecords,
  scanRecords,
  setBatchOffsetAndEpoch,
  setBatchTimestamp,
  writeBatch,
} from '../../src/protocol/record-batch.ts'

const T = 1_700_000_000_000

const some: NewRecord[] = [
  { timestamp: T, key: Buffer.from('a'), value: Buffer.from('1'), headers: [{ key: 'ü', value: null }] },
  { timestamp: T + 9, key: null, value: null },
  { timestamp: T + 4, key: Buffer.alloc(0), value: Buffer.alloc(70_000, 'text ') },
]

beforeAll(async () => {
  for (const codec of CODECS) await prepareCodec(codec)
})

/** A batch whose record bytes are these, with a checksum that fits. */
function batchOf(records: Buffer, recordCount: number, attributes = 0): Buffer {
  const bytes = Buffer.concat([writeBatch({ records: [] }), records])
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt16BE(attributes, 21)
  bytes.writeInt32BE(recordCount, 57)
  setBatchTimestamp(bytes, 0, 'CreateTime', T)
  return bytes
}

describe('writing', () => {
  test.each(CODECS)('reads back what was written with %s', (codec) => {
    const bytes = writeBatch({ baseOffset: 40, codec, records: some })
    expect(batchCrcIsValid(bytes, 0, bytes.length)).toBe(true)
    expect(readBatchHeader(bytes)).toMatchObject({
      codec,
      baseOffset: 40,
      lastOffset: 42,
      nextOffset: 43,
      recordCount: 3,
    })
    expect(readRecords(bytes)).toEqual(some.map((record, i) => ({ headers: [], ...record, offset: 40 + i })))
  })

  test('takes the documented defaults', () => {
    expect(readBatchHeader(writeBatch({ records: [{}] }))).toMatchObject({
      baseOffset: 0,
      partitionLeaderEpoch: -1,
      magic: 2,
      codec: 'none',
      timestampType: 'CreateTime',
      isTransactional: false,
      isControl: false,
      hasDeleteHorizon: false,
      baseTimestamp: -1,
      maxTimestamp: -1,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      lastSequence: -1,
    })
  })

  test('keeps every timestamp exactly, also where a number cannot', () => {
    const timestamps = [1_700_000_000_123_456_789n, 2n ** 63n - 1n, -1, 0, 2 ** 53 - 1, 2n ** 53n, -(2n ** 63n)]
    for (const codec of CODECS) {
      const bytes = writeBatch({ codec, records: timestamps.map((timestamp) => ({ timestamp })) })
      expect(readRecords(bytes).map(({ timestamp }) => timestamp)).toEqual(timestamps)
      expect(readBatchHeader(bytes).maxTimestamp).toBe(2n ** 63n - 1n)
    }
  })

  test('keeps gaps between offsets, and refuses offsets that go back', () => {
    const bytes = writeBatch({ baseOffset: 10, records: [{ offsetDelta: 2 }, {}, { offsetDelta: 90 }] })
    expect(readRecords(bytes).map(({ offset }) => offset)).toEqual([12, 13, 100])
    expect(readBatchHeader(bytes).lastOffset).toBe(100)
    expect(() => writeBatch({ records: [{ offsetDelta: 2 }, { offsetDelta: 2 }] })).toThrow(RangeError)
  })

  test('refuses offsets that a number cannot hold', () => {
    expect(() => writeBatch({ baseOffset: 2 ** 53, records: [] })).toThrow(RangeError)
    expect(() => writeBatch({ baseOffset: Number.NaN, records: [] })).toThrow(RangeError)
  })
})

describe('in place', () => {
  test('offset and leader epoch change without the checksum', () => {
    const bytes = Buffer.concat([Buffer.alloc(5), writeBatch({ records: some })])
    setBatchOffsetAndEpoch(bytes, 5, 2 ** 40 + 1, 7)
    expect(readBatchHeader(bytes, 5)).toMatchObject({ baseOffset: 2 ** 40 + 1, partitionLeaderEpoch: 7 })
    expect(batchCrcIsValid(bytes, 5, bytes.length - 5)).toBe(true)
  })

  test('the time of the append takes the place of every timestamp, and goes again', () => {
    const bytes = Buffer.concat([writeBatch({ codec: 'lz4', isTransactional: true, records: some }), Buffer.alloc(9)])
    const sizeInBytes = bytes.length - 9
    setBatchTimestamp(bytes, 0, 'LogAppendTime', T + 77)
    expect(batchCrcIsValid(bytes, 0, sizeInBytes)).toBe(true)
    expect(readBatchHeader(bytes)).toMatchObject({
      timestampType: 'LogAppendTime',
      codec: 'lz4',
      isTransactional: true,
    })
    expect(readRecords(bytes).map(({ timestamp }) => timestamp)).toEqual([T + 77, T + 77, T + 77])
    setBatchTimestamp(bytes, 0, 'CreateTime', T + 9)
    expect(bytes.subarray(0, sizeInBytes)).toEqual(writeBatch({ codec: 'lz4', isTransactional: true, records: some }))
  })

  test('a flipped bit anywhere under the checksum is seen', () => {
    const bytes = writeBatch({ records: some.slice(0, 2) })
    for (let at = 17; at < bytes.length; at++) {
      bytes[at]! ^= 0x10
      expect(batchCrcIsValid(bytes, 0, bytes.length)).toBe(false)
      bytes[at]! ^= 0x10
    }
    expect(batchCrcIsValid(bytes, 0, bytes.length + 1)).toBe(false)
    expect(batchCrcIsValid(bytes, 0, 60)).toBe(false)
  })
})

test('sequences begin again after 2^31 - 1', () => {
  expect(addToSequence(0, 4)).toBe(4)
  expect(addToSequence(2 ** 31 - 1, 0)).toBe(2 ** 31 - 1)
  expect(addToSequence(2 ** 31 - 1, 1)).toBe(0)
  expect(addToSequence(2 ** 31 - 3, 5)).toBe(2)
})

test('control records say their type in the key', () => {
  const bytes = writeBatch({
    isControl: true,
    records: [{ key: controlKey(ControlType.COMMIT), value: Buffer.alloc(6) }],
  })
  expect(controlTypeOf(readRecords(bytes)[0]!.key)).toBe(ControlType.COMMIT)
  expect(controlTypeOf(Buffer.from('00000063', 'hex'))).toBe(99)
  for (const bad of [null, Buffer.alloc(3), Buffer.from('ffff0000', 'hex')]) {
    expect(() => controlTypeOf(bad)).toThrow(DecodeError)
  }
})

describe('walking batches', () => {
  const first = writeBatch({ records: some.slice(0, 1) })
  const second = writeBatch({ baseOffset: 1, codec: 'gzip', records: some })

  test('stops at a batch that is cut off, wherever that is', () => {
    const bytes = Buffer.concat([first, second])
    for (let end = first.length; end < bytes.length; end++) {
      expect([...readBatches(bytes.subarray(0, end))].map(({ position }) => position)).toEqual([0])
    }
    expect([...readBatches(bytes)].map(({ position }) => position)).toEqual([0, first.length])
  })

  test('knows a size from 12 bytes, within the given end', () => {
    expect(batchSizeAt(first, 0)).toBe(first.length)
    expect(batchSizeAt(first, 0, 12)).toBe(first.length)
    expect(batchSizeAt(first, 0, 11)).toBe(-1)
    expect(batchSizeAt(first, first.length)).toBe(-1)
  })

  test.each([0, -1, -13, 13, -(2 ** 31)])('refuses a length of %i', (length) => {
    const bytes = Buffer.from(first)
    bytes.writeInt32BE(length, 8)
    expect(() => batchSizeAt(bytes, 0)).toThrow(DecodeError)
    expect(() => [...readBatches(bytes)]).toThrow(DecodeError)
    expect(() => readBatchHeader(bytes)).toThrow(DecodeError)
  })

  test.each([0, 1, 3, -1])('refuses magic %i, which can still be read', (magic) => {
    const bytes = Buffer.from(first)
    bytes.writeInt8(magic, 16)
    expect(batchMagicAt(bytes, 0)).toBe(magic)
    expect(readBatchHeader(bytes).magic).toBe(magic)
    expect(() => [...readBatches(bytes)]).toThrow(DecodeError)
    expect(() => readRecords(bytes)).toThrow(DecodeError)
    expect(() => scanRecords(bytes, 0, () => {})).toThrow(DecodeError)
  })

  test('refuses a message of the old format that is shorter than a v2 header', () => {
    const legacy = Buffer.alloc(12 + 14)
    legacy.writeInt32BE(14, 8)
    expect(() => [...readBatches(legacy)]).toThrow(/magic/)
  })

  test('refuses an unknown codec', () => {
    const bytes = Buffer.from(first)
    bytes.writeInt16BE(5, 21)
    expect(() => readBatchHeader(bytes)).toThrow('Unknown compression type id: 5')
  })
})

describe('hostile records', () => {
  test('the shape the cases below start from is a record', () => {
    const good = writeBatch({ records: [{ key: Buffer.from('k'), value: null }] }).subarray(BATCH_OVERHEAD)
    expect(good.toString('hex')).toBe('0e000000026b0100')
    expect(readRecords(batchOf(good, 1))).toHaveLength(1)
  })

  const cases: [string, string, number][] = [
    ['more records than bytes', '0e000000026b0100', 2 ** 31 - 1],
    ['fewer records than there are', '0e000000026b01000e000000026b0100', 1],
    ['more records than there are', '0e000000026b0100', 2],
    ['a negative count', '0e000000026b0100', -1],
    ['a record longer than the batch', '10000000026b0100', 1],
    ['a record shorter than it says', '0e000000026b010000', 1],
    ['a negative record length', '01000000026b0100', 1],
    ['a record of no bytes', '00', 1],
    ['a key longer than the record', '0e000000fe6b0100', 1],
    ['a key of 2^31 - 1 bytes', '16000000feffffff0f0100000000', 1],
    ['an endless varint', 'ffffffffffffffffffffffff', 1],
    ['an endless varlong', '2200ffffffffffffffffffffffffffffffff', 1],
    ['a negative header count', '0e000000026b0101', 1],
    ['2^31 - 1 headers', '16000000026b01feffffff0f', 1],
    ['a header with a null key', '12000000026b01020101', 1],
    ['a header longer than the record', '12000000026b010220', 1],
    ['nothing where a record should be', '', 1],
  ]

  test.each(cases)('%s', (_name, hex, count) => {
    for (const codec of CODECS) {
      const bytes = Buffer.from(hex, 'hex')
      const batch = batchOf(bytes.length > 0 ? compress(codec, bytes) : bytes, count, CODECS.indexOf(codec))
      expect(() => readRecords(batch)).toThrow(DecodeError)
      expect(() => scanRecords(batch, 0, () => {})).toThrow(DecodeError)
    }
  })

  test('a batch that is longer than its bytes', () => {
    const bytes = writeBatch({ records: some })
    expect(() => readRecords(bytes.subarray(0, bytes.length - 1))).toThrow(DecodeError)
    expect(() => readBatchHeader(bytes.subarray(0, 60))).toThrow(DecodeError)
    expect(() => readBatchHeader(bytes, bytes.length - 60)).toThrow(DecodeError)
    expect(() => readBatchHeader(bytes, -1)).toThrow(DecodeError)
  })

  test('an offset or producer id that Kafka cannot have assigned', () => {
    for (const at of [0, 43]) {
      const bytes = writeBatch({ records: some })
      bytes.writeBigInt64BE(2n ** 62n, at)
      expect(() => readBatchHeader(bytes)).toThrow(DecodeError)
    }
  })

  test('records that decompress to more than the reader allows', () => {
    for (const codec of CODECS) {
      const bytes = writeBatch({ codec, records: [{ value: Buffer.alloc(500_000) }] })
      expect(readRecords(bytes, 0, 600_000)).toHaveLength(1)
      if (codec !== 'none') expect(() => readRecords(bytes, 0, 400_000)).toThrow(DecodeError)
    }
  })
})

describe('any batch', () => {
  const bytes = fc.option(fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data)))
  const timestamp = fc.oneof(
    fc.integer({ min: -1, max: 2 ** 31 - 1 }),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
  )
  const header = fc.record(
    { key: fc.string({ unit: 'grapheme', maxLength: 8 }), value: bytes },
    { noNullPrototype: true },
  )
  const record = fc.record(
    { timestamp, key: bytes, value: bytes, headers: fc.array(header, { maxLength: 3 }) },
    { noNullPrototype: true },
  )
  const batch = fc.record({
    codec: fc.constantFrom(...CODECS),
    baseOffset: fc.maxSafeNat().map((offset) => Math.floor(offset / 2)),
    partitionLeaderEpoch: fc.integer({ min: -1 }),
    isTransactional: fc.boolean(),
    producerId: fc.maxSafeNat(),
    producerEpoch: fc.integer({ min: 0, max: 32767 }),
    baseSequence: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    records: fc.array(record, { minLength: 1, maxLength: 8 }),
  })

  test('reads back as it was written', () => {
    fc.assert(
      fc.property(batch, (value) => {
        const written = writeBatch(value)
        expect(batchCrcIsValid(written, 0, written.length)).toBe(true)
        const { records, ...fields } = value
        expect(readBatchHeader(written)).toMatchObject({ ...fields, recordCount: records.length })
        const expected = records.map((one, i) => ({ ...one, offset: value.baseOffset + i }))
        expect(readRecords(written)).toEqual(expected)
      }),
      { numRuns: 150 },
    )
  })

  test('with flipped bits or cut off is an error or another batch, and nothing worse', () => {
    fc.assert(
      fc.property(batch, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), fc.nat(), (value, flips, cut) => {
        const bytes = writeBatch(value)
        for (const flip of flips) bytes[(flip >> 3) % bytes.length]! ^= 1 << (flip & 7)
        for (const hostile of [bytes, bytes.subarray(0, cut % bytes.length)]) {
          for (const read of [() => readRecords(hostile, 0, 100_000), () => [...readBatches(hostile)]]) {
            try {
              read()
            } catch (error) {
              expect(error).toBeInstanceOf(DecodeError)
            }
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})
