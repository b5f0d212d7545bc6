import { javaHashCode, javaHashOrderOf } from '../../config/java-hash-order.ts'
import { isInternalTopic } from '../../config/topic-name.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import { OffsetCommit } from '../../protocol/messages/08-offset-commit.ts'
import { OffsetFetch } from '../../protocol/messages/09-offset-fetch.ts'
import { backoffMs, delay } from '../backoff.ts'
import { Cluster } from '../cluster.ts'
import { apiError, isRetriable, throwIfFailed } from '../errors.ts'
import type { FetchedRecords } from '../fetched-records.ts'
import type { ClientLog } from '../log.ts'
import { MetadataCache } from '../metadata-cache.ts'
import { type AssignedPartition, PartitionReader, type Position, type Start } from '../partition-reader.ts'
import { byTopic, type TopicPartition } from '../topic-partition.ts'
import { ASSIGNORS } from './assignors.ts'
import { type ConsumerSettings, consumerSettings, failed } from './consumer-config.ts'
import { GroupMember, type JoinedMember } from './group-member.ts'
import { assignedPartitions, encodeAssignment, encodeSubscription, subscriberOf } from './group-protocol.ts'

const COORDINATOR = 'org.apache.kafka.clients.consumer.internals.ConsumerCoordinator'
/** What closing may take: commit and leave. */
const CLOSE_TIMEOUT_MS = 30_000

export interface ConsumerOptions {
  readonly properties: ReadonlyMap<string, string>
  readonly log: ClientLog
}

/**
 * A consumer of assigned partitions, or as a member of a classic group. Nothing is connected before the first `poll`.
 * Records come as whole fetched chunks; what was read of them is what gets committed.
 */
export class Consumer {
  readonly settings: ConsumerSettings
  readonly #cluster: Cluster
  readonly #metadata: MetadataCache
  readonly #reader: PartitionReader
  /** What is subscribed to: names, or a filter. */
  #topics: readonly string[] = []
  #pattern: RegExp | undefined
  #assigned: readonly AssignedPartition[] | undefined
  #member: GroupMember | undefined
  #membership: Promise<void> | undefined
  #isStarted = false
  #commitTimer: NodeJS.Timeout | undefined
  #refreshTimer: NodeJS.Timeout | undefined
  /** As leader: the partition counts that the last assignment was made from. */
  #assignedFrom: ReadonlyMap<string, number> | undefined
  #joinedTopics = ''

  private constructor(settings: ConsumerSettings, cluster: Cluster) {
    this.settings = settings
    this.#cluster = cluster
    this.#metadata = new MetadataCache(cluster, settings.allowAutoTopicCreation)
    this.#reader = new PartitionReader(cluster, this.#metadata, settings.reader)
  }

  /** Throws ConfigException, or KafkaException `Failed to construct kafka consumer` with its cause. */
  static async create({ properties, log }: ConsumerOptions): Promise<Consumer> {
    const settings = consumerSettings(properties)
    try {
      const name = `Consumer clientId=${settings.config.get('client.id')}, groupId=${settings.group.groupId}`
      const cluster = await Cluster.create({ config: settings.config, log, name, warnsOfBootstrap: true })
      return new Consumer(settings, cluster)
    } catch (error) {
      throw failed(error)
    }
  }

  /** Reads topics as a member of the group. */
  subscribe(topics: readonly string[]): void {
    this.#topics = topics
  }

  /** Reads every topic whose whole name the pattern matches, also those that come later. */
  subscribePattern(pattern: RegExp): void {
    this.#pattern = pattern
  }

  /** Reads one partition, without a group. */
  assign(topic: string, partition: number, start: Start): void {
    this.#assigned = [{ topic, partition, start }]
  }

  /**
   * The next records, to be read to the end before the next call; undefined when the deadline comes first or `signal`
   * is aborted.
   */
  poll(deadlineMs: number, signal?: AbortSignal): Promise<FetchedRecords | undefined> {
    this.#start()
    return this.#reader.next(deadlineMs, signal)
  }

