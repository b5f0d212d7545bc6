import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { prepareCodec } from '../../src/protocol/compression.ts'
import {
  type BatchHeader,
  batchCrcIsValid,
  type LogRecord,
  readBatches,
  readRecords,
  scanRecords,
  writeBatch,
} from '../../src/protocol/record-batch.ts'

interface RecordJson {
  offset: number
  timestamp: string
  key: string | null
  value: string | null
  headers: { key: string; value: string | null }[]
}

interface Contents {
  records?: RecordJson[]
  recordsSha256?: string
}

interface JavaCase {
  name: string
  about: string
  file: string
  batches: (Contents & Record<string, string | number | boolean>)[]
}

interface LibrdkafkaCase extends Contents {
  name: string
  file: string
  settings: Record<string, string | boolean>
  controlRecords: number
}

const directory = new URL('../fixtures/records/', import.meta.url)
const javaCases: JavaCase[] = JSON.parse(readFileSync(new URL('java.json', directory), 'utf8'))
const librdkafkaCases: LibrdkafkaCase[] = JSON.parse(readFileSync(new URL('librdkafka.json', directory), 'utf8')).cases

function batchesOf(file: string): { header: BatchHeader; bytes: Buffer }[] {
  const bytes = readFileSync(new URL(file, directory))
  const batches = [...readBatches(bytes)].map(({ header, position }) => {
    expect(batchCrcIsValid(bytes, position, header.sizeInBytes)).toBe(true)
    return { header, bytes: bytes.subarray(position, position + header.sizeInBytes) }
  })
  expect(batches.reduce((size, batch) => size + batch.bytes.length, 0)).toBe(bytes.length)
  return batches
}

function base64(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('base64')
}

function asJson({ offset, timestamp, key, value, headers }: LogRecord): RecordJson {
  return {
    offset,
    timestamp: String(timestamp),
    key: base64(key),
    value: base64(value),
    headers: headers.map((header) => ({ key: header.key, value: base64(header.value) })),
  }
}

function expectRecords(records: LogRecord[], expected: Contents): void {
  const json = records.map(asJson)
  if (expected.records) expect(json).toEqual(expected.records)
  else {
    const digest = createHash('sha256')
    for (const { offset, timestamp, key, value } of json) digest.update(`${offset} ${timestamp} ${key} ${value}\n`)
    expect(digest.digest('hex')).toBe(expected.recordsSha256)
  }
}

beforeAll(async () => {
  for (const codec of ['snappy', 'lz4', 'zstd'] as const) await prepareCodec(codec)
})

describe('batches of Apache Kafka', () => {
  test.each(javaCases)('$name: $about', ({ file, batches }) => {
    const found = batchesOf(file)
    expect(found).toHaveLength(batches.length)
    for (const [i, { header, bytes }] of found.entries()) {
      const { records, recordsSha256, readByJava: _, ...fields } = batches[i]!
      expect({
        ...header,
        baseTimestamp: String(header.baseTimestamp),
        maxTimestamp: String(header.maxTimestamp),
      }).toMatchObject(fields)
      expectRecords(readRecords(bytes), { records, recordsSha256 } as Contents)
    }
  })

  test.each(javaCases)('$name: scanning shows what reading does', ({ file }) => {
    for (const { header, bytes } of batchesOf(file)) {
      const scanned: unknown[] = []
      scanRecords(bytes, 0, (...record) => scanned.push(record))
      const read = readRecords(bytes).map(({ offset, timestamp, key, value }) => {
        return [offset - header.baseOffset, timestamp, key?.length ?? -1, value?.length ?? -1]
      })
      expect(scanned).toEqual(read)
    }
  })

  // Neither the time of an append, nor a delete horizon, nor offsets after the last record are for a producer to set.
  const ours = javaCases.filter(
    ({ batches }) =>
      !batches.some(
        (batch) => batch.codec !== 'none' || batch.hasDeleteHorizon || batch.timestampType !== 'CreateTime',
      ),
  )
  test.each(ours.filter(({ name }) => name !== 'empty'))('$name: is written byte by byte alike', ({ file }) => {
    for (const { header, bytes } of batchesOf(file)) {
      const records = readRecords(bytes).map((record) => ({
        ...record,
        offsetDelta: record.offset - header.baseOffset,
      }))
      expect(writeBatch({ ...header, records }).toString('hex')).toBe(bytes.toString('hex'))
    }
  })
})

describe('batches of librdkafka', () => {
  test.each(librdkafkaCases)('$name', ({ file, settings, controlRecords, ...contents }) => {
    const batches = batchesOf(file)
    const control = batches.filter(({ header }) => header.isControl)
    const data = batches.filter(({ header }) => !header.isControl)
    expectRecords(
      data.flatMap(({ bytes }) => readRecords(bytes)),
      contents,
    )
    expect(control.flatMap(({ bytes }) => readRecords(bytes))).toHaveLength(controlRecords)
    expect(data.every(({ header }) => header.isTransactional)).toBe('transactional.id' in settings)
    // librdkafka sends what does not shrink as it is.
    const codec = settings['compression.type']
    if (file !== 'librdkafka-nanoseconds.bin') expect(data.map(({ header }) => header.codec)).toContain(codec)
  })
})
