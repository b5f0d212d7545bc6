/**
 * A broker's whole life on files that stop after a chosen operation, and what must still be true after the next start:
 * everything that was answered is there, once and in order.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Broker } from '../../src/broker/broker.ts'
import { META_PROPERTIES } from '../../src/storage/meta-properties.ts'
import { randomUuid } from '../../src/storage/uuid.ts'
import { checkLogDirectory } from './data-directory-rules.ts'
import { formatDirectoriesOf, portOf, startBrokerOn, testConfig } from './file-layer-broker.ts'
import { MortalFiles } from './mortal-files.ts'
import {
  commitOffset,
  committedOffset,
  createTopic,
  deleteTopic,
  findCoordinator,
  joinAlone,
  leaveGroup,
  newProducerId,
  produce,
  readPartition,
  topicsOf,
} from './plain-client.ts'
import { RawClient } from './raw-client.ts'

/** Small, so that a handful of batches roll a segment; indexes too, so that a full one is not 10 MiB. */
const TOPIC_CONFIGS = { 'internal.segment.bytes': '700', 'segment.index.bytes': '1200', 'index.interval.bytes': '100' }
const BROKER_SETTINGS = {
  'log.index.size.max.bytes': '1200',
  'log.segment.delete.delay.ms': '0',
  // Another test's client may look for its own broker on a port that is ours now.
  'auto.create.topics.enable': 'false',
}
const GROUP = 'billing'
const TOPICS = ['orders', 'doomed']
const CLUSTER_ID = randomUuid()

/** What clients were told before the kill, and what they had asked for. */
export interface Told {
  isFormatted: boolean
  /** Ids of topics by name. */
  readonly created: Map<string, string>
  /** Ids of topics whose deletion was acknowledged. */
  readonly deletedIds: Set<string>
  /** Topics whose deletion was asked for, answered or not. */
  readonly doomed: Set<string>
  /** Values by offset that were acknowledged, by topic. */
  readonly records: Map<string, Map<number, string>>
  /** Every value sent, acknowledged or not. */
  readonly sent: Map<string, string[]>
  committed: number
  /** The highest offset that somebody tried to commit. */
  committing: number
  readonly producerIds: Set<number>
  hasStopped: boolean
}

/** The process has ended: what happens now no longer counts. */
class Dead extends Error {}

/** One life: from format to a clean stop and a second start. Ends early when the files do. */
class Life {
  readonly told: Told = {
    isFormatted: false,
    created: new Map(),
    deletedIds: new Set(),
    doomed: new Set(),
    records: new Map(),
    sent: new Map(),
    committed: -1,
    committing: -1,
    producerIds: new Set(),
    hasStopped: false,
  }
  private readonly dir: string
  private readonly files: MortalFiles
  private readonly starts: Promise<Broker>[] = []
  private client: RawClient | undefined

  constructor(dir: string, files: MortalFiles) {
    this.dir = dir
    this.files = files
  }

  async run(): Promise<void> {
    try {
      await this.live()
    } catch (error) {
      // Whatever a dead process says does not matter.
      if (!this.files.isDead) throw error
    } finally {
      await this.end()
    }
  }

  private async live(): Promise<void> {
    const { told } = this
    formatDirectoriesOf(testConfig(this.dir, BROKER_SETTINGS), this.files, CLUSTER_ID)
    this.mustBeAlive()
    told.isFormatted = true

    const first = await this.start()
    await this.create('orders')
    await this.create('doomed')
    await this.produce('orders', 3)
    const producerId = await this.newProducerId()
    for (let i = 0; i < 4; i++) await this.produce('orders', 2, { producerId, producerEpoch: 0, baseSequence: i * 2 })
    await this.produce('doomed', 2)
    await this.consume()
    await this.delete('doomed')
    await this.create('doomed')
    await this.produce('doomed', 2)
    await this.stop(first)

    const second = await this.start()
    await this.produce('orders', 2, { producerId, producerEpoch: 0, baseSequence: 8 })
    await this.newProducerId()
    await this.consume()
    await this.produce('orders', 3)
    await this.stop(second)
  }

  private async start(): Promise<Broker> {
    this.told.hasStopped = false
    const starting = startBrokerOn(testConfig(this.dir, BROKER_SETTINGS), { files: this.files })
    this.starts.push(starting)
    const broker = await this.unlessDead(starting)
    this.client = await RawClient.connect(portOf(broker))
    return broker
  }

  private async stop(broker: Broker): Promise<void> {
    await this.client!.close()
    await this.unlessDead(broker.stop())
    this.told.hasStopped = true
  }

  private async create(topic: string): Promise<void> {
    this.told.doomed.delete(topic)
    const id = await this.unlessDead(createTopic(this.client!, topic, { configs: TOPIC_CONFIGS }))
    this.told.created.set(topic, id)
  }

  private async delete(topic: string): Promise<void> {
    const { told } = this
    told.doomed.add(topic)
    await this.unlessDead(deleteTopic(this.client!, topic))
    told.deletedIds.add(told.created.get(topic)!)
    told.created.delete(topic)
    told.records.delete(topic)
    told.sent.delete(topic)
  }

  private async produce(topic: string, count: number, batch: Parameters<typeof produce>[2] = {}): Promise<void> {
    const { records, sent } = this.told
    const before = sent.get(topic) ?? []
    const values = Array.from({ length: count }, (_, i) => `${topic} ${before.length + i}`.padEnd(60, '.'))
    sent.set(topic, [...before, ...values])
    const offset = await this.unlessDead(produce(this.client!, { topic, values }, batch))
    const known = records.get(topic) ?? new Map<number, string>()
    for (const [i, value] of values.entries()) known.set(offset + i, value)
    records.set(topic, known)
  }

