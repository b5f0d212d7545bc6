import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { AppendEntry, PartitionLog } from '../../../src/broker/log/partition-log.ts'
import { AppendError } from '../../../src/broker/log/partition-log.ts'
import { prepareCodec } from '../../../src/protocol/compression.ts'
import { crc32c } from '../../../src/protocol/crc32c.ts'
import { type ApiError, ErrorCode, errorName } from '../../../src/protocol/error-code.ts'
import {
  ControlType,
  controlKey,
  readBatchHeader,
  readRecords,
  writeBatch,
} from '../../../src/protocol/record-batch.ts'
import { append, batch, NOW, openLog, temporaryDirectory } from './support/logs.ts'

const newLog = (config: Parameters<typeof openLog>[2] = {}) =>
  openLog(join(temporaryDirectory(), 'orders-0'), {}, config)

/** Name of the error and its text. */
function refusal(log: PartitionLog, entry: Partial<AppendEntry> & { records: Buffer }): [string, string] {
  const [result] = log.appendAsLeader([{ origin: 'client', requestVersion: 12, ...entry }], 0, NOW)
  expect(result).toBeInstanceOf(Error)
  expect(log.logEndOffset).toBe(0)
  return [errorName((result as ApiError).code), (result as ApiError).message]
}

/** A batch with bytes changed and the checksum right again. */
function edited(records: Buffer, edit: (bytes: Buffer) => void): Buffer {
  edit(records)
  records.writeUInt32BE(crc32c(records, 21), 17)
  return records
}

