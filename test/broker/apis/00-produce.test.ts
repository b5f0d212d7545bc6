import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { prepareCodec } from '../../../src/protocol/compression.ts'
import { errorName } from '../../../src/protocol/error-code.ts'
import { Produce } from '../../../src/protocol/messages/00-produce.ts'
import { Metadata } from '../../../src/protocol/messages/03-metadata.ts'
import { CreateTopics } from '../../../src/protocol/messages/19-create-topics.ts'
import { writeBatch } from '../../../src/protocol/record-batch.ts'
import { batchOf, DataBroker, UNKNOWN_ID, versionsOf } from '../../support/data-broker.ts'
import { damagedBatches } from '../../support/record-batches.ts'

let broker: DataBroker
let topic: string
let count = 0

beforeAll(async () => {
  await prepareCodec('zstd')
  broker = await DataBroker.start({})
})
afterAll(() => broker.stop())

beforeEach(async () => {
  topic = `topic-${++count}`
  await create(topic)
})

async function create(name: string, configs: Record<string, string> = {}): Promise<void> {
  const settings = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  await broker.client.send(CreateTopics, 7, {
    topics: [{ name, numPartitions: 2, replicationFactor: 1, configs: settings }],
  })
}

async function stored(name = topic, partition = 0): Promise<string[]> {
  return (await broker.fetchOne(name, { partition })).values
}

describe('acknowledgements', () => {
  test.each(versionsOf(Produce))('v%i answers the first offset of what it appended', async (version) => {
    expect((await broker.append(topic, batchOf(['a', 'b']), { version })).baseOffset).toBe(0)
    const { error, baseOffset, logAppendTimeMs, logStartOffset } = await broker.append(topic, batchOf(['c']), {
      version,
    })
    expect([error, baseOffset, logAppendTimeMs]).toEqual(['NONE', 2, -1])
    expect(logStartOffset).toBe(version >= 5 ? 0 : -1)
    expect(await stored()).toEqual(['a', 'b', 'c'])
  })

  test('acks=1 is answered like acks=-1, as there is one replica', async () => {
    expect((await broker.append(topic, batchOf(['a']), { acks: 1 })).error).toBe('NONE')
    expect(await stored()).toEqual(['a'])
  })

  test('acks=0 is never answered: the next answer on the connection is that of the next request', async () => {
    const client = await broker.connect()
    const topicData = [{ name: topic, partitionData: [{ index: 0, records: batchOf(['silent']) }] }]
    client.write(Produce, 9, { acks: 0, timeoutMs: 1000, topicData })
    expect((await broker.append(topic, batchOf(['loud']), { client })).baseOffset).toBe(1)
    expect(await stored()).toEqual(['silent', 'loud'])
    expect(client.unread).toBe(0)
  })

  test('a failure with acks=0 closes the connection', async () => {
    const client = await broker.connect()
    const topicData = [{ name: 'nowhere', partitionData: [{ index: 0, records: batchOf(['x']) }] }]
    client.write(Produce, 9, { acks: 0, timeoutMs: 1000, topicData })
    await client.closed
    expect(client.ended).toBe(true)
    expect(client.unread).toBe(0)
  })

  test.each([2, -2, 32767])('acks=%i is INVALID_REQUIRED_ACKS, and nothing is appended', async (acks) => {
    expect((await broker.append(topic, batchOf(['a']), { acks })).error).toBe('INVALID_REQUIRED_ACKS')
    expect(await stored()).toEqual([])
  })

  test('pipelined requests are appended and answered in their order', async () => {
    const client = await broker.connect()
    const values = Array.from({ length: 50 }, (_, i) => `value ${i}`)
    const offsets = await Promise.all(values.map((value) => broker.write(topic, [value], { client })))
    expect(offsets).toEqual(values.map((_, i) => i))
    expect(await stored()).toEqual(values)
  })
})

