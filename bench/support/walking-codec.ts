/** The simplest codec there is, for comparison: it walks the declaration for every message. */
import { defaultOf } from '../../src/protocol/codec.ts'
import type { Reader } from '../../src/protocol/reader.ts'
import { type Field, type Fields, isFlexible, type Message } from '../../src/protocol/schema.ts'
import { Writer } from '../../src/protocol/writer.ts'

type Value = Record<string, unknown>

interface Tag {
  readonly tag: number
  readonly data: Buffer
}

function isPresent(field: Field, version: number): boolean {
  return version >= (field.since ?? 0) && version <= (field.until ?? Number.MAX_SAFE_INTEGER)
}

function isNullable(field: Field, version: number): boolean {
  const until = field.nullableUntil ?? Number.MAX_SAFE_INTEGER
  return field.nullable && version >= (field.nullableSince ?? 0) && version <= until
}

export function walkDecode(message: Message, version: number, reader: Reader): Value {
  return readStruct(reader, message.fields, version, isFlexible(message, version))
}

function readStruct(reader: Reader, fields: Fields, version: number, flexible: boolean): Value {
  const value: Value = {}
  for (const key in fields) {
    const field = fields[key]!
    const isRead = field.tag === undefined && isPresent(field, version)
    value[key] = isRead ? readField(reader, field, version, flexible) : defaultOf(field)
  }
  if (!flexible) return value
  for (let tags = reader.unsignedVarint(); tags > 0; tags--) {
    const tag = reader.unsignedVarint()
    const size = reader.unsignedVarint()
    const known = Object.entries(fields).find(([, field]) => field.tag === tag && isPresent(field, version))
    if (known) value[known[0]] = readField(reader, known[1], version, true)
    else ((value.unknownTaggedFields ??= []) as Tag[]).push({ tag, data: reader.slice(size) })
  }
  return value
}

function readField(reader: Reader, field: Field, version: number, flexible: boolean): unknown {
  const nullable = isNullable(field, version)
  switch (field.type) {
    case 'string':
      if (flexible) return nullable ? reader.compactNullableString() : reader.compactString()
      return nullable ? reader.nullableString() : reader.string()
    case 'bytes':
    case 'records':
      if (flexible) return nullable ? reader.compactNullableBytes() : reader.compactBytes()
      return nullable ? reader.nullableBytes() : reader.bytes()
    case 'struct':
      if (nullable && reader.int8() < 0) return null
      return readStruct(reader, field.fields!, version, flexible)
    case 'array': {
      const count = flexible ? reader.compactNullableArrayCount(1) : reader.nullableArrayCount(1)
      if (count < 0) return null
      const values: unknown[] = []
      for (let i = 0; i < count; i++) values.push(readField(reader, field.element!, version, flexible))
      return values
    }
    default:
      return reader[field.type]()
  }
}

export function walkEncode(message: Message, version: number, value: Value, writer: Writer): void {
  writeStruct(writer, message.fields, version, isFlexible(message, version), value)
}

function writeStruct(writer: Writer, fields: Fields, version: number, flexible: boolean, value: Value): void {
  const tags: Tag[] = []
  for (const key in fields) {
    const field = fields[key]!
    if (!isPresent(field, version)) continue
    const inner = value[key] === undefined ? defaultOf(field) : value[key]
    if (field.tag === undefined) writeField(writer, field, version, flexible, inner)
    else if (value[key] !== undefined && JSON.stringify(inner) !== JSON.stringify(defaultOf(field))) {
      const nested = new Writer(64)
      writeField(nested, field, version, true, inner)
      tags.push({ tag: field.tag, data: nested.toBuffer() })
    }
  }
  if (!flexible) return
  writer.unsignedVarint(tags.length)
  for (const { tag, data } of tags.sort((a, b) => a.tag - b.tag)) {
    writer.unsignedVarint(tag)
    writer.unsignedVarint(data.length)
    writer.raw(data)
  }
}

function writeField(writer: Writer, field: Field, version: number, flexible: boolean, value: unknown): void {
  switch (field.type) {
    case 'string':
      if (flexible) writer.compactNullableString(value as string | null)
      else writer.nullableString(value as string | null)
      return
    case 'bytes':
      if (flexible) writer.compactNullableBytes(value as Buffer | null)
      else writer.nullableBytes(value as Buffer | null)
      return
    case 'records':
      if (flexible) writer.compactRecords(value as Buffer | null)
      else writer.records(value as Buffer | null)
      return
    case 'struct':
      if (isNullable(field, version)) writer.int8(value === null ? -1 : 1)
      if (value !== null) writeStruct(writer, field.fields!, version, flexible, value as Value)
      return
    case 'array': {
      const values = value as unknown[] | null
      if (flexible) writer.unsignedVarint(values === null ? 0 : values.length + 1)
      else writer.int32(values === null ? -1 : values.length)
      for (const element of values ?? []) writeField(writer, field.element!, version, flexible, element)
      return
    }
    default:
      ;(writer[field.type] as (value: unknown) => void).call(writer, value)
  }
}
