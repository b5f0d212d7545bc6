import { javaToString } from '../../config/java-error.ts'
import { ErrorCode, errorName } from '../../protocol/error-code.ts'
import { Produce } from '../../protocol/messages/00-produce.ts'
import { InitProducerId } from '../../protocol/messages/22-init-producer-id.ts'
import { addToSequence } from '../../protocol/record-batch.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { backoffMs, delay } from '../backoff.ts'
import type { Cluster } from '../cluster.ts'
import type { Connection } from '../connection.ts'
import { apiError, isRetriable, throwIfFailed, timeoutError } from '../errors.ts'
import { byTopic } from '../topic-partition.ts'
import type { ProducerBatch } from './batch.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { ProducerSettings } from './producer-config.ts'

const SENDER = 'org.apache.kafka.clients.producer.internals.Sender'
const MAX_EPOCH = 32_767

/** After these, the leader or the topic may have changed. */
const STALE_METADATA = new Set<number>([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.LISTENER_NOT_FOUND,
  ErrorCode.NETWORK_EXCEPTION,
])

export interface SenderEvents {
  /** Acknowledged: the batch's memory is free. */
  done(batch: ProducerBatch): void
  failed(queue: PartitionQueue, batch: ProducerBatch, error: Error): void
  staleMetadata(topic: string): void
  /** Halves of a batch that is too large for the broker. */
  split(batch: ProducerBatch): ProducerBatch[]
}

interface Sent {
  readonly queue: PartitionQueue
  readonly batch: ProducerBatch
}

type PartitionAnswer = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number]

/**
 * Takes batches from their queues to the brokers: at most one batch of a partition in a request, at most
 * `max.in.flight.requests.per.connection` requests on their way to a broker. It runs when something has changed (a
 * batch is full, an answer came, a timer ended), never in a loop of its own.
 */
export class Sender {
  readonly #settings: ProducerSettings
  readonly #cluster: Cluster
  readonly #events: SenderEvents
  readonly #queues: PartitionQueue[] = []
  readonly #inFlight = new Map<number, number>()
  readonly #connecting = new Set<number>()
  #flushes: { resolve: () => void }[] = []
  #isHurried = false
  #isWoken = false
  #timer: NodeJS.Timeout | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #producerId = -1
  #producerEpoch = -1
  #initializing: Promise<void> | undefined
  #topicIds = new Map<string, string>()

  constructor(settings: ProducerSettings, cluster: Cluster, events: SenderEvents) {
    this.#settings = settings
    this.#cluster = cluster
    this.#events = events
  }

