import { expect, test } from 'vitest'
import { FetchedRecords } from '../../../src/client/fetched-records.ts'
import { encodeToBuffer } from '../../../src/protocol/codec.ts'
import { type NewRecord, writeBatch } from '../../../src/protocol/record-batch.ts'
import { OffsetCommitKey, OffsetCommitValue } from '../../../src/protocol/records/group-coordinator.ts'
import { deserializerOf, javaFloat } from '../../../src/tools/console-consumer/deserializers.ts'
import { createFormatter } from '../../../src/tools/console-consumer/formatter.ts'
import { Output } from '../../../src/tools/console-consumer/output.ts'

const SERIALIZATION = 'org.apache.kafka.common.serialization.'

async function print(
  records: readonly NewRecord[],
  properties: Record<string, string> = {},
  formatter = 'DefaultMessageFormatter',
): Promise<{ out: string; errors: string[] }> {
  let out = ''
  const errors: string[] = []
  const log = { warn: () => {}, error: (text: string) => errors.push(text) }
  const terminal = {
    out: (bytes: string | Uint8Array) => {
      out += Buffer.from(bytes as Uint8Array).toString()
    },
    err: () => {},
    stdin: process.stdin,
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
  }
  const name = `org.apache.kafka.tools.consumer.${formatter}`
  const format = await createFormatter(name, new Map(Object.entries(properties)), log)
  const output = new Output(terminal)
  const batch = writeBatch({ baseOffset: 3, records: [...records] })
  const fetched = new FetchedRecords('t', 2, batch, { fetchOffset: 0, checkCrcs: true })
  while (fetched.next()) format(fetched, output)
  await output.flush()
  return { out, errors }
}

const record: NewRecord = {
  key: Buffer.from('k'),
  value: Buffer.from('v'),
  timestamp: 1_700_000_000_000,
  headers: [
    { key: 'h', value: Buffer.from('1') },
    { key: 'n', value: null },
  ],
}

test('the default is the value and a line feed; null reads null', async () => {
  expect((await print([record, { value: null }])).out).toBe('v\nnull\n')
})

test('columns come in the order of Kafka, whatever is printed', async () => {
  const all = ['timestamp', 'partition', 'offset', 'epoch', 'headers', 'key', 'delivery']
  const properties = Object.fromEntries(all.map((name) => [`print.${name}`, 'true']))
  expect((await print([record], properties)).out).toBe(
    'CreateTime:1700000000000\tPartition:2\tOffset:3\tDelivery:NOT_PRESENT\tEpoch:NOT_PRESENT\th:1,n:null\tk\tv\n',
  )
})

test('separators and the word for null can be set, and the value left out', async () => {
  const properties = { 'print.key': 'true', 'print.headers': 'true', 'key.separator': '|', 'line.separator': ';' }
  expect((await print([{ value: null }], { ...properties, 'null.literal': '∅' })).out).toBe('NO_HEADERS|∅|∅;')
  expect((await print([record], { ...properties, 'print.value': 'false' })).out).toBe('h:1,n:null|k;')
})

test('deserializers print as the toString of Java', () => {
  const of = (name: string, hex: string) => deserializerOf(SERIALIZATION + name)(Buffer.from(hex, 'hex'))
  expect(of('IntegerDeserializer', 'ffffffff')).toBe('-1')
  expect(of('LongDeserializer', '7fffffffffffffff')).toBe('9223372036854775807')
  expect(of('ShortDeserializer', '8000')).toBe('-32768')
  expect(of('DoubleDeserializer', '3ff0000000000000')).toBe('1.0')
  expect(of('FloatDeserializer', '41424344')).toBe('12.141422')
  expect(of('BooleanDeserializer', '01')).toBe('true')
  expect(of('BytesDeserializer', '61005c')).toBe('a\\x00\\x5C')
  expect(of('ByteBufferDeserializer', '01020304')).toBe('java.nio.HeapByteBuffer[pos=0 lim=4 cap=4]')
  expect(() => of('IntegerDeserializer', '00')).toThrow('Size of data received by IntegerDeserializer is not 4')
})

test.each([
  [0.1, '0.1'],
  [16777216, '1.6777216E7'],
  [1e-5, '1.0E-5'],
])('the float %d reads %s', (value, expected) => {
  expect(javaFloat(Math.fround(value))).toBe(expected)
})

test('an unknown deserializer is told of, and the bytes are printed', async () => {
  const { out, errors } = await print([record], { 'value.deserializer': 'no.such.Deserializer' })
  expect([out, errors]).toEqual(['v\n', ['Unable to instantiate a deserializer from no.such.Deserializer']])
})

test('commits in __consumer_offsets print as JSON, and other records not at all', async () => {
  const prefixed = (version: number, body: Buffer) => Buffer.concat([Buffer.from([0, version]), body])
  const key = prefixed(1, encodeToBuffer(OffsetCommitKey, 0, { group: 'g', topic: 't', partition: 1 }))
  const value = prefixed(
    4,
    encodeToBuffer(OffsetCommitValue, 4, { offset: 2n ** 62n, leaderEpoch: 3, metadata: '"', commitTimestamp: 5 }),
  )
  const other = prefixed(2, Buffer.from([0, 1, 0x67]))

  const { out } = await print(
    [
      { key, value },
      { key, value: null },
      { key: other, value },
    ],
    {},
    'OffsetsMessageFormatter',
  )

  const shownKey = '{"key":{"type":1,"data":{"group":"g","topic":"t","partition":1}}'
  const data = '{"offset":4611686018427387904,"leaderEpoch":3,"metadata":"\\"","commitTimestamp":5}'
  expect(out).toBe(`${shownKey},"value":{"version":4,"data":${data}}}${shownKey},"value":null}`)
})