  private async newProducerId(): Promise<number> {
    const id = await this.unlessDead(newProducerId(this.client!))
    expect(this.told.producerIds.has(id), `producer id ${id} handed out before`).toBe(false)
    this.told.producerIds.add(id)
    return id
  }

  private async consume(): Promise<void> {
    const client = this.client!
    await this.unlessDead(findCoordinator(client, GROUP))
    const member = await this.unlessDead(joinAlone(client, GROUP))
    const records = await this.unlessDead(readPartition(client, 'orders'))
    for (const offset of [records.length - 2, records.length]) {
      this.told.committing = offset
      await this.unlessDead(commitOffset(client, member, 'orders', offset))
      this.told.committed = offset
    }
    await this.unlessDead(leaveGroup(client, member))
  }

  /** The answer, unless the process ended before it was sent. */
  private async unlessDead<T>(answer: Promise<T>): Promise<T> {
    answer.catch(() => {})
    const death = this.files.death.then(() => {
      throw new Dead()
    })
    const result = await Promise.race([answer, death])
    this.mustBeAlive()
    return result
  }

  private mustBeAlive(): void {
    if (this.files.isDead) throw new Dead()
  }

  /** Sockets and timers of the dead must not outlive the test; its files answer nothing any more. */
  private async end(): Promise<void> {
    await this.client?.close()
    for (const starting of this.starts) {
      const broker = await starting.catch(() => undefined)
      await broker?.stop().catch(() => {})
    }
    this.files.bury()
  }
}

/** Starts on what the dead left, with files that work, and compares with what was told; then stops cleanly. */
async function checkNextLife(dir: string, told: Told): Promise<void> {
  const files = new MortalFiles()
  const config = testConfig(dir, BROKER_SETTINGS)
  if (told.isFormatted) expect(existsSync(join(dir, META_PROPERTIES))).toBe(true)
  if (existsSync(join(dir, META_PROPERTIES))) {
    const { isClean } = checkLogDirectory(dir)
    if (told.hasStopped) expect(isClean, 'a clean stop that was reported left its marker').toBe(true)
  } else formatDirectoriesOf(config, files, CLUSTER_ID)
  const broker = await startBrokerOn(config, { files })
  const client = await RawClient.connect(portOf(broker))
  try {
    await checkWhatWasTold(client, told)
  } finally {
    await client.close()
    await broker.stop()
  }
  expect(checkLogDirectory(dir).isClean).toBe(true)
  expect(files.openCount, 'files left open').toBe(0)
}

/** Compares what a broker serves with what was told before the kill. Any broker: Apache's too. */
export async function checkWhatWasTold(client: RawClient, told: Told): Promise<void> {
  const topics = await topicsOf(client)
  for (const [topic, id] of told.created) {
    if (!told.doomed.has(topic) || topics.has(topic)) expect(topics.get(topic)?.id, `id of ${topic}`).toBe(id)
  }
  for (const [topic, { id }] of topics) expect(told.deletedIds.has(id), `${topic} was deleted`).toBe(false)
  for (const topic of TOPICS) if (topics.has(topic)) await checkRecords(client, topic, told)
  if (told.committed >= 0) {
    const committed = Number(await committedOffset(client, GROUP, 'orders'))
    expect([told.committed, told.committing]).toContain(committed)
  }
  const producerId = await newProducerId(client)
  expect(told.producerIds.has(producerId), `producer id ${producerId} handed out twice`).toBe(false)
  if (!topics.has('orders')) await createTopic(client, 'orders', { configs: TOPIC_CONFIGS })
  await produce(client, { topic: 'orders', values: ['after'] }, { producerId, producerEpoch: 0, baseSequence: 0 })
  expect((await readPartition(client, 'orders')).at(-1)?.value?.toString()).toBe('after')
}

async function checkRecords(client: RawClient, topic: string, { records, sent }: Told): Promise<void> {
  const acknowledged = records.get(topic) ?? new Map<number, string>()
  const found = await readPartition(client, topic)
  const values = found.map(({ value }) => value!.toString())
  expect(
    found.map(({ offset }) => offset),
    `offsets of ${topic}`,
  ).toEqual(values.map((_, index) => index))
  expect(new Set(values).size, `a record of ${topic} is there twice`).toBe(values.length)
  for (const [offset, value] of acknowledged) expect(values[offset], `${topic} ${offset}`).toBe(value)
  // What was sent and not acknowledged may be there, in order, and nothing else.
  expect(values, `values of ${topic}`).toEqual((sent.get(topic) ?? []).slice(0, values.length))
}

/** How many operations a life takes when nothing stops it. Varies a little from one to the next. */
export async function operationsOfALife(): Promise<number> {
  const files = new MortalFiles()
  await inDirectory(async (dir) => {
    const life = new Life(dir, files)
    await life.run()
    await checkNextLife(dir, life.told)
  })
  return files.count
}

/** Lives until operation `killAfter`, then checks what is left. */
export async function liveAndDie(killAfter: number, tearsLastWrite: boolean): Promise<void> {
  await inDirectory(async (dir) => {
    const life = new Life(dir, new MortalFiles(killAfter, tearsLastWrite))
    try {
      await life.run()
      await checkNextLife(dir, life.told)
    } catch (error) {
      ;(error as Error).message +=
        ` (killed after operation ${killAfter}${tearsLastWrite ? ', the last one torn' : ''})`
      throw error
    }
  })
}

/** Lives in `dir` until operation `killAfter` and leaves everything as it is. */
export async function liveUntil(dir: string, killAfter: number): Promise<Told> {
  const life = new Life(dir, new MortalFiles(killAfter))
  await life.run()
  return life.told
}

async function inDirectory(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'crash-'))
  try {
    await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