describe('a client’s batch is refused', () => {
  test('when its checksum is wrong', async () => {
    const records = batch(['a'])
    records[70]! ^= 1
    const { crc } = readBatchHeader(records)
    expect(refusal(await newLog(), { records })).toEqual([
      'CORRUPT_MESSAGE',
      `Record is corrupt (stored crc = ${crc}) in topic partition orders-0.`,
    ])
  })

  test('when it is larger than max.message.bytes or segment.bytes', async () => {
    const records = batch(['x'.repeat(2000)])
    expect(refusal(await newLog({ maxMessageBytes: 1000 }), { records })).toEqual([
      'MESSAGE_TOO_LARGE',
      `The record batch size in the append to orders-0 is ${records.length} bytes which exceeds the maximum configured value of 1000).`,
    ])
    expect(refusal(await newLog({ segmentBytes: 1000 }), { records })).toEqual([
      'RECORD_LIST_TOO_LARGE',
      `Message batch size is ${records.length} bytes in append to partition orders-0, which exceeds the maximum configured segment size of 1000.`,
    ])
  })

  test('when there is none, or more than one', async () => {
    const log = await newLog()
    expect(refusal(log, { records: Buffer.alloc(0) })).toEqual([
      'INVALID_RECORD',
      'Produce requests with version 12 must have at least one record batch per partition',
    ])
    expect(refusal(log, { records: batch(['a']).subarray(0, 65) })[0]).toBe('INVALID_RECORD')
    expect(refusal(log, { records: Buffer.concat([batch(['a']), batch(['b'])]) })).toEqual([
      'INVALID_RECORD',
      'Produce requests with version 12 are only allowed to contain exactly one record batch per partition',
    ])
  })

  test('when it is of an older format', async () => {
    const records = batch(['a'])
    records[16] = 1
    expect(refusal(await newLog(), { records })).toEqual([
      'INVALID_RECORD',
      'Produce requests with version 12 are only allowed to contain record batches with magic version 2',
    ])
  })

  test('when it is zstd in a request older than version 7', async () => {
    await prepareCodec('zstd')
    const records = batch(['a'], { codec: 'zstd' })
    expect(refusal(await newLog(), { records, requestVersion: 6 })).toEqual([
      'UNSUPPORTED_COMPRESSION_TYPE',
      'Produce requests with version 6 are not allowed to use ZStandard compression',
    ])
    expect(append(await newLog(), batch(['a'], { codec: 'zstd' }))).toMatchObject({ firstOffset: 0 })
  })

  test('when base offset, offset range or record count do not fit', async () => {
    const log = await newLog()
    expect(refusal(log, { records: batch(['a'], { baseOffset: 7 }) })[1]).toBe(
      'The baseOffset of the record batch in the append to orders-0 should be 0, but it is 7',
    )
    const withDelta = edited(batch(['a', 'b']), (bytes) => bytes.writeInt32BE(5, 23))
    expect(refusal(log, { records: withDelta })).toEqual([
      'INVALID_RECORD',
      'Inconsistent batch offset range [0, 5] and count of records 2 in topic partition orders-0',
    ])
    const negative = edited(batch(['a']), (bytes) => bytes.writeInt32BE(-3, 23))
    expect(refusal(log, { records: negative })[1]).toBe(
      'Batch has an invalid offset range: [0, -3] in topic partition orders-0',
    )
    const empty = edited(batch(['a']), (bytes) => bytes.writeInt32BE(0, 57))
    expect(refusal(log, { records: empty })[1]).toBe(
      'Invalid reported count for record batch: 0 in topic partition orders-0',
    )
    const more = edited(batch(['a']), (bytes) => {
      bytes.writeInt32BE(1, 23)
      bytes.writeInt32BE(2, 57)
    })
    expect(refusal(log, { records: more })[0]).toBe('INVALID_RECORD')
  })

  test('when it holds control records', async () => {
    const records = writeBatch({
      isControl: true,
      records: [{ key: controlKey(ControlType.COMMIT), value: Buffer.alloc(6) }],
    })
    expect(refusal(await newLog(), { records })).toEqual([
      'INVALID_RECORD',
      'Clients are not allowed to write control records in topic partition orders-0',
    ])
  })

  test('when a producer id comes without a sequence', async () => {
    const records = batch(['a'], { producerId: 5, producerEpoch: 0, baseSequence: -1 })
    expect(refusal(await newLog(), { records })).toEqual([
      'INVALID_RECORD',
      'Invalid sequence number -1 in record batch with producerId 5 in topic partition orders-0',
    ])
  })

  test('when a compacted topic gets records without a key, each of which is named', async () => {
    const log = await newLog({ compact: true, delete: false })
    const records = writeBatch({
      records: [{ value: Buffer.from('a') }, { key: Buffer.from('k'), value: null }, { value: Buffer.from('b') }],
    })
    const [result] = log.appendAsLeader([{ records, origin: 'client', requestVersion: 12 }], 0, NOW)
    expect(result).toBeInstanceOf(AppendError)
    const text = 'Compacted topic cannot accept message without key in topic partition orders-0'
    expect(result).toMatchObject({
      code: ErrorCode.INVALID_RECORD,
      message:
        'One or more records have been rejected due to 2 record errors in total, and only showing the first three ' +
        `errors at most: [RecordError(batchIndex=0, message='${text}'), RecordError(batchIndex=2, message='${text}')]`,
      recordErrors: [
        { batchIndex: 0, batchIndexErrorMessage: text },
        { batchIndex: 2, batchIndexErrorMessage: text },
      ],
    })
  })

  test('when a timestamp is out of bounds', async () => {
    const log = await newLog({ messageTimestampBeforeMaxMs: 1000, messageTimestampAfterMaxMs: 500 })
    const [result] = log.appendAsLeader(
      [{ records: batch(['a'], { timestamp: NOW + 501 }), origin: 'client', requestVersion: 12 }],
      0,
      NOW,
    )
    expect(result).toMatchObject({
      code: ErrorCode.INVALID_TIMESTAMP,
      message: 'One or more records have been rejected due to invalid timestamp',
      recordErrors: [
        {
          batchIndex: 0,
          batchIndexErrorMessage:
            `Timestamp ${NOW + 501} of message with offset 0 is out of range. ` +
            `The timestamp should be within [${NOW - 1000}, ${NOW + 500}]`,
        },
      ],
    })
    expect(refusal(log, { records: batch(['a'], { timestamp: NOW - 1001 }) })[0]).toBe('INVALID_TIMESTAMP')
    expect(append(log, batch(['a'], { timestamp: NOW - 1000 }))).toMatchObject({ firstOffset: 0 })
    expect(append(log, batch(['a'], { timestamp: -1 }))).toMatchObject({ firstOffset: 1 })
  })

  test('when its records are torn or compressed garbage, without harm', async () => {
    const log = await newLog()
    const torn = edited(batch(['a', 'b']), (bytes) => bytes.writeUInt8(0xff, 61))
    expect(refusal(log, { records: torn })[0]).toBe('INVALID_RECORD')
    const garbage = edited(batch(['a']), (bytes) => bytes.writeInt16BE(1, 21))
    expect(refusal(log, { records: garbage })[0]).toBe('INVALID_RECORD')
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024))
    const records = Buffer.concat([batch(['a']).subarray(0, 61), bomb])
    records.writeInt32BE(records.length - 12, 8)
    edited(records, (bytes) => bytes.writeInt16BE(1, 21))
    expect(refusal(log, { records })[0]).toBe('INVALID_RECORD')
  })
})

