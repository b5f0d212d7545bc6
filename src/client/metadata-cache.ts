import { ErrorCode } from '../protocol/error-code.ts'
import { backoffMs, delay } from './backoff.ts'
import type { Cluster, TopicMetadata } from './cluster.ts'
import { isRetriable } from './errors.ts'
import { reportTopicError } from './topic-metadata.ts'
import type { TopicPartition } from './topic-partition.ts'

/**
 * What a consumer knows of topics and their leaders. It is asked for again whenever somebody finds it wrong, with a
 * pause in between, until the answer has every topic that is wanted.
 */
export class MetadataCache {
  /** Topics without error, by name. */
  readonly topics = new Map<string, TopicMetadata>()
  /** Names to ask for; null asks for all topics. */
  wanted: readonly string[] | null = []
  /** Called after each answer. */
  onUpdate: (() => void) | undefined
  /** Called with what makes a topic unusable for good. */
  onError: ((error: unknown) => void) | undefined
  readonly #cluster: Cluster
  readonly #allowAutoTopicCreation: boolean
  #refreshing: Promise<void> | undefined
  #isStale = false

  constructor(cluster: Cluster, allowAutoTopicCreation: boolean) {
    this.#cluster = cluster
    this.#allowAutoTopicCreation = allowAutoTopicCreation
  }

  /** Asks once, or joins the asking that is under way. Resolves after an answer, or when the cluster is closed. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** Asks in the background, after a pause, until every wanted topic is known. */
  refreshSoon(): void {
    if (this.#isStale) return
    this.#isStale = true
    void this.#refreshUntilComplete()
  }

  /** Whether every topic asked for by name was found. */
  get isComplete(): boolean {
    return this.wanted === null || this.wanted.every((name) => this.topics.has(name))
  }

  /** The id of a partition's leader; -1, and new metadata asked for, when there is none. */
  leaderOf({ topic, partition }: TopicPartition): number {
    const found = this.topics.get(topic)?.partitions.find((one) => one.partitionIndex === partition)
    if (found && found.leaderId >= 0 && this.#cluster.node(found.leaderId)) return found.leaderId
    this.refreshSoon()
    return -1
  }

  /** The name of a topic by its id. */
  nameOf(topicId: string): string | undefined {
    for (const [name, topic] of this.topics) if (topic.topicId === topicId) return name
    return undefined
  }

  async #refreshUntilComplete(): Promise<void> {
    const { retryBackoffMs, retryBackoffMaxMs, closing } = this.#cluster
    for (let attempt = 0; !this.#cluster.isClosed; attempt++) {
      await delay(backoffMs(attempt, retryBackoffMs, retryBackoffMaxMs), closing)
      this.#isStale = false
      await this.refresh()
      if (this.isComplete || this.#isStale) return
      this.#isStale = true
    }
  }

  async #refresh(): Promise<void> {
    const { retryBackoffMs, retryBackoffMaxMs, closing } = this.#cluster
    for (let attempt = 0; !this.#cluster.isClosed; attempt++) {
      const connection = await this.#cluster.connectToAny(Number.POSITIVE_INFINITY)
      if (!connection) return
      try {
        const allowAutoTopicCreation = this.#allowAutoTopicCreation
        const { topics } = await this.#cluster.metadata(connection, this.wanted, { allowAutoTopicCreation })
        this.#take(topics)
        return
      } catch (error) {
        if (!isRetriable(error)) {
          this.onError?.(error)
          return
        }
      }
      await delay(backoffMs(attempt, retryBackoffMs, retryBackoffMaxMs), closing)
    }
  }

  #take(topics: readonly TopicMetadata[]): void {
    const listed = new Set<string>()
    for (const topic of topics) {
      const name = topic.name!
      listed.add(name)
      if (topic.errorCode === ErrorCode.NONE) this.topics.set(name, topic)
      else {
        this.topics.delete(name)
        reportTopicError(this.#cluster, name, topic.errorCode)
      }
    }
    if (this.wanted === null) for (const name of this.topics.keys()) if (!listed.has(name)) this.topics.delete(name)
    this.onUpdate?.()
  }
}
