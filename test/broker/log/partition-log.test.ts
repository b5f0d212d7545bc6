import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { logResources } from '../../../src/broker/log/partition-log.ts'
import { ErrorCode } from '../../../src/protocol/error-code.ts'
import { readBatchHeader } from '../../../src/protocol/record-batch.ts'
import { FaultyFiles } from '../../storage/support/faulty-files.ts'
import { append, batch, clientEntry, NOW, openLog, readAll, temporaryDirectory } from './support/logs.ts'

const values = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `value-${from + i}`)

describe('appending', () => {
  test('gives offsets and the leader epoch, and answers them', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'))
    const first = append(log, batch(values(3)), 4)
    const second = append(log, batch(values(2, 3)), 4)
    expect(first).toEqual({ firstOffset: 0, lastOffset: 2, logAppendTimeMs: -1, logStartOffset: 0, isDuplicate: false })
    expect(second).toMatchObject({ firstOffset: 3, lastOffset: 4 })
    expect(log.logEndOffset).toBe(5)
    expect(log.latestEpoch()).toBe(4)
    const bytes = readFileSync(join(log.dir, '00000000000000000000.log'))
    expect(readBatchHeader(bytes)).toMatchObject({ baseOffset: 0, lastOffset: 2, partitionLeaderEpoch: 4 })
  })

  test('writes all entries of a call at once, and a refused one leaves no trace', async () => {
    const files = new FaultyFiles()
    const log = await openLog(join(temporaryDirectory(), 'orders-0'), { resources: logResources(files) })
    append(log, batch(['warm']))
    const corrupt = batch(['b'])
    corrupt[corrupt.length - 1]! ^= 1
    let writes = 0
    files.fail = (what) => {
      if (what === 'write') writes++
      return undefined
    }
    const results = log.appendAsLeader([batch(['a']), corrupt, batch(['c'])].map(clientEntry), 0, NOW)
    expect(writes).toBe(1)
    expect(results).toMatchObject([{ firstOffset: 1 }, { code: ErrorCode.CORRUPT_MESSAGE }, { firstOffset: 2 }])
    expect((await readAll(log)).map(({ value }) => value)).toEqual(['warm', 'a', 'c'])
  })

  test('that fails on the disk is cut off again, and takes the log offline', async () => {
    const files = new FaultyFiles()
    const failures: Error[] = []
    const log = await openLog(join(temporaryDirectory(), 'orders-0'), {
      resources: logResources(files),
      onFailure: (error) => failures.push(error),
    })
    append(log, batch(['kept']))
    const size = statSync(join(log.dir, '00000000000000000000.log')).size
    const writev = files.writevSync.bind(files)
    // A full disk: the first bytes fit.
    files.writevSync = (fd, buffers, position) => writev(fd, [Buffer.concat(buffers).subarray(0, 10)], position)
    expect(() => append(log, batch(['lost']))).toThrow(expect.objectContaining({ code: ErrorCode.KAFKA_STORAGE_ERROR }))
    expect(failures).toHaveLength(1)
    expect(log.isOffline).toBe(true)
    expect(statSync(join(log.dir, '00000000000000000000.log')).size).toBe(size)
    expect(() => append(log, batch(['x']))).toThrow(expect.objectContaining({ code: ErrorCode.KAFKA_STORAGE_ERROR }))
    expect(() => log.read(0, { maxBytes: 100, minOneMessage: true, upTo: 'logEnd' })).toThrow()
  })

  test('keeps the file of an active index at full, sparse size, and trims it at the end', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'))
    append(log, batch(['a']))
    const index = join(log.dir, '00000000000000000000.index')
    const timeIndex = join(log.dir, '00000000000000000000.timeindex')
    expect([statSync(index).size, statSync(timeIndex).size]).toEqual([10485760, 10485756])
    if (process.platform === 'linux') expect(statSync(index).blocks).toBe(0)
    await log.close()
    expect([statSync(index).size, statSync(timeIndex).size]).toEqual([0, 12])
    expect(readdirSync(log.dir).sort()).toEqual([
      '00000000000000000000.index',
      '00000000000000000000.log',
      '00000000000000000000.timeindex',
      '00000000000000000001.snapshot',
      'leader-epoch-checkpoint',
      'partition.metadata',
    ])
  })

  test('flushes before it answers when flush.messages says so', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'), {}, { flushMessages: 2 })
    append(log, batch(['a']))
    expect(log.recoveryPoint).toBe(0)
    append(log, batch(['b']))
    expect(log.recoveryPoint).toBe(2)
  })
})