describe('each partition is answered on its own', () => {
  const send = async (topicData: object[], version = 9) => {
    const { responses } = await broker.client.send(Produce, version, { acks: -1, timeoutMs: 1000, topicData })
    return responses.flatMap(({ name, partitionResponses }) =>
      partitionResponses.map(({ index, errorCode }) => `${name}-${index} ${errorName(errorCode)}`),
    )
  }

  test('an unknown topic or partition does not keep the others from being written', async () => {
    const partitionData = [0, 1, 2, -1].map((index) => ({ index, records: batchOf(['x']) }))
    const unknown = { name: 'nowhere', partitionData: partitionData.slice(0, 1) }
    expect(await send([unknown, { name: topic, partitionData }])).toEqual([
      'nowhere-0 UNKNOWN_TOPIC_OR_PARTITION',
      `${topic}-0 NONE`,
      `${topic}-1 NONE`,
      `${topic}-2 UNKNOWN_TOPIC_OR_PARTITION`,
      `${topic}--1 UNKNOWN_TOPIC_OR_PARTITION`,
    ])
    expect([await stored(topic, 0), await stored(topic, 1)]).toEqual([['x'], ['x']])
  })

  test('an unknown topic id is UNKNOWN_TOPIC_ID (KIP-516)', async () => {
    const partitionData = [{ index: 0, records: batchOf(['x']) }]
    expect(await send([{ topicId: UNKNOWN_ID, partitionData }], 13)).toEqual(['-0 UNKNOWN_TOPIC_ID'])
  })

  test('a partition that is named twice is written once, with what came last', async () => {
    const partitionData = ['first', 'last'].map((value) => ({ index: 0, records: batchOf([value]) }))
    expect(await send([{ name: topic, partitionData }])).toEqual([`${topic}-0 NONE`])
    expect(await stored()).toEqual(['last'])
  })

  test('a topic without partitions is not answered', async () => {
    expect(await send([{ name: topic, partitionData: [] }])).toEqual([])
    expect(await send([])).toEqual([])
  })
})

