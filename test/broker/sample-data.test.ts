/**
 * A data directory that Apache Kafka 4.3.1 wrote: all codecs, transactions, headers, deleted records, committed offsets.
 * Its partitions and checkpoints are the fixtures of the storage tests; the metadata log, the marker of the clean stop
 * and the settings it was written with are in fixtures/sample-data.
 */
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Broker } from '../../src/broker/broker.ts'
import { silentLogger } from '../../src/broker/logger.ts'
import { type BrokerConfig, brokerConfigFrom } from '../../src/config/broker-config.ts'
import { parseProperties } from '../../src/config/properties.ts'
import { ListOffsets } from '../../src/protocol/messages/02-list-offsets.ts'
import { temporaryDirectory } from '../support/broker-process.ts'
import { checkLogDirectory } from '../support/data-directory-rules.ts'
import { portOf } from '../support/file-layer-broker.ts'
import {
  committedOffset,
  createTopic,
  type FetchedRecord,
  newProducerId,
  produce,
  type ReadOptions,
  readPartition,
  topicsOf,
} from '../support/plain-client.ts'
import { RawClient } from '../support/raw-client.ts'

const STORAGE = resolve(import.meta.dirname, '../fixtures/storage')
const SAMPLE = resolve(import.meta.dirname, '../fixtures/sample-data')
const CHECKPOINTS = [
  'bootstrap.checkpoint',
  'cleaner-offset-checkpoint',
  'log-start-offset-checkpoint',
  'meta.properties',
  'recovery-point-offset-checkpoint',
]

/** What Apache's own consumer read; a line with `control` is a transaction marker. */
interface Expected {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly control?: boolean
  readonly timestampType?: string
  readonly leaderEpoch?: number
  readonly key?: Text
  readonly value?: Text
  readonly headers?: readonly (readonly [string, Text])[]
  readonly visibleReadCommitted?: boolean
  readonly compression?: string
  readonly baseOffset?: number
}

/** Bytes that are no UTF-8 stand there in base64. */
type Text = string | null | { readonly base64: string }

