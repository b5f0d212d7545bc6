/**
 * Incremental fetch sessions (KIP-227): a consumer names its partitions once; later requests carry only what changed,
 * and answers only partitions with something to say. Soft state: a lost session makes the client send a full request.
 */
import { randomInt } from 'node:crypto'
import { ErrorCode } from '../protocol/error-code.ts'
import type { Fetch } from '../protocol/messages/01-fetch.ts'
import type { RequestOf, ResponseInput } from '../protocol/schema.ts'

const NO_SESSION = 0
const INITIAL_EPOCH = 0
const FINAL_EPOCH = -1
/** A session unused for this long may be evicted by any other. */
const EVICTION_MS = 120_000
const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** What a client asks of one partition. `topic` is undefined when its id is unknown here. */
export interface FetchPartition {
  topic: string | undefined
  readonly topicId: string
  readonly partition: number
  currentLeaderEpoch: number
  fetchOffset: number | bigint
  lastFetchedEpoch: number
  logStartOffset: number | bigint
  maxBytes: number
}

type FetchResponseTopic = NonNullable<ResponseInput<typeof Fetch>['responses']>[number]
export type FetchResponsePartition = NonNullable<FetchResponseTopic['partitions']>[number]

export interface FetchAnswer {
  readonly request: FetchPartition
  readonly response: FetchResponsePartition
}

/** One request seen through its session: what to read, and what to answer. */
export interface FetchContext {
  readonly partitions: Iterable<FetchPartition>
  /** Builds the response fields from the answers, in order; a session leaves out what has not changed. */
  respond(answers: readonly FetchAnswer[]): ResponseInput<typeof Fetch>
}

interface CachedPartition {
  readonly request: FetchPartition
  highWatermark: number
  logStartOffset: number
}

interface Session {
  readonly id: number
  readonly usesTopicIds: boolean
  readonly partitions: Map<string, CachedPartition>
  readonly createdMs: number
  lastUsedMs: number
  epoch: number
}

export class FetchSessions {
  /** In order of their last use. */
  private readonly sessions = new Map<number, Session>()
  private readonly slots: number
  private readonly now: () => number

  /** `slots`: `max.incremental.fetch.session.cache.slots`; 0 turns sessions off. */
  constructor(slots: number, now: () => number) {
    this.slots = slots
    this.now = now
  }

