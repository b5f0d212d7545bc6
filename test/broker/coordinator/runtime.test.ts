import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../src/broker/clock.ts'
import { CoordinatorRuntime } from '../../../src/broker/coordinator/runtime.ts'
import {
  type CoordinatorShard,
  Parked,
  type RecordOrigin,
  type RecordSerde,
  type ShardHost,
  UnknownRecordTypeError,
} from '../../../src/broker/coordinator/shard.ts'
import { silentLogger } from '../../../src/broker/logger.ts'
import { ApiError, ErrorCode } from '../../../src/protocol/error-code.ts'
import { ControlType, controlKey, writeBatch } from '../../../src/protocol/record-batch.ts'
import { MemoryCoordinatorLog } from '../../support/memory-coordinator-log.ts'

/** Records are words; the state is the list of them. */
class Words implements CoordinatorShard<string> {
  readonly words: string[] = []
  readonly origins: RecordOrigin[] = []
  readonly ended: [producerId: number, committed: boolean][] = []
  readonly host: ShardHost<string>
  loadedAtMs = -1

  constructor(host: ShardHost<string>) {
    this.host = host
  }

  replay(word: string, origin: RecordOrigin): void {
    if (word === 'poison') throw new Error('cannot be replayed')
    this.words.push(word)
    this.origins.push(origin)
  }

  replayEndTransaction(producerId: number, _epoch: number, committed: boolean): void {
    this.ended.push([producerId, committed])
  }

  onLoaded(nowMs: number): void {
    this.loadedAtMs = nowMs
  }
}

const serde: RecordSerde<string> = {
  serialize: (word) => ({ key: Buffer.from(word), value: null }),
  deserialize: (key) => {
    const word = String(key)
    if (word.startsWith('?')) throw new UnknownRecordTypeError(word.length)
    if (word === 'broken') throw new Error('no such word')
    return word
  },
}

function batch(...words: string[]): Buffer {
  return writeBatch({ records: words.map((word) => ({ key: Buffer.from(word) })) })
}

