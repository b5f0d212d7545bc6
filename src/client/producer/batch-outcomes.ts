import { javaToString } from '../../config/java-error.ts'
import { ErrorCode, errorName } from '../../protocol/error-code.ts'
import { backoffMs } from '../backoff.ts'
import type { Cluster } from '../cluster.ts'
import { apiError, timeoutError } from '../errors.ts'
import type { ProducerBatch } from './batch.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { ProducerSettings } from './producer-config.ts'

const SENDER = 'org.apache.kafka.clients.producer.internals.Sender'

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

export interface BatchEvents {
  /** Acknowledged: the batch's memory is free. */
  done(batch: ProducerBatch): void
  failed(queue: PartitionQueue, batch: ProducerBatch, error: Error): void
  staleMetadata(topic: string): void
  /** Halves of a batch that is too large for the broker. */
  split(batch: ProducerBatch): ProducerBatch[]
}

/** What a broker said of one batch, or stands for its silence. */
export interface BatchAnswer {
  readonly code: number
  readonly message: string | null
  /** Of the request that carried the batch. */
  readonly correlationId: number
}

/** What becomes of a batch that was sent, or could not be in time: it is done, goes again, is split, or is given up. */
export class BatchOutcomes {
  readonly #settings: ProducerSettings
  readonly #cluster: Cluster
  readonly #events: BatchEvents

  constructor(settings: ProducerSettings, cluster: Cluster, events: BatchEvents) {
    this.#settings = settings
    this.#cluster = cluster
    this.#events = events
  }

  complete(queue: PartitionQueue, batch: ProducerBatch, { code, message, correlationId }: BatchAnswer): void {
    if (code === ErrorCode.NONE || code === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
      this.#events.done(batch)
      return
    }
    const left = this.#settings.retries - batch.attempts
    const name = `${queue.topic}-${queue.partition}`
    const shown = `${errorName(code)}${message ? `. Error Message: ${message}` : ''}`
    if (code === ErrorCode.MESSAGE_TOO_LARGE && batch.recordCount > 1) {
      this.#warn(
        `Got error produce response in correlation id ${correlationId} on topic-partition ${name}, splitting and retrying (${left + 1} attempts left). Error: ${shown}`,
      )
      this.#splitAndRetry(queue, batch)
      return
    }
    if (left >= 0 && !this.#isExpired(batch) && this.#canRetry(queue, batch, code)) {
      this.#warn(
        `Got error produce response with correlation id ${correlationId} on topic-partition ${name}, retrying (${left} attempts left). Error: ${shown}`,
      )
      const { retryBackoffMs, retryBackoffMaxMs } = this.#cluster
      queue.retry(batch, Date.now() + backoffMs(batch.attempts - 1, retryBackoffMs, retryBackoffMaxMs))
    } else {
      this.fail(queue, batch, apiError(code, message))
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
    queue.distrustCompression()
    const pieces = this.#events.split(batch)
    for (const piece of pieces) queue.retry(piece, 0)
    this.#events.done(batch)
  }

  /** Gives the batch up. */
  fail(queue: PartitionQueue, batch: ProducerBatch, error: Error): void {
    // Later batches would leave a gap in the sequences that the broker has seen.
    if (this.#settings.isIdempotent && batch.baseSequence >= 0) queue.needsNewEpoch = true
    this.#events.failed(queue, batch, error)
  }

  /** When the oldest batch that is not on its way is given up; Infinity when there is none. */
  expiryOf(queue: PartitionQueue): number {
    const oldest = queue.retries[0] ?? queue.full[0] ?? queue.open
    return oldest ? oldest.createdMs + this.#settings.deliveryTimeoutMs : Number.POSITIVE_INFINITY
  }

  #isExpired(batch: ProducerBatch): boolean {
    return Date.now() - batch.createdMs >= this.#settings.deliveryTimeoutMs
  }

  /** Gives up what has waited too long. */
  expire(queue: PartitionQueue, now: number): void {
    if (this.expiryOf(queue) > now) return
    if (queue.open && this.#isExpired(queue.open)) queue.closeOpen()
    for (const batches of [queue.retries, queue.full]) {
      while (batches[0] && this.#isExpired(batches[0])) {
        const batch = batches.shift()!
        const text = `Expiring ${batch.recordCount} record(s) for ${queue.topic}-${queue.partition}:${now - batch.createdMs} ms has passed since batch creation. The request has not been sent, or no server response has been received yet.`
        this.fail(queue, batch, timeoutError(text))
      }
    }
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