  add(queue: PartitionQueue): void {
    if (!this.#queues.includes(queue)) this.#queues.push(queue)
  }

  /** Ids of topics, which Produce names them by from version 13 on. */
  knowTopicId(topic: string, topicId: string): void {
    this.#topicIds.set(topic, topicId)
  }

  /** A batch is full, or metadata is new. */
  wake(): void {
    if (this.#isWoken) return
    this.#isWoken = true
    queueMicrotask(() => {
      this.#isWoken = false
      this.#run()
    })
  }

  /** A batch of the queue was opened. */
  lingers(queue: PartitionQueue): void {
    if (this.#settings.lingerMs === 0 || this.#isFlushing) this.wake()
    else this.#runAt(queue.open!.createdMs + this.#settings.lingerMs)
  }

  /** Memory is short: send what is there without waiting for more. */
  hurry(): void {
    this.#isHurried = true
    this.#run()
  }

  flush(): Promise<void> {
    if (this.#queues.every((queue) => queue.isEmpty)) return Promise.resolve()
    return new Promise((resolve) => {
      this.#flushes.push({ resolve })
      this.#run()
    })
  }

  /** Waits until requests without an answer have left. */
  async end(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#settings.acks !== 0) return
    for (const node of this.#cluster.nodes.values()) {
      if ([...this.#queues].some((queue) => queue.leaderId === node.id))
        await (await this.#cluster.connect(node))?.end()
    }
  }

  failAll(queue: PartitionQueue, error: Error): void {
    queue.closeOpen()
    for (const batch of [...queue.retries.splice(0), ...queue.full.splice(0)]) this.#fail(queue, batch, error)
    this.#finishFlushes()
  }

  get #isFlushing(): boolean {
    return this.#flushes.length > 0 || this.#isHurried
  }

  /** Sends what is due to every broker that may take more. */
  #run(): void {
    const now = Date.now()
    this.#timerAtMs = Number.POSITIVE_INFINITY
    const lingerMs = this.#isFlushing ? 0 : this.#settings.lingerMs
    const due = new Map<number, PartitionQueue[]>()
    for (const queue of this.#queues) {
      if (queue.isEmpty) continue
      this.#expire(queue, now)
      const readyAtMs = queue.readyAtMs(lingerMs)
      if (readyAtMs > now) {
        if (readyAtMs !== Number.POSITIVE_INFINITY) this.#runAt(readyAtMs)
      } else if (queue.leaderId < 0) this.#events.staleMetadata(queue.topic)
      else due.set(queue.leaderId, [...(due.get(queue.leaderId) ?? []), queue])
      this.#runAt(this.#expiryOf(queue))
    }
    for (const [nodeId, queues] of due) this.#runNode(nodeId, queues)
    this.#isHurried = false
    this.#finishFlushes()
  }

  #runNode(nodeId: number, queues: PartitionQueue[]): void {
    if (this.#connecting.has(nodeId)) return
    if ((this.#inFlight.get(nodeId) ?? 0) >= this.#settings.maxInFlight) return
    const node = this.#cluster.node(nodeId)
    if (!node) {
      for (const queue of queues) this.#events.staleMetadata(queue.topic)
      return
    }
    if (this.#settings.isIdempotent && (this.#producerId < 0 || this.#producerEpoch >= MAX_EPOCH)) {
      this.#initializing ??= this.#initialize()
      return
    }
    const open = this.#cluster.openConnection(node)
    if (open) {
      this.#send(nodeId, open, queues)
      return
    }
    this.#connecting.add(nodeId)
    void this.#cluster.connect(node).then((connection) => {
      this.#connecting.delete(nodeId)
      if (!connection) {
        this.#runAt(Date.now() + this.#cluster.retryBackoffMs)
        for (const queue of queues) this.#events.staleMetadata(queue.topic)
      } else this.#run()
    })
  }

  /** Fills requests to one broker until it has enough, or nothing is due. */
  #send(nodeId: number, connection: Connection, queues: PartitionQueue[]): void {
    const { maxInFlight, maxRequestSize } = this.#settings
    const lingerMs = this.#isFlushing ? 0 : this.#settings.lingerMs
    while (!connection.isClosed && (this.#inFlight.get(nodeId) ?? 0) < maxInFlight) {
      const now = Date.now()
      const sent: Sent[] = []
      let size = 0
      for (const queue of queues) {
        if (queue.readyAtMs(lingerMs) > now || size >= maxRequestSize) continue
        const batch = this.#take(queue)
        if (!batch) continue
        size += batch.position
        sent.push({ queue, batch })
        if (this.#settings.acks !== 0) queue.inFlight.push(batch)
      }
      if (sent.length === 0) return
      this.#request(nodeId, connection, sent)
      // Partitions take turns at the front, so that none starves behind `max.request.size`.
      queues.push(queues.shift()!)
    }
  }

  /** The queue's next batch, sealed with the sequence it is to have. */
  #take(queue: PartitionQueue): ProducerBatch | undefined {
    if (queue.needsNewEpoch || queue.producerId !== this.#producerId) this.#beginEpoch(queue)
    const batch = queue.take()
    if (!batch) return undefined
    const { codec, level, isIdempotent } = this.#settings
    if (batch.attempts === 0 || (isIdempotent && batch.baseSequence < 0)) {
      const sequence = isIdempotent ? queue.nextSequence : -1
      if (isIdempotent) queue.nextSequence = addToSequence(queue.nextSequence, batch.recordCount)
      batch.seal(codec, level, queue.producerId, queue.producerEpoch, sequence)
    }
    batch.attempts++
    return batch
  }

  /** All sequences of the partition begin anew under the next epoch; only while nothing of it is in flight. */
  #beginEpoch(queue: PartitionQueue): void {
    if (!this.#settings.isIdempotent) return
    if (queue.needsNewEpoch && this.#producerEpoch === queue.producerEpoch) this.#producerEpoch++
    queue.needsNewEpoch = false
    queue.producerId = this.#producerId
    queue.producerEpoch = this.#producerEpoch
    queue.nextSequence = 0
    for (const batch of queue.retries) batch.baseSequence = -1
  }

  #request(nodeId: number, connection: Connection, sent: readonly Sent[]): void {
    const { acks, requestTimeoutMs } = this.#settings
    const knowsIds = sent.every(({ queue }) => this.#topicIds.has(queue.topic))
    const batches = sent.map(({ queue, batch }) => {
      return { topic: queue.topic, partition: queue.partition, records: batch.bytes }
    })
    const version = connection.versionOf(Produce, knowsIds ? Produce.versions[1] : 12)
    const request = {
      acks,
      timeoutMs: requestTimeoutMs,
      topicData: byTopic(batches).map(([name, list]) => ({
        name,
        topicId: this.#topicIds.get(name),
        partitionData: list.map(({ partition, records }) => ({ index: partition, records })),
      })),
    }
    if (acks === 0) {
      this.#sendWithoutAnswer(connection, version, request, sent)
      return
    }
    this.#inFlight.set(nodeId, (this.#inFlight.get(nodeId) ?? 0) + 1)
    connection
      .send(Produce, version ?? 'newest', request, requestTimeoutMs)
      .then(
        (response) => this.#answered(sent, response),
        (error) => this.#lost(sent, error),
      )
      .finally(() => {
        this.#inFlight.set(nodeId, this.#inFlight.get(nodeId)! - 1)
        this.#run()
      })
  }

  #sendWithoutAnswer(
    connection: Connection,
    version: number | undefined,
    request: Parameters<Connection['sendWithoutAnswer']>[2],
    sent: readonly Sent[],
  ): void {
    connection.sendWithoutAnswer(Produce, version ?? 'newest', request)
    // The batch's memory is used again only after the system has taken the bytes.
    void connection.drained().then(() => {
      for (const { batch } of sent) this.#events.done(batch)
      this.#run()
    })
    for (const { queue, batch } of sent) queue.answered(batch)
  }

  #answered(sent: readonly Sent[], response: ResponseOf<typeof Produce>): void {
    const answers = new Map<string, PartitionAnswer>()
    for (const { name, topicId, partitionResponses } of response.responses) {
      for (const one of partitionResponses) answers.set(`${name === '' ? topicId : name}-${one.index}`, one)
    }
    for (const { queue, batch } of sent) {
      const { topic, partition } = queue
      const answer = answers.get(`${topic}-${partition}`) ?? answers.get(`${this.#topicIds.get(topic)}-${partition}`)
      queue.answered(batch)
      this.#complete(queue, batch, answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR, answer?.errorMessage ?? null)
    }
  }

  #lost(sent: readonly Sent[], error: unknown): void {
    const isGone = isRetriable(error)
    for (const { queue, batch } of sent) {
      queue.answered(batch)
      if (isGone) this.#complete(queue, batch, ErrorCode.NETWORK_EXCEPTION, null)
      else this.#fail(queue, batch, error as Error)
    }
  }

  #complete(queue: PartitionQueue, batch: ProducerBatch, code: number, message: string | null): void {
    if (code === ErrorCode.NONE || code === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
      this.#events.done(batch)
      return
    }
    const left = this.#settings.retries - batch.attempts
    const name = `${queue.topic}-${queue.partition}`
    const shown = `${errorName(code)}${message ? `. Error Message: ${message}` : ''}`
    if (code === ErrorCode.MESSAGE_TOO_LARGE && batch.recordCount > 1) {
      this.#warn(
        `Got error produce response in correlation id 0 on topic-partition ${name}, splitting and retrying (${left + 1} attempts left). Error: ${shown}`,
      )
      this.#splitAndRetry(queue, batch)
      return
    }
    if (left >= 0 && !this.#isExpired(batch) && this.#canRetry(queue, batch, code)) {
      this.#warn(
        `Got error produce response with correlation id 0 on topic-partition ${name}, retrying (${left} attempts left). Error: ${shown}`,
      )
      const { retryBackoffMs, retryBackoffMaxMs } = this.#cluster
      queue.retry(batch, Date.now() + backoffMs(batch.attempts - 1, retryBackoffMs, retryBackoffMaxMs))
    } else {
      this.#fail(queue, batch, apiError(code, message))
    }
    if (STALE_METADATA.has(code)) {
      this.#warnOfStaleMetadata(name, code, message)
      this.#events.staleMetadata(queue.topic)
    }
  }

  #canRetry(queue: PartitionQueue, batch: ProducerBatch, code: number): boolean {
    if (!this.#settings.isIdempotent) return apiError(code).retriable
    if (code === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER) {
      // Behind an earlier batch that did not arrive this is only its consequence; else there is a gap.
      if (!queue.hasEarlier(batch)) queue.needsNewEpoch = true
      return true
    }
    if (code === ErrorCode.UNKNOWN_PRODUCER_ID) {
      queue.needsNewEpoch = true
      return true
    }
    return apiError(code).retriable
  }

  #splitAndRetry(queue: PartitionQueue, batch: ProducerBatch): void {
    // The halves are new to the broker: with idempotence they take sequences of a new epoch.
    if (this.#settings.isIdempotent) queue.needsNewEpoch = true
    const pieces = this.#events.split(batch)
    for (const piece of pieces) queue.retry(piece, 0)
    this.#events.done(batch)
  }

  #fail(queue: PartitionQueue, batch: ProducerBatch, error: Error): void {
    // Later batches would leave a gap in the sequences that the broker has seen.
    if (this.#settings.isIdempotent && batch.baseSequence >= 0) queue.needsNewEpoch = true
    this.#events.failed(queue, batch, error)
  }

  #expiryOf(queue: PartitionQueue): number {
    const oldest = queue.retries[0] ?? queue.full[0] ?? queue.open
    return oldest ? oldest.createdMs + this.#settings.deliveryTimeoutMs : Number.POSITIVE_INFINITY
  }

