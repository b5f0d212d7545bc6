/** A foreign client that nobody told about us: kafkajs against the in-process broker. */
import { type Consumer, type EachMessagePayload, Kafka, logLevel, Partitioners } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBroker, type TestBroker } from '../../src/testing/start-broker.ts'

let broker: TestBroker
let kafka: Kafka
const consumers: Consumer[] = []

beforeAll(async () => {
  broker = await startBroker({ topics: [{ name: 'orders', partitions: 3 }] })
  kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING })
})

afterAll(async () => {
  await Promise.all(consumers.map((consumer) => consumer.disconnect()))
  await broker.stop()
})

async function produce(topic: string, values: string[], options: { idempotent?: boolean } = {}): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, ...options })
  await producer.connect()
  await producer.send({ topic, messages: values.map((value, i) => ({ key: `key-${i % 5}`, value })) })
  await producer.disconnect()
}

/** Reads until `count` messages of the topic have come. */
async function consume(topic: string, groupId: string, count: number): Promise<EachMessagePayload[]> {
  const consumer = kafka.consumer({ groupId })
  consumers.push(consumer)
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const payloads: EachMessagePayload[] = []
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async (payload) => {
          payloads.push(payload)
          if (payloads.length === count) resolve()
        },
      })
      .catch(reject)
  })
  return payloads
}

test('produces and consumes in a group, in order within each partition', async () => {
  const values = Array.from({ length: 200 }, (_, i) => `order ${i}`)
  await produce('orders', values)
  const payloads = await consume('orders', 'billing', values.length)
  expect(payloads.map(({ message }) => message.value!.toString()).sort()).toEqual([...values].sort())
  for (const partition of [0, 1, 2]) {
    const numbers = payloads
      .filter((payload) => payload.partition === partition)
      .map(({ message }) => Number(message.value!.toString().slice('order '.length)))
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  }
})

test('an idempotent producer gets its id and is believed', async () => {
  await produce('idempotent', ['a', 'b', 'c'], { idempotent: true })
  const payloads = await consume('idempotent', 'idempotent-readers', 3)
  expect(payloads.map(({ message }) => message.value!.toString())).toEqual(['a', 'b', 'c'])
})

test('two members of a group share the partitions, and the rest takes over when one leaves', async () => {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'shared', numPartitions: 2 }] })
  const joined = async (consumer: Consumer) => {
    await consumer.connect()
    await consumer.subscribe({ topic: 'shared', fromBeginning: true })
    const assignment = new Promise<number[]>((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => resolve(payload.memberAssignment.shared ?? []))
    })
    await consumer.run({ eachMessage: async () => {} })
    return assignment
  }
  // kafkajs learns of a rebalance between two fetches: short ones let it rejoin at once.
  const member = { groupId: 'team', heartbeatInterval: 50, maxWaitTimeInMs: 50 }
  const first = kafka.consumer(member)
  const second = kafka.consumer(member)
  consumers.push(first, second)
  expect(await joined(first)).toEqual([0, 1])
  const rebalanced = new Promise<number[]>((resolve) => {
    first.on(first.events.GROUP_JOIN, ({ payload }) => resolve(payload.memberAssignment.shared ?? []))
  })
  const [one, two] = await Promise.all([rebalanced, joined(second)])
  expect([...one, ...two].sort()).toEqual([0, 1])
  const takenOver = new Promise<number[]>((resolve) => {
    first.on(first.events.GROUP_JOIN, ({ payload }) => resolve(payload.memberAssignment.shared ?? []))
  })
  await second.disconnect()
  expect(await takenOver).toEqual([0, 1])
  await admin.disconnect()
})

test('the admin client lists, describes and deletes topics and groups, and reads offsets', async () => {
  const admin = kafka.admin()
  await admin.connect()
  await produce('audited', ['x', 'y'])
  await consume('audited', 'auditors', 2)
  await consumers.pop()!.disconnect()
  expect(await admin.listTopics()).toContain('audited')
  expect(await admin.fetchTopicOffsets('audited')).toEqual([{ partition: 0, offset: '2', high: '2', low: '0' }])
  expect((await admin.listGroups()).groups).toContainEqual({ groupId: 'auditors', protocolType: 'consumer' })
  expect((await admin.describeGroups(['auditors'])).groups[0]).toMatchObject({ state: 'Empty' })
  expect(await admin.fetchOffsets({ groupId: 'auditors', topics: ['audited'] })).toMatchObject([
    { topic: 'audited', partitions: [{ partition: 0, offset: '2' }] },
  ])
  await admin.deleteGroups(['auditors'])
  await admin.deleteTopics({ topics: ['audited'] })
  expect(await admin.listTopics()).not.toContain('audited')
  await admin.disconnect()
})