describe('records that are refused leave no trace', () => {
  const refused: Record<string, string> = {
    'a wrong checksum': 'CORRUPT_MESSAGE',
    'magic 1': 'INVALID_RECORD',
    'magic 0': 'INVALID_RECORD',
    'magic 3': 'CORRUPT_MESSAGE',
    'two batches': 'INVALID_RECORD',
    'no bytes': 'INVALID_RECORD',
    null: 'INVALID_RECORD',
    'a few bytes': 'INVALID_RECORD',
    'a header cut short': 'INVALID_RECORD',
    'records cut short': 'INVALID_RECORD',
    'a length of 0': 'CORRUPT_MESSAGE',
    'a length of 20': 'CORRUPT_MESSAGE',
    'a huge length': 'INVALID_RECORD',
    'a base offset': 'INVALID_RECORD',
    'a negative last offset': 'INVALID_RECORD',
    'no records': 'INVALID_RECORD',
    'more records by its header than there are': 'INVALID_RECORD',
    'fewer records by its header than there are': 'INVALID_RECORD',
    'control records': 'INVALID_RECORD',
    'a codec that there is not': 'INVALID_RECORD',
    'records that are no gzip': 'INVALID_RECORD',
    'records that are no snappy': 'INVALID_RECORD',
    'records that are no lz4': 'INVALID_RECORD',
    'records that are no zstd': 'INVALID_RECORD',
    'a record with a wrong length': 'INVALID_RECORD',
    'timestamps in the far future': 'INVALID_TIMESTAMP',
  }

  test.each(damagedBatches(Date.now()).filter(([what]) => what in refused))('%s', async (what, records) => {
    expect((await broker.append(topic, records)).error).toBe(refused[what])
    expect(await broker.write(topic, ['next'])).toBe(0)
  })

  test('zstd in a request before v7 (KIP-110)', async () => {
    const records = batchOf(['a'], { codec: 'zstd' })
    expect((await broker.append(topic, records, { version: 6 })).error).toBe('UNSUPPORTED_COMPRESSION_TYPE')
    expect((await broker.append(topic, records, { version: 7 })).baseOffset).toBe(0)
  })

  test('more bytes than max.message.bytes', async () => {
    await create(`small-${topic}`, { 'max.message.bytes': '100' })
    const answer = await broker.append(`small-${topic}`, batchOf(['x'.repeat(100)]))
    expect(answer.error).toBe('MESSAGE_TOO_LARGE')
    expect((await broker.append(`small-${topic}`, batchOf(['x']))).error).toBe('NONE')
  })

  test('records without a key in a compacted topic, each of which is named (KIP-467)', async () => {
    await create(`compacted-${topic}`, { 'cleanup.policy': 'compact' })
    const keys = ['k', null, 'k', null].map((key) => (key === null ? null : Buffer.from(key)))
    const records = writeBatch({
      records: keys.map((key) => ({ key, value: Buffer.from('v'), timestamp: Date.now() })),
    })
    const { error, recordErrors, errorMessage } = await broker.append(`compacted-${topic}`, records)
    expect([error, recordErrors.map(({ batchIndex }) => batchIndex)]).toEqual(['INVALID_RECORD', [1, 3]])
    expect(errorMessage).toMatch(/^One or more records have been rejected/)
  })

  test('transactional records, as no transaction can be open here', async () => {
    const records = batchOf(['x'], { isTransactional: true, producerId: 7, producerEpoch: 0, baseSequence: 0 })
    const send = async (transactionalId: string | null) => {
      const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
      const request = { transactionalId, acks: -1, timeoutMs: 1000, topicData }
      const { responses } = await broker.client.send(Produce, 11, request)
      return errorName(responses[0]!.partitionResponses[0]!.errorCode)
    }
    expect(await send(null)).toBe('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    expect(await send('tx')).toBe('INVALID_TXN_STATE')
    await broker.write(topic, ['plain'])
    expect((await broker.fetchOne(topic, {}, { isolationLevel: 1 })).values).toEqual(['plain'])
  })
})

test('only the admin client writes to an internal topic', async () => {
  await broker.client.send(Metadata, 12, { topics: [{ name: '__consumer_offsets' }] })
  while ((await broker.listOffset('__consumer_offsets', -1)).error !== 'NONE');
  const damaged = damagedBatches(Date.now())[0]![1]
  expect((await broker.append('__consumer_offsets', damaged)).error).toBe('INVALID_TOPIC_EXCEPTION')
  const client = await broker.connect({ clientId: '__admin_client' })
  expect((await broker.append('__consumer_offsets', damaged, { client })).error).toBe('CORRUPT_MESSAGE')
})

test('with LogAppendTime the answer tells the time of the broker', async () => {
  await create(`stamped-${topic}`, { 'message.timestamp.type': 'LogAppendTime' })
  const before = Date.now()
  const { logAppendTimeMs } = await broker.append(`stamped-${topic}`, batchOf(['a']))
  expect(logAppendTimeMs).toBeGreaterThanOrEqual(before)
  expect(logAppendTimeMs).toBeLessThanOrEqual(Date.now())
})

describe('an idempotent producer (KIP-98)', () => {
  const write = async (baseSequence: number, producerEpoch = 0, values = ['x']) => {
    const records = batchOf(values, { producerId: 7, producerEpoch, baseSequence })
    const { error, baseOffset, logStartOffset } = await broker.append(topic, records)
    return [error, baseOffset, logStartOffset]
  }

  test('has a batch that it sends again stored once, and is told where', async () => {
    expect(await write(0, 0, ['a', 'b'])).toEqual(['NONE', 0, 0])
    expect(await write(2, 0, ['c'])).toEqual(['NONE', 2, 0])
    expect(await write(0, 0, ['a', 'b'])).toEqual(['NONE', 0, 0])
    expect(await stored()).toEqual(['a', 'b', 'c'])
  })

  test('may not leave out a sequence', async () => {
    await write(0)
    expect(await write(2)).toEqual(['OUT_OF_ORDER_SEQUENCE_NUMBER', -1, 0])
    expect(await write(1)).toEqual(['NONE', 1, 0])
  })

  test('of an older epoch is fenced; a new epoch begins with sequence 0', async () => {
    await write(0, 1)
    expect(await write(1, 0)).toEqual(['INVALID_PRODUCER_EPOCH', -1, 0])
    expect(await write(1, 2)).toEqual(['OUT_OF_ORDER_SEQUENCE_NUMBER', -1, 0])
    expect(await write(0, 2)).toEqual(['NONE', 1, 0])
  })

  test('may have several batches under way on one connection', async () => {
    const client = await broker.connect()
    const answers = await Promise.all(
      [0, 1, 2, 3, 4].map((baseSequence) =>
        broker.append(topic, batchOf([`${baseSequence}`], { producerId: 7, producerEpoch: 0, baseSequence }), {
          client,
        }),
      ),
    )
    expect(answers.map(({ error }) => error)).toEqual(Array(5).fill('NONE'))
    expect(await stored()).toEqual(['0', '1', '2', '3', '4'])
  })
})
