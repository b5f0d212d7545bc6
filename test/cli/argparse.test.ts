import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ArgumentError, HelpRequested, type ParserSpec, parseArguments } from '../../src/cli/argparse.ts'

/** The same parser that the recording of argparse4j 0.7.0 declared. */
const PARSER: ParserSpec = {
  program: 'some-tool',
  showsDefaults: true,
  description: 'Does this and that, at length, so that the text has to be wrapped over more than one line.',
  arguments: [
    {
      exclusive: true,
      required: true,
      arguments: [
        { names: ['--server', '-s'], help: 'A server.' },
        { names: ['--controller', '-C'], help: 'A controller.' },
      ],
    },
    { names: ['--level'], type: 'Integer', default: -1, metavar: 'LEVEL', help: 'The level.' },
    { names: ['--acks'], type: 'Integer', choices: [0, 1, -1], help: 'Acks.' },
    { names: ['--verbose', '-v'], action: 'storeTrue', help: 'Say more.' },
    { names: ['--prop'], count: '+', metavar: 'K=V', help: 'Properties.' },
    { names: ['--flag'], type: 'Boolean', help: 'A flag.' },
    { names: ['--big'], type: 'Long' },
    { names: ['--small'], type: 'Short' },
    { names: ['--part'], type: 'Double' },
  ],
  commands: {
    dest: 'command',
    parsers: [
      {
        name: 'describe',
        help: 'Describes things.',
        arguments: [
          { title: 'Status', arguments: [{ names: ['--status'], action: 'storeTrue', help: 'A short summary.' }] },
          { names: ['--count', '-n'], type: 'Integer', required: true, help: 'How many.' },
        ],
      },
      {
        name: 'remove',
        help: 'Removes things.',
        arguments: [
          { names: ['name'], help: 'What.' },
          { names: ['more'], count: '*', help: 'What else.' },
        ],
      },
      { name: 'rename', help: 'Renames things.', arguments: [{ names: ['--to'], action: 'append' }] },
    ],
  },
}

interface Recorded {
  readonly argv: string[]
  readonly values?: Record<string, unknown>
  readonly help?: true
  readonly error?: string
  readonly out: string
  readonly err: string
}

const recordings = readFileSync(join(import.meta.dirname, '../fixtures/cli/argparse.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded)

beforeEach(() => {
  vi.stubEnv('COLUMNS', '80')
})

afterEach(() => {
  vi.unstubAllEnvs()
})

test.each(recordings.map((recorded) => [JSON.stringify(recorded.argv), recorded] as const))(
  'reads %s as argparse4j does',
  (_, recorded) => {
    try {
      const parsed = parseArguments(PARSER, recorded.argv)
      const values = Object.keys(recorded.values ?? {}).map((name) => [name, parsed.string(name) ?? null])
      expect(Object.fromEntries(values)).toEqual(recorded.values)
    } catch (error) {
      if (error instanceof HelpRequested)
        expect({ help: true, out: error.text }).toEqual({ help: recorded.help, out: recorded.out })
      else if (error instanceof ArgumentError) {
        expect(error.message).toBe(recorded.error)
        expect(error.report).toBe(recorded.err)
      } else throw error
    }
  },
)

test('lines of a file stand for arguments where the tool says so', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-toolkit-'))
  try {
    const file = join(directory, 'arguments')
    writeFileSync(file, '--server\na b\nrename\n')
    const parsed = parseArguments({ ...PARSER, filePrefix: '@' }, [`@${file}`, '--to', 'x'])
    expect([parsed.string('server'), parsed.strings('to')]).toEqual(['a b', ['x']])
    expect(() => parseArguments({ ...PARSER, filePrefix: '@' }, ['@none'])).toThrow(
      "Could not read arguments from file 'none'",
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

test('the help is as wide as the terminal', () => {
  vi.stubEnv('COLUMNS', '45')
  expect(() => parseArguments(PARSER, [])).toThrow(ArgumentError)
  try {
    parseArguments(PARSER, [])
  } catch (error) {
    for (const line of (error as ArgumentError).report.split('\n')) expect(line.length).toBeLessThanOrEqual(45)
  }
})
