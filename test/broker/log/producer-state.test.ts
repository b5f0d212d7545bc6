import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AppendEntry, PartitionLog } from '../../../src/broker/log/partition-log.ts'
import { encodeToBuffer } from '../../../src/protocol/codec.ts'
import { type ApiError, ErrorCode, errorName } from '../../../src/protocol/error-code.ts'
import { ControlType, controlKey, writeBatch } from '../../../src/protocol/record-batch.ts'
import { EndTxnMarker } from '../../../src/protocol/records/clients.ts'
import { readProducerSnapshot } from '../../../src/storage/producer-snapshot.ts'
import { append, batch, clientEntry, NOW, openLog, temporaryDirectory } from './support/logs.ts'

const newLog = (config: Parameters<typeof openLog>[2] = {}) =>
  openLog(join(temporaryDirectory(), 'orders-0'), {}, config)

interface Sent {
  producerId?: number
  epoch?: number
  sequence: number
  count?: number
  isTransactional?: boolean
}

function produced({ producerId = 7, epoch = 0, sequence, count = 1, isTransactional = false }: Sent): Buffer {
  const values = Array.from({ length: count }, (_, i) => `v${sequence + i}`)
  return batch(values, { producerId, producerEpoch: epoch, baseSequence: sequence, isTransactional })
}

function send(log: PartitionLog, sent: Sent) {
  const [result] = log.appendAsLeader([clientEntry(produced(sent))], 0, NOW)
  return result instanceof Error ? errorName((result as ApiError).code) : result!
}

function marker(producerId: number, epoch: number, isCommit: boolean, coordinatorEpoch = 0): Buffer {
  return writeBatch({
    isControl: true,
    isTransactional: true,
    producerId,
    producerEpoch: epoch,
    records: [
      {
        key: controlKey(isCommit ? ControlType.COMMIT : ControlType.ABORT),
        value: Buffer.concat([Buffer.alloc(2), encodeToBuffer(EndTxnMarker, 0, { coordinatorEpoch })]),
        timestamp: NOW,
      },
    ],
  })
}

function end(log: PartitionLog, producerId: number, isCommit: boolean, epoch = 0, coordinatorEpoch = 0) {
  const records = marker(producerId, epoch, isCommit, coordinatorEpoch)
  const [result] = log.appendAsLeader([{ records, origin: 'coordinator' }], 0, NOW)
  return result instanceof Error ? errorName((result as ApiError).code) : result!
}

