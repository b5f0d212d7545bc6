/** Random messages of any schema, for property tests. */
import fc from 'fast-check'
import { defaultOf } from '../../src/protocol/codec.ts'
import { type Field, type Fields, isFlexible, type Message } from '../../src/protocol/schema.ts'

const MAX = 2n ** 63n - 1n

/** As a reader yields it: a bigint only where a number would round. */
function narrowed(value: bigint): number | bigint {
  return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function integer(bits: number, signed = true): fc.Arbitrary<number> {
  const min = signed ? -(2 ** (bits - 1)) : 0
  const max = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1
  return fc.oneof({ weight: 4, arbitrary: fc.integer({ min, max }) }, fc.constantFrom(min, max, 0, 1))
}

const anyInt64 = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(0, -1, 1, 2 ** 32, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
)

const anyInt64Wide = fc.oneof(
  anyInt64,
  fc.bigInt({ min: -MAX - 1n, max: MAX }).map(narrowed),
  fc.constantFrom(MAX, MAX - 1n, -MAX - 1n, -MAX, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), -(2n ** 53n) - 1n),
)

const anyString = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
  { weight: 1, arbitrary: fc.constantFrom('', 'x'.repeat(126), 'ü'.repeat(64), 'long '.repeat(400)) },
)

function anyBytes(maxLength: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes))
}

const anyUuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url'))

const anyUnknownTags = fc
  .uniqueArray(fc.record({ tag: fc.integer({ min: 1000, max: 2 ** 31 - 2 }), data: anyBytes(20) }), {
    selector: ({ tag }) => tag,
    minLength: 1,
    maxLength: 3,
  })
  .map((tags) => tags.sort((a, b) => a.tag - b.tag))

function isPresent(field: Field, version: number): boolean {
  return version >= (field.since ?? 0) && version <= (field.until ?? Number.MAX_SAFE_INTEGER)
}

function isNullable(field: Field, version: number): boolean {
  return field.nullable && version >= (field.nullableSince ?? 0) && version <= (field.nullableUntil ?? Infinity)
}

/** A message of `version` with every field: those that the version lacks hold their default. */
export function anyMessage(message: Message, version: number): fc.Arbitrary<Record<string, unknown>> {
  return anyStruct(message.fields, version, isFlexible(message, version))
}

function anyStruct(fields: Fields, version: number, flexible: boolean): fc.Arbitrary<Record<string, unknown>> {
  const known = Object.entries(fields).map(([key, field]): [string, fc.Arbitrary<unknown>] => {
    if (!isPresent(field, version)) return [key, fc.constant(defaultOf(field))]
    const value = anyField(field, version, flexible)
    return [key, field.tag === undefined ? value : fc.oneof(fc.constant(defaultOf(field)), value)]
  })
  const all = fc.record(Object.fromEntries(known), { noNullPrototype: true })
  if (!flexible) return all
  return fc
    .tuple(all, fc.option(anyUnknownTags, { freq: 5, nil: undefined }))
    .map(([value, tags]) => (tags ? { ...value, unknownTaggedFields: tags.map((tag) => ({ ...tag })) } : value))
}

function anyField(field: Field, version: number, flexible: boolean): fc.Arbitrary<unknown> {
  const value = anyValue(field, version, flexible)
  return isNullable(field, version) ? fc.option(value, { freq: 4 }) : value
}

function anyValue(field: Field, version: number, flexible: boolean): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'bool':
      return fc.boolean()
    case 'int8':
      return integer(8)
    case 'int16':
      return integer(16)
    case 'uint16':
      return integer(16, false)
    case 'int32':
      return integer(32)
    case 'uint32':
      return integer(32, false)
    case 'int64':
      return anyInt64
    case 'int64Wide':
      return anyInt64Wide
    case 'float64':
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case 'string':
      return anyString
    case 'uuid':
      return anyUuid
    case 'bytes':
      return anyBytes(20)
    case 'records':
      return fc.oneof(anyBytes(20), fc.constant(Buffer.alloc(3000, 'records')))
    case 'array':
      return fc.array(anyField(field.element!, version, flexible), { maxLength: 3 })
    case 'struct':
      return anyStruct(field.fields!, version, flexible)
  }
}
