/**
 * Checks messages against the bytes Apache Kafka encodes them to: `npm run -s vectors -- FILE.jsonl.gz`. A line is
 * `{"message": name, "version": n, "json": {…}, "hex": "…"}`, the JSON as Kafka's own converters print it.
 */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { decodeExactly, encodeToBuffer } from '../../src/protocol/codec.ts'
import type { Message } from '../../src/protocol/schema.ts'
import { ALL_MESSAGES } from './all-messages.ts'
import { fromJson, type Json, parseJson, toJson } from './message-json.ts'

export interface Vector {
  readonly message: string
  readonly version: number
  readonly json: Json
  readonly hex: string
}

/** The lines of a file, gzipped or not. */
export function readLines(file: string): string[] {
  const bytes = readFileSync(file)
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString()
  return text.split('\n').filter((line) => line.trim() !== '')
}

/** What is wrong with a line, in words; undefined when its message encodes and decodes exactly. */
export function faultOfLine(line: string): string | undefined {
  let vector: Vector
  try {
    vector = parseJson(line) as unknown as Vector
  } catch (error) {
    return `not JSON: ${error}`
  }
  return faultOf(vector)
}

/** What is wrong with a vector, in words; undefined when it encodes and decodes exactly. */
export function faultOf({ message: name, version, json, hex }: Vector): string | undefined {
  const message = ALL_MESSAGES.get(name)
  if (!message) return `${name}: no such message`
  try {
    const fault = faultIn(message, version, json, hex)
    return fault === undefined ? undefined : `${name} v${version}: ${fault}`
  } catch (error) {
    return `${name} v${version}: ${error}`
  }
}

function faultIn(message: Message, version: number, json: Json, hex: string): string | undefined {
  const encode = (value: Record<string, unknown>) => encodeToBuffer(message, version, value).toString('hex')
  const decoded: Record<string, unknown> = decodeExactly(message, version, Buffer.from(hex, 'hex'))
  const again = encode(decoded)
  if (again !== hex) return `${hex} is encoded again to ${again}`
  // Kafka's converters leave out unknown tagged fields: such JSON stands for the message without them.
  const named = JSON.stringify(json, (_, value) => (typeof value === 'bigint' ? String(value) : value))
  const compared = named.includes('"_unknownTaggedFields"') ? decoded : withoutUnknownTags(decoded)
  if (!isDeepStrictEqual(toJson(message, version, compared, json), json))
    return `${hex} does not decode to the given JSON`
  const encoded = encode(fromJson(message, json))
  const expected = compared === decoded ? hex : encode(compared)
  return encoded === expected ? undefined : `encodes to ${encoded}, not ${expected}`
}

function withoutUnknownTags<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutUnknownTags) as T
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value
  const entries = Object.entries(value).filter(([key]) => key !== 'unknownTaggedFields')
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutUnknownTags(inner)])) as T
}

/** Checks the files and says each fault; a file that cannot be read, or is empty, is one. */
export function check(files: readonly string[], complain: (fault: string) => void): { passed: number; failed: number } {
  const result = { passed: 0, failed: 0 }
  const fail = (fault: string) => {
    result.failed++
    complain(fault)
  }
  for (const file of files) {
    let lines: string[] = []
    try {
      lines = readLines(file)
      if (lines.length === 0) fail(`${file}: no vectors in it`)
    } catch (error) {
      fail(`${file}: ${error instanceof Error ? error.message : error}`)
    }
    for (const [i, line] of lines.entries()) {
      const fault = faultOfLine(line)
      if (fault === undefined) result.passed++
      else fail(`${file}:${i + 1}: ${fault}`)
    }
  }
  return result
}

function main(files: readonly string[]): void {
  if (files.length === 0) {
    console.error('usage: npm run -s vectors -- FILE.jsonl.gz …')
    process.exitCode = 2
    return
  }
  const { passed, failed } = check(files, (fault) => console.error(fault))
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.slice(2))
