/**
 * A load generator light enough that the broker is what is measured: a Produce request is encoded once and sent again
 * and again, a Fetch answer is only walked by batch headers.
 */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { decode, encode } from '../../src/protocol/codec.ts'
import { ErrorCode, errorName } from '../../src/protocol/error-code.ts'
import { RequestHeader, ResponseHeader } from '../../src/protocol/headers.ts'
import { Produce } from '../../src/protocol/messages/00-produce.ts'
import { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import { ListOffsets } from '../../src/protocol/messages/02-list-offsets.ts'
import { CreateTopics } from '../../src/protocol/messages/19-create-topics.ts'
import { DeleteTopics } from '../../src/protocol/messages/20-delete-topics.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { readBatches, writeBatch } from '../../src/protocol/record-batch.ts'
import { type AnyApi, isFlexible, type RequestInput, type ResponseOf } from '../../src/protocol/schema.ts'
import { Writer } from '../../src/protocol/writer.ts'

export interface Target {
  readonly host: string
  readonly port: number
}

function frameOf<A extends AnyApi>(api: A, version: number, request: RequestInput<A>): Buffer {
  const writer = new Writer(1024)
  writer.int32(0)
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId: 0, clientId: 'bench' }
  encode(RequestHeader, isFlexible(api, version) ? 2 : 1, header, writer)
  encode(api.request, version, request, writer)
  const frame = Buffer.from(writer.toBuffer())
  frame.writeInt32BE(frame.length - 4, 0)
  return frame
}

function answerOf<A extends AnyApi>(api: A, version: number, frame: Buffer): ResponseOf<A> {
  const reader = new Reader(frame)
  decode(ResponseHeader, isFlexible(api, version) ? 1 : 0, reader)
  return decode(api.response, version, reader) as ResponseOf<A>
}

/** Calls `onFrame` with each answer; straddling ones are joined. */
function readFrames(socket: Socket, onFrame: (frame: Buffer) => void): void {
  let pending: Buffer[] = []
  let pendingSize = 0
  let wanted = 4
  socket.on('data', (chunk: Buffer) => {
    pending.push(chunk)
    pendingSize += chunk.length
    while (pendingSize >= wanted) {
      let bytes = pending.length === 1 ? pending[0]! : Buffer.concat(pending)
      wanted = 4 + bytes.readInt32BE(0)
      while (bytes.length >= 4 && bytes.length >= (wanted = 4 + bytes.readInt32BE(0))) {
        onFrame(bytes.subarray(4, wanted))
        bytes = bytes.subarray(wanted)
        wanted = 4
      }
      pending = bytes.length > 0 ? [bytes] : []
      pendingSize = bytes.length
      if (bytes.length >= 4) wanted = 4 + bytes.readInt32BE(0)
    }
  })
}

/** One connection that asks one thing at a time. */
export class Asker {
  private readonly socket: Socket
  private waiting: { resolve: (frame: Buffer) => void; reject: (error: Error) => void } | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    readFrames(socket, (frame) => this.waiting?.resolve(frame))
    socket.on('error', (error) => this.waiting?.reject(error))
    socket.on('close', () => this.waiting?.reject(new Error('the broker closed the connection')))
  }

  static async open({ host, port }: Target): Promise<Asker> {
    const socket = connect({ host, port, noDelay: true })
    await once(socket, 'connect')
    return new Asker(socket)
  }

  async ask<A extends AnyApi>(api: A, version: number, request: RequestInput<A>): Promise<ResponseOf<A>> {
    const answered = new Promise<Buffer>((resolve, reject) => {
      this.waiting = { resolve, reject }
    })
    this.socket.write(frameOf(api, version, request))
    return answerOf(api, version, await answered)
  }

  close(): void {
    this.socket.destroy()
  }
}

/** Makes a topic and waits until its partitions have leaders. */
export async function createTopic(target: Target, name: string, numPartitions: number): Promise<void> {
  const asker = await Asker.open(target)
  try {
    const answer = await asker.ask(CreateTopics, 5, {
      topics: [{ name, numPartitions, replicationFactor: 1 }],
      timeoutMs: 30_000,
    })
    const { errorCode } = answer.topics[0]!
    if (errorCode !== ErrorCode.NONE) throw new Error(`cannot create ${name}: ${errorName(errorCode)}`)
    // Apache Kafka answers before every partition has its leader; only a partition that answers for offsets is ready.
    const partitions = Array.from({ length: numPartitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }))
    for (;;) {
      const offsets = await asker.ask(ListOffsets, 5, { replicaId: -1, topics: [{ name, partitions }] })
      if (offsets.topics[0]!.partitions.every((partition) => partition.errorCode === ErrorCode.NONE)) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  } finally {
    asker.close()
  }
}

export async function deleteTopic(target: Target, name: string): Promise<void> {
  const asker = await Asker.open(target)
  try {
    const answer = await asker.ask(DeleteTopics, 5, { topicNames: [name], timeoutMs: 30_000 })
    const { errorCode } = answer.responses[0]!
    if (errorCode !== ErrorCode.NONE) throw new Error(`cannot delete ${name}: ${errorName(errorCode)}`)
  } finally {
    asker.close()
  }
}

