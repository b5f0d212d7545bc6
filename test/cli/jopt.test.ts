import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  doubleOption,
  flag,
  integerOption,
  longOption,
  type ParsedOptions,
  parseOptions,
  stringOption,
} from '../../src/cli/jopt.ts'
import { formatOptionTable } from '../../src/cli/jopt-help.ts'
import { breakableWords } from '../../src/cli/line-break.ts'
import { javaTrace } from '../../src/config/java-error.ts'

/** The same options that the recording of jopt-simple 5.0.4 declared. */
const OPTIONS = {
  list: flag('d'),
  v: flag(''),
  x: flag(''),
  p: integerOption(''),
  name: stringOption(''),
  opt: stringOption('', { optional: true }),
  num: integerOption('', { optional: true }),
  csv: stringOption('', { separator: ',' }),
  alt: flag(''),
  only: flag('', { availableIf: ['list', 'alt'] }),
  help: flag('', { forHelp: true }),
  int: integerOption(''),
  long: longOption(''),
  double: doubleOption(''),
  alias: integerOption('', { aliases: ['l', 'another'] }),
  'with-default': stringOption('', { default: 'dflt' }),
}

interface Recorded {
  readonly argv: string[]
  readonly error?: string
  readonly options?: Record<string, RecordedOption>
  readonly rest?: string[]
}

interface RecordedOption {
  readonly has: boolean
  readonly values?: (string | number)[]
  readonly valuesError?: string
  readonly causes?: string[]
  readonly valueError?: string
}

const recordings = readFileSync(join(import.meta.dirname, '../fixtures/cli/jopt.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded)

test.each(recordings.map((recorded) => [JSON.stringify(recorded.argv), recorded] as const))(
  'reads %s as jopt-simple does',
  (_, recorded) => {
    expect(observe(recorded.argv)).toEqual(recorded)
  },
)

function observe(argv: string[]): Recorded {
  let parsed: ParsedOptions<typeof OPTIONS>
  try {
    parsed = parseOptions(OPTIONS, argv)
  } catch (error) {
    return { argv, error: texts(error)[0] }
  }
  const names = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[]
  const options = names.map((name) => [name, observeOption(parsed, name)] as const)
  return { argv, options: Object.fromEntries(options), rest: [...parsed.nonOptions] }
}

function observeOption(parsed: ParsedOptions<typeof OPTIONS>, name: keyof typeof OPTIONS): RecordedOption {
  const has = parsed.has(name)
  let values: { values: (string | number)[] } | { valuesError?: string; causes: string[] }
  try {
    values = { values: [...parsed.values(name)] }
  } catch (error) {
    const [valuesError, ...causes] = texts(error)
    values = { valuesError, causes }
  }
  try {
    parsed.value(name)
    return { has, ...values }
  } catch (error) {
    return { has, ...values, valueError: texts(error)[0] }
  }
}

/** `class: message` of an error and of its causes. */
function texts(error: unknown): string[] {
  return javaTrace(error)
    .trimEnd()
    .split('\n')
    .map((line) => line.replace('Caused by: ', ''))
}

test('a required option that is missing is named, and help excuses it', () => {
  const options = { ...OPTIONS, must: stringOption('', { required: true }) }
  expect(() => parseOptions(options, [])).toThrow('Missing required option(s) [must]')
  expect(parseOptions(options, ['--help']).has('must')).toBe(false)
})

test('the help marks required options, shows short names first and several defaults as a list', () => {
  const table = formatOptionTable({
    must: stringOption('Needed.', { required: true, argument: 'what' }),
    alias: integerOption('Numbers.', { aliases: ['a'], default: [1, 2], separator: ',' }),
  })
  // As jopt-simple printed it; each line is padded to the width of the table.
  expect(table.split('\n').map((line) => line.trimEnd())).toEqual([
    'Option (* = required)    Description',
    '---------------------    -----------',
    '-a, --alias <Integer>    Numbers. (default: [1, 2])',
    '* --must <String: what>  Needed.',
    '',
  ])
  expect(formatOptionTable({})).toBe('No options specified  \n')
})

test.each([
  ['org.apache.kafka', ['org.', 'apache.', 'kafka']],
  ['version 4.3.1, or', ['version ', '4.3.1, ', 'or']],
  ['localhost:9092 --all', ['localhost:', '9092 ', '--', 'all']],
  ["consumer's $HOME it", ["consumer's ", '$HOME ', 'it']],
  ['a=b (c) "d"', ['a=b ', '(c) ', '"d"']],
])('%j may be broken where Java breaks it', (text, words) => {
  expect(breakableWords(text)).toEqual(words)
})