describe('rolling', () => {
  test('happens by size, before the batch that would pass segment.bytes', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'), {}, { segmentBytes: 1000 })
    for (let i = 0; i < 10; i++) append(log, batch(['x'.repeat(200)]))
    expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 3, 6, 9])
    for (const segment of log.segments) expect(segment.sizeInBytes).toBeLessThanOrEqual(1000)
    expect(existsSync(join(log.dir, '00000000000000000003.snapshot'))).toBe(true)
  })

  test('happens by the time since the first timestamp of the segment', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'), {}, { segmentMs: 1000 })
    append(log, batch(['a'], { timestamp: NOW }))
    append(log, batch(['b'], { timestamp: NOW + 1000 }))
    append(log, batch(['c'], { timestamp: NOW + 1001 }))
    expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 2])
  })

  test('happens when an index is full', async () => {
    const log = await openLog(
      join(temporaryDirectory(), 'orders-0'),
      {},
      { segmentIndexBytes: 48, indexIntervalBytes: 0 },
    )
    for (let i = 0; i < 10; i++) append(log, batch(['a'], { timestamp: NOW + i }))
    expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 4, 8])
  })

  test('happens in the middle of a call too', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'), {}, { segmentBytes: 1000 })
    const entries = Array.from({ length: 10 }, () => clientEntry(batch(['x'.repeat(200)])))
    expect(
      log.appendAsLeader(entries, 0, NOW).map((result) => (result as { firstOffset: number }).firstOffset),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 3, 6, 9])
    expect(await readAll(log)).toHaveLength(10)
  })

  test('moves the recovery point up to the new segment when the old one is on disk', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'), {}, { segmentBytes: 1000 })
    for (let i = 0; i < 5; i++) append(log, batch(['x'.repeat(200)]))
    await log.flush()
    expect(log.recoveryPoint).toBe(5)
  })
})

