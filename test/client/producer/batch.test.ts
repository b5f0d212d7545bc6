import { expect, test } from 'vitest'
import { largestBatchOf, ProducerBatch } from '../../../src/client/producer/batch.ts'
import { BatchMemory } from '../../../src/client/producer/batch-memory.ts'
import { murmur2, partitionOfKey } from '../../../src/client/producer/partitioner.ts'
import { prepareCodec } from '../../../src/protocol/compression.ts'
import { batchCrcIsValid, readBatchHeader, readRecords } from '../../../src/protocol/record-batch.ts'

function batchOf(size = 16_384): ProducerBatch {
  return new ProducerBatch(Buffer.alloc(size), 0, 0)
}

test('what is appended is what a reader of the batch finds', async () => {
  const batch = batchOf(1_000_000)
  const long = Buffer.alloc(70_000, 'x')
  const headers = [
    { key: Buffer.from('h'), value: Buffer.from('1') },
    { key: Buffer.from('n'), value: null },
  ]
  batch.append(1_000, Buffer.from('key'), Buffer.from('>value<'), 1, 6, headers)
  batch.append(900, null, null, -1, 0, [])
  batch.append(1_000 + 2 ** 40, Buffer.alloc(0), long, 0, long.length, [])

  const bytes = batch.seal('none', undefined, 77, 3, 2_147_483_647)

  expect(batchCrcIsValid(bytes, 0, bytes.length)).toBe(true)
  expect(readBatchHeader(bytes)).toMatchObject({
    producerId: 77,
    producerEpoch: 3,
    baseSequence: 2_147_483_647,
    lastSequence: 1,
    recordCount: 3,
    lastOffsetDelta: 2,
    baseTimestamp: 1_000,
    maxTimestamp: 1_000 + 2 ** 40,
  })
  expect(readRecords(bytes)).toEqual([
    {
      offset: 0,
      timestamp: 1_000,
      key: Buffer.from('key'),
      value: Buffer.from('value'),
      headers: [
        { key: 'h', value: Buffer.from('1') },
        { key: 'n', value: null },
      ],
    },
    { offset: 1, timestamp: 900, key: null, value: null, headers: [] },
    { offset: 2, timestamp: 1_000 + 2 ** 40, key: Buffer.alloc(0), value: long, headers: [] },
  ])
  expect(batch.lastSequence).toBe(1)
})

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
  'a batch is compressed once, with %s, however often it is sealed',
  async (codec) => {
    await prepareCodec(codec)
    const batch = batchOf()
    for (let i = 0; i < 100; i++) batch.append(i, null, Buffer.from(`value ${i}`), 0, 7, [])
    batch.seal(codec, undefined, 1, 0, 0)

    const bytes = batch.seal(codec, undefined, 1, 1, 50)

    expect(readBatchHeader(bytes)).toMatchObject({ codec, producerEpoch: 1, baseSequence: 50, recordCount: 100 })
    expect(readRecords(bytes).map(({ value }) => value!.toString())).toContain('value 4')
  },
)

test('a record that does not fit leaves the batch as it was', () => {
  const batch = batchOf(100)
  expect(batch.append(0, null, Buffer.alloc(20), 0, 20, [])).toBe(true)
  const before = batch.position

  expect(batch.append(0, null, Buffer.alloc(20), 0, 20, [])).toBe(false)

  expect([batch.position, batch.recordCount]).toEqual([before, 1])
})

test('the size of a record is estimated as Kafka does, which its error text shows', () => {
  expect(largestBatchOf(null, 1_100_000, [])).toBe(1_100_088)
})

test('keys go to the partitions that Java clients choose', () => {
  const hashes = ['21', 'foobar', 'a-little-bit-long-string', 'a-little-bit-longer-string', 'abc'].map((key) =>
    murmur2(Buffer.from(key)),
  )
  expect(hashes).toEqual([-973932308, -790332482, -985981536, -1486304829, 479470107])
  expect(['key0', 'key1', 'key2', 'key3', 'key4'].map((key) => partitionOfKey(Buffer.from(key), 3))).toEqual([
    1, 2, 2, 1, 0,
  ])
})

test('memory is given out up to its limit, and again when it comes back', async () => {
  const memory = new BatchMemory(250, 100)
  const [first, second] = [memory.allocate(10)!, memory.allocate(100)!]
  expect(memory.allocate(60)).toBeUndefined()
  const released = memory.released()

  memory.release(100, first)

  await released
  expect(memory.allocate(60)).toBe(first)
  expect(second.length).toBe(100)
})

test('a record larger than all memory is taken when nothing else is held', () => {
  expect(new BatchMemory(50, 100).allocate(10)).toHaveLength(100)
})
