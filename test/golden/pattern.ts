import { optionTable } from './case.ts'

/** Placeholders of recorded texts, and what may stand for them. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '<uuid>': '[A-Za-z0-9_-]{22}',
  '<uuid4>': '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}',
  '<ts>': '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3}',
  '<ts_ms>': '\\d{13}',
  '<datetime>': '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+(?:Z|[+-]\\d\\d:?\\d\\d)?',
  '<n>': '\\d+',
  '<hash>': '[0-9a-f]+',
}

/** A Java stack trace, or none: our tools print the lines with a class and a message, never a frame. */
const STACK = '(?:\\t(?:at |\\.\\.\\. )[^\\n]*\\n)*'
const REPEATED = /^<the line above repeats; \d+ times in all>$/

/**
 * A recorded text as a pattern that the whole output must match. `values` are what this run has for `$TMP` and the like.
 */
export function patternOf(recorded: string, values: Readonly<Record<string, string>>): RegExp {
  const parts: string[] = []
  for (const line of linesOf(expandHelp(recorded))) {
    if (line === '\tat <stack>\n') parts.push(STACK)
    else if (REPEATED.test(line.trimEnd())) parts.push(`(?:${parts.at(-1)})*`)
    else parts.push(linePattern(substitute(line, values)))
  }
  return new RegExp(`^${parts.join('')}$`)
}

/** Replaces `$NAME` by this run's value. */
export function substitute(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$([A-Z]+)/g, (whole, name: string) => values[name] ?? whole)
}

function expandHelp(recorded: string): string {
  return recorded.replace(/<help:([\w-]+)>\n/g, (_, tool: string) => optionTable(tool))
}

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function linePattern(line: string): string {
  const names = Object.keys(PLACEHOLDERS).join('|')
  return line
    .split(new RegExp(`(${names})`))
    .map((part) => PLACEHOLDERS[part] ?? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('')
}

/**
 * What a case's notes say varies is taken out of both texts: the number of warnings, the order of settings. The bytes of
 * SCRAM credentials are random, and a list of all topics shows what other cases left.
 */
export function withoutVariation(text: string, notes: string): string {
  let plain = text.replace(/\b(salt|storedKey|serverKey)=\[[-\d, ]*\]/g, '$1=[…]')
  if (/warning(?: line)?s(?: lines)? var/.test(notes))
    plain = plain.replace(/^\[[^\]]*\] WARN .*\n(?:<the line.*\n)?/gm, '')
  if (notes.includes('order of Configs may vary')) {
    plain = plain.replace(
      /Configs: (.*)$/gm,
      (_, configs: string) =>
        `Configs: ${configs
          .split(/,(?=[a-z.]+=)/)
          .sort()
          .join(',')}`,
    )
  }
  if (notes.includes('other groups vary')) return rowShapesOf(plain)
  return notes.includes('look only at the shape') ? shapesOf(plain) : plain
}

/** The different kinds of lines in what is told of all groups, whatever their names, offsets and column widths. */
function rowShapesOf(text: string): string {
  const rows = text
    .replace(/^<the line above repeats.*\n/gm, '')
    .replace(/\$BOOTSTRAP|127\.0\.0\.1:\d+/g, '…')
    .replace(/^(Consumer group )'[^']*'/gm, '$1…')
    .replace(/^[a-z][\w.<>-]*(?: +[a-z][\w.<>-]*)?/gm, '…')
    .replace(/(?<= )(?:\d+|-)(?= |$)/gm, '…')
    .replace(/ +/g, ' ')
  return [...new Set(rows.split('\n'))].sort().join('\n')
}

/** The different kinds of JSON records in a dump of an internal topic, whoever's they are and however many. */
function shapesOf(dump: string): string {
  const records = dump
    .replace(/\}\{"key"/g, '}\n{"key"')
    .replace(/"(group|topic|topicId)":"[^"]*"/g, '"$1":…')
    .replace(/"(partition|offset|leaderEpoch|commitTimestamp)":(?:-?\d+|<ts_ms>)/g, '"$1":…')
    .replace(/a total of \d+ messages/, 'a total of … messages')
  return [...new Set(records.split('\n'))].sort().join('\n')
}
