import type { ConfigValue } from './config-def.ts'
import { ConfigException } from './java-error.ts'

/**
 * Checks one parsed value. `text` is the value as Java prints it, for messages: a LONG beyond 2^53 is a rounded
 * `number` here, but its text is exact.
 */
export interface Validator {
  ensureValid(name: string, value: ConfigValue, text: string | null): void
  /** What `--help`-like listings show as valid values. */
  readonly description: string
  /** Lists with this mark lose repeated entries before they are checked. */
  readonly dropsDuplicates?: true
}

/**
 * A number of at least `min` and, when given, at most `max`. Bounds that Kafka declares as fractions are texts here
 * (`'1.0'`), because messages show them so.
 */
function range(min: number | string, max?: number | string): Validator {
  const [lowest, highest] = [Number(min), max === undefined ? Number.POSITIVE_INFINITY : Number(max)]
  return {
    ensureValid(name, value, text) {
      if (value === null) throw ConfigException.of(name, null, 'Value must be non-null')
      if ((value as number) < lowest) throw ConfigException.of(name, text, `Value must be at least ${min}`)
      if ((value as number) > highest) throw ConfigException.of(name, text, `Value must be no more than ${max}`)
    },
    description: max === undefined ? `[${min},...]` : `[${min},...,${max}]`,
  }
}

export const atLeast = (min: number | string): Validator => range(min)
export const between = (min: number | string, max: number | string): Validator => range(min, max)

/** A string out of a fixed set. */
export function oneOf(...valid: string[]): Validator {
  return {
    ensureValid(name, value, text) {
      if (!valid.includes(value as string)) {
        throw ConfigException.of(name, text, `String must be one of: ${valid.join(', ')}`)
      }
    },
    description: `[${valid.join(', ')}]`,
  }
}

/** A string out of a fixed set, in any case. The order of `valid` is that of Kafka's message (a Java hash set). */
export function oneOfIgnoringCase(...valid: string[]): Validator {
  return {
    ensureValid(name, value, text) {
      if (value === null || !valid.includes((value as string).toUpperCase())) {
        throw ConfigException.of(name, text, `String must be one of (case insensitive): ${valid.join(', ')}`)
      }
    },
    description: `(case insensitive) [${valid.join(', ')}]`,
  }
}

/** A list without empty entries, out of `valid` when that is given. */
export function listOf(options: { empty: boolean; null?: boolean; valid?: string[] }): Validator {
  const valid = options.valid ?? []
  const entry = oneOf(...valid)
  return {
    ensureValid(name, value) {
      if (value === null) {
        if (options.null) return
        throw new ConfigException(`Configuration '${name}' values must not be null.`)
      }
      const values = value as readonly string[]
      if (!options.empty && values.length === 0) {
        const known = valid.length === 0 ? 'any non-empty value' : entry.description
        throw new ConfigException(`Configuration '${name}' must not be empty. Valid values include: ${known}`)
      }
      for (const one of values) {
        if (one === '') throw new ConfigException(`Configuration '${name}' values must not be empty.`)
        if (valid.length > 0) entry.ensureValid(name, one, one)
      }
    },
    description: valid.length === 0 ? '' : entry.description,
    dropsDuplicates: true,
  }
}

export const nonNull: Validator = {
  ensureValid(name, value) {
    if (value === null) throw ConfigException.of(name, 'null', 'entry must be non null')
  },
  description: 'non-null string',
}

export const nonEmptyString: Validator = {
  ensureValid(name, value, text) {
    if (value === '') throw ConfigException.of(name, text, 'String must be non-empty')
  },
  description: 'non-empty string',
}

/** gzip takes levels 1 to 9, and -1 for the library's own choice. */
export const gzipLevel: Validator = {
  ensureValid(name, value, text) {
    if (value === null) throw ConfigException.of(name, null, 'Value must be non-null')
    const level = value as number
    if (level > 9 || (level < 1 && level !== -1)) {
      throw ConfigException.of(name, text, 'Value must be between 1 and 9 or equal to -1')
    }
  },
  description: '[1,...,9] or -1',
}

/** Replicas as `partition:broker`, or `*` for all of them. */
export const throttledReplicas: Validator = {
  ensureValid(name, value, text) {
    const proposed = (value as readonly string[]).map((one) => one.trim())
    if (proposed.every((one) => /^(?:\d+:\d+)?$/.test(one)) || proposed.join('') === '*') return
    const format = '[partitionId]:[brokerId],[partitionId]:[brokerId],...'
    throw ConfigException.of(
      name,
      text,
      `${name} must be the literal '*' or a list of replicas in the following format: ${format}`,
    )
  },
  description: '[partitionId]:[brokerId],[partitionId]:[brokerId],...',
}

function shareMode(first: string, second: string, inAnyCase: boolean): Validator {
  return {
    ensureValid(name, value, text) {
      const mode = inAnyCase ? (value as string | null)?.toLowerCase() : value
      if (mode === first || mode === second) return
      const reason = `Invalid value \`${text}\` for configuration ${name}. The value must either be '${first}' or '${second}'.`
      throw ConfigException.of(name, text, reason)
    },
    description: `[${first}, ${second}]`,
  }
}

export const shareAcknowledgementMode = shareMode('implicit', 'explicit', false)
export const shareAcquireMode = shareMode('batch_optimized', 'record_limit', true)
