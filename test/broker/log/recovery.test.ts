import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { logResources, type PartitionLog } from '../../../src/broker/log/partition-log.ts'
import { readBatches, readRecords } from '../../../src/protocol/record-batch.ts'
import { OffsetIndex } from '../../../src/storage/offset-index.ts'
import { FaultyFiles } from '../../storage/support/faulty-files.ts'
import { append, batch, NOW, openLog, readAll, temporaryDirectory } from './support/logs.ts'

const FIXTURES = resolve(import.meta.dirname, '../../fixtures/storage')
const config = { segmentBytes: 5000, indexIntervalBytes: 500 }

async function filledLog(count = 60): Promise<PartitionLog> {
  const log = await openLog(join(temporaryDirectory(), 'orders-0'), {}, config)
  for (let i = 0; i < count; i++) append(log, batch([`${i}`.padEnd(200)], { timestamp: NOW + i }), Math.floor(i / 20))
  return log
}

const file = (log: PartitionLog, baseOffset: number, kind: string) =>
  join(log.dir, `${String(baseOffset).padStart(20, '0')}.${kind}`)

describe('an unclean stop', () => {
  test.each([1, 30, 60, 61, 200])(
    'leaves a torn tail, of which %i bytes are missing: whole batches stay',
    async (cut) => {
      const log = await filledLog()
      const last = log.segments.at(-1)!
      const size = last.sizeInBytes
      log.closeFiles()
      truncateSync(file(log, last.baseOffset, 'log'), size - cut)
      const again = await openLog(log.dir, {}, config)
      expect(again.logEndOffset).toBe(59)
      expect(await readAll(again)).toHaveLength(59)
      expect(append(again, batch(['next']), 2)).toMatchObject({ firstOffset: 59 })
      expect((await readAll(again)).at(-1)).toEqual({ offset: 59, value: 'next' })
    },
  )

  test('leaves garbage or zeros behind the last batch: they are cut off', async () => {
    for (const garbage of [Buffer.alloc(5000), Buffer.alloc(300, 0xff), Buffer.from('x'.repeat(61))]) {
      const log = await filledLog(10)
      log.closeFiles()
      const path = file(log, 0, 'log')
      const good = readFileSync(path)
      writeFileSync(path, Buffer.concat([good, garbage]))
      const again = await openLog(log.dir, {}, config)
      expect(again.logEndOffset).toBe(10)
      expect(readFileSync(path)).toEqual(good)
    }
  })

  test('with a corrupt batch in the middle ends the log there, and drops the segments behind', async () => {
    const log = await filledLog()
    log.closeFiles()
    const bases = log.segments.map(({ baseOffset }) => baseOffset)
    const path = file(log, bases[1]!, 'log')
    const bytes = readFileSync(path)
    bytes[bytes.length - 100]! ^= 1
    writeFileSync(path, bytes)
    const again = await openLog(log.dir, {}, config)
    expect(again.logEndOffset).toBe(bases[2]! - 1)
    expect(again.segments.map(({ baseOffset }) => baseOffset)).toEqual(bases.slice(0, 2))
    expect(existsSync(file(log, bases[2]!, 'log'))).toBe(false)
    expect(existsSync(file(log, bases[2]!, 'log.deleted'))).toBe(true)
    expect(again.latestEpoch()).toBe(Math.floor((bases[2]! - 2) / 20))
  })

  test('does not look into segments below the recovery point', async () => {
    const log = await filledLog()
    log.closeFiles()
    const [, second] = log.segments
    const path = file(log, 0, 'log')
    const bytes = readFileSync(path)
    bytes[100]! ^= 1
    writeFileSync(path, bytes)
    const again = await openLog(log.dir, { recoveryPoint: second!.baseOffset }, config)
    expect(again.logEndOffset).toBe(60)
  })

  test('rebuilds indexes, leader epochs and producer snapshots to what they were', async () => {
    const log = await filledLog()
    await log.close()
    const before = new Map(readdirSync(log.dir).map((name) => [name, readFileSync(join(log.dir, name))]))
    for (const name of before.keys()) {
      if (/index$|snapshot$/.test(name)) writeFileSync(join(log.dir, name), Buffer.alloc(77, 7))
    }
    rmSync(join(log.dir, 'leader-epoch-checkpoint'))
    const again = await openLog(log.dir, {}, config)
    await again.close()
    const after = new Map(readdirSync(log.dir).map((name) => [name, readFileSync(join(log.dir, name))]))
    expect(after).toEqual(before)
  })

  test('with a missing index is recovered even when the marker says that the stop was clean', async () => {
    const log = await filledLog()
    await log.close()
    rmSync(file(log, 0, 'index'))
    const again = await openLog(log.dir, { isClean: true }, config)
    expect(new OffsetIndex(0, readFileSync(file(log, 0, 'index'))).count).toBeGreaterThan(5)
    expect(await readAll(again)).toHaveLength(60)
  })

  test('refuses message formats that we cannot read, rather than cutting them off', async () => {
    const log = await filledLog(3)
    log.closeFiles()
    const path = file(log, 0, 'log')
    const bytes = readFileSync(path)
    bytes[16] = 1
    writeFileSync(path, bytes)
    await expect(openLog(log.dir, {}, config)).rejects.toThrow('Message format v1 at position 0')
    expect(readFileSync(path)).toEqual(bytes)
  })
})

