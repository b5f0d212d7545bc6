/**
 * What decoding and encoding cost: the compiled codecs against an interpreter that walks the schema for each message.
 * Both must agree byte by byte. `npm run bench:protocol`.
 */
import { performance } from 'node:perf_hooks'
import { decode, encode } from '../src/protocol/codec.ts'
import { Produce } from '../src/protocol/messages/00-produce.ts'
import { Fetch } from '../src/protocol/messages/01-fetch.ts'
import { Metadata } from '../src/protocol/messages/03-metadata.ts'
import { Reader } from '../src/protocol/reader.ts'
import { writeBatch } from '../src/protocol/record-batch.ts'
import type { EncodableMessage, Message } from '../src/protocol/schema.ts'
import { Writer } from '../src/protocol/writer.ts'
import { walkDecode, walkEncode } from './support/walking-codec.ts'

const ROUNDS = 8
const ROUND_MS = 50

const topicId = 'kTVzWUTeRjWCGqrY7Lv4Fw'
const batch = writeBatch({ records: [{ timestamp: 1_700_000_000_000, value: Buffer.alloc(100, 'x') }] })

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

function produce(partitions: number): EncodableMessage<typeof Produce.request> {
  const partitionData = times(partitions, (index) => ({ index, records: batch }))
  return { acks: -1, timeoutMs: 30_000, topicData: [{ name: 'orders', topicId, partitionData }] }
}

function fetched(partitions: number): EncodableMessage<typeof Fetch.response> {
  const answers = times(partitions, (partitionIndex) => ({
    partitionIndex,
    highWatermark: 123_456_789,
    lastStableOffset: 123_456_789,
    logStartOffset: 0,
    abortedTransactions: null,
    records: batch,
  }))
  return { sessionId: 7, responses: [{ topic: 'orders', topicId, partitions: answers }] }
}

function metadata(topics: number, partitions: number): EncodableMessage<typeof Metadata.response> {
  return {
    brokers: times(3, (nodeId) => ({ nodeId, host: `broker-${nodeId}.example.com`, port: 9092, rack: 'a' })),
    clusterId: topicId,
    controllerId: 1,
    topics: times(topics, (topic) => ({
      name: `topic-number-${topic}`,
      topicId,
      partitions: times(partitions, (partitionIndex) => ({
        partitionIndex,
        leaderId: partitionIndex % 3,
        leaderEpoch: 12,
        replicaNodes: [0, 1, 2],
        isrNodes: [0, 1, 2],
        offlineReplicas: [],
      })),
    })),
  }
}

interface Case {
  readonly name: string
  readonly message: Message
  readonly version: number
  readonly value: object
}

const cases: Case[] = [
  { name: 'Produce v9 request, 1 partition', message: Produce.request, version: 9, value: produce(1) },
  { name: 'Produce v13 request, 1 partition', message: Produce.request, version: 13, value: produce(1) },
  { name: 'Produce v13 request, 10 partitions', message: Produce.request, version: 13, value: produce(10) },
  { name: 'Fetch v12 response, 1 partition', message: Fetch.response, version: 12, value: fetched(1) },
  { name: 'Fetch v17 response, 1 partition', message: Fetch.response, version: 17, value: fetched(1) },
  { name: 'Fetch v17 response, 10 partitions', message: Fetch.response, version: 17, value: fetched(10) },
  { name: 'Metadata v13 response, 100 × 10', message: Metadata.response, version: 13, value: metadata(100, 10) },
]

/** Nanoseconds of CPU that one call takes: the best of several rounds, so that a busy machine disturbs little. */
function nanosecondsOf(call: () => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const deadline = performance.now() + ROUND_MS
    const start = process.cpuUsage()
    let calls = 0
    do {
      for (let i = 0; i < 20; i++) call()
      calls += 20
    } while (performance.now() < deadline)
    const { user, system } = process.cpuUsage(start)
    best = Math.min(best, ((user + system) * 1000) / calls)
  }
  return best
}

function inUnits(nanoseconds: number): string {
  return nanoseconds < 10_000 ? `${nanoseconds.toFixed(0)} ns` : `${(nanoseconds / 1000).toFixed(1)} µs`
}

function main(): void {
  const rows: string[][] = [['message', 'bytes', 'way', 'compiled', 'walking', 'ratio']]
  for (const { name, message, version, value } of cases) {
    const compiledWriter = new Writer()
    encode(message, version, value, compiledWriter)
    const bytes = compiledWriter.toBuffer()
    const walkingWriter = new Writer()
    walkEncode(message, version, value as Record<string, unknown>, walkingWriter)
    if (!walkingWriter.toBuffer().equals(bytes)) throw new Error(`${name}: the interpreter writes other bytes`)

    const ways: [string, () => unknown, () => unknown][] = [
      [
        'decode',
        () => decode(message, version, new Reader(bytes)),
        () => walkDecode(message, version, new Reader(bytes)),
      ],
      [
        'encode',
        () => {
          const writer = new Writer()
          encode(message, version, value, writer)
          return writer.finish()
        },
        () => {
          const writer = new Writer()
          walkEncode(message, version, value as Record<string, unknown>, writer)
          return writer.finish()
        },
      ],
    ]
    for (const [way, compiled, walking] of ways) {
      const [fast, slow] = [nanosecondsOf(compiled), nanosecondsOf(walking)]
      rows.push([name, String(bytes.length), way, inUnits(fast), inUnits(slow), `${(slow / fast).toFixed(1)}×`])
    }
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows) {
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
  }
}

main()
