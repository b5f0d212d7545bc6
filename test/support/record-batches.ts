/** Record batches that a broker must refuse, or take with care. */
import { ATTRIBUTES_AT, LAST_OFFSET_DELTA_AT, MAGIC_AT, RECORD_COUNT_AT } from '../../src/protocol/batch-header.ts'
import { crc32c } from '../../src/protocol/crc32c.ts'
import { writeBatch } from '../../src/protocol/record-batch.ts'

const CRC_AT = 17

/** A batch with some bytes changed and a checksum that is right again. */
function altered(batch: Buffer, change: (batch: Buffer) => void): Buffer {
  const copy = Buffer.from(batch)
  change(copy)
  copy.writeUInt32BE(crc32c(copy, ATTRIBUTES_AT), CRC_AT)
  return copy
}

/** At these Apache Kafka itself fails: with UNKNOWN_SERVER_ERROR, or (null) without any answer. */
export const APACHE_FAILS_AT: ReadonlySet<string> = new Set([
  'null',
  'a huge length',
  'a codec that there is not',
  'records that are no gzip',
  'records that are no snappy',
  'records that are no lz4',
  'records that are no zstd',
])

/** What is wrong with each, and the bytes. All records have the timestamp `ms`. */
export function damagedBatches(ms: number): [what: string, records: Buffer | null][] {
  const records = [1, 2, 3].map((i) => ({ key: Buffer.from(`k${i}`), value: Buffer.from(`v${i}`), timestamp: ms }))
  const good = writeBatch({ records })
  const gzip = writeBatch({ records, codec: 'gzip' })
  const flipped = Buffer.from(good)
  flipped[good.length - 1]! ^= 1
  return [
    ['a wrong checksum', flipped],
    ['magic 1', altered(good, (batch) => batch.writeInt8(1, MAGIC_AT))],
    ['magic 0', altered(good, (batch) => batch.writeInt8(0, MAGIC_AT))],
    ['magic 3', altered(good, (batch) => batch.writeInt8(3, MAGIC_AT))],
    ['magic -1', altered(good, (batch) => batch.writeInt8(-1, MAGIC_AT))],
    ['two batches', Buffer.concat([good, good])],
    ['no bytes', Buffer.alloc(0)],
    ['null', null],
    ['a few bytes', good.subarray(0, 10)],
    ['a header cut short', good.subarray(0, 50)],
    ['records cut short', good.subarray(0, good.length - 3)],
    ['bytes behind the batch', Buffer.concat([good, Buffer.alloc(5)])],
    ['a cut batch behind the batch', Buffer.concat([good, good.subarray(0, 40)])],
    ['a length of 0', altered(good, (batch) => batch.writeInt32BE(0, 8))],
    ['a length of -1', altered(good, (batch) => batch.writeInt32BE(-1, 8))],
    ['a length of 20', altered(good, (batch) => batch.writeInt32BE(20, 8))],
    ['a huge length', altered(good, (batch) => batch.writeInt32BE(0x7fff_ffff, 8))],
    ['a base offset', altered(good, (batch) => batch.writeBigInt64BE(7n, 0))],
    ['a negative base offset', altered(good, (batch) => batch.writeBigInt64BE(-7n, 0))],
    ['a last offset that is too small', altered(good, (batch) => batch.writeInt32BE(1, LAST_OFFSET_DELTA_AT))],
    ['a negative last offset', altered(good, (batch) => batch.writeInt32BE(-1, LAST_OFFSET_DELTA_AT))],
    ['no records', writeBatch({ records: [] })],
    ['a negative count', altered(good, (batch) => batch.writeInt32BE(-1, RECORD_COUNT_AT))],
    [
      'more records by its header than there are',
      altered(good, (batch) => {
        batch.writeInt32BE(4, RECORD_COUNT_AT)
        batch.writeInt32BE(3, LAST_OFFSET_DELTA_AT)
      }),
    ],
    [
      'fewer records by its header than there are',
      altered(good, (batch) => {
        batch.writeInt32BE(2, RECORD_COUNT_AT)
        batch.writeInt32BE(1, LAST_OFFSET_DELTA_AT)
      }),
    ],
    ['control records', writeBatch({ records, isControl: true })],
    ['a control batch of a producer', writeBatch({ records, isControl: true, producerId: 1, producerEpoch: 0 })],
    ['a codec that there is not', altered(good, (batch) => batch.writeInt16BE(5, ATTRIBUTES_AT))],
    ['records that are no gzip', altered(good, (batch) => batch.writeInt16BE(1, ATTRIBUTES_AT))],
    ['records that are no snappy', altered(good, (batch) => batch.writeInt16BE(2, ATTRIBUTES_AT))],
    ['records that are no lz4', altered(good, (batch) => batch.writeInt16BE(3, ATTRIBUTES_AT))],
    ['records that are no zstd', altered(good, (batch) => batch.writeInt16BE(4, ATTRIBUTES_AT))],
    ['gzip records that are not compressed', altered(gzip, (batch) => batch.writeInt16BE(0, ATTRIBUTES_AT))],
    ['a record with a wrong length', altered(good, (batch) => batch.writeInt8(100, 61))],
    ['a negative record length', altered(good, (batch) => batch.writeInt8(1, 61))],
    ['the type LogAppendTime', writeBatch({ records, timestampType: 'LogAppendTime' })],
    ['unused attributes', altered(good, (batch) => batch.writeInt16BE(0x100, ATTRIBUTES_AT))],
    ['a delete horizon', altered(good, (batch) => batch.writeInt16BE(0x40, ATTRIBUTES_AT))],
    ['a producer epoch without a producer', writeBatch({ records, producerEpoch: 3 })],
    ['timestamps of -1', writeBatch({ records: records.map((record) => ({ ...record, timestamp: -1 })) })],
    [
      'timestamps in the far future',
      writeBatch({ records: records.map((record) => ({ ...record, timestamp: 2 ** 52 })) }),
    ],
    ['negative timestamps', writeBatch({ records: records.map((record) => ({ ...record, timestamp: -5 })) })],
  ]
}