  /** Finds or makes the session of a request. Versions before 7 have none: they send session 0 and the final epoch. */
  contextFor(
    request: RequestOf<typeof Fetch>,
    version: number,
    topicName: (topicId: string) => string | undefined,
  ): FetchContext {
    const requested = requestedPartitions(request, version, topicName)
    const { sessionId, sessionEpoch } = request
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      if (sessionId !== NO_SESSION) this.sessions.delete(sessionId)
      if (sessionEpoch === FINAL_EPOCH || version < 7) return sessionless(requested)
      return this.fullContext(requested, version >= 13)
    }
    const session = this.sessions.get(sessionId)
    if (!session) return failed(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    if (session.epoch !== sessionEpoch) return failed(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
    if (session.usesTopicIds !== version >= 13) return failed(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
    this.update(session, requested, request, version)
    if (session.partitions.size === 0) {
      this.sessions.delete(session.id)
      return sessionless(requested)
    }
    this.touch(session)
    session.epoch = session.epoch === 0x7fff_ffff ? 1 : session.epoch + 1
    return incremental(session, topicName)
  }

  get size(): number {
    return this.sessions.size
  }

  private fullContext(requested: FetchPartition[], usesTopicIds: boolean): FetchContext {
    return {
      partitions: requested,
      respond: (answers) => {
        const session = this.create(answers, usesTopicIds)
        return { sessionId: session?.id ?? NO_SESSION, responses: groupByTopic(answers) }
      },
    }
  }

  private create(answers: readonly FetchAnswer[], usesTopicIds: boolean): Session | undefined {
    if (this.sessions.size >= this.slots && !this.evictFor(answers.length)) return undefined
    let id: number
    do id = randomInt(1, 0x7fff_ffff)
    while (this.sessions.has(id))
    const partitions = new Map<string, CachedPartition>()
    for (const { request, response } of answers) {
      partitions.set(keyOf(request), {
        request,
        highWatermark: response.errorCode ? -1 : (response.highWatermark ?? -1),
        logStartOffset: response.logStartOffset ?? -1,
      })
    }
    const now = this.now()
    const session = { id, usesTopicIds, partitions, createdMs: now, lastUsedMs: now, epoch: 1 }
    this.sessions.set(id, session)
    return session
  }

  /** Makes room: the longest unused session if it is stale, else an old one with fewer partitions than the new one. */
  private evictFor(size: number): boolean {
    const now = this.now()
    const [oldest] = this.sessions.values()
    if (!oldest) return false
    if (now - oldest.lastUsedMs > EVICTION_MS) return this.sessions.delete(oldest.id)
    let smallest: Session | undefined
    for (const session of this.sessions.values()) {
      if (now - session.createdMs <= EVICTION_MS) continue
      if (!smallest || session.partitions.size < smallest.partitions.size) smallest = session
    }
    if (!smallest || smallest.partitions.size >= size) return false
    return this.sessions.delete(smallest.id)
  }

  private touch(session: Session): void {
    session.lastUsedMs = this.now()
    this.sessions.delete(session.id)
    this.sessions.set(session.id, session)
  }

  private update(
    session: Session,
    requested: FetchPartition[],
    request: RequestOf<typeof Fetch>,
    version: number,
  ): void {
    for (const partition of requested) {
      const key = keyOf(partition)
      const cached = session.partitions.get(key)
      if (!cached) session.partitions.set(key, { request: partition, highWatermark: -1, logStartOffset: -1 })
      else Object.assign(cached.request, partition, { topic: partition.topic ?? cached.request.topic })
    }
    for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
      for (const partition of partitions) session.partitions.delete(`${version >= 13 ? topicId : topic}:${partition}`)
    }
  }
}

function keyOf({ topic, topicId, partition }: FetchPartition): string {
  return `${topicId === NO_TOPIC_ID ? topic : topicId}:${partition}`
}

function requestedPartitions(
  request: RequestOf<typeof Fetch>,
  version: number,
  topicName: (topicId: string) => string | undefined,
): FetchPartition[] {
  // A partition that is named twice is read once, as it was asked for last.
  const requested = new Map<string, FetchPartition>()
  for (const { topic, topicId, partitions } of request.topics) {
    const name = version >= 13 ? topicName(topicId) : topic
    for (const partition of partitions) {
      const asked = {
        topic: name,
        topicId: version >= 13 ? topicId : NO_TOPIC_ID,
        partition: partition.partition,
        currentLeaderEpoch: partition.currentLeaderEpoch,
        fetchOffset: partition.fetchOffset,
        lastFetchedEpoch: partition.lastFetchedEpoch,
        logStartOffset: partition.logStartOffset,
        maxBytes: partition.partitionMaxBytes,
      }
      requested.set(keyOf(asked), asked)
    }
  }
  return [...requested.values()]
}

function sessionless(requested: FetchPartition[]): FetchContext {
  return { partitions: requested, respond: (answers) => ({ responses: groupByTopic(answers) }) }
}

function failed(errorCode: ErrorCode): FetchContext {
  return { partitions: [], respond: () => ({ errorCode }) }
}

function incremental(session: Session, topicName: (topicId: string) => string | undefined): FetchContext {
  const { epoch } = session
  const partitions: FetchPartition[] = []
  for (const { request } of session.partitions.values()) {
    // A topic that was unknown when the session began may exist by now.
    request.topic ??= topicName(request.topicId)
    partitions.push(request)
  }
  return {
    partitions,
    respond: (answers) => {
      // Another request of the session came in while this one waited: the client has given this one up.
      if (session.epoch !== epoch) return { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH, sessionId: session.id }
      const changed = answers.filter((answer) => hasNews(session, answer))
      return { sessionId: session.id, responses: groupByTopic(changed) }
    },
  }
}

/** Whether an answer tells the client something new; remembers it and moves the partition behind the others. */
function hasNews(session: Session, { request, response }: FetchAnswer): boolean {
  const key = keyOf(request)
  const cached = session.partitions.get(key)
  if (!cached) return true
  const highWatermark = response.errorCode ? -1 : (response.highWatermark ?? -1)
  const logStartOffset = response.logStartOffset ?? -1
  const hasRecords = sizeOfRecords(response) > 0
  const news =
    hasRecords ||
    Boolean(response.errorCode) ||
    response.divergingEpoch !== undefined ||
    cached.highWatermark !== highWatermark ||
    cached.logStartOffset !== logStartOffset
  cached.highWatermark = highWatermark
  cached.logStartOffset = logStartOffset
  if (hasRecords) {
    // Fairness: what was served goes to the end, so that a small answer does not always hold the same partitions.
    session.partitions.delete(key)
    session.partitions.set(key, cached)
  }
  return news
}

export function sizeOfRecords({ records }: FetchResponsePartition): number {
  if (!records) return 0
  if (Buffer.isBuffer(records)) return records.length
  let size = 0
  for (const piece of records) size += piece.length
  return size
}

/** Neighbouring answers of one topic share its entry, in the order of the answers. */
function groupByTopic(answers: readonly FetchAnswer[]): FetchResponseTopic[] {
  const topics: { topic: string; topicId: string; partitions: FetchResponsePartition[] }[] = []
  for (const { request, response } of answers) {
    const last = topics.at(-1)
    if (last && last.topicId === request.topicId && last.topic === (request.topic ?? '')) last.partitions.push(response)
    else topics.push({ topic: request.topic ?? '', topicId: request.topicId, partitions: [response] })
  }
  return topics
}