describe('a clean log', () => {
  test('is opened without scanning it', async () => {
    const log = await filledLog()
    await log.close()
    const files = new FaultyFiles()
    const again = await openLog(log.dir, { isClean: true, resources: logResources(files) }, config)
    expect(again.logEndOffset).toBe(60)
    expect(again.recoveryPoint).toBe(60)
    expect(files.count).toBe(0)
    expect(files.syncReads).toBeLessThan(8)
    await again.close()
    expect(files.count).toBe(0)
  })

  test('whose last segment does not end with a whole batch is recovered all the same', async () => {
    const log = await filledLog()
    await log.close()
    const last = log.segments.at(-1)!
    truncateSync(file(log, last.baseOffset, 'log'), last.sizeInBytes - 5)
    const again = await openLog(log.dir, { isClean: true }, config)
    expect(again.logEndOffset).toBe(59)
    expect(await readAll(again)).toHaveLength(59)
  })

  test('with full-size, zero-filled indexes is read all the same', async () => {
    const log = await filledLog()
    await log.close()
    for (const { baseOffset } of log.segments) {
      truncateSync(file(log, baseOffset, 'index'), 10_000)
      truncateSync(file(log, baseOffset, 'timeindex'), 12_000)
    }
    const again = await openLog(log.dir, { isClean: true }, config)
    expect(await readAll(again, 0, 300)).toHaveLength(60)
    expect(await again.offsetForTimestamp(NOW + 33)).toMatchObject({ offset: 33 })
  })

  test('with a log start beyond its end begins there, empty', async () => {
    const log = await filledLog()
    await log.close()
    const again = await openLog(log.dir, { isClean: true, logStartOffset: 100 }, config)
    expect([again.logStartOffset, again.logEndOffset, again.sizeInBytes]).toEqual([100, 100, 0])
    expect(append(again, batch(['a']))).toMatchObject({ firstOffset: 100 })
  })
})

describe('what an interrupted operation left', () => {
  test('marked for deletion or unfinished is removed', async () => {
    const log = await filledLog(5)
    await log.close()
    for (const name of [
      '00000000000000000000.log.deleted',
      '00000000000000000009.index.deleted',
      '00000000000000000000.log.cleaned',
      '00000000000000000007.index',
    ]) {
      writeFileSync(join(log.dir, name), 'x')
    }
    const again = await openLog(log.dir, { isClean: true }, config)
    expect(await readAll(again)).toHaveLength(5)
    expect(readdirSync(log.dir).filter((name) => /deleted|cleaned|007/.test(name))).toEqual([])
  })

  test('of compacted segments is swapped in for those they cover', async () => {
    const log = await filledLog()
    await log.close()
    const bases = log.segments.map(({ baseOffset }) => baseOffset)
    // A "compacted" first segment that covers the first two: only the first and the last record are left.
    const first = readFileSync(file(log, 0, 'log'))
    const second = readFileSync(file(log, bases[1]!, 'log'))
    const batches = [...readBatches(second)]
    const head = first.subarray(0, [...readBatches(first)][0]!.header.sizeInBytes)
    const tail = second.subarray(batches.at(-1)!.position)
    writeFileSync(file(log, 0, 'log.swap'), Buffer.concat([head, tail]))
    writeFileSync(file(log, 0, 'index.swap'), '')
    writeFileSync(file(log, 0, 'timeindex.swap'), '')
    const again = await openLog(log.dir, { isClean: true }, config)
    expect(again.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, ...bases.slice(2)])
    const offsets = (await readAll(again)).map(({ offset }) => offset)
    expect(offsets.slice(0, 3)).toEqual([0, bases[2]! - 1, bases[2]!])
  })
})

