import { defaultsOf } from '../../protocol/codec.ts'
import type { Field, Fields, Message } from '../../protocol/schema.ts'

/**
 * A decoded message as Kafka's own JSON converters write it: the fields that the version has, tagged ones only when they
 * differ from their default, bytes in base64.
 */
export function messageToJson(message: Message, version: number, value: unknown): string {
  return structToJson(message.fields, version, value as Record<string, unknown>, defaultsOf(message))
}

function structToJson(
  fields: Fields,
  version: number,
  value: Record<string, unknown>,
  defaults: Record<string, unknown> | undefined,
): string {
  const parts: string[] = []
  for (const [name, field] of Object.entries(fields)) {
    if (version < (field.since ?? 0) || version > (field.until ?? Number.MAX_SAFE_INTEGER)) continue
    const json = fieldToJson(field, version, value[name])
    if (field.tag !== undefined && json === fieldToJson(field, version, defaults?.[name] ?? null)) continue
    parts.push(`${JSON.stringify(name)}:${json}`)
  }
  return `{${parts.join(',')}}`
}

function fieldToJson(field: Field, version: number, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  switch (field.type) {
    case 'array':
      return `[${(value as unknown[]).map((one) => fieldToJson(field.element!, version, one)).join(',')}]`
    case 'struct':
      return structToJson(field.fields!, version, value as Record<string, unknown>, undefined)
    case 'bytes':
    case 'records':
      return JSON.stringify((value as Buffer).toString('base64'))
    case 'int64':
    case 'int64Wide':
      return String(value)
    default:
      return JSON.stringify(value)
  }
}
