import { ErrorCode } from '../../protocol/error-code.ts'
import { Produce } from '../../protocol/messages/00-produce.ts'
import { InitProducerId } from '../../protocol/messages/22-init-producer-id.ts'
import { addToSequence } from '../../protocol/record-batch.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { delay } from '../backoff.ts'
import type { Cluster } from '../cluster.ts'
import type { Connection } from '../connection.ts'
import { ClientError, isRetriable, throwIfFailed } from '../errors.ts'
import { byTopic } from '../topic-partition.ts'
import type { ProducerBatch } from './batch.ts'
import { type BatchEvents, BatchOutcomes } from './batch-outcomes.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { ProducerSettings } from './producer-config.ts'

const MAX_EPOCH = 32_767

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
  readonly #events: BatchEvents
  readonly #outcomes: BatchOutcomes
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

  constructor(settings: ProducerSettings, cluster: Cluster, events: BatchEvents) {
    this.#settings = settings
    this.#cluster = cluster
    this.#events = events
    this.#outcomes = new BatchOutcomes(settings, cluster, events)
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
    for (const batch of [...queue.retries.splice(0), ...queue.full.splice(0)]) this.#outcomes.fail(queue, batch, error)
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
      this.#outcomes.expire(queue, now)
      const readyAtMs = queue.readyAtMs(lingerMs)
      if (readyAtMs > now) {
        if (readyAtMs !== Number.POSITIVE_INFINITY) this.#runAt(readyAtMs)
      } else if (queue.leaderId < 0) this.#events.staleMetadata(queue.topic)
      else due.set(queue.leaderId, [...(due.get(queue.leaderId) ?? []), queue])
      this.#runAt(this.#outcomes.expiryOf(queue))
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
      if (batch.attempts === 0 && codec !== 'none') queue.noteCompression(batch.compressionRatio)
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
    const answer = connection.send(Produce, version ?? 'newest', request, requestTimeoutMs)
    const correlationId = connection.lastCorrelationId
    answer
      .then(
        (response) => this.#answered(sent, response, correlationId),
        (error) => this.#lost(sent, error, nodeId, correlationId),
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

  #answered(sent: readonly Sent[], response: ResponseOf<typeof Produce>, correlationId: number): void {
    const answers = new Map<string, PartitionAnswer>()
    for (const { name, topicId, partitionResponses } of response.responses) {
      for (const one of partitionResponses) answers.set(`${name === '' ? topicId : name}-${one.index}`, one)
    }
    for (const { queue, batch } of sent) {
      const { topic, partition } = queue
      const answer = answers.get(`${topic}-${partition}`) ?? answers.get(`${this.#topicIds.get(topic)}-${partition}`)
      const { errorCode: code = ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage: message = null } = answer ?? {}
      queue.answered(batch)
      this.#outcomes.complete(queue, batch, { code, message, correlationId })
    }
  }

  #lost(sent: readonly Sent[], error: unknown, nodeId: number, correlationId: number): void {
    const isGone = isRetriable(error)
    const isLate = error instanceof ClientError && error.code === ErrorCode.REQUEST_TIMED_OUT
    const code = isLate ? ErrorCode.REQUEST_TIMED_OUT : ErrorCode.NETWORK_EXCEPTION
    const message = `Disconnected from node ${nodeId}${isLate ? ' due to timeout' : ''}`
    for (const { queue, batch } of sent) {
      queue.answered(batch)
      if (isGone) this.#outcomes.complete(queue, batch, { code, message, correlationId })
      else this.#outcomes.fail(queue, batch, error as Error)
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
      for (const queue of this.#queues) this.#outcomes.expire(queue, Date.now())
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
}
