/** Messages as JSON, in the form Apache Kafka's own JSON converters give them. */
import type { Field, Fields, Message } from '../../src/protocol/schema.ts'

export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json }

const STRING_OR_NUMBER = /("(?:[^"\\]|\\.)*")|-?\d+(\.\d+)?([eE][+-]?\d+)?/g

/** JSON.parse that keeps integers too large for a double as bigint. */
export function parseJson(text: string): Json {
  const marked = text.replace(STRING_OR_NUMBER, (whole, quoted, fraction, exponent) => {
    if (quoted !== undefined || fraction !== undefined || exponent !== undefined) return whole
    return Number.isSafeInteger(Number(whole)) ? whole : `{"$int64":"${whole}"}`
  })
  return JSON.parse(marked, (_key, value) =>
    value !== null && typeof value === 'object' && typeof value.$int64 === 'string' ? BigInt(value.$int64) : value,
  )
}

function isPresent(field: Field, version: number): boolean {
  return version >= (field.since ?? 0) && version <= (field.until ?? Number.MAX_SAFE_INTEGER)
}

/** JSON → what `encode` takes. */
export function fromJson(message: Message, json: Json): Record<string, unknown> {
  return structFromJson(message.fields, json as Record<string, Json>)
}

function structFromJson(fields: Fields, json: Record<string, Json>): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const [key, field] of Object.entries(fields)) {
    if (json[key] !== undefined) value[key] = fieldFromJson(field, json[key])
  }
  const unknown = json._unknownTaggedFields as { tag: number; data: string }[] | undefined
  if (unknown) {
    value.unknownTaggedFields = unknown.map(({ tag, data }) => ({ tag, data: Buffer.from(data, 'base64') }))
  }
  return value
}

function fieldFromJson(field: Field, json: Json): unknown {
  if (json === null) return null
  if (field.type === 'bytes' || field.type === 'records') return Buffer.from(json as string, 'base64')
  if (field.type === 'array') return (json as Json[]).map((element) => fieldFromJson(field.element!, element))
  if (field.type === 'struct') return structFromJson(field.fields!, json as Record<string, Json>)
  if (field.type === 'int64Wide' && typeof json === 'string') return BigInt(json)
  // A double that is an integer beyond 2^53, and one that JSON has no number for.
  if (field.type === 'float64') return Number(json)
  return json
}

/** What `decode` yields → JSON of that version: fields the version lacks are left out. */
export function toJson(message: Message, version: number, value: unknown, like?: Json): Json {
  return structToJson(message.fields, version, value as Record<string, unknown>, like as Record<string, Json>)
}

/**
 * Apache's converters leave out tagged fields that hold their default. `like` (the expected JSON) decides whether
 * such a field is printed, so that both forms compare.
 */
function structToJson(
  fields: Fields,
  version: number,
  value: Record<string, unknown>,
  like?: Record<string, Json>,
): Json {
  const json: { [key: string]: Json } = {}
  for (const [key, field] of Object.entries(fields)) {
    if (!isPresent(field, version)) continue
    if (field.tag !== undefined && like && !(key in like)) {
      if (!isDefault(field, value[key])) json[key] = fieldToJson(field, version, value[key])
      continue
    }
    json[key] = fieldToJson(field, version, value[key], like?.[key])
  }
  const unknown = value.unknownTaggedFields as { tag: number; data: Buffer }[] | undefined
  if (unknown) json._unknownTaggedFields = unknown.map(({ tag, data }) => ({ tag, data: data.toString('base64') }))
  return json
}

function fieldToJson(field: Field, version: number, value: unknown, like?: Json): Json {
  if (value === null) return null
  if (field.type === 'bytes' || field.type === 'records') return (value as Buffer).toString('base64')
  if (field.type === 'array') {
    return (value as unknown[]).map((element, i) =>
      fieldToJson(field.element!, version, element, (like as Json[])?.[i]),
    )
  }
  if (field.type === 'struct') {
    return structToJson(field.fields!, version, value as Record<string, unknown>, like as Record<string, Json>)
  }
  if (field.type === 'float64') {
    // Equal to what was given, in the form that was given.
    if (typeof like === 'bigint' && Number(like) === value) return like
    return Number.isFinite(value) ? (value as number) : String(value)
  }
  return value as Json
}

function isDefault(field: Field, value: unknown): boolean {
  if (value === null) return field.default === null
  if (field.type === 'array' || field.type === 'bytes')
    return field.default !== null && (value as unknown[]).length === 0
  if (field.type === 'struct') {
    return Object.entries(field.fields!).every(([key, inner]) =>
      isDefault(inner, (value as Record<string, unknown>)[key]),
    )
  }
  const zero =
    field.type === 'bool' ? false : field.type === 'string' ? '' : field.type === 'uuid' ? 'AAAAAAAAAAAAAAAAAAAAAA' : 0
  return value === (field.default ?? zero)
}
