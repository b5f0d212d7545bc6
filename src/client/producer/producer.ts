import { ZERO_UUID } from '../../protocol/codec.ts'
import { type Codec, prepareCodec } from '../../protocol/compression.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import { readRecords } from '../../protocol/record-batch.ts'
import { delay } from '../backoff.ts'
import { Cluster, type TopicMetadata } from '../cluster.ts'
import { ClientError, kafkaError, timeoutError } from '../errors.ts'
import type { ClientLog } from '../log.ts'
import { awaitTopic } from '../topic-metadata.ts'
import { type HeaderToSend, largestBatchOf, ProducerBatch } from './batch.ts'
import { BatchMemory } from './batch-memory.ts'
import { PartitionQueue } from './partition-queue.ts'
import { partitionOfKey } from './partitioner.ts'
import { type ProducerSettings, producerConfig, producerSettings } from './producer-config.ts'
import { Sender } from './sender.ts'

/** How long a producer that is to end waits for a topic that a broker was asked for. */
const TOPIC_GRACE_MS = 1_000
const KAFKA_PRODUCER = 'org.apache.kafka.clients.producer.KafkaProducer'

export type { HeaderToSend } from './batch.ts'

/** Told of every record that could not be sent: sizes only, null for a null key or value. */
export type FailureListener = (topic: string, keySize: number | null, valueSize: number | null, error: Error) => void

export interface ProducerOptions {
  readonly properties: ReadonlyMap<string, string>
  readonly log: ClientLog
  readonly onFailure: FailureListener
}

interface Topic {
  readonly queues: PartitionQueue[]
  /** Partitions that have a leader. */
  available: number[]
  /** Where records without a key go until the batch there is full. */
  sticky: number
  refreshedMs: number
}

/**
 * A producer with Kafka's defaults: idempotent, batches per partition, murmur2 for keys, one partition at a time for
 * records without. Records are encoded into their batch at once; a batch leaves when it is full, or has waited for
 * `linger.ms`, or somebody flushes.
 */
export class Producer {
  readonly settings: ProducerSettings
  readonly #cluster: Cluster
  readonly #memory: BatchMemory
  readonly #sender: Sender
  readonly #topics = new Map<string, Topic>()
  readonly #onFailure: FailureListener

