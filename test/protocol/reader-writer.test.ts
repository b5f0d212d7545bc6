import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeExactly, encodeToBuffer } from '../../src/protocol/codec.ts'
import { DecodeError, Reader } from '../../src/protocol/reader.ts'
import { array, int32, int64Wide, message, nullableString, string, struct } from '../../src/protocol/schema.ts'
import { Writer } from '../../src/protocol/writer.ts'

function written(write: (writer: Writer) => void): Buffer {
  const writer = new Writer(1)
  write(writer)
  return writer.toBuffer()
}

function reader(hex: string): Reader {
  return new Reader(Buffer.from(hex, 'hex'))
}

const INT64_EDGES = [0n, 1n, -1n, 2n ** 32n, -(2n ** 32n), 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n]
  .flatMap((value) => [value, -value])
  .concat(-(2n ** 63n))

describe('int64', () => {
  test.each(INT64_EDGES)('%i is never rounded', (value) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(value)
    const isSafe = Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value
    const wide = new Reader(bytes).int64Wide()
    expect(wide).toBe(isSafe ? Number(value) : value)
    expect(written((writer) => writer.int64Wide(wide))).toEqual(bytes)
    expect(written((writer) => writer.int64Wide(value))).toEqual(bytes)
    if (isSafe) {
      expect(new Reader(bytes).int64()).toBe(Number(value))
      expect(written((writer) => writer.int64(Number(value)))).toEqual(bytes)
    } else {
      expect(() => new Reader(bytes).int64()).toThrow(DecodeError)
      expect(() => new Writer().int64(Number(value))).toThrow(RangeError)
    }
  })
})

describe('varints', () => {
  test('every int32 reads back, in its shortest form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 63, 64, -64, -65)), (value) => {
        const bytes = written((writer) => writer.varint(value))
        expect(new Reader(bytes).varint()).toBe(value)
        expect(bytes.length === 1 || bytes.at(-1) !== 0).toBe(true)
      }),
    )
  })

  test('every int64 reads back', () => {
    const any = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(...INT64_EDGES))
    fc.assert(
      fc.property(any, (value) => {
        const bytes = written((writer) => writer.varlong(value))
        expect(BigInt(new Reader(bytes).varlong())).toBe(value)
        const isSafe = Number.isSafeInteger(Number(value))
        if (isSafe) expect(written((writer) => writer.varlong(Number(value)))).toEqual(bytes)
      }),
      { numRuns: 300 },
    )
  })

  test.each(['ffffffff10', 'ffffffffff00', '808080808000', 'ffffffff', ''])('%s is no 32-bit varint', (hex) => {
    expect(() => reader(hex).unsignedVarint()).toThrow(DecodeError)
  })

  test.each(['ffffffffffffffffff02', 'ffffffffffffffffffff01', 'ffffffff', 'ffffffffffffffff', ''])(
    '%s is no 64-bit varint',
    (hex) => {
      expect(() => reader(hex).varlong()).toThrow(DecodeError)
    },
  )
})

describe('what does not fit is refused, not written as something else', () => {
  const cases: [keyof Writer & ('int8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'varint'), number[]][] = [
    ['int8', [128, -129, 0.5]],
    ['int16', [32768, -32769, 1.5]],
    ['uint16', [-1, 65536]],
    ['int32', [2 ** 31, -(2 ** 31) - 1, 0.1]],
    ['uint32', [-1, 2 ** 32]],
    ['int64', [2 ** 53, -(2 ** 53), 2 ** 63, 0.5]],
    ['varint', [2 ** 31, 0.5]],
  ]
  test.each(cases)('%s', (type, values) => {
    for (const value of [...values, Number.NaN, Number.POSITIVE_INFINITY, undefined as unknown as number]) {
      expect(() => new Writer()[type](value)).toThrow(RangeError)
    }
  })

  test('integers beyond 64 bits', () => {
    expect(() => new Writer().int64Wide(2n ** 63n)).toThrow(RangeError)
    expect(() => new Writer().varlong(2n ** 63n)).toThrow(RangeError)
    expect(() => new Writer().int64Wide(2 ** 53)).toThrow(RangeError)
  })

  test('strings beyond 32,767 bytes', () => {
    const longest = 'ü'.repeat(16383)
    expect(new Reader(written((writer) => writer.string(longest))).string()).toBe(longest)
    expect(new Reader(written((writer) => writer.compactString(longest))).compactString()).toBe(longest)
    expect(() => new Writer().string(`${longest}üü`)).toThrow(RangeError)
    expect(() => new Writer().compactString(`${longest}üü`)).toThrow(RangeError)
  })

  test.each(['', 'short', 'AAAAAAAAAAAAAAAAAAAAAAA', '????????????????????ab'])('%j as a uuid', (text) => {
    expect(() => new Writer().uuid(text)).toThrow(TypeError)
  })
})

describe('lengths that lie', () => {
  test.each([
    ['a string', (r: Reader) => r.string(), ['7fff61', 'ffff', '8000', '00']],
    ['a nullable string', (r: Reader) => r.nullableString(), ['7fff61', 'fffe', '8000', '00']],
    ['a compact string', (r: Reader) => r.compactString(), ['00', '0361', 'ffffffff0f', '80']],
    ['a compact nullable string', (r: Reader) => r.compactNullableString(), ['0361', 'ffffffff0f']],
    ['bytes', (r: Reader) => r.bytes(), ['7fffffff61', 'ffffffff', '80000000', '000000']],
    ['nullable bytes', (r: Reader) => r.nullableBytes(), ['7fffffff61', 'fffffffe']],
    ['compact bytes', (r: Reader) => r.compactBytes(), ['00', 'ffffffff0f']],
    ['an array', (r: Reader) => r.arrayCount(4), ['7fffffff', 'ffffffff', '80000000', '0000000100']],
    ['a nullable array', (r: Reader) => r.nullableArrayCount(1), ['7fffffff', 'fffffffe']],
    ['a compact array', (r: Reader) => r.compactArrayCount(1), ['00', 'ffffffff0f', '02']],
    ['a uuid', (r: Reader) => r.uuid(), ['00'.repeat(15)]],
  ] as const)('of %s', (_, read, hexes) => {
    for (const hex of hexes) expect(() => read(reader(hex))).toThrow(DecodeError)
  })

  test('a compact string may be no longer than another, whatever is there', () => {
    const bytes = Buffer.concat([written((writer) => writer.unsignedVarint(32769)), Buffer.alloc(40_000, 'a')])
    expect(() => new Reader(bytes).compactString()).toThrow(DecodeError)
    expect(() => new Reader(bytes).compactNullableString()).toThrow(DecodeError)
  })

  test('millions of tiny elements are refused before they fill the memory', () => {
    const Tiny = message({
      name: 'Tiny',
      versions: [0, 0],
      flexibleSince: 0,
      fields: { list: array({ name: string() }) },
    })
    const bytes = Buffer.concat([
      written((writer) => writer.unsignedVarint(3_000_001)),
      Buffer.alloc(6_000_001, '\x01\x00'),
    ])
    const before = process.memoryUsage().heapUsed
    expect(() => decodeExactly(Tiny, 0, bytes)).toThrow(DecodeError)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000)
    const Numbers = message({ name: 'Numbers', versions: [0, 0], fields: { list: array(int32()) } })
    const numbers = Buffer.concat([Buffer.from([0, 0x1e, 0x84, 0x81]), Buffer.alloc(2_000_001 * 4)])
    expect(decodeExactly(Numbers, 0, numbers).list).toHaveLength(2_000_001)
  })
})

