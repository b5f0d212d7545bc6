/** The broker as a process, killed with SIGKILL at random moments under producers that note what was acknowledged. */
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BrokerProcess, startBrokerProcess, temporaryDirectory } from '../support/broker-process.ts'
import { checkLogDirectory } from '../support/data-directory-rules.ts'
import {
  commitOffset,
  committedOffset,
  createTopic,
  findCoordinator,
  newProducerId,
  produce,
  readPartition,
} from '../support/plain-client.ts'
import { RawClient } from '../support/raw-client.ts'

const ROUNDS = 10
const PARTITIONS = 3
const LONGEST_LIFE_MS = 400
const PROPERTIES = { 'offsets.topic.num.partitions': '1', 'log.index.size.max.bytes': '12000' }
const TOPIC_CONFIGS = { 'internal.segment.bytes': '20000', 'index.interval.bytes': '500' }

/** mulberry32: small, and the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** What one producer has sent to its partition, in order, and the offsets of what was acknowledged. */
interface Stream {
  readonly partition: number
  readonly isIdempotent: boolean
  sent: number
  readonly acknowledged: Map<number, string>
}

let home: ReturnType<typeof temporaryDirectory>
let broker: BrokerProcess | undefined

beforeAll(() => {
  home = temporaryDirectory()
})

afterAll(async () => {
  await broker?.stop('SIGKILL')
  home.remove()
})

/** Sends batches one after the other until the connection ends. */
async function produceUntilDeath(port: number, stream: Stream, producerIds: Set<number>): Promise<void> {
  const client = await RawClient.connect(port)
  try {
    const producerId = stream.isIdempotent ? await newProducerId(client) : -1
    if (stream.isIdempotent) {
      expect(producerIds.has(producerId), `producer id ${producerId} handed out twice`).toBe(false)
      producerIds.add(producerId)
    }
    for (let baseSequence = 0; ; baseSequence += 2) {
      const values = [stream.sent, stream.sent + 1].map((n) => `${stream.partition} ${n}`.padEnd(200, '.'))
      stream.sent += 2
      const batch = stream.isIdempotent ? { producerId, producerEpoch: 0, baseSequence } : {}
      const { partition } = stream
      const offset = await produce(client, { topic: 'orders', partition, values }, batch)
      for (const [i, value] of values.entries()) stream.acknowledged.set(offset + i, value)
    }
  } catch (error) {
    if (!client.socket.destroyed && !client.ended) throw error
  } finally {
    await client.close()
  }
}

/** Commits rising offsets until the connection ends. */
async function commitUntilDeath(port: number, progress: { tried: number; committed: number }): Promise<void> {
  const client = await RawClient.connect(port)
  try {
    // Without membership: a restarted coordinator waits for a member of before the kill until its session ends.
    const nobody = { groupId: 'billing', memberId: '', generationId: -1 }
    for (;;) {
      progress.tried++
      const offset = progress.tried
      await commitOffset(client, nobody, 'orders', offset)
      progress.committed = offset
    }
  } catch (error) {
    if (!client.socket.destroyed && !client.ended) throw error
  } finally {
    await client.close()
  }
}

async function checkStream(client: RawClient, { partition, acknowledged, sent }: Stream): Promise<void> {
  const found = await readPartition(client, 'orders', partition)
  const values = new Map(found.map(({ offset, value }) => [offset, value!.toString()]))
  for (const [offset, value] of acknowledged) expect(values.get(offset), `${partition} at ${offset}`).toBe(value)
  const numbers = found.map(({ value }) => Number(value!.toString().replace(/\.*$/, '').split(' ')[1]))
  for (const [i, number] of numbers.entries()) {
    if (i > 0) expect(number, 'in order, and none twice').toBeGreaterThan(numbers[i - 1]!)
  }
  expect(numbers.at(-1) ?? -1).toBeLessThan(sent)
}

test(`keeps everything that was acknowledged through ${ROUNDS} kills at random moments`, async () => {
  const seed = Number(process.env.KILL_SEED ?? randomInt(0x7fff_ffff))
  console.log(`KILL_SEED=${seed}`)
  const random = randomFrom(seed)
  const streams = Array.from({ length: PARTITIONS }, (_, partition): Stream => {
    return { partition, isIdempotent: partition > 0, sent: 0, acknowledged: new Map() }
  })
  const progress = { tried: 0, committed: 0 }
  const producerIds = new Set<number>()
  for (let round = 0; round < ROUNDS; round++) {
    broker = await startBrokerProcess({ directory: home.path, properties: PROPERTIES })
    const { port, dataDir } = broker
    const client = await RawClient.connect(port)
    if (round === 0) await createTopic(client, 'orders', { partitions: PARTITIONS, configs: TOPIC_CONFIGS })
    await findCoordinator(client, 'billing')
    for (const stream of streams) await checkStream(client, stream)
    if (progress.committed > 0) {
      const committed = Number(await committedOffset(client, 'billing', 'orders'))
      expect(committed).toBeGreaterThanOrEqual(progress.committed)
      expect(committed).toBeLessThanOrEqual(progress.tried)
    }
    await client.close()
    const lives = [
      ...streams.map((stream) => produceUntilDeath(port, stream, producerIds)),
      commitUntilDeath(port, progress),
    ]
    await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_LIFE_MS))
    await broker.stop('SIGKILL')
    await Promise.all(lives)
    expect(checkLogDirectory(dataDir).isClean).toBe(false)
  }
  expect(streams.every(({ acknowledged }) => acknowledged.size > ROUNDS)).toBe(true)
  expect(progress.committed).toBeGreaterThan(0)

  // And one clean stop at the end.
  broker = await startBrokerProcess({ directory: home.path, properties: PROPERTIES })
  const client = await RawClient.connect(broker.port)
  for (const stream of streams) await checkStream(client, stream)
  await client.close()
  expect(await broker.stop()).toBe(143)
  expect(checkLogDirectory(broker.dataDir).isClean).toBe(true)
})