  private constructor(settings: ProducerSettings, cluster: Cluster, onFailure: FailureListener) {
    this.settings = settings
    this.#cluster = cluster
    this.#onFailure = onFailure
    this.#memory = new BatchMemory(settings.bufferMemory, settings.batchSize)
    this.#sender = new Sender(settings, cluster, {
      done: (batch) => this.#memory.release(batch.reservedBytes, batch.buffer),
      failed: (queue, batch, error) => this.#failed(queue, batch, error),
      staleMetadata: (topic) => void this.#refresh(topic),
      split: (batch) => this.#split(batch),
    })
  }

  /** Throws ConfigException, or KafkaException `Failed to construct kafka producer` with its cause. */
  static async create({ properties, log, onFailure }: ProducerOptions): Promise<Producer> {
    const config = producerConfig(properties)
    try {
      const settings = producerSettings(config)
      await prepareCodec(settings.codec)
      const name = `Producer clientId=${config.get('client.id')}`
      const cluster = await Cluster.create({ config, log, name, warnsOfBootstrap: true })
      warnOfRaisedTimeout(settings, cluster.log)
      return new Producer(settings, cluster, onFailure)
    } catch (error) {
      throw kafkaError('Failed to construct kafka producer', error)
    }
  }

  /** Whether `append` may be called for the topic. */
  knows(topic: string): boolean {
    return this.#topics.has(topic)
  }

  /** Waits for the topic's partitions; throws a TimeoutException after `max.block.ms`, as sending does in Kafka. */
  async ready(topic: string): Promise<void> {
    if (this.#topics.has(topic)) return
    const { maxBlockMs } = this.settings
    const metadata = await awaitTopic(this.#cluster, topic, Date.now() + maxBlockMs)
    if (this.#cluster.isClosed) {
      throw kafkaError('Producer closed while send in progress', kafkaError('Requested metadata update after close'))
    }
    if (!metadata) throw timeoutError(`Topic ${topic} not present in metadata after ${maxBlockMs} ms.`)
    this.#update(topic, metadata)
  }

  /**
   * Takes one record of a topic that is `ready`; its value is `source` from `start` to `end`, or null. False when there
   * is no room: wait for `room` and try again. Throws RecordTooLargeException for a record that no request can carry.
   */
  append(
    topicName: string,
    timestamp: number,
    key: Buffer | null,
    source: Buffer | null,
    start: number,
    end: number,
    headers: readonly HeaderToSend[],
  ): boolean {
    const topic = this.#topics.get(topicName)!
    const partition = key === null ? topic.sticky : partitionOfKey(key, topic.queues.length)
    const queue = topic.queues[partition]!
    if (queue.open?.append(timestamp, key, source, start, end, headers)) return true
    const largest = this.#checkedSize(key, source === null ? -1 : end - start, headers)
    if (queue.open) {
      queue.closeOpen()
      this.#sender.wake()
      if (key === null) {
        topic.sticky = nextSticky(topic)
        if (topic.sticky !== partition) return this.append(topicName, timestamp, key, source, start, end, headers)
      }
    }
    const buffer = this.#memory.allocate(Math.max(largest, this.#roomForCompression(queue)))
    if (!buffer) {
      this.#sender.hurry()
      return false
    }
    const now = Date.now()
    if (now - topic.refreshedMs > this.settings.metadataMaxAgeMs) void this.#refresh(topicName)
    queue.open = new ProducerBatch(buffer, now, queue.nextOrder())
    queue.open.append(timestamp, key, source, start, end, headers)
    this.#sender.lingers(queue)
    return true
  }

  /** Waits until a batch was given back; throws after `max.block.ms` without one. */
  async room(leastBytes: number): Promise<void> {
    const { maxBlockMs } = this.settings
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, maxBlockMs, 'late')
    })
    const outcome = await Promise.race([this.#memory.released(), late])
    clearTimeout(timer)
    if (outcome !== 'late') return
    throw new ClientError(
      'org.apache.kafka.clients.producer.BufferExhaustedException',
      this.#memory.exhaustedText(leastBytes, maxBlockMs),
      ErrorCode.REQUEST_TIMED_OUT,
      true,
    )
  }

  /**
   * Ends the wait for a topic that is not known after a moment, in which one that is being created appears. Nothing of
   * it can have been taken.
   */
  async abandonUnknown(topic: string): Promise<void> {
    if (this.#topics.has(topic)) return
    await delay(TOPIC_GRACE_MS, this.#cluster.closing)
    if (!this.#topics.has(topic)) this.#cluster.close()
  }

  /** Bytes of batches that are not acknowledged. */
  get bufferedBytes(): number {
    return this.#memory.usedBytes
  }

  /** Sends everything and waits until each record is acknowledged or has failed. */
  flush(): Promise<void> {
    return this.#sender.flush()
  }

  /** Flushes and disconnects. */
  async close(): Promise<void> {
    await this.flush()
    await this.#sender.end()
    this.#cluster.close()
  }

  /** What a batch may take before it is compressed, so that it fills `batch.size` after; bounded by what a request carries. */
  #roomForCompression(queue: PartitionQueue): number {
    const { codec, batchSize, maxRequestSize, bufferMemory } = this.settings
    return codec === 'none' ? 0 : Math.min(queue.uncompressedSize(batchSize), maxRequestSize, bufferMemory >> 2)
  }

  #checkedSize(key: Buffer | null, valueSize: number, headers: readonly HeaderToSend[]): number {
    const { maxRequestSize, bufferMemory } = this.settings
    const size = largestBatchOf(key, valueSize, headers)
    if (size > maxRequestSize) {
      throw tooLarge(
        `The message is ${size} bytes when serialized which is larger than ${maxRequestSize}, which is the value of the max.request.size configuration.`,
      )
    }
    if (size > bufferMemory) {
      throw tooLarge(
        `The message is ${size} bytes when serialized which is larger than the total memory buffer you have configured with the buffer.memory configuration.`,
      )
    }
    return size
  }

  #update(name: string, metadata: TopicMetadata): void {
    const topic: Topic = this.#topics.get(name) ?? { queues: [], available: [], sticky: -1, refreshedMs: 0 }
    topic.refreshedMs = Date.now()
    for (const { partitionIndex, leaderId } of metadata.partitions) {
      const queue = (topic.queues[partitionIndex] ??= new PartitionQueue(name, partitionIndex))
      queue.leaderId = leaderId
    }
    for (let i = 0; i < topic.queues.length; i++) topic.queues[i] ??= new PartitionQueue(name, i)
    topic.available = topic.queues.filter((queue) => queue.leaderId >= 0).map((queue) => queue.partition)
    if (!topic.available.includes(topic.sticky)) topic.sticky = nextSticky(topic)
    if (metadata.topicId !== ZERO_UUID) this.#sender.knowTopicId(name, metadata.topicId)
    this.#topics.set(name, topic)
    for (const queue of topic.queues) this.#sender.add(queue)
  }

  readonly #refreshing = new Set<string>()

  /** Metadata anew, after an error or when it has become old; batches go on waiting until it came. */
  async #refresh(name: string): Promise<void> {
    if (this.#refreshing.has(name)) return
    this.#refreshing.add(name)
    const topic = this.#topics.get(name)!
    topic.refreshedMs = Date.now()
    try {
      const metadata = await awaitTopic(this.#cluster, name, Date.now() + this.settings.deliveryTimeoutMs)
      if (metadata) this.#update(name, metadata)
    } catch (error) {
      // The topic cannot be used any more: its batches fail with what metadata said.
      for (const queue of topic.queues) this.#sender.failAll(queue, error as Error)
    } finally {
      this.#refreshing.delete(name)
      this.#sender.wake()
    }
  }

  #failed(queue: PartitionQueue, batch: ProducerBatch, error: Error): void {
    for (const { key, value } of readRecords(sealed(batch, this.settings.codec))) {
      this.#onFailure(queue.topic, key?.length ?? null, value?.length ?? null, error)
    }
    this.#memory.release(batch.reservedBytes, batch.buffer)
  }

  /** A batch that the broker finds too large goes again as one batch for each half of its records. */
  #split(batch: ProducerBatch): ProducerBatch[] {
    const records = readRecords(sealed(batch, this.settings.codec))
    const half = Math.ceil(records.length / 2)
    return [records.slice(0, half), records.slice(half)].map((part, index) => {
      const headersOf = (record: (typeof part)[number]) =>
        record.headers.map(({ key, value }) => ({ key: Buffer.from(key), value }))
      const size = part.reduce(
        (sum, record) => sum + largestBatchOf(record.key, record.value?.length ?? -1, headersOf(record)),
        0,
      )
      const order = batch.order + (index * 0.5) / (batch.attempts + 1)
      const piece = new ProducerBatch(this.#memory.allocateNow(size), batch.createdMs, order)
      for (const record of part) {
        const { key, value } = record
        piece.append(Number(record.timestamp), key, value, 0, value?.length ?? 0, headersOf(record))
      }
      return piece
    })
  }
}

function warnOfRaisedTimeout({ config, deliveryTimeoutMs }: ProducerSettings, log: ClientLog): void {
  if (config.get('delivery.timeout.ms') === deliveryTimeoutMs) return
  log.warn(
    `delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms. Setting it to ${deliveryTimeoutMs}.`,
    KAFKA_PRODUCER,
  )
}

function sealed(batch: ProducerBatch, codec: Codec): Buffer {
  return batch.attempts > 0 ? batch.bytes : batch.seal(codec, undefined, -1, -1, -1)
}

/** Any other partition that has a leader, if there is one. */
function nextSticky({ available, queues, sticky }: Topic): number {
  const others = available.filter((partition) => partition !== sticky)
  if (others.length > 0) return others[Math.floor(Math.random() * others.length)]!
  if (available.length > 0) return available[0]!
  return Math.floor(Math.random() * queues.length)
}

function tooLarge(message: string): ClientError {
  const javaClass = 'org.apache.kafka.common.errors.RecordTooLargeException'
  return new ClientError(javaClass, message, ErrorCode.MESSAGE_TOO_LARGE, false)
}