describe('tagged fields', () => {
  const Tagged = message({
    name: 'Tagged',
    versions: [0, 1],
    flexibleSince: 1,
    fields: {
      id: int32(),
      note: nullableString({ since: 1, tag: 0, default: null, ignorable: true }),
      at: int64Wide({ since: 1, tag: 3, default: -1, ignorable: true }),
      inner: struct({ value: int32() }, { since: 1, tag: 5, ignorable: true }),
    },
  })
  const encode = (value: object, version = 1) => encodeToBuffer(Tagged, version, value).toString('hex')
  const unknown = (...tags: number[]) => tags.map((tag) => ({ tag, data: Buffer.from([tag]) }))

  test('are written only when they differ from their default', () => {
    expect(encode({ id: 1 })).toBe('0000000100')
    expect(encode({ id: 1, note: null, at: -1, inner: { value: 0 } })).toBe('0000000100')
    expect(encode({ id: 1, at: -1n })).toBe('0000000100')
    expect(encode({ id: 1, note: '' })).toBe('0000000101000101')
  })

  test('a struct at its defaults is written when it carries unknown fields', () => {
    expect(encode({ id: 1, inner: { unknownTaggedFields: unknown(9) } })).toBe('000000010105080000000001090109')
  })

  test('unknown ones are merged in order, whatever order they come in', () => {
    const value = { id: 1, at: 7, unknownTaggedFields: unknown(9, 4, 1) }
    expect(encode(value)).toBe('00000001040101010308000000000000000704010409' + '0109')
    expect(decodeExactly(Tagged, 1, Buffer.from(encode(value), 'hex')).unknownTaggedFields).toEqual(unknown(1, 4, 9))
  })

  test('are read in any order and the last of equal ones counts, as in Apache Kafka', () => {
    const decoded = decodeExactly(Tagged, 1, Buffer.from('0000000103030800000000000000070002026100020262', 'hex'))
    expect(decoded).toMatchObject({ note: 'b', at: 7 })
  })

  test('the same tag is not written twice', () => {
    expect(() => encode({ unknownTaggedFields: unknown(9, 9) })).toThrow(RangeError)
    expect(() => encode({ at: 7, unknownTaggedFields: unknown(3) })).toThrow(RangeError)
  })

  test('cannot be set in a version without them', () => {
    expect(() => encode({ unknownTaggedFields: unknown(9) }, 0)).toThrow(/unknownTaggedFields/)
    expect(encode({ unknownTaggedFields: [] }, 0)).toBe('00000000')
  })

  test.each([
    '00000001010308',
    '0000000101030700000000000000ff',
    '00000001ffffffff0f',
    '000000010109ffffffff0f00',
    '0000000101',
  ])('%s is refused', (hex) => {
    expect(() => decodeExactly(Tagged, 1, Buffer.from(hex, 'hex'))).toThrow(DecodeError)
  })
})

test('a writer that grows keeps what is there, and large records stay where they are', () => {
  const large = Buffer.alloc(5000, 'r')
  const writer = new Writer(4)
  writer.string('first')
  writer.records([Buffer.from('small'), large])
  writer.int64(-2)
  expect(writer.size).toBe(7 + 4 + 5 + 5000 + 8)
  const pieces = writer.finish()
  expect(pieces).toContain(large)
  const read = new Reader(Buffer.concat(pieces))
  expect([read.string(), read.bytes().length, read.int64(), read.remaining]).toEqual(['first', 5005, -2, 0])
})
