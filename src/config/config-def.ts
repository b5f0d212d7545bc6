import { isKnownClass } from './java-classes.ts'
import { ConfigException } from './java-error.ts'
import { javaDouble, javaTrim, parseJavaDouble, parseJavaInteger } from './java-text.ts'
import type { Validator } from './validators.ts'

export { ConfigException } from './java-error.ts'

export type ConfigType = 'BOOLEAN' | 'STRING' | 'INT' | 'SHORT' | 'LONG' | 'DOUBLE' | 'LIST' | 'CLASS' | 'PASSWORD'
export type Importance = 'HIGH' | 'MEDIUM' | 'LOW'

/**
 * A parsed setting. LONG is a `number` here too: beyond 2^53 (in practice 2^63-1, "for ever") it is rounded, which
 * no comparison notices; `ConfigDef.textOf` keeps the exact digits.
 */
export type ConfigValue = boolean | string | number | readonly string[] | null

export interface ConfigKey {
  readonly name: string
  readonly type: ConfigType
  /** The default as text; null where Kafka's default is null; undefined where the key must be given. */
  readonly defaultText: string | null | undefined
  readonly importance: Importance
  readonly validator?: Validator
  /** Known to Kafka but not documented nor shown by DescribeConfigs. */
  readonly internal?: boolean
  /** How a running broker can be told of a new value; absent: only by a restart. */
  readonly update?: 'cluster-wide' | 'per-broker'
}

/** Declares one key of a table. */
export function key(
  name: string,
  type: ConfigType,
  defaultText: string | null | undefined,
  importance: Importance,
  validator?: Validator,
  more?: Pick<ConfigKey, 'internal' | 'update'>,
): ConfigKey {
  return { name, type, defaultText, importance, validator, ...more }
}

export const REQUIRED = undefined
export const CLUSTER_WIDE = { update: 'cluster-wide' } as const
export const PER_BROKER = { update: 'per-broker' } as const
export const INTERNAL = { internal: true } as const

/** Shown in place of every secret. */
export const HIDDEN = '[hidden]'

/** A set of keys with their types, defaults and checks, in the order in which Kafka checks them. */
export class ConfigDef {
  readonly keys: ReadonlyMap<string, ConfigKey>
  readonly #defaults = new Map<string, ConfigValue>()

  constructor(keys: readonly ConfigKey[]) {
    this.keys = new Map(keys.map((one) => [one.name, one]))
  }

  /**
   * Parses and checks every known key in declaration order and throws at the first bad one; unknown keys are left
   * alone, as in Kafka.
   */
  parse(properties: ReadonlyMap<string, string>): Map<string, ConfigValue> {
    const values = new Map<string, ConfigValue>()
    for (const [name, one] of this.keys) values.set(name, this.parseValue(one, properties.get(name)))
    return values
  }

  /** One key's value: parsed, without repeated list entries, and checked; its default when `text` is undefined. */
  parseValue(one: ConfigKey, text: string | undefined): ConfigValue {
    if (text === undefined) return this.defaultOf(one)
    const parsed = parseType(one.name, text, one.type)
    const value = one.validator?.dropsDuplicates && Array.isArray(parsed) ? [...new Set(parsed)] : parsed
    one.validator?.ensureValid(one.name, value, javaText(one.type, value, text))
    return value
  }

  /**
   * Throws for a key without default. Defaults are parsed once, since most settings of most files are defaults, and
   * not checked: a test holds that they pass.
   */
  defaultOf(one: ConfigKey): ConfigValue {
    const known = this.#defaults.get(one.name)
    if (known !== undefined) return known
    if (one.defaultText === undefined) {
      throw new ConfigException(`Missing required configuration "${one.name}" which has no default value.`)
    }
    const value = one.defaultText === null ? null : parseType(one.name, one.defaultText, one.type)
    this.#defaults.set(one.name, value)
    return value
  }

  /**
   * The value as Kafka's ConfigDef.convertToString writes it (lists joined by commas, numbers in Java's notation),
   * null when unset. Secrets come back as they are: hiding them is up to who shows them.
   */
  textOf(one: ConfigKey, text: string | undefined): string | null {
    if (text === undefined) return one.defaultText ?? null
    const value = this.parseValue(one, text)
    return Array.isArray(value) ? value.join(',') : javaText(one.type, value, text)
  }
}

/** Parses by type, with the errors of Kafka's ConfigDef.parseType; the error shows the text as given, untrimmed. */
export function parseType(name: string, text: string, type: ConfigType): ConfigValue {
  const trimmed = javaTrim(text)
  switch (type) {
    case 'BOOLEAN': {
      const lower = trimmed.toLowerCase()
      if (lower === 'true') return true
      if (lower === 'false') return false
      throw ConfigException.of(name, text, 'Expected value to be either true or false')
    }
    case 'INT':
    case 'SHORT':
    case 'LONG':
      return numberOrThrow(
        parseJavaInteger(trimmed, type === 'INT' ? 32 : type === 'SHORT' ? 16 : 64),
        name,
        text,
        type,
      )
    case 'DOUBLE':
      return numberOrThrow(parseJavaDouble(trimmed), name, text, type)
    case 'LIST':
      return trimmed === '' ? [] : trimmed.split(/[ \t\n\v\f\r]*,[ \t\n\v\f\r]*/)
    case 'CLASS':
      if (isKnownClass(trimmed)) return trimmed
      throw ConfigException.of(name, text, `Class ${text} could not be found.`)
    default:
      return trimmed
  }
}

function numberOrThrow(value: number | undefined, name: string, text: string, type: ConfigType): number {
  if (value === undefined) throw ConfigException.of(name, text, `Not a number of type ${type}`)
  return value
}

/** A parsed value as Java's `toString` shows it; `original` gives the exact digits of a LONG beyond 2^53. */
export function javaText(type: ConfigType, value: ConfigValue, original: string): string | null {
  if (value === null) return null
  if (Array.isArray(value)) return `[${value.join(', ')}]`
  if (typeof value !== 'number') return String(value)
  if (type === 'DOUBLE') return javaDouble(value)
  return Number.isSafeInteger(value) ? String(value) : BigInt(javaTrim(original).replace('+', '')).toString()
}
