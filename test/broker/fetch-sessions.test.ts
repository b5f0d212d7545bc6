import { expect, test } from 'vitest'
import { type FetchAnswer, type FetchContext, FetchSessions } from '../../src/broker/fetch-sessions.ts'
import { defaultsOf } from '../../src/protocol/codec.ts'
import { ErrorCode } from '../../src/protocol/error-code.ts'
import { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import type { RequestOf } from '../../src/protocol/schema.ts'

const TOPIC_ID = 'c2FtcGxlLXRvcGljLTAwMQ'

let now = 1_000_000

function fetchRequest(fields: Partial<RequestOf<typeof Fetch>>): RequestOf<typeof Fetch> {
  return { ...defaultsOf(Fetch.request), ...fields } as RequestOf<typeof Fetch>
}

function topic(name: string, ...partitions: number[]): RequestOf<typeof Fetch>['topics'][number] {
  return {
    topic: name,
    topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
    partitions: partitions.map((partition) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: 0,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      partitionMaxBytes: 1000,
      replicaDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA',
      highWatermark: 0,
    })),
  }
}

/** Answers every partition of a context: with bytes where `withData` says so, else with nothing new. */
function answersTo(context: FetchContext, withData: (partition: number) => boolean = () => false): FetchAnswer[] {
  return [...context.partitions].map((request) => ({
    request,
    response: {
      partitionIndex: request.partition,
      errorCode: 0,
      highWatermark: 10,
      logStartOffset: 0,
      records: withData(request.partition) ? Buffer.alloc(5) : Buffer.alloc(0),
    },
  }))
}

function partitionsOf(response: ReturnType<FetchContext['respond']>): (number | undefined)[] {
  return (response.responses ?? []).flatMap((entry) => (entry.partitions ?? []).map((p) => p.partitionIndex))
}

function open(sessions: FetchSessions, ...partitions: number[]) {
  const context = sessions.contextFor(
    fetchRequest({ sessionEpoch: 0, topics: [topic('a', ...partitions)] }),
    12,
    noName,
  )
  return context.respond(answersTo(context))
}

const noName = () => undefined

test('a full request with epoch 0 opens a session, and answers every partition', () => {
  const sessions = new FetchSessions(10, () => now)
  const response = open(sessions, 0, 1)
  expect(response.sessionId).toBeGreaterThan(0)
  expect(partitionsOf(response)).toEqual([0, 1])
  expect(sessions.size).toBe(1)
})

test('the final epoch asks for no session', () => {
  const sessions = new FetchSessions(10, () => now)
  const context = sessions.contextFor(fetchRequest({ sessionEpoch: -1, topics: [topic('a', 0)] }), 12, noName)
  expect(context.respond(answersTo(context)).sessionId ?? 0).toBe(0)
  expect(sessions.size).toBe(0)
})

test('an incremental answer leaves out partitions without news, and keeps those with records', () => {
  const sessions = new FetchSessions(10, () => now)
  const { sessionId } = open(sessions, 0, 1)
  const context = sessions.contextFor(fetchRequest({ sessionId, sessionEpoch: 1 }), 12, noName)
  expect(partitionsOf(context.respond(answersTo(context, (partition) => partition === 1)))).toEqual([1])
})

test('a partition that was served moves behind the others', () => {
  const sessions = new FetchSessions(10, () => now)
  const { sessionId } = open(sessions, 0, 1, 2)
  const first = sessions.contextFor(fetchRequest({ sessionId, sessionEpoch: 1 }), 12, noName)
  first.respond(answersTo(first, (partition) => partition === 0))
  const second = sessions.contextFor(fetchRequest({ sessionId, sessionEpoch: 2 }), 12, noName)
  expect([...second.partitions].map(({ partition }) => partition)).toEqual([1, 2, 0])
})

test('an error is told each time, and the partition again once it is gone', () => {
  const sessions = new FetchSessions(10, () => now)
  const { sessionId } = open(sessions, 0)
  for (const epoch of [1, 2]) {
    const context = sessions.contextFor(fetchRequest({ sessionId, sessionEpoch: epoch }), 12, noName)
    const [answer] = answersTo(context)
    const failing = { ...answer!, response: { partitionIndex: 0, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER } }
    expect(partitionsOf(context.respond([failing]))).toEqual([0])
  }
  const healthy = sessions.contextFor(fetchRequest({ sessionId, sessionEpoch: 3 }), 12, noName)
  expect(partitionsOf(healthy.respond(answersTo(healthy)))).toEqual([0])
})

test('a wrong epoch, an unknown session and a change to topic ids are refused', () => {
  const sessions = new FetchSessions(10, () => now)
  const { sessionId } = open(sessions, 0)
  const refusal = (fields: Partial<RequestOf<typeof Fetch>>, version = 12) =>
    sessions.contextFor(fetchRequest(fields), version, noName).respond([]).errorCode
  expect(refusal({ sessionId, sessionEpoch: 7 })).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  expect(refusal({ sessionId: sessionId! + 1, sessionEpoch: 1 })).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  expect(refusal({ sessionId, sessionEpoch: 1 }, 13)).toBe(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
})

test('a session ends when its last partition is forgotten', () => {
  const sessions = new FetchSessions(10, () => now)
  const { sessionId } = open(sessions, 0)
  const forgotten = [{ topic: 'a', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions: [0] }]
  const context = sessions.contextFor(
    fetchRequest({ sessionId, sessionEpoch: 1, forgottenTopicsData: forgotten }),
    12,
    noName,
  )
  expect([...context.partitions]).toEqual([])
  expect(sessions.size).toBe(0)
})

test('a topic id that was unknown when the session began is resolved once the topic exists', () => {
  const sessions = new FetchSessions(10, () => now)
  const topics = [{ ...topic('', 0), topicId: TOPIC_ID }]
  const first = sessions.contextFor(fetchRequest({ sessionEpoch: 0, topics }), 13, noName)
  expect([...first.partitions][0]!.topic).toBeUndefined()
  const { sessionId } = first.respond(answersTo(first))
  const second = sessions.contextFor(fetchRequest({ sessionId, sessionEpoch: 1 }), 13, () => 'late')
  expect([...second.partitions][0]!.topic).toBe('late')
})

test('with all slots taken a new session replaces only one that is stale or old and smaller', () => {
  const sessions = new FetchSessions(1, () => now)
  open(sessions, 0)
  expect(open(sessions, 0, 1).sessionId ?? 0).toBe(0)
  now += 120_001
  expect(open(sessions, 0, 1).sessionId).toBeGreaterThan(0)
  expect(sessions.size).toBe(1)
})