describe('reading', () => {
  const bound = { maxBytes: 1_000_000, minOneMessage: true, upTo: 'logEnd' } as const

  test('what was just appended is answered at once, without a copy of large batches', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'))
    const large = batch(['x'.repeat(20_000)])
    append(log, batch(['small']))
    append(log, large)
    const result = log.read(1, bound)
    expect(result).not.toBeInstanceOf(Promise)
    expect(result).toEqual({ records: [large], fetchOffset: 1 })
  })

  test('what is not in memory is read from the files, awaited and without a synchronous read', async () => {
    const dir = join(temporaryDirectory(), 'orders-0')
    const config = { segmentBytes: 10_000, indexIntervalBytes: 1000 }
    const writer = await openLog(dir, {}, config)
    for (let i = 0; i < 100; i++) append(writer, batch([`${i}`.padEnd(400)]))
    await writer.close()
    const files = new FaultyFiles()
    const log = await openLog(dir, { isClean: true, resources: logResources(files) }, config)
    expect(log.segments.length).toBeGreaterThan(3)
    for (const offset of [0, 1, 50, 99]) {
      files.syncReads = 0
      const result = await log.read(offset, { ...bound, maxBytes: 1000 })
      // The active segment's index is read once, when it is first needed.
      expect(files.syncReads).toBeLessThanOrEqual(1)
      expect(readBatchHeader(result.records[0]!).baseOffset).toBe(offset)
    }
    expect(await readAll(log, 0, 700)).toHaveLength(100)
  })

  test('stops before maxBytes with whole batches, but gives one in any case if asked to', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'))
    for (let i = 0; i < 5; i++) append(log, batch(['x'.repeat(100)]))
    const size = log.sizeInBytes / 5
    const sizeOf = async (maxBytes: number, minOneMessage: boolean) =>
      (await log.read(1, { maxBytes, minOneMessage, upTo: 'logEnd' })).records.reduce((sum, b) => sum + b.length, 0)
    expect(await sizeOf(size * 2 + 1, true)).toBe(size * 2)
    expect(await sizeOf(1, true)).toBe(size)
    expect(await sizeOf(1, false)).toBe(0)
    log.closeFiles()
    const again = await openLog(log.dir)
    const sizeFromFile = async (maxBytes: number, minOneMessage: boolean) =>
      (await again.read(1, { maxBytes, minOneMessage, upTo: 'logEnd' })).records.reduce((sum, b) => sum + b.length, 0)
    expect(await sizeFromFile(size * 2 + 1, true)).toBe(size * 2)
    expect(await sizeFromFile(1, true)).toBe(size)
    expect(await sizeFromFile(1, false)).toBe(0)
  })

  test('goes up to the high watermark or the last stable offset, and refuses offsets outside the log', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'))
    for (let i = 0; i < 4; i++) append(log, batch([`${i}`]))
    log.updateHighWatermark(2)
    const committed = await log.read(0, { ...bound, upTo: 'highWatermark' })
    expect(committed.records.map((b) => b.length).reduce((a, b) => a + b)).toBe(log.sizeInBytes / 2)
    expect((await log.read(3, { ...bound, upTo: 'highWatermark' })).records).toEqual([])
    expect((await log.read(4, bound)).records).toEqual([])
    for (const offset of [-1, 5]) {
      expect(() => log.read(offset, bound)).toThrow(expect.objectContaining({ code: ErrorCode.OFFSET_OUT_OF_RANGE }))
    }
    log.advanceLogStartOffset(2)
    expect(() => log.read(1, bound)).toThrow(expect.objectContaining({ code: ErrorCode.OFFSET_OUT_OF_RANGE }))
  })

  test('a segment that is deleted meanwhile is still read to the end of the answer', async () => {
    const dir = join(temporaryDirectory(), 'orders-0')
    const config = { segmentBytes: 1000, retentionMs: 1 }
    const writer = await openLog(dir, {}, config)
    for (let i = 0; i < 10; i++) append(writer, batch(['x'.repeat(200)]))
    await writer.close()
    const log = await openLog(dir, { isClean: true }, config)
    log.updateHighWatermark(10)
    const pending = log.read(4, bound)
    expect(log.deleteOldSegments(NOW + 10)).toBe(4)
    await expect(pending).rejects.toMatchObject({ code: ErrorCode.OFFSET_OUT_OF_RANGE })
    expect(log.isOffline).toBe(false)
  })
})

describe('finding offsets by timestamp', () => {
  test('answers the first record at or after it, across segments and in the middle of batches', async () => {
    const dir = join(temporaryDirectory(), 'orders-0')
    const log = await openLog(dir, {}, { segmentBytes: 1000, indexIntervalBytes: 100 })
    for (let i = 0; i < 20; i++) append(log, batch(['a'.repeat(50), 'b'.repeat(50)], { timestamp: NOW + i * 10 }), 3)
    const find = async (from: typeof log) => [
      await from.offsetForTimestamp(0),
      await from.offsetForTimestamp(NOW + 95),
      await from.offsetForTimestamp(NOW + 190),
      await from.offsetForTimestamp(NOW + 191),
      await from.maxTimestampOffset(),
    ]
    const expected = [
      { offset: 0, timestamp: NOW, leaderEpoch: 3 },
      { offset: 20, timestamp: NOW + 100, leaderEpoch: 3 },
      { offset: 38, timestamp: NOW + 190, leaderEpoch: 3 },
      undefined,
      { offset: 38, timestamp: NOW + 190, leaderEpoch: 3 },
    ]
    expect(await find(log)).toEqual(expected)
    log.updateHighWatermark(40)
    log.advanceLogStartOffset(3)
    expect(await log.offsetForTimestamp(0)).toMatchObject({ offset: 3 })
    log.closeFiles()
    expect(await find(await openLog(dir, {}, { segmentBytes: 1000, indexIntervalBytes: 100 }))).toEqual(expected)
  })

  test('takes any int64 for a timestamp', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'), {}, { messageTimestampAfterMaxMs: 2 ** 63 })
    const nanoseconds = 1_700_000_000_123_456_789n
    append(log, batch(['a'], { timestamp: nanoseconds as unknown as number }))
    expect(await log.offsetForTimestamp(nanoseconds)).toMatchObject({ offset: 0, timestamp: nanoseconds })
    expect(await log.offsetForTimestamp(nanoseconds + 1n)).toBeUndefined()
    await log.close()
    const again = await openLog(log.dir, { isClean: true })
    expect(await again.maxTimestampOffset()).toMatchObject({ timestamp: nanoseconds })
  })
})