function start(log = new MemoryCoordinatorLog()) {
  const clock = new ManualClock()
  const lines: string[] = []
  const runtime = new CoordinatorRuntime<Words, string>({
    topic: 'words',
    clock,
    logger: { ...silentLogger, warn: (line) => lines.push(line), error: (line) => lines.push(line) },
    log: (partition) => (partition === 0 ? log : undefined),
    serde,
    createShard: (host) => new Words(host),
    codec: 'none',
    loadBufferBytes: 200,
    commitTimeoutMs: 5000,
  })
  const say = (...words: string[]) => runtime.write(0, (shard) => ({ records: words, response: shard.words.length }))
  const heard = () => runtime.read(0, (shard) => [...shard.words])
  return { runtime, log, clock, lines, say, heard }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function started(log?: MemoryCoordinatorLog) {
  const all = start(log)
  all.runtime.onLeader(0, 0)
  await settled()
  return all
}

const failsWith = (name: keyof typeof ErrorCode) => ({ code: ErrorCode[name] })

describe('a shard', () => {
  test('replays its records before the next operation decides', async () => {
    const { say, heard } = await started()
    const before = await Promise.all([say('a'), say('b', 'c'), say('d')])
    expect(before).toEqual([0, 1, 3])
    expect(await heard()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('appends the records of one tick in one batch, unless they are larger than one may be', async () => {
    const { say, log } = await started()
    await Promise.all([say('a'), say('b')])
    expect(log.batches).toHaveLength(1)
    log.maxBatchBytes = 61 + 22 * 2 + 1
    await Promise.all([say('c'), say('d'), say('e')])
    expect(log.batches).toHaveLength(3)
  })

  test('knows at which offsets its records will stand', async () => {
    const { say, runtime } = await started()
    await say('a')
    await Promise.all([say('b'), say('c')])
    const origins = await runtime.read(0, (shard) => shard.origins)
    expect(origins).toEqual([0, 1, 2].map((offset) => ({ offset, producerId: -1, producerEpoch: -1 })))
  })

  test('refuses records that fit in no batch, and nothing but them', async () => {
    const { say, heard, log, runtime } = await started()
    log.maxBatchBytes = 200
    await expect(say('x'.repeat(200))).rejects.toMatchObject(failsWith('UNKNOWN_SERVER_ERROR'))
    const recovered = runtime.write(0, () => ({
      records: ['x'.repeat(200)],
      next: () => ({ response: 'appended' }),
      refused: () => ({ records: ['short'], response: 'refused' }),
    }))
    expect(await recovered).toBe('refused')
    expect(await heard()).toEqual(['short'])
  })

  test('spreads separable records over several batches', async () => {
    const { runtime, log } = await started()
    log.maxBatchBytes = 100
    await runtime.write(0, () => ({ records: ['a', 'b', 'c', 'd'], separable: true, response: undefined }))
    expect(log.batches).toHaveLength(4)
  })

  test('goes on deciding after its records have been replayed', async () => {
    const { runtime } = await started()
    const answer = await runtime.write(0, (shard) => ({
      records: ['a'],
      next: () => ({ records: ['b'], next: () => ({ response: [...shard.words] }) }),
    }))
    expect(answer).toEqual(['a', 'b'])
  })
})

describe('an answer', () => {
  test('waits until the records are committed', async () => {
    const { say, log } = await started()
    log.commitsAtOnce = false
    let answered = false
    const answer = say('a').finally(() => {
      answered = true
    })
    await settled()
    expect(log.logEndOffset).toBe(1)
    expect(answered).toBe(false)
    log.commit()
    await answer
  })

  test('of a read waits until the records it saw are committed', async () => {
    const { say, heard, log } = await started()
    log.commitsAtOnce = false
    void say('a')
    let answered = false
    const answer = heard().finally(() => {
      answered = true
    })
    await settled()
    expect(answered).toBe(false)
    log.commit()
    expect(await answer).toEqual(['a'])
  })

  test('gives up waiting after the commit timeout, and the shard goes on', async () => {
    const { say, heard, log, clock } = await started()
    log.commitsAtOnce = false
    const answer = say('a')
    const outcome = expect(answer).rejects.toMatchObject(failsWith('COORDINATOR_NOT_AVAILABLE'))
    await settled()
    await clock.advance(5000)
    await outcome
    log.commit()
    await settled()
    expect(await heard()).toEqual(['a'])
  })

  test('that another operation gives waits for the records of that operation', async () => {
    const { runtime, log } = await started()
    const parked = new Parked<string>()
    let answered = false
    const waiting = runtime
      .write(0, () => ({ response: parked }))
      .finally(() => {
        answered = true
      })
    await settled()
    log.commitsAtOnce = false
    void runtime.write(0, () => ({
      records: ['a'],
      next: () => {
        parked.answer('done')
        return { response: undefined }
      },
    }))
    await settled()
    expect(answered).toBe(false)
    log.commit()
    expect(await waiting).toBe('done')
  })
})

describe('a failed append', () => {
  test('fails every answer held back, and the shard is loaded again from its log', async () => {
    const { say, heard, log } = await started()
    await say('kept')
    log.appendError = new ApiError(ErrorCode.KAFKA_STORAGE_ERROR)
    const answers = await Promise.allSettled([say('lost'), say('lost too'), heard()])
    expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(answers[0]).toMatchObject({ reason: failsWith('NOT_COORDINATOR') })
    log.appendError = undefined
    await settled()
    expect(await heard()).toEqual(['kept'])
    await say('next')
    expect(await heard()).toEqual(['kept', 'next'])
  })

  test('ends parked operations', async () => {
    const { runtime, say, log } = await started()
    const waiting = runtime.write(0, () => ({ response: new Parked() }))
    const outcome = expect(waiting).rejects.toMatchObject(failsWith('NOT_COORDINATOR'))
    log.appendError = new ApiError(ErrorCode.NOT_ENOUGH_REPLICAS)
    await expect(say('a')).rejects.toMatchObject(failsWith('COORDINATOR_NOT_AVAILABLE'))
    await outcome
  })

  test('keeps later batches, which were decided on what it lost, out of the log', async () => {
    const { say, log } = await started()
    log.appendError = new Error('disk')
    const first = say('a').catch(() => {})
    await new Promise((resolve) => setImmediate(resolve))
    const second = say('b').catch(() => {})
    await Promise.all([first, second])
    log.appendError = undefined
    await settled()
    expect(log.batches).toEqual([])
  })

  test('is also one whose records came to stand elsewhere', async () => {
    const { say, heard, log } = await started()
    log.appendNow(batch('stranger'))
    await expect(say('a')).rejects.toMatchObject(failsWith('UNKNOWN_SERVER_ERROR'))
    await settled()
    expect(await heard()).toEqual(['stranger', 'a'])
  })

  test('is not needed for a record that cannot be replayed: it never reaches the log', async () => {
    const { say, heard, log, lines } = await started()
    await expect(say('a', 'poison')).rejects.toMatchObject(failsWith('UNKNOWN_SERVER_ERROR'))
    await settled()
    expect(log.batches).toEqual([])
    expect(await heard()).toEqual([])
    expect(lines.join()).toContain('cannot be replayed')
  })
})

describe('loading', () => {
  test('answers COORDINATOR_LOAD_IN_PROGRESS until it is done', async () => {
    const log = new MemoryCoordinatorLog()
    log.appendNow(batch('a', 'b'))
    let open = () => {}
    log.readable = new Promise((resolve) => {
      open = resolve
    })
    const { heard } = await started(log)
    await expect(heard()).rejects.toMatchObject(failsWith('COORDINATOR_LOAD_IN_PROGRESS'))
    open()
    await settled()
    expect(await heard()).toEqual(['a', 'b'])
  })

  test('replays a log of many batches, in steps, from its start offset', async () => {
    const log = new MemoryCoordinatorLog()
    for (let i = 0; i < 30; i++) log.appendNow(batch(`a${i}`, `b${i}`))
    log.logStartOffset = 3
    const { runtime } = await started(log)
    for (let i = 0; i < 5; i++) await settled()
    const words = await runtime.read(0, (shard) => shard.words)
    expect(words).toHaveLength(57)
    expect(words.slice(0, 2)).toEqual(['b1', 'a2'])
  })

  test('waits with answers until what it read is committed', async () => {
    const log = new MemoryCoordinatorLog()
    log.commitsAtOnce = false
    log.appendNow(batch('a'))
    const { heard } = await started(log)
    let answered = false
    const answer = heard().finally(() => {
      answered = true
    })
    await settled()
    expect(answered).toBe(false)
    log.commit()
    expect(await answer).toEqual(['a'])
  })

  test('tells who wrote transactional records, and how their transactions ended', async () => {
    const log = new MemoryCoordinatorLog()
    const producer = { isTransactional: true, producerId: 7, producerEpoch: 2 }
    log.appendNow(writeBatch({ ...producer, records: [{ key: Buffer.from('a') }] }))
    const marker = [{ key: controlKey(ControlType.COMMIT), value: Buffer.alloc(6) }]
    log.appendNow(writeBatch({ ...producer, isControl: true, records: marker }))
    const { runtime } = await started(log)
    const shard = await runtime.read(0, (machine) => machine)
    expect(shard.origins).toEqual([{ offset: 0, producerId: 7, producerEpoch: 2 }])
    expect(shard.ended).toEqual([[7, true]])
  })

  test('skips records of unknown type with a warning', async () => {
    const log = new MemoryCoordinatorLog()
    log.appendNow(batch('a', '???', 'b'))
    const { heard, lines } = await started(log)
    expect(await heard()).toEqual(['a', 'b'])
    expect(lines).toEqual([expect.stringContaining('Unknown record type 3 while loading')])
  })

  test('stops at a record it cannot read: the partition has no coordinator then', async () => {
    const log = new MemoryCoordinatorLog()
    log.appendNow(batch('a', 'broken'))
    const { heard, lines } = await started(log)
    await expect(heard()).rejects.toMatchObject(failsWith('NOT_COORDINATOR'))
    expect(lines.join()).toContain('no such word')
  })

  test('ends with the state machine being told the time', async () => {
    const { runtime, clock } = await started()
    expect(await runtime.read(0, (shard) => shard.loadedAtMs)).toBe(clock.now())
  })
})

describe('without the lead', () => {
  test('of a partition nothing is answered but NOT_COORDINATOR', async () => {
    const { runtime, heard } = start()
    await expect(heard()).rejects.toMatchObject(failsWith('NOT_COORDINATOR'))
    runtime.onLeader(0, 0)
    await settled()
    const waiting = runtime.write(0, () => ({ response: new Parked() }))
    const outcome = expect(waiting).rejects.toMatchObject(failsWith('NOT_COORDINATOR'))
    runtime.onResigned(0)
    await outcome
    await expect(heard()).rejects.toMatchObject(failsWith('NOT_COORDINATOR'))
  })

  test('timers end', async () => {
    const { runtime, clock } = await started()
    let ran = 0
    await runtime.read(0, (shard) =>
      shard.host.timers.schedule('t', 1000, () => {
        ran++
        return { response: undefined }
      }),
    )
    runtime.onResigned(0)
    await clock.advance(2000)
    expect(ran).toBe(0)
  })
})

describe('timers', () => {
  test('run operations that append records, once, when they are due', async () => {
    const { runtime, clock, heard } = await started()
    await runtime.read(0, (shard) =>
      shard.host.timers.schedule('t', 1000, (nowMs) => ({ records: [`at ${nowMs}`], response: undefined })),
    )
    await clock.advance(999)
    expect(await heard()).toEqual([])
    await clock.advance(5000)
    expect(await heard()).toEqual([`at ${1_700_000_001_000}`])
  })

  test('are replaced by name, and cancelled', async () => {
    const { runtime, clock, heard } = await started()
    await runtime.read(0, ({ host: { timers } }) => {
      timers.schedule('t', 1000, () => ({ records: ['first'], response: undefined }))
      timers.schedule('t', 2000, () => ({ records: ['second'], response: undefined }))
      timers.schedule('u', 1000, () => ({ records: ['third'], response: undefined }))
      timers.cancel('u')
    })
    await clock.advance(10_000)
    expect(await heard()).toEqual(['second'])
  })
})

describe('closing', () => {
  test('answers parked operations, writes what is queued, and refuses new work', async () => {
    const { runtime, say, heard, log } = await started()
    const parked = runtime.write(0, () => ({ response: new Parked() }))
    const outcome = expect(parked).rejects.toMatchObject(failsWith('NOT_COORDINATOR'))
    const written = say('last')
    await runtime.close()
    await outcome
    expect(await written).toBe(0)
    expect(log.batches).toHaveLength(1)
    await expect(heard()).rejects.toMatchObject(failsWith('COORDINATOR_NOT_AVAILABLE'))
  })

  test('does not wait for commits that do not come', async () => {
    const { runtime, say, log } = await started()
    log.commitsAtOnce = false
    const answer = expect(say('a')).rejects.toMatchObject(failsWith('NOT_COORDINATOR'))
    await runtime.close()
    await answer
  })
})
