import { expect, test } from 'vitest'
import { FetchedRecords } from '../../src/client/fetched-records.ts'
import { prepareCodec } from '../../src/protocol/compression.ts'
import { DecodeError } from '../../src/protocol/reader.ts'
import { type NewBatch, writeBatch } from '../../src/protocol/record-batch.ts'

const text = (value: string) => ({ value: Buffer.from(value) })

function control(type: 'abort' | 'commit', producerId: number, baseOffset: number): NewBatch {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1])
  return { baseOffset, isControl: true, isTransactional: true, producerId, records: [{ key, value: Buffer.alloc(6) }] }
}

function transactional(producerId: number, baseOffset: number, ...values: string[]): NewBatch {
  return { baseOffset, isTransactional: true, producerId, producerEpoch: 0, baseSequence: 0, records: values.map(text) }
}

function fetched(batches: readonly NewBatch[], options: Partial<ConstructorParameters<typeof FetchedRecords>[3]> = {}) {
  const records = Buffer.concat(batches.map(writeBatch))
  return new FetchedRecords('t', 0, records, { fetchOffset: 0, checkCrcs: true, ...options })
}

function valuesOf(records: FetchedRecords): (string | null)[] {
  const values: (string | null)[] = []
  while (records.next()) values.push(records.value()?.toString() ?? null)
  return values
}

test('records are read with key, value, headers, time and offset', () => {
  const headers = [
    { key: 'h', value: Buffer.from('1') },
    { key: 'n', value: null },
  ]
  const records = fetched([
    { baseOffset: 5, records: [{ key: Buffer.from('k'), value: null, timestamp: 2n ** 62n, headers }, text('b')] },
  ])

  expect(records.next()).toBe(true)
  expect([records.offset, records.timestamp, records.key()!.toString(), records.value(), records.headers()]).toEqual([
    5,
    2n ** 62n,
    'k',
    null,
    headers,
  ])
  expect([records.next(), records.key(), records.value()!.toString(), records.position]).toEqual([true, null, 'b', 7])
  expect([records.next(), records.isDone]).toEqual([false, true])
})

test('records before the fetch offset, of which a batch may begin with some, are skipped', () => {
  const records = fetched([{ baseOffset: 0, records: ['a', 'b', 'c'].map(text) }], { fetchOffset: 2 })

  expect(valuesOf(records)).toEqual(['c'])
})

test('the position passes over offsets that compaction removed', () => {
  const records = fetched([
    {
      baseOffset: 0,
      records: [
        { ...text('a'), offsetDelta: 0 },
        { ...text('d'), offsetDelta: 9 },
      ],
    },
  ])
  records.next()
  expect(records.position).toBe(1)

  expect(valuesOf(records)).toEqual(['d'])
  expect(records.position).toBe(10)
})

test('control batches are never records, and reading goes on behind them', () => {
  const records = fetched([transactional(1, 0, 'a'), control('commit', 1, 1)])

  expect(valuesOf(records)).toEqual(['a'])
  expect(records.position).toBe(2)
})

test('read_committed leaves out what aborted transactions wrote, and only that', () => {
  const batches = [
    transactional(1, 0, 'aborted'),
    transactional(2, 1, 'other'),
    { baseOffset: 2, records: [text('plain')] },
    control('abort', 1, 3),
    transactional(1, 4, 'kept'),
    control('commit', 1, 5),
  ]

  expect(valuesOf(fetched(batches, { abortedTransactions: [{ producerId: 1, firstOffset: 0 }] }))).toEqual([
    'other',
    'plain',
    'kept',
  ])
  expect(valuesOf(fetched(batches))).toEqual(['aborted', 'other', 'plain', 'kept'])
})

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('batches compressed with %s are read', async (codec) => {
  await prepareCodec(codec)
  const records = fetched([
    { codec, baseOffset: 0, records: ['a', 'b'].map(text) },
    { baseOffset: 2, records: [text('c')] },
  ])

  expect(valuesOf(records)).toEqual(['a', 'b', 'c'])
})

test('a last batch that is cut off is left for the next fetch', () => {
  const whole = writeBatch({ baseOffset: 0, records: [text('a')] })
  const cut = writeBatch({ baseOffset: 1, records: [text('b')] }).subarray(0, 65)
  const records = new FetchedRecords('t', 0, Buffer.concat([whole, cut]), { fetchOffset: 0, checkCrcs: true })

  expect(valuesOf(records)).toEqual(['a'])
  expect(records.endOffset).toBe(1)
})

test('a flipped bit is found by the checksum', () => {
  const bytes = writeBatch({ baseOffset: 7, records: [text('abcdef')] })
  bytes[bytes.length - 2]! ^= 1
  const records = new FetchedRecords('t', 3, bytes, { fetchOffset: 7, checkCrcs: true })

  expect(() => records.next()).toThrow('Record batch for partition t-3 at offset 7 is invalid')
})

test('lying lengths in unchecked records end in an error, never in a loop or in bytes of the neighbours', () => {
  const bytes = writeBatch({ baseOffset: 0, records: ['abc', 'def', 'ghi'].map(text) })
  for (let at = 61; at < bytes.length; at++) {
    for (const value of [0x00, 0x7f, 0x80, 0xff]) {
      const damaged = Buffer.from(bytes)
      damaged[at] = value
      const records = new FetchedRecords('t', 0, damaged, { fetchOffset: 0, checkCrcs: false })
      try {
        for (let count = 0; records.next(); count++) {
          expect(count).toBeLessThan(3)
          expect(records.valueEnd).toBeLessThanOrEqual(bytes.length)
          records.headers()
        }
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }
  }
})