  /** Commits what was read (with auto-commit), leaves the group, disconnects. */
  async close(): Promise<void> {
    clearTimeout(this.#commitTimer)
    clearTimeout(this.#refreshTimer)
    if (this.#member) {
      const deadlineMs = Date.now() + CLOSE_TIMEOUT_MS
      if (this.settings.enableAutoCommit) await this.#commitBefore(deadlineMs)
      await this.#member.leave(Math.max(1, deadlineMs - Date.now()))
    }
    this.#reader.close()
    this.#cluster.close()
    await this.#membership
  }

  #start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#metadata.onError = (error) => this.#reader.fail(error)
    this.#metadata.onUpdate = () => this.#metadataChanged()
    this.#metadata.wanted = this.#pattern ? null : (this.#assigned?.map(({ topic }) => topic) ?? this.#topics)
    if (this.#assigned) {
      const assigned = this.#assigned
      void this.#firstMetadata().then(() => this.#reader.assign(assigned))
    } else {
      // Kafka's consumer has made its first lookup of the coordinator by now, and its log lines count that.
      this.#cluster.nextCorrelationId()
      this.#member = new GroupMember(this.#cluster, this.settings.group, {
        revoked: () => this.#revoked(),
        protocols: () => this.#protocols(),
        assign: (protocol, members) => this.#assignAll(protocol, members),
        assigned: (assignment) => this.#received(assignment),
        failed: (error) => this.#reader.fail(error),
      })
      this.#membership = this.#join(this.#member)
    }
    this.#refreshLater()
  }

  async #join(member: GroupMember): Promise<void> {
    await this.#firstMetadata()
    await member.run()
  }

  async #firstMetadata(): Promise<void> {
    await this.#metadata.refresh()
    if (!this.#metadata.isComplete) this.#metadata.refreshSoon()
  }

  #refreshLater(): void {
    this.#refreshTimer = setTimeout(() => {
      void this.#metadata.refresh()
      this.#refreshLater()
    }, this.settings.metadataMaxAgeMs)
  }

  #metadataChanged(): void {
    this.#reader.poke()
    const member = this.#member
    if (!member?.isStable) return
    const isOutdated = [...(this.#assignedFrom ?? [])].some(
      ([topic, count]) => (this.#metadata.topics.get(topic)?.partitions.length ?? 0) !== count,
    )
    if (isOutdated || this.#subscribedTopics().join() !== this.#joinedTopics) member.rejoin()
  }

  #subscribedTopics(): string[] {
    const pattern = this.#pattern
    if (!pattern) return [...this.#topics].sort()
    return [...this.#metadata.topics.keys()]
      .filter((topic) => pattern.test(topic) && !(this.settings.excludeInternalTopics && isInternalTopic(topic)))
      .sort()
  }

  // --- membership -------------------------------------------------------------------------------------------------

  async #revoked(): Promise<void> {
    clearTimeout(this.#commitTimer)
    if (this.settings.enableAutoCommit) await this.#commitOnce()
    this.#reader.assign([])
  }

  async #protocols(): Promise<{ name: string; metadata: Buffer }[]> {
    const topics = this.#subscribedTopics()
    this.#joinedTopics = topics.join()
    const metadata = encodeSubscription(topics)
    return this.settings.assignors.map((name) => ({ name, metadata }))
  }

  async #assignAll(protocol: string, members: readonly JoinedMember[]) {
    const subscribers = members.map(subscriberOf)
    const topics = [...new Set(subscribers.flatMap((member) => member.topics))].sort()
    await this.#learnTopics(topics)
    const counts = new Map<string, number>()
    for (const topic of topics) {
      const found = this.#metadata.topics.get(topic)
      if (found) counts.set(topic, found.partitions.length)
    }
    this.#assignedFrom = new Map(topics.map((topic) => [topic, counts.get(topic) ?? 0]))
    const assignor = ASSIGNORS.get(protocol)
    if (!assignor) throw apiError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    return [...assignor(counts, subscribers)].map(([memberId, partitions]) => {
      return { memberId, assignment: encodeAssignment(partitions) }
    })
  }

  async #received(assignment: Buffer): Promise<void> {
    const partitions = assignment.length === 0 ? [] : assignedPartitions(assignment)
    await this.#learnTopics(partitions.map(({ topic }) => topic))
    this.#reader.assign(await this.#committed(inKafkasOrder(partitions)))
    if (this.settings.enableAutoCommit) this.#commitLater()
  }

  /** Asks for topics that others subscribed to, or that were given to us although we did not. */
  async #learnTopics(topics: readonly string[]): Promise<void> {
    const { wanted } = this.#metadata
    if (wanted === null || topics.every((topic) => wanted.includes(topic))) return
    this.#metadata.wanted = [...new Set([...wanted, ...topics])]
    await this.#metadata.refresh()
  }

  // --- committed offsets ------------------------------------------------------------------------------------------

  /** Each partition with where to start: at its committed offset, else by the reset policy. */
  async #committed(partitions: readonly TopicPartition[]): Promise<AssignedPartition[]> {
    if (partitions.length === 0) return []
    const { groupId } = this.settings.group
    for (let attempt = 0; ; attempt++) {
      const topics = byTopic(partitions).map(([name, list]) => ({
        name,
        partitionIndexes: list.map(({ partition }) => partition),
      }))
      const member = this.#member!
      // Version 10 names topics by id only.
      const answer = await member.send(
        OffsetFetch,
        (version) => ({
          ...(version < 8 ? { groupId, topics } : { groups: [{ groupId, topics }] }),
          requireStable: version >= 7,
        }),
        { newest: 9 },
      )
      const found = answer.groups[0] ?? answer
      throwIfFailed(found.errorCode)
      const all = found.topics.flatMap(({ name, partitions: list }) => list.map((one) => ({ topic: name, ...one })))
      const unstable = all.find(({ errorCode }) => errorCode !== ErrorCode.NONE)
      if (!unstable) {
        return partitions.map(({ topic, partition }) => {
          const one = all.find((each) => each.topic === topic && each.partitionIndex === partition)
          const offset = Number(one?.committedOffset ?? -1)
          const start: Start = offset < 0 ? 'policy' : { offset, leaderEpoch: one!.committedLeaderEpoch }
          return { topic, partition, start }
        })
      }
      if (unstable.errorCode !== ErrorCode.UNSTABLE_OFFSET_COMMIT) throw apiError(unstable.errorCode)
      const { retryBackoffMs, retryBackoffMaxMs, closing } = this.#cluster
      await delay(backoffMs(attempt, retryBackoffMs, retryBackoffMaxMs), closing)
    }
  }

  #commitLater(): void {
    clearTimeout(this.#commitTimer)
    this.#commitTimer = setTimeout(() => {
      void this.#commitOnce().then(() => {
        if (!this.#cluster.isClosed) this.#commitLater()
      })
    }, this.settings.autoCommitIntervalMs)
  }

  /** What can be tried again is, at the next interval: no one needs to hear of it. */
  async #commitOnce(): Promise<void> {
    const positions = this.#reader.positions()
    try {
      await this.#sendCommit(positions)
    } catch (error) {
      if (!isRetriable(error)) this.#warnOfCommit('Asynchronous', positions, error)
    }
  }

  /** Tries again until the deadline, which passes silently as in Kafka. */
  async #commitBefore(deadlineMs: number): Promise<void> {
    const positions = this.#reader.positions()
    const { retryBackoffMs, retryBackoffMaxMs, closing } = this.#cluster
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#sendCommit(positions)
        return
      } catch (error) {
        if (!isRetriable(error)) {
          this.#warnOfCommit('Synchronous', positions, error)
          return
        }
        const pauseMs = backoffMs(attempt, retryBackoffMs, retryBackoffMaxMs)
        if (Date.now() + pauseMs >= deadlineMs) return
        await delay(pauseMs, closing)
      }
    }
  }

  async #sendCommit(positions: readonly Position[]): Promise<void> {
    const member = this.#member!
    if (positions.length === 0 || member.generationId < 0) return
    const { groupId, groupInstanceId } = this.settings.group
    const topics = byTopic(positions).map(([name, list]) => ({
      name,
      partitions: list.map(({ partition, offset, leaderEpoch }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: '',
      })),
    }))
    const { generationId, memberId } = member
    const request = { groupId, generationIdOrMemberEpoch: generationId, memberId, groupInstanceId, topics }
    // Version 10 names topics by id only.
    const answer = await member.send(OffsetCommit, request, { newest: 9 })
    for (const { partitions } of answer.topics) for (const { errorCode } of partitions) throwIfFailed(errorCode)
  }

  #warnOfCommit(kind: 'Synchronous' | 'Asynchronous', positions: readonly Position[], error: unknown): void {
    if (!(error instanceof Error)) throw error
    const list = positions.map(({ topic, partition, offset, leaderEpoch }) => {
      const epoch = leaderEpoch < 0 ? 'null' : leaderEpoch
      return `${topic}-${partition}=OffsetAndMetadata{offset=${offset}, leaderEpoch=${epoch}, metadata=''}`
    })
    this.#cluster.log.warn(`${kind} auto-commit of offsets {${list.join(', ')}} failed: ${error.message}`, COORDINATOR)
  }
}

/** Partitions in the order in which Kafka's consumer fetches them: that of a Java HashMap, topic by topic. */
function inKafkasOrder(partitions: readonly TopicPartition[]): TopicPartition[] {
  const order = javaHashOrderOf(partitions, ({ topic, partition }) => (31 * (31 + partition) + javaHashCode(topic)) | 0)
  return byTopic(order).flatMap(([, list]) => list)
}