  #isExpired(batch: ProducerBatch): boolean {
    return Date.now() - batch.createdMs >= this.#settings.deliveryTimeoutMs
  }

  #expire(queue: PartitionQueue, now: number): void {
    if (this.#expiryOf(queue) > now) return
    if (queue.open && this.#isExpired(queue.open)) queue.closeOpen()
    for (const batches of [queue.retries, queue.full]) {
      while (batches[0] && this.#isExpired(batches[0])) {
        const batch = batches.shift()!
        const text = `Expiring ${batch.recordCount} record(s) for ${queue.topic}-${queue.partition}:${now - batch.createdMs} ms has passed since batch creation. The request has not been sent, or no server response has been received yet.`
        this.#fail(queue, batch, timeoutError(text))
      }
    }
  }

  /** A producer id, from any broker; batches wait for it until they expire. */
  async #initialize(): Promise<void> {
    while (!this.#cluster.isClosed && this.#queues.some((queue) => !queue.isEmpty)) {
      try {
        const connection = await this.#cluster.connectToAny(Date.now() + this.#settings.requestTimeoutMs)
        if (connection) {
          const request = { transactionalId: null, transactionTimeoutMs: 0x7fffffff }
          const answer = await connection.send(
            InitProducerId,
            connection.versionOf(InitProducerId, 5) ?? 'newest',
            request,
          )
          throwIfFailed(answer.errorCode)
          this.#producerId = answer.producerId
          this.#producerEpoch = answer.producerEpoch
          break
        }
      } catch (error) {
        if (!isRetriable(error)) {
          for (const queue of this.#queues) this.failAll(queue, error as Error)
          break
        }
      }
      for (const queue of this.#queues) this.#expire(queue, Date.now())
      this.#finishFlushes()
      await delay(this.#cluster.retryBackoffMs, this.#cluster.closing)
    }
    this.#initializing = undefined
    this.#run()
  }

  #finishFlushes(): void {
    if (this.#flushes.length === 0 || !this.#queues.every((queue) => queue.isEmpty)) return
    for (const { resolve } of this.#flushes.splice(0)) resolve()
  }

  /** Runs again at that time, or earlier. */
  #runAt(atMs: number): void {
    if (atMs >= this.#timerAtMs) return
    this.#timerAtMs = atMs
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#run(), Math.max(1, Math.min(atMs - Date.now(), 0x7fffffff)))
  }

  #warn(text: string): void {
    this.#cluster.log.warn(text, SENDER)
  }

  #warnOfStaleMetadata(name: string, code: number, message: string | null): void {
    this.#warn(
      code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        ? `Received unknown topic or partition error in produce request on partition ${name}. The topic-partition may not exist or the user may not have Describe access to it`
        : `Received invalid metadata error in produce request on partition ${name} due to ${javaToString(apiError(code, message))} Going to request metadata update now`,
    )
  }
}