describe('an idempotent producer', () => {
  test('is answered with the first offsets when it sends one of its last five batches again', async () => {
    const log = await newLog()
    for (let i = 0; i < 6; i++) send(log, { sequence: i * 2, count: 2 })
    expect(send(log, { sequence: 10, count: 2 })).toMatchObject({ firstOffset: 10, lastOffset: 11, isDuplicate: true })
    expect(send(log, { sequence: 2, count: 2 })).toMatchObject({ firstOffset: 2, lastOffset: 3, isDuplicate: true })
    expect(send(log, { sequence: 0, count: 2 })).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(log.logEndOffset).toBe(12)
  })

  test('is recognised within one call too', async () => {
    const log = await newLog()
    const entries = [produced({ sequence: 0 }), produced({ sequence: 0 }), produced({ sequence: 1 })].map(clientEntry)
    expect(log.appendAsLeader(entries, 0, NOW)).toMatchObject([
      { firstOffset: 0, isDuplicate: false },
      { firstOffset: 0, isDuplicate: true },
      { firstOffset: 1, isDuplicate: false },
    ])
  })

  test('is refused when a sequence is missing', async () => {
    const log = await newLog()
    send(log, { sequence: 0 })
    const [result] = log.appendAsLeader([clientEntry(produced({ sequence: 2 }))], 0, NOW)
    expect(result).toMatchObject({
      code: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
      message:
        'Out of order sequence number for producer 7 at offset 1 in partition orders-0: 2 (incoming seq. number), ' +
        '0 (current end sequence number)',
    })
    expect(send(log, { sequence: 1 })).toMatchObject({ firstOffset: 1 })
  })

  test('that is not known here may begin with any sequence', async () => {
    const log = await newLog()
    expect(send(log, { sequence: 1234 })).toMatchObject({ firstOffset: 0 })
  })

  test('goes on with sequence 0 after 2^31 - 1', async () => {
    const log = await newLog()
    send(log, { sequence: 0x7fff_fffe, count: 2 })
    expect(send(log, { sequence: 0 })).toMatchObject({ firstOffset: 2 })
    expect(send(log, { sequence: 0x7fff_fffe, count: 2 })).toMatchObject({ isDuplicate: true })
  })

  test('begins at 0 in a new epoch, and fences the old one', async () => {
    const log = await newLog()
    send(log, { sequence: 0, epoch: 1 })
    expect(send(log, { sequence: 1, epoch: 0 })).toBe('INVALID_PRODUCER_EPOCH')
    expect(send(log, { sequence: 1, epoch: 2 })).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(send(log, { sequence: 0, epoch: 2 })).toMatchObject({ firstOffset: 1 })
    expect(send(log, { sequence: 0, epoch: 1 })).toBe('INVALID_PRODUCER_EPOCH')
  })

  test('is forgotten after producer.id.expiration.ms without records', async () => {
    const log = await newLog()
    send(log, { sequence: 0 })
    log.removeExpiredProducers(NOW + 86_399_999)
    expect(log.activeProducers.size).toBe(1)
    log.removeExpiredProducers(NOW + 86_400_000)
    expect(log.activeProducers.size).toBe(0)
  })

  test.each(['cleanly', 'uncleanly', 'without snapshots'])(
    'is known again after the log was closed %s',
    async (how) => {
      const log = await newLog({ segmentBytes: 400 })
      for (let i = 0; i < 10; i++) send(log, { sequence: i })
      send(log, { producerId: 8, sequence: 0, epoch: 3 })
      if (how === 'cleanly') await log.close()
      else log.closeFiles()
      if (how === 'without snapshots') {
        for (const name of readdirSync(log.dir)) if (name.endsWith('.snapshot')) rmSync(join(log.dir, name))
      }
      const again = await openLog(log.dir, { isClean: how === 'cleanly' }, { segmentBytes: 400 })
      expect(send(again, { sequence: 9 })).toMatchObject({ firstOffset: 9, isDuplicate: true })
      expect(send(again, { sequence: 11 })).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
      expect(send(again, { producerId: 8, sequence: 1, epoch: 2 })).toBe('INVALID_PRODUCER_EPOCH')
      expect(send(again, { sequence: 10 })).toMatchObject({ firstOffset: 11 })
    },
  )

  test('is taken back by a truncation to what is left in the log', async () => {
    const log = await newLog({ segmentBytes: 400 })
    for (let i = 0; i < 10; i++) send(log, { sequence: i })
    log.truncateTo(6)
    expect(send(log, { sequence: 10 })).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(send(log, { sequence: 6 })).toMatchObject({ firstOffset: 6, isDuplicate: false })
  })

  test('is in the snapshot at the start of a new segment', async () => {
    const log = await newLog({ segmentBytes: 200 })
    send(log, { sequence: 0 })
    send(log, { sequence: 1 })
    send(log, { sequence: 2 })
    expect(readProducerSnapshot(join(log.dir, '00000000000000000002.snapshot'))).toEqual([
      {
        producerId: 7,
        epoch: 0,
        lastSequence: 1,
        lastOffset: 1,
        offsetDelta: 0,
        timestamp: NOW,
        coordinatorEpoch: -1,
        currentTxnFirstOffset: -1,
      },
    ])
  })
})