/** One small record to partition 0, acknowledged. */
export async function produceOne(target: Target, topic: string): Promise<void> {
  const asker = await Asker.open(target)
  try {
    const records = writeBatch({ records: [{ value: Buffer.from('x'), timestamp: Date.now() }] })
    const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
    const answer = await asker.ask(Produce, 9, { acks: -1, timeoutMs: 30_000, topicData })
    const { errorCode } = answer.responses[0]!.partitionResponses[0]!
    if (errorCode !== ErrorCode.NONE) throw new Error(`produce failed: ${errorName(errorCode)}`)
  } finally {
    asker.close()
  }
}

export interface ProduceLoad {
  readonly topic: string
  readonly partitions: number
  readonly recordSize: number
  /** Bytes of one batch; one Produce carries one batch for one partition. */
  readonly batchSize: number
  readonly totalBytes: number
  readonly connections: number
  readonly inFlight: number
  /** Requests a second over all connections; as fast as acknowledgements allow when left out. */
  readonly requestsPerSecond?: number
}

export interface ProduceResult {
  readonly seconds: number
  readonly records: number
  readonly bytes: number
  /** Milliseconds from sending a request to its acknowledgement, ascending. */
  readonly latenciesMs: Float64Array
}

export async function produceLoad(target: Target, load: ProduceLoad): Promise<ProduceResult> {
  const value = Buffer.alloc(load.recordSize, 'x')
  const recordsPerBatch = Math.max(1, Math.floor(load.batchSize / (load.recordSize + 8)))
  const timestamp = Date.now()
  const batch = writeBatch({ records: Array.from({ length: recordsPerBatch }, () => ({ value, timestamp })) })
  const frames = Array.from({ length: load.partitions }, (_, index) =>
    frameOf(Produce, 9, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: load.topic, partitionData: [{ index, records: batch }] }],
    }),
  )
  const total = Math.ceil(load.totalBytes / (recordsPerBatch * load.recordSize))
  const latencies: number[] = []
  const intervalMs = load.requestsPerSecond ? 1000 / load.requestsPerSecond : 0
  let sent = 0
  const began = performance.now()

  const run = async (): Promise<void> => {
    const socket = connect({ ...target, noDelay: true })
    await once(socket, 'connect')
    const sentAt: number[] = []
    await new Promise<void>((resolve, reject) => {
      let isPumping = false
      const pump = () => {
        isPumping = false
        while (sent < total && sentAt.length < load.inFlight) {
          if (intervalMs > 0 && performance.now() - began < sent * intervalMs) {
            isPumping = true
            setTimeout(pump, 1)
            return
          }
          const frame = frames[sent++ % frames.length]!
          sentAt.push(performance.now())
          socket.write(frame)
        }
        if (sent >= total && sentAt.length === 0) resolve()
      }
      let isChecked = false
      readFrames(socket, (frame) => {
        latencies.push(performance.now() - sentAt.shift()!)
        if (!isChecked || frame.length > 200) {
          isChecked = true
          const { errorCode } = answerOf(Produce, 9, frame).responses[0]!.partitionResponses[0]!
          if (errorCode !== ErrorCode.NONE) return reject(new Error(`produce failed: ${errorName(errorCode)}`))
        }
        if (!isPumping) pump()
      })
      socket.on('error', reject)
      socket.on('close', () => reject(new Error('the broker closed the connection')))
      pump()
    })
    socket.removeAllListeners('close')
    socket.destroy()
  }
  await Promise.all(Array.from({ length: load.connections }, run))
  const seconds = (performance.now() - began) / 1000
  return {
    seconds,
    records: total * recordsPerBatch,
    bytes: total * recordsPerBatch * load.recordSize,
    latenciesMs: Float64Array.from(latencies).sort(),
  }
}

export interface ConsumeResult {
  readonly seconds: number
  readonly records: number
  readonly bytes: number
}

/** Reads each partition from its beginning to `recordsPerPartition`, one connection a partition. */
export async function consumeLoad(target: Target, topic: string, counts: readonly number[]): Promise<ConsumeResult> {
  const began = performance.now()
  const sums = await Promise.all(
    counts.map(async (count, partition) => {
      const asker = await Asker.open(target)
      let fetchOffset = 0
      let bytes = 0
      while (fetchOffset < count) {
        const answer = await asker.ask(Fetch, 11, {
          maxWaitMs: 500,
          minBytes: 1,
          maxBytes: 50 * 1024 * 1024,
          topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes: 1024 * 1024 }] }],
        })
        const { errorCode, records } = answer.responses[0]!.partitions[0]!
        if (errorCode !== ErrorCode.NONE) throw new Error(`fetch failed: ${errorName(errorCode)}`)
        if (!records) continue
        bytes += records.length
        for (const { header } of readBatches(records)) fetchOffset = header.nextOffset
      }
      asker.close()
      return { records: fetchOffset, bytes }
    }),
  )
  return {
    seconds: (performance.now() - began) / 1000,
    records: sums.reduce((sum, { records }) => sum + records, 0),
    bytes: sums.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** Records that `produceLoad` left in each partition of a new topic: it deals batches out in turn. */
export function evenCounts(records: number, partitions: number, recordsPerBatch: number): number[] {
  const batches = records / recordsPerBatch
  return Array.from(
    { length: partitions },
    (_, index) => (Math.floor(batches / partitions) + (index < batches % partitions ? 1 : 0)) * recordsPerBatch,
  )
}

export function percentile(sorted: Float64Array, fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN
}
