import { ErrorCode } from '../protocol/error-code.ts'
import type { Cluster } from './cluster.ts'
import { ClientError, isRetriable } from './errors.ts'
import type { FetchedRecords } from './fetched-records.ts'
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, listOffsets } from './list-offsets.ts'
import type { MetadataCache } from './metadata-cache.ts'
import type { ReaderSettings } from './partition-reader.ts'
import { topicAuthorizationError } from './topic-metadata.ts'
import type { TopicPartition } from './topic-partition.ts'

/** Where to begin when there is no offset: at an end, or where the reset policy says. */
export type Seek = 'earliest' | 'latest' | 'policy'

/** A partition that is read, as far as its start goes. */
export interface Seeking extends TopicPartition {
  /** Asked for by ListOffsets before the first fetch; undefined once the offset is known. */
  seek: Seek | undefined
  fetchOffset: number
  leaderEpoch: number
  /** What was read last, from before the seek. */
  current: FetchedRecords | undefined
}

/** Finds the offsets where reading begins. */
export class StartOffsets {
  readonly #cluster: Cluster
  readonly #metadata: MetadataCache
  readonly #settings: Pick<ReaderSettings, 'reset' | 'isReadCommitted'>

  constructor(cluster: Cluster, metadata: MetadataCache, settings: Pick<ReaderSettings, 'reset' | 'isReadCommitted'>) {
    this.#cluster = cluster
    this.#metadata = metadata
    this.#settings = settings
  }

  /**
   * Asks each leader once and sets what it answers; what could not be found out is left as it was. Throws when a
   * partition has neither an offset nor a policy that gives one.
   */
  async find(seeking: readonly Seeking[]): Promise<void> {
    const unreset = seeking.filter((state) => state.seek === 'policy' && this.#settings.reset.kind === 'none')
    if (unreset.length > 0) throw noOffset(unreset)
    const byLeader = new Map<number, Seeking[]>()
    for (const state of seeking) {
      const leader = this.#metadata.leaderOf(state)
      if (leader >= 0) byLeader.set(leader, [...(byLeader.get(leader) ?? []), state])
    }
    await Promise.all([...byLeader].map(([leader, states]) => this.#findAt(leader, states)))
  }

  async #findAt(leader: number, states: readonly Seeking[]): Promise<void> {
    const connection = await this.#cluster.connect(this.#cluster.node(leader)!)
    if (!connection) return
    const queries = states.map((state) => ({ ...state, timestamp: this.#timestampOf(state) }))
    try {
      const answers = await listOffsets(connection, queries, this.#settings.isReadCommitted)
      for (const { topic, partition, errorCode, offset, leaderEpoch } of answers) {
        const state = states.find((one) => one.topic === topic && one.partition === partition)
        if (!state || state.seek === undefined) continue
        if (errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED) throw topicAuthorizationError(topic)
        if (errorCode !== ErrorCode.NONE) this.#metadata.refreshSoon()
        else if (offset === -1) state.seek = 'latest'
        else {
          state.seek = undefined
          state.fetchOffset = Number(offset)
          state.leaderEpoch = leaderEpoch
          state.current = undefined
        }
      }
    } catch (error) {
      if (!isRetriable(error)) throw error
    }
  }

  #timestampOf({ seek }: Seeking): number {
    const { reset } = this.#settings
    const kind = seek === 'policy' ? reset.kind : seek
    if (kind === 'earliest') return EARLIEST_TIMESTAMP
    return reset.kind === 'by_duration' && kind !== 'latest' ? Date.now() - reset.durationMs : LATEST_TIMESTAMP
  }
}

function noOffset(states: readonly Seeking[]): ClientError {
  const names = states.map(({ topic, partition }) => `${topic}-${partition}`)
  return new ClientError(
    'org.apache.kafka.clients.consumer.NoOffsetForPartitionException',
    `Undefined offset with no reset policy for partitions: [${names.join(', ')}]`,
    ErrorCode.OFFSET_OUT_OF_RANGE,
    false,
  )
}