describe('a transaction', () => {
  const committed = { maxBytes: 100_000, minOneMessage: true, upTo: 'lastStableOffset' } as const

  async function withTransactions(config: Parameters<typeof openLog>[2] = {}) {
    const log = await newLog(config)
    append(log, batch(['plain'])) // 0
    send(log, { producerId: 1, sequence: 0, isTransactional: true }) // 1
    send(log, { producerId: 2, sequence: 0, isTransactional: true }) // 2
    end(log, 1, false) // 3
    send(log, { producerId: 1, sequence: 1, isTransactional: true }) // 4
    log.updateHighWatermark(log.logEndOffset)
    return log
  }

  test('that is open holds back the last stable offset, until its marker is below the high watermark', async () => {
    const log = await withTransactions()
    expect(log.lastStableOffset).toBe(2)
    end(log, 2, true) // 5
    expect(log.lastStableOffset).toBe(2)
    log.updateHighWatermark(6)
    expect(log.lastStableOffset).toBe(4)
    end(log, 1, true) // 6
    log.updateHighWatermark(7)
    expect(log.lastStableOffset).toBe(7)
  })

  test('that was aborted is told to readers of committed records, with the first offset', async () => {
    const log = await withTransactions()
    expect((await log.read(0, committed)).abortedTransactions).toEqual([{ producerId: 1, firstOffset: 1 }])
    end(log, 2, false) // 5
    end(log, 1, true) // 6
    log.updateHighWatermark(7)
    const aborted = [
      { producerId: 1, firstOffset: 1 },
      { producerId: 2, firstOffset: 2 },
    ]
    expect((await log.read(0, committed)).abortedTransactions).toEqual(aborted)
    expect((await log.read(4, committed)).abortedTransactions).toEqual([aborted[1]])
    expect((await log.read(6, committed)).abortedTransactions).toEqual([])
    expect((await log.read(0, { ...committed, upTo: 'highWatermark' })).abortedTransactions).toBeUndefined()
  })

  test.each(['cleanly', 'uncleanly'])('is known again after the log was closed %s', async (how) => {
    const config = { segmentBytes: 350 }
    const log = await withTransactions(config)
    expect(readdirSync(log.dir).filter((name) => name.endsWith('.txnindex'))).toHaveLength(1)
    if (how === 'cleanly') await log.close()
    else log.closeFiles()
    const again = await openLog(log.dir, { isClean: how === 'cleanly' }, config)
    again.updateHighWatermark(5)
    expect(again.lastStableOffset).toBe(2)
    expect((await again.read(0, committed)).abortedTransactions).toEqual([{ producerId: 1, firstOffset: 1 }])
    end(again, 2, true)
    end(again, 1, true)
    again.updateHighWatermark(7)
    expect(again.lastStableOffset).toBe(7)
  })

  test('does not mix with plain records of its producer', async () => {
    const log = await withTransactions()
    expect(send(log, { producerId: 1, sequence: 2 })).toBe('INVALID_TXN_STATE')
  })

  test('takes no marker of an older producer epoch or coordinator', async () => {
    const log = await newLog()
    send(log, { sequence: 0, epoch: 3, isTransactional: true })
    expect(end(log, 7, true, 2)).toBe('INVALID_PRODUCER_EPOCH')
    expect(end(log, 7, true, 3, 5)).toMatchObject({ firstOffset: 1 })
    expect(log.activeProducers.get(7)?.coordinatorEpoch).toBe(5)
    expect(end(log, 7, true, 3, 4)).toBe('TRANSACTION_COORDINATOR_FENCED')
    // A marker with a higher epoch (KIP-890) starts the sequences anew.
    expect(end(log, 7, true, 4, 5)).toMatchObject({ firstOffset: 2 })
    expect(send(log, { sequence: 1, epoch: 4, isTransactional: true })).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(send(log, { sequence: 0, epoch: 4, isTransactional: true })).toMatchObject({ firstOffset: 3 })
  })

  test('of version 2 wants a marker with a higher epoch, unless it is a retry', async () => {
    const log = await newLog()
    const write = (epoch: number) => {
      const entry: AppendEntry = { records: marker(7, epoch, true), origin: 'coordinator', transactionVersion: 2 }
      const [result] = log.appendAsLeader([entry], 0, NOW)
      return result instanceof Error ? errorName((result as ApiError).code) : 'written'
    }
    send(log, { sequence: 0, isTransactional: true })
    expect(write(0)).toBe('INVALID_PRODUCER_EPOCH')
    expect(write(1)).toBe('written')
    expect(write(1)).toBe('written')
  })

  test('is undone as a whole when a later batch of the same append is refused', async () => {
    const log = await newLog()
    send(log, { sequence: 0, epoch: 1, isTransactional: true })
    const records = Buffer.concat([marker(7, 1, true), marker(7, 0, true)])
    const [result] = log.appendAsLeader([{ records, origin: 'coordinator' }], 0, NOW)
    expect(result).toMatchObject({ code: ErrorCode.INVALID_PRODUCER_EPOCH })
    log.updateHighWatermark(1)
    expect(log.lastStableOffset).toBe(0)
    expect(log.logEndOffset).toBe(1)
  })
})