describe('leader epochs', () => {
  test('tell where each ended', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'))
    append(log, batch(values(2)), 1)
    append(log, batch(values(3)), 5)
    log.assignLeaderEpoch(7, 5)
    expect(log.epochStarts).toEqual([
      { epoch: 1, startOffset: 0 },
      { epoch: 5, startOffset: 2 },
      { epoch: 7, startOffset: 5 },
    ])
    expect(log.endOffsetForEpoch(0)).toEqual({ leaderEpoch: 0, endOffset: 0 })
    expect(log.endOffsetForEpoch(1)).toEqual({ leaderEpoch: 1, endOffset: 2 })
    expect(log.endOffsetForEpoch(3)).toEqual({ leaderEpoch: 1, endOffset: 2 })
    expect(log.endOffsetForEpoch(7)).toEqual({ leaderEpoch: 7, endOffset: 5 })
    expect(log.endOffsetForEpoch(8)).toEqual({ leaderEpoch: -1, endOffset: -1 })
    expect(log.epochForOffset(4)).toBe(5)
    expect(readFileSync(join(log.dir, 'leader-epoch-checkpoint'), 'utf8')).toBe('0\n3\n1 0\n5 2\n7 5\n')
  })
})

describe('shortening', () => {
  test('truncation drops records, segments, epochs and indexes behind an offset', async () => {
    const dir = join(temporaryDirectory(), 'orders-0')
    const log = await openLog(dir, {}, { segmentBytes: 1000, indexIntervalBytes: 100 })
    for (let i = 0; i < 10; i++) append(log, batch(['x'.repeat(200)]), i)
    log.truncateTo(4)
    expect(log.logEndOffset).toBe(4)
    expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 3])
    expect(log.latestEpoch()).toBe(3)
    append(log, batch(['new']), 20)
    expect((await readAll(log)).map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4])
    log.closeFiles()
    const again = await openLog(dir, {}, { segmentBytes: 1000 })
    expect((await readAll(again)).at(-1)).toEqual({ offset: 4, value: 'new' })
    again.truncateFullyAndStartAt(100)
    expect([again.logStartOffset, again.logEndOffset, again.sizeInBytes]).toEqual([100, 100, 0])
    expect(append(again, batch(['z']))).toMatchObject({ firstOffset: 100 })
  })

  test('DeleteRecords moves the log start; retention then removes the segments before it', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'), {}, { segmentBytes: 1000, retentionMs: -1 })
    for (let i = 0; i < 10; i++) append(log, batch(['x'.repeat(200)]))
    expect(() => log.advanceLogStartOffset(1)).toThrow(expect.objectContaining({ code: ErrorCode.OFFSET_OUT_OF_RANGE }))
    log.updateHighWatermark(10)
    log.advanceLogStartOffset(7)
    log.advanceLogStartOffset(5)
    expect(log.logStartOffset).toBe(7)
    expect(log.deleteOldSegments(NOW)).toBe(2)
    expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([6, 9])
    expect(readdirSync(log.dir).filter((name) => name.endsWith('.deleted'))).toHaveLength(7)
    log.removeDeletedFiles(NOW + 59_999)
    expect(readdirSync(log.dir).filter((name) => name.endsWith('.deleted'))).toHaveLength(7)
    log.removeDeletedFiles(NOW + 60_000)
    expect(readdirSync(log.dir).filter((name) => name.endsWith('.deleted'))).toHaveLength(0)
  })

  test('retention goes by size and by time, never beyond the high watermark', async () => {
    const log = await openLog(
      join(temporaryDirectory(), 'orders-0'),
      {},
      { segmentBytes: 1000, retentionBytes: 1500, retentionMs: -1 },
    )
    for (let i = 0; i < 10; i++) append(log, batch(['x'.repeat(200)], { timestamp: NOW - 1000 + i }))
    expect(log.deleteOldSegments(NOW)).toBe(0)
    log.updateHighWatermark(10)
    expect(log.deleteOldSegments(NOW)).toBe(1)
    expect(log.logStartOffset).toBe(3)
    log.config = { ...log.config, retentionBytes: -1, retentionMs: 500 }
    expect(log.deleteOldSegments(NOW - 493)).toBe(1)
    expect(log.deleteOldSegments(NOW)).toBe(2)
    expect([log.logStartOffset, log.logEndOffset, log.segments.length]).toEqual([10, 10, 1])
    expect(append(log, batch(['next']))).toMatchObject({ firstOffset: 10, logStartOffset: 10 })
  })

  test('compaction alone keeps records that are old', async () => {
    const log = await openLog(
      join(temporaryDirectory(), 'orders-0'),
      {},
      { segmentBytes: 1000, retentionMs: 1, delete: false, compact: true },
    )
    for (let i = 0; i < 10; i++) append(log, batch(['x'.repeat(200)]))
    log.updateHighWatermark(10)
    expect(log.deleteOldSegments(NOW + 1_000_000)).toBe(0)
  })
})