describe('a client’s batch is changed', () => {
  test('by LogAppendTime, with a checksum that is right again', async () => {
    const log = await newLog({ messageTimestampType: 'LogAppendTime' })
    const records = batch(['a', 'b'], { timestamp: 5 })
    expect(append(log, records, 0, NOW + 7)).toMatchObject({ logAppendTimeMs: NOW + 7 })
    expect(readBatchHeader(records)).toMatchObject({ timestampType: 'LogAppendTime', maxTimestamp: NOW + 7 })
    expect(records.readUInt32BE(17)).toBe(crc32c(records, 21))
    expect(readRecords(records).map(({ timestamp }) => timestamp)).toEqual([NOW + 7, NOW + 7])
  })

  test('when its largest timestamp is not the one it says', async () => {
    const log = await newLog()
    const records = edited(batch(['a'], { timestamp: 5 }), (bytes) => bytes.writeBigInt64BE(99n, 35))
    append(log, records)
    expect(readBatchHeader(records).maxTimestamp).toBe(5)
    expect(records.readUInt32BE(17)).toBe(crc32c(records, 21))
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd', 'uncompressed'] as const)(
    'into the codec that compression.type %s imposes, keeping everything else',
    async (compressionType) => {
      await prepareCodec('zstd')
      const log = await newLog({ compressionType })
      const source = compressionType === 'lz4' ? 'snappy' : 'lz4'
      const original = batch(['a', 'b', 'a'], { codec: source, producerId: 4, producerEpoch: 2, baseSequence: 0 })
      const expected = readRecords(original)
      append(log, original, 6)
      const { records } = await log.read(0, { maxBytes: 10_000, minOneMessage: true, upTo: 'logEnd' })
      const header = readBatchHeader(records[0]!)
      expect(header).toMatchObject({
        codec: compressionType === 'uncompressed' ? 'none' : compressionType,
        producerId: 4,
        producerEpoch: 2,
        baseSequence: 0,
        partitionLeaderEpoch: 6,
        baseOffset: 0,
      })
      expect(readRecords(records[0]!)).toEqual(expected)
    },
  )

  test('when the offsets in a compressed batch are not consecutive, as some old clients write them', async () => {
    const log = await newLog()
    const records = edited(
      writeBatch({
        codec: 'gzip',
        records: [
          { value: Buffer.from('a'), offsetDelta: 0, timestamp: NOW },
          { value: Buffer.from('b'), offsetDelta: 3, timestamp: NOW },
        ],
      }),
      (bytes) => bytes.writeInt32BE(1, 23),
    )
    append(log, records)
    const { records: read } = await log.read(0, { maxBytes: 10_000, minOneMessage: true, upTo: 'logEnd' })
    expect(readRecords(read[0]!).map(({ offset }) => offset)).toEqual([0, 1])
  })
})

test('batches of a coordinator may be control batches, several, and larger than a client’s', async () => {
  const log = await newLog()
  const control = writeBatch({
    isControl: true,
    records: [{ key: controlKey(ControlType.LEADER_CHANGE), value: Buffer.alloc(4) }],
  })
  const records = Buffer.concat([control, batch(['a', 'b'])])
  expect(log.appendAsLeader([{ records, origin: 'coordinator' }], 1, NOW)).toMatchObject([
    { firstOffset: 0, lastOffset: 2 },
  ])
  const [torn] = log.appendAsLeader([{ records: records.subarray(0, records.length - 1), origin: 'raft' }], 1, NOW)
  expect(torn).toMatchObject({ code: ErrorCode.CORRUPT_MESSAGE })
})
