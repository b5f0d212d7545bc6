import { afterEach, expect, test } from 'vitest'
import { Producer } from '../../../src/client/producer/producer.ts'
import { ErrorCode } from '../../../src/protocol/error-code.ts'
import { Produce } from '../../../src/protocol/messages/00-produce.ts'
import { Metadata } from '../../../src/protocol/messages/03-metadata.ts'
import { InitProducerId } from '../../../src/protocol/messages/22-init-producer-id.ts'
import { readBatchHeader, readRecords } from '../../../src/protocol/record-batch.ts'
import { answering, type FakeBroker, startFakeBroker } from '../../support/fake-broker.ts'

const TOPIC_ID = 'cUsuJWYfQjqa5RxCYcGzSg'

/** One partition that checks sequences as a broker does, and mishandles requests as a test says. */
class FakeLog {
  readonly values: string[] = []
  readonly seen: { epoch: number; sequence: number; count: number }[] = []
  #epoch = -1
  #next = 0

  append(records: Buffer): number {
    const { producerId, producerEpoch, baseSequence, recordCount } = readBatchHeader(records)
    this.seen.push({ epoch: producerEpoch, sequence: baseSequence, count: recordCount })
    if (producerId >= 0) {
      if (producerEpoch !== this.#epoch) {
        if (baseSequence !== 0) return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
        this.#epoch = producerEpoch
        this.#next = 0
      }
      if (baseSequence < this.#next) return ErrorCode.DUPLICATE_SEQUENCE_NUMBER
      if (baseSequence > this.#next) return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
      this.#next += recordCount
    }
    for (const { value } of readRecords(records)) this.values.push(value!.toString())
    return ErrorCode.NONE
  }
}

type Fault = 'lost request' | 'lost answer' | number | undefined

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startPartition(log: FakeLog, fault: (request: number) => Fault = () => undefined): Promise<FakeBroker> {
  let broker: FakeBroker
  let count = 0
  const started = await startFakeBroker([
    answering(Metadata, () => ({
      brokers: [{ nodeId: 1, host: broker.host, port: broker.port }],
      topics: [
        {
          name: 't',
          topicId: TOPIC_ID,
          partitions: [{ partitionIndex: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1] }],
        },
      ],
    })),
    answering(InitProducerId, () => ({ producerId: 9, producerEpoch: 0 }), [0, 5]),
    answering(Produce, ({ topicData, acks }) => {
      const what = fault(++count)
      if (what === 'lost request') return 'disconnect'
      const errorCode = typeof what === 'number' ? what : log.append(topicData[0]!.partitionData[0]!.records!)
      if (what === 'lost answer') return 'disconnect'
      if (acks === 0) return 'silence'
      return { responses: [{ topicId: TOPIC_ID, partitionResponses: [{ index: 0, errorCode, baseOffset: 0 }] }] }
    }),
  ])
  broker = started
  cleanups.push(() => broker.stop())
  return broker
}

interface Failure {
  readonly valueSize: number | null
  readonly error: Error
}

async function startProducer(broker: FakeBroker, properties: Record<string, string> = {}) {
  const failures: Failure[] = []
  const warnings: string[] = []
  const producer = await Producer.create({
    properties: new Map(
      Object.entries({
        'bootstrap.servers': broker.bootstrapServers,
        'client.id': 'test',
        'key.serializer': 'org.apache.kafka.common.serialization.ByteArraySerializer',
        'value.serializer': 'org.apache.kafka.common.serialization.ByteArraySerializer',
        'batch.size': '200',
        'retry.backoff.ms': '1',
        'reconnect.backoff.ms': '1',
        'linger.ms': '5',
        ...properties,
      }),
    ),
    log: { warn: (text) => warnings.push(text), error: () => {} },
    onFailure: (_topic, _keySize, valueSize, error) => failures.push({ valueSize, error }),
  })
  await producer.ready('t')
  return { producer, failures, warnings }
}

async function send(producer: Producer, values: readonly string[]): Promise<void> {
  for (const value of values) {
    const bytes = Buffer.from(value)
    while (!producer.append('t', 1, null, bytes, 0, bytes.length, [])) await producer.room(bytes.length)
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `record ${i}`)

test('records arrive in order, several batches in flight', async () => {
  const log = new FakeLog()
  const { producer } = await startProducer(await startPartition(log))

  await send(producer, numbered(1_000))
  await producer.close()

  expect(log.values).toEqual(numbered(1_000))
  expect(log.seen.length).toBeGreaterThan(50)
})

test.each([
  ['a request is lost', 'lost request'],
  ['an answer is lost', 'lost answer'],
  ['the partition moves', ErrorCode.NOT_LEADER_OR_FOLLOWER],
  ['the broker is overloaded', ErrorCode.REQUEST_TIMED_OUT],
] as const)('nothing is lost, repeated or reordered when %s now and then', async (_, fault) => {
  const log = new FakeLog()
  const { producer, failures } = await startProducer(
    await startPartition(log, (request) => (request % 7 === 3 ? fault : undefined)),
  )

  await send(producer, numbered(500))
  await producer.close()

  expect(failures).toEqual([])
  expect(log.values).toEqual(numbered(500))
})

test('a batch that is refused for good fails each of its records, and the others arrive in order', async () => {
  const log = new FakeLog()
  const { producer, failures } = await startProducer(
    await startPartition(log, (request) => (request === 2 ? ErrorCode.INVALID_RECORD : undefined)),
  )

  await send(producer, numbered(300))
  await producer.close()

  expect(failures.length).toBeGreaterThan(1)
  expect(failures[0]!.error).toMatchObject({ javaClass: 'org.apache.kafka.common.InvalidRecordException' })
  const lost = 300 - log.values.length
  expect(lost).toBe(failures.length)
  expect([...log.values].sort(byNumber)).toEqual(log.values)
})

test('a batch that the broker finds too large is sent again in halves', async () => {
  const log = new FakeLog()
  const broker = await startPartition(log, (request) => (request === 1 ? ErrorCode.MESSAGE_TOO_LARGE : undefined))
  const { producer, failures } = await startProducer(broker)

  await send(producer, numbered(100))
  await producer.close()

  expect(producer.bufferedBytes).toBe(0)
  expect(failures).toEqual([])
  expect(log.values).toEqual(numbered(100))
})

test('retries are not without end: then the records fail with what the broker said last', async () => {
  const broker = await startPartition(new FakeLog(), () => ErrorCode.NOT_ENOUGH_REPLICAS)
  const { producer, failures } = await startProducer(broker, { retries: '2' })

  await send(producer, ['only'])
  await producer.close()

  expect(failures).toEqual([{ valueSize: 4, error: expect.objectContaining({ code: ErrorCode.NOT_ENOUGH_REPLICAS }) }])
})

test('a retry is told of with the request it was and why, as Kafka does', async () => {
  const faults: Fault[] = [ErrorCode.NOT_ENOUGH_REPLICAS, 'lost request']
  const broker = await startPartition(new FakeLog(), (request) => faults[request - 1])
  const { producer, warnings } = await startProducer(broker, { retries: '5' })

  await send(producer, ['only'])
  await producer.close()

  const prefix = '[Producer clientId=test] Got error produce response with correlation id '
  const told = warnings.filter((text) => text.startsWith(prefix)).map((text) => text.slice(prefix.length))
  // Before them: the versions of both connections, metadata, and the producer's id.
  expect(told).toEqual([
    expect.stringMatching(
      /^[1-9]\d* on topic-partition t-0, retrying \(4 attempts left\)\. Error: NOT_ENOUGH_REPLICAS$/,
    ),
    expect.stringMatching(
      /^[1-9]\d* on topic-partition t-0, retrying \(3 attempts left\)\. Error: NETWORK_EXCEPTION\. Error Message: Disconnected from node 1$/,
    ),
  ])
  const [first, second] = told.map((text) => Number.parseInt(text, 10))
  expect(second).toBeGreaterThan(first!)
})

test('batches that compress well take more records, as the producer learns', async () => {
  const log = new FakeLog()
  const { producer } = await startProducer(await startPartition(log), {
    'compression.type': 'gzip',
    'batch.size': '500',
  })
  const values = Array.from({ length: 4_000 }, (_, i) => `${i}`.padStart(60, 'x'))

  for (let at = 0; at < values.length; at += 1_000) {
    await send(producer, values.slice(at, at + 1_000))
    await producer.flush()
  }
  await producer.close()

  expect(log.values).toEqual(values)
  const counts = log.seen.map(({ count }) => count)
  expect(Math.max(...counts)).toBeGreaterThan(2 * counts[0]!)
})

test('a delivery timeout that one attempt could exceed is raised, or refused when it was asked for', async () => {
  const broker = await startPartition(new FakeLog())
  const { producer, warnings } = await startProducer(broker, { 'request.timeout.ms': '200000' })
  await producer.close()

  expect(producer.settings.deliveryTimeoutMs).toBe(200_005)
  expect(warnings.slice(-1)).toEqual([
    '[Producer clientId=test] delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms. Setting it to 200005.',
  ])
  const refused = startProducer(broker, { 'delivery.timeout.ms': '10' })
  await expect(refused).rejects.toThrow('Failed to construct kafka producer')
})

test('with acks=0 nothing is waited for, and closing still lets everything leave', async () => {
  const log = new FakeLog()
  const broker = await startPartition(log)
  const { producer } = await startProducer(broker, { acks: '0' })

  await send(producer, numbered(100))
  await producer.close()
  while (log.values.length < 100) await new Promise((resolve) => setImmediate(resolve))

  expect(log.values).toEqual(numbered(100))
})

test('appending waits for memory instead of growing', async () => {
  const log = new FakeLog()
  const { producer } = await startProducer(await startPartition(log), { 'buffer.memory': '1000' })
  let most = 0

  for (const value of numbered(500)) {
    await send(producer, [value])
    most = Math.max(most, producer.bufferedBytes)
  }
  await producer.close()

  expect(most).toBeLessThanOrEqual(1_000)
  expect(log.values).toEqual(numbered(500))
})

test('a record that no request can carry is refused with the text of Kafka', async () => {
  const { producer } = await startProducer(await startPartition(new FakeLog()), { 'max.request.size': '100' })
  const value = Buffer.alloc(200)

  expect(() => producer.append('t', 1, null, value, 0, 200, [])).toThrow(
    'The message is 286 bytes when serialized which is larger than 100, which is the value of the max.request.size configuration.',
  )
  await producer.close()
})

test('settings that contradict idempotence are refused only when it was asked for', async () => {
  const broker = await startPartition(new FakeLog())
  const { producer } = await startProducer(broker, { acks: '1' })
  expect(producer.settings.isIdempotent).toBe(false)
  await producer.close()

  await expect(startProducer(broker, { acks: '1', 'enable.idempotence': 'true' })).rejects.toThrow(
    'Must set acks to all in order to use the idempotent producer.',
  )
})

function byNumber(a: string, b: string): number {
  return Number(a.slice(7)) - Number(b.slice(7))
}