test('few files stay open, however many segments are read', async () => {
  const dir = join(temporaryDirectory(), 'orders-0')
  const writer = await openLog(dir, {}, { segmentBytes: 300 })
  for (let i = 0; i < 30; i++) append(writer, batch(['x'.repeat(200)]))
  await writer.close()
  const files = new FaultyFiles()
  const { OpenFiles } = await import('../../../src/broker/log/open-files.ts')
  const resources = { ...logResources(files), openFiles: new OpenFiles(files, 4) }
  const log = await openLog(dir, { isClean: true, resources })
  expect(await readAll(log)).toHaveLength(30)
  expect(files.openCount).toBeLessThanOrEqual(4)
})

describe('following', () => {
  test('keeps offsets, epochs and gaps as the leader has them', async () => {
    const log = await openLog(join(temporaryDirectory(), 'orders-0'), {}, { segmentBytes: 1000 })
    const sent = (baseOffset: number, partitionLeaderEpoch: number) =>
      batch(['x'.repeat(200), 'y'], { baseOffset, partitionLeaderEpoch })
    log.appendAsFollower(Buffer.concat([sent(0, 3), sent(2, 3)]))
    log.appendAsFollower(sent(10, 5))
    log.appendAsFollower(sent(12, 5))
    expect((await readAll(log)).map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 10, 11, 12, 13])
    expect(log.epochStarts).toEqual([
      { epoch: 3, startOffset: 0 },
      { epoch: 5, startOffset: 10 },
    ])
    expect(() => log.appendAsFollower(sent(13, 5))).toThrow('First offset 13 is less than the next offset 14')
    const corrupt = sent(14, 5)
    corrupt[100]! ^= 1
    expect(() => log.appendAsFollower(corrupt)).toThrow('Record is corrupt')
    log.closeFiles()
    const again = await openLog(log.dir)
    expect((await readAll(again)).map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 10, 11, 12, 13])
  })
})

test('a closed log refuses everything, and writes nothing behind the back of who opened it again', async () => {
  const log = await openLog(join(temporaryDirectory(), 'orders-0'))
  append(log, batch(['a']))
  await log.close()
  const refused = expect.objectContaining({ code: ErrorCode.KAFKA_STORAGE_ERROR })
  expect(() => append(log, batch(['b']))).toThrow(refused)
  expect(() => log.truncateTo(0)).toThrow(refused)
  expect(() => log.read(0, { maxBytes: 1, minOneMessage: true, upTo: 'logEnd' })).toThrow(refused)
  await expect(log.flush()).rejects.toEqual(refused)
  expect(readFileSync(join(log.dir, '00000000000000000000.log')).length).toBe(log.sizeInBytes)
})
