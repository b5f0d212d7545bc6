/** Checks messages against the bytes Apache Kafka encodes them to: `npm run -s vectors -- FILE.jsonl.gz`. */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { decodeExactly, encodeToBuffer } from '../../src/protocol/codec.ts'
import { ALL_MESSAGES } from './all-messages.ts'
import { fromJson, parseJson, toJson } from './message-json.ts'

export interface Vector {
  readonly message: string
  readonly version: number
  readonly json: any
  readonly hex: string
}

export function readVectors(file: string): Vector[] {
  const bytes = readFileSync(file)
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString()
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => parseJson(line) as unknown as Vector)
}

/** What is wrong with a vector, in words; undefined when it encodes and decodes exactly. */
export function faultOf({ message: name, version, json, hex }: Vector): string | undefined {
  const message = ALL_MESSAGES.get(name)
  if (!message) return `${name}: no such message`
  try {
    const encoded = encodeToBuffer(message, version, fromJson(message, json)).toString('hex')
    if (encoded !== hex) return `${name} v${version}: encodes to ${encoded}, not ${hex}`
    const decoded = toJson(message, version, decodeExactly(message, version, Buffer.from(hex, 'hex')), json)
    if (!isDeepStrictEqual(decoded, json)) return `${name} v${version}: ${hex} does not decode to the given JSON`
  } catch (error) {
    return `${name} v${version}: ${error}`
  }
  return undefined
}

function main(files: string[]): void {
  if (files.length === 0) {
    console.error('usage: npm run -s vectors -- FILE.jsonl.gz …')
    process.exitCode = 2
    return
  }
  let passed = 0
  let failed = 0
  for (const vector of files.flatMap(readVectors)) {
    const fault = faultOf(vector)
    if (fault) console.error(fault)
    if (fault) failed++
    else passed++
  }
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.slice(2))
