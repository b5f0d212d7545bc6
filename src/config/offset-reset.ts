import { ConfigException } from './java-error.ts'
import type { Validator } from './validators.ts'

const DURATION = /^([+-]?)P(?:([+-]?\d+)D)?(T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+)(?:[.,](\d{0,9}))?S)?)?$/i

/**
 * Milliseconds of an ISO-8601 duration (`P1DT2H3M4.5S`) as java.time.Duration.parse reads it, rounded down; undefined
 * where Java refuses it.
 */
export function durationMs(text: string): number | undefined {
  const match = DURATION.exec(text)
  if (!match) return undefined
  const [, sign, days, time, hours, minutes, seconds, fraction] = match
  if (time !== undefined && time.length === 1) return undefined
  if (days === undefined && hours === undefined && minutes === undefined && seconds === undefined) return undefined
  const negative = seconds?.startsWith('-') ? -1 : 1
  const wholeSeconds = Number(days ?? 0) * 86_400 + Number(hours ?? 0) * 3_600 + Number(minutes ?? 0) * 60
  const nanos = Number((fraction ?? '').padEnd(9, '0')) * negative
  const ms = (wholeSeconds + Number(seconds ?? 0)) * 1_000 + nanos / 1e6
  return Math.floor(sign === '-' ? -ms : ms)
}

/** Where a consumer starts when it has no valid offset. */
export type OffsetReset = { kind: 'latest' | 'earliest' | 'none' } | { kind: 'by_duration'; durationMs: number }

/** Parses `latest`, `earliest`, `none` or `by_duration:PT1H`; undefined for anything else and negative durations. */
export function parseOffsetReset(text: string | null): OffsetReset | undefined {
  if (text === 'latest' || text === 'earliest' || text === 'none') return { kind: text }
  if (!text?.startsWith('by_duration:')) return undefined
  const ms = durationMs(text.slice('by_duration:'.length))
  return ms === undefined || ms < 0 ? undefined : { kind: 'by_duration', durationMs: ms }
}

export const autoOffsetReset: Validator = {
  ensureValid(name, value, text) {
    if (parseOffsetReset(value as string | null)) return
    const values = "'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'."
    throw ConfigException.of(
      name,
      text,
      `Invalid value \`${text}\` for configuration ${name}. The value must be either ${values}`,
    )
  },
  description: '[latest, earliest, none, by_duration:PnDTnHnMn.nS]',
}

/** Share groups know no `none`. */
export const shareAutoOffsetReset: Validator = {
  ensureValid(name, value, text) {
    const strategy = parseOffsetReset(value as string | null)
    if (strategy && strategy.kind !== 'none') return
    const values = "'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'."
    throw ConfigException.of(
      name,
      text,
      `Invalid value \`${text}\` for configuration ${name}. The value must be either ${values}`,
    )
  },
  description: '[latest, earliest, by_duration:PnDTnHnMn.nS]',
}
