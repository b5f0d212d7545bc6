import { IllegalArgumentException, JavaError } from '../../config/java-error.ts'
import { javaDouble } from '../../config/java-text.ts'

/** What a Java deserializer makes of bytes, as its `toString` prints it. */
export type Deserializer = (data: Buffer) => string

const PACKAGE = 'org.apache.kafka.common.serialization.'
const HEX = '0123456789ABCDEF'

const DESERIALIZERS: Readonly<Record<string, Deserializer>> = {
  StringDeserializer: (data) => data.toString('utf8'),
  IntegerDeserializer: (data) => String(sized(data, 4, 'IntegerDeserializer').readInt32BE()),
  LongDeserializer: (data) => String(sized(data, 8, 'LongDeserializer').readBigInt64BE()),
  ShortDeserializer: (data) => String(sized(data, 2, 'ShortDeserializer').readInt16BE()),
  FloatDeserializer: (data) => javaFloat(sized(data, 4, 'Deserializer').readFloatBE()),
  DoubleDeserializer: (data) => javaDouble(sized(data, 8, 'Deserializer').readDoubleBE()),
  BooleanDeserializer: (data) => boolean(sized(data, 1, 'BooleanDeserializer').readInt8()),
  UUIDDeserializer: uuid,
  BytesDeserializer: printable,
  ByteArrayDeserializer: () => '[B@0',
  ByteBufferDeserializer: ({ length }) => `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`,
  VoidDeserializer: () => {
    throw new IllegalArgumentException('Data should be null for a VoidDeserializer.')
  },
}

/** The deserializer of that class; throws ClassNotFoundException for one that is not Kafka's own. */
export function deserializerOf(className: string): Deserializer {
  const found = className.startsWith(PACKAGE) ? DESERIALIZERS[className.slice(PACKAGE.length)] : undefined
  if (found) return found
  throw new JavaError('java.lang.ClassNotFoundException', className)
}

function sized(data: Buffer, size: number, name: string): Buffer {
  if (data.length === size) return data
  throw serializationError(`Size of data received by ${name} is not ${size}`)
}

function boolean(byte: number): string {
  if (byte !== 0 && byte !== 1) throw serializationError(`Unexpected byte received by BooleanDeserializer: ${byte}`)
  return byte === 1 ? 'true' : 'false'
}

/** Java's `UUID.fromString` takes groups of fewer digits, too. */
function uuid(data: Buffer): string {
  const text = data.toString('utf8')
  const groups = /^([0-9a-f]{1,8})-([0-9a-f]{1,4})-([0-9a-f]{1,4})-([0-9a-f]{1,4})-([0-9a-f]{1,12})$/i.exec(text)
  if (groups) return [8, 4, 4, 4, 12].map((size, i) => groups[i + 1]!.toLowerCase().padStart(size, '0')).join('-')
  const error = serializationError('Error parsing data into UUID')
  error.cause = new IllegalArgumentException(`Invalid UUID string: ${text}`)
  throw error
}

function printable(data: Buffer): string {
  let text = ''
  for (const byte of data) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x5c
    text += isPlain ? String.fromCharCode(byte) : `\\x${HEX[byte >> 4]}${HEX[byte & 15]}`
  }
  return text
}

/** Java's `Float.toString`: the fewest digits that mean this float and no other. */
export function javaFloat(value: number): string {
  if (!Number.isFinite(value) || value === 0) return javaDouble(value)
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return javaDouble(short)
  }
  return javaDouble(value)
}

function serializationError(message: string): JavaError {
  return new JavaError('org.apache.kafka.common.errors.SerializationException', message)
}