describe('a directory that Apache Kafka wrote', () => {
  const expected = readFileSync(join(FIXTURES, 'expected.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

  const text = (bytes: Buffer | null) => {
    if (bytes === null) return null
    const string = bytes.toString('utf8')
    return Buffer.from(string).equals(bytes) ? string : { base64: bytes.toString('base64') }
  }

  async function openSample(name: string, isClean: boolean): Promise<PartitionLog> {
    const dir = join(temporaryDirectory(), name)
    cpSync(join(FIXTURES, 'partitions', name), dir, { recursive: true })
    const topic = name.slice(0, name.lastIndexOf('-'))
    const log = await openLog(dir, {
      topic,
      partition: Number(name.slice(name.lastIndexOf('-') + 1)),
      isClean,
      logStartOffset: name === 'sample-append-0' ? 1 : 0,
      now: () => 1_795_231_000_000,
    })
    log.updateHighWatermark(log.logEndOffset)
    return log
  }

  test.each([
    ['sample-plain-0', true],
    ['sample-plain-0', false],
    ['sample-plain-1', false],
    ['sample-append-0', true],
    ['sample-append-0', false],
    ['sample-txn-0', true],
    ['sample-txn-0', false],
  ])('%s is read record for record (clean: %s)', async (name, isClean) => {
    const { prepareCodec } = await import('../../../src/protocol/compression.ts')
    await prepareCodec('zstd')
    const log = await openSample(name, isClean)
    const found: unknown[] = []
    const { records, abortedTransactions } = await log.read(log.logStartOffset, {
      maxBytes: 1_000_000,
      minOneMessage: true,
      upTo: 'lastStableOffset',
    })
    for (let piece of records) {
      for (;;) {
        for (const { header, position } of readBatches(piece)) {
          for (const record of readRecords(piece, position)) {
            if (record.offset < log.logStartOffset || header.isControl) continue
            found.push({
              offset: record.offset,
              key: text(record.key),
              value: text(record.value),
              timestamp: Number(record.timestamp),
            })
          }
        }
        const next = [...readBatches(piece)].at(-1)!.header.nextOffset
        if (next >= log.logEndOffset) break
        const more = await log.read(next, { maxBytes: 1_000_000, minOneMessage: true, upTo: 'logEnd' })
        piece = more.records[0]!
      }
    }
    const wanted = expected
      .filter(
        ({ topic, partition, key, value }) =>
          `${topic}-${partition}` === name && (key !== undefined || value !== undefined),
      )
      .filter((record) => record.controlType === undefined && record.control === undefined)
      .map(({ offset, key, value, timestamp }) => ({ offset, key, value, timestamp }))
    expect(found).toEqual(wanted)
    if (name === 'sample-txn-0') expect(abortedTransactions).toHaveLength(1)
  })

  test('keeps every byte when it is opened uncleanly and closed', async () => {
    for (const name of readdirSync(join(FIXTURES, 'partitions'))) {
      if (name === 'sample-append-0') continue
      const log = await openSample(name, false)
      await log.close()
      for (const original of readdirSync(join(FIXTURES, 'partitions', name))) {
        // The epoch of an empty log is dropped, as Kafka does, until a leader begins it again.
        if (original.endsWith('.snapshot') || log.logEndOffset === 0) continue
        expect(readFileSync(join(log.dir, original)), `${name}/${original}`).toEqual(
          readFileSync(join(FIXTURES, 'partitions', name, original)),
        )
      }
      const snapshots = (dir: string) => readdirSync(dir).filter((file) => file.endsWith('.snapshot'))
      expect(snapshots(log.dir)).toEqual(snapshots(join(FIXTURES, 'partitions', name)))
    }
  })
})