const EXPECTED: Expected[] = readFileSync(join(STORAGE, 'expected.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

const PARTITIONS: readonly [topic: string, partition: number, start: number, end: number][] = [
  ['sample-append', 0, 1, 4],
  ['sample-empty', 0, 0, 0],
  ['sample-plain', 0, 0, 26],
  ['sample-plain', 1, 0, 26],
  ['sample-segments', 0, 0, 0],
  ['sample-txn', 0, 0, 11],
]

function sampleDirectory(): { dir: string; config: BrokerConfig } {
  const { path, remove } = temporaryDirectory()
  onTestFinished(remove)
  const dir = join(path, 'data')
  cpSync(join(STORAGE, 'partitions'), dir, { recursive: true })
  cpSync(join(SAMPLE, 'cluster-metadata'), join(dir, '__cluster_metadata-0'), { recursive: true })
  cpSync(join(SAMPLE, 'kafka_cleanshutdown'), join(dir, '.kafka_cleanshutdown'))
  cpSync(join(SAMPLE, 'replication-offset-checkpoint'), join(dir, 'replication-offset-checkpoint'))
  for (const name of CHECKPOINTS) cpSync(join(STORAGE, name), join(dir, name))
  const properties = parseProperties(readFileSync(join(SAMPLE, 'server.properties'), 'latin1'))
  properties.delete('advertised.listeners')
  properties.set('listeners', 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0')
  properties.set('log.dirs', dir)
  return { dir, config: brokerConfigFrom(properties) }
}

async function started(config: BrokerConfig): Promise<{ broker: Broker; client: RawClient }> {
  const broker = await Broker.start({ config, logger: silentLogger })
  onTestFinished(() => broker.stop())
  const client = await RawClient.connect(portOf(broker))
  onTestFinished(() => client.close())
  return { broker, client }
}

function textOf(bytes: Buffer | null): Text {
  if (bytes === null) return null
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? text : { base64: bytes.toString('base64') }
}

function asExpected(topic: string, partition: number, record: FetchedRecord): object {
  const { offset, timestamp, producerId, producerEpoch, isControl } = record
  if (isControl) return { topic, partition, offset, timestamp, producerId, producerEpoch, control: true }
  return {
    ...{ topic, partition, offset, timestamp, producerId, producerEpoch },
    timestampType: record.timestampType,
    leaderEpoch: record.leaderEpoch,
    key: textOf(record.key),
    value: textOf(record.value),
    headers: record.headers.map(({ key, value }) => [key, textOf(value)]),
    compression: record.codec,
    baseOffset: record.baseOffset,
  }
}

async function readAll(client: RawClient, options: ReadOptions): Promise<object[]> {
  const records: object[] = []
  for (const [topic, partition, from] of PARTITIONS) {
    for (const record of await readPartition(client, topic, partition, { ...options, from })) {
      records.push(asExpected(topic, partition, record))
    }
  }
  return records
}

/** The expected lines in the order of reading, without what no client is told. */
function expectedRecords(isIncluded: (line: Expected) => boolean): object[] {
  const order = ({ topic, partition }: Expected) => PARTITIONS.findIndex(([t, p]) => t === topic && p === partition)
  return EXPECTED.filter(isIncluded)
    .sort((a, b) => order(a) - order(b) || a.offset - b.offset)
    .map((line) => {
      const {
        visibleReadCommitted: _,
        transaction: __,
        note: ___,
        ...rest
      } = line as Expected & Record<string, unknown>
      return rest
    })
}

async function checkEverything(client: RawClient): Promise<void> {
  const uncommitted = await readAll(client, { isolation: 'read_uncommitted' })
  expect(uncommitted).toEqual(expectedRecords(() => true))
  expect(await readAll(client, { isolation: 'read_uncommitted', maxBytes: 300 })).toEqual(uncommitted)
  expect(await readAll(client, { isolation: 'read_committed' })).toEqual(
    expectedRecords(({ visibleReadCommitted, control }) => visibleReadCommitted === true || control === true),
  )
  for (const [name, partitionIndex, start, end] of PARTITIONS) {
    for (const [timestamp, offset] of [
      [-2, start],
      [-1, end],
    ] as const) {
      const { topics } = await client.send(ListOffsets, 7, {
        topics: [{ name, partitions: [{ partitionIndex, timestamp }] }],
      })
      expect(topics[0]!.partitions[0], `${name}-${partitionIndex} at ${timestamp}`).toMatchObject({
        offset,
        errorCode: 0,
      })
    }
  }
  const ids = new Map([...(await topicsOf(client))].map(([name, { id }]) => [name, id]))
  expect(Object.fromEntries(ids)).toEqual({
    'sample-empty': 'PR6tgguKS-GeKwOkbVb6Aw',
    'sample-txn': 'DY74R4ZZSA2U9o-fTnf1rw',
    'sample-append': 'l0h17yYJRDWObzk5IrnHXg',
    'sample-plain': 'UheZ06J2R3y9iSX6FzfPDw',
    __transaction_state: 'Xh3ZHsUZRVyZfnx7HRt4DQ',
    'sample-segments': 'Uq7miHoSQ3yu27KOBzPw9w',
    __consumer_offsets: 'TjU3Pm1nTIqdRhesLddsfQ',
  })
  expect(await committedOffset(client, 'sample-group', 'sample-plain', 0)).toBe(10)
  expect(await committedOffset(client, 'sample-group', 'sample-plain', 1)).toBe(26)
  expect(await committedOffset(client, 'sample-group-simple', 'sample-txn')).toBe(3)
  expect(await committedOffset(client, 'sample-group-txn', 'sample-plain')).toBe(7)
}

test.each([
  ['after a clean stop', true],
  ['after a kill', false],
])('every record, offset and topic of Apache Kafka’s directory is there %s, also after ours', async (_, isClean) => {
  const { dir, config } = sampleDirectory()
  if (!isClean) rmSync(join(dir, '.kafka_cleanshutdown'))
  const first = await started(config)
  await checkEverything(first.client)
  // None of the ids that records of the sample carry may be given to somebody new.
  const used = Math.max(...EXPECTED.map(({ producerId }) => producerId))
  expect(await newProducerId(first.client)).toBeGreaterThan(used)
  await createTopic(first.client, 'ours')
  expect(await produce(first.client, { topic: 'ours', values: ['new'] })).toBe(0)
  await first.client.close()
  await first.broker.stop()
  expect(checkLogDirectory(dir)).toEqual({ isClean: true })
  expect(readdirSync(dir).filter((name) => name.endsWith('-stray'))).toEqual([])

  const second = await started(config)
  expect(await readPartition(second.client, 'ours')).toHaveLength(1)
  expect(await readAll(second.client, {})).toEqual(expectedRecords(() => true))
})
