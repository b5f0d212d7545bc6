import { kafkaError } from '../../client/errors.ts'
import { javaRegexWithin } from '../../client/java-regex.ts'
import type { HeaderToSend } from '../../client/producer/producer.ts'
import { javaSplit, javaTrim } from '../../config/java-text.ts'

const NO_HEADERS: readonly HeaderToSend[] = []

/**
 * Kafka's LineMessageReader: makes a record of a line, by the properties `parse.key`, `key.separator`, `parse.headers`,
 * `headers.delimiter`, `headers.separator`, `headers.key.separator`, `ignore.error` and `null.marker`.
 */
export class LineReader {
  /** What `read` found in the last line. Null for none. */
  key: Buffer | null = null
  /** Where the value begins in the line; -1 when it is null. */
  valueStart = 0
  headers: readonly HeaderToSend[] = NO_HEADERS
  readonly #parseKey: boolean
  readonly #parseHeaders: boolean
  readonly #ignoreError: boolean
  readonly #keySeparator: Buffer
  readonly #headersDelimiter: Buffer
  readonly #headersSeparator: RegExp
  readonly #headersKeySeparator: string
  readonly #nullMarker: Buffer | undefined

  constructor(properties: ReadonlyMap<string, string>) {
    const isTrue = (key: string) => javaTrim(properties.get(key) ?? '').toLowerCase() === 'true'
    this.#parseKey = isTrue('parse.key')
    this.#parseHeaders = isTrue('parse.headers')
    this.#ignoreError = isTrue('ignore.error')
    const separators = {
      'key.separator': properties.get('key.separator') ?? '\t',
      'headers.delimiter': properties.get('headers.delimiter') ?? '\t',
      'headers.separator': properties.get('headers.separator') ?? ',',
      'headers.key.separator': properties.get('headers.key.separator') ?? ':',
      'null.marker': properties.get('null.marker'),
    }
    this.#headersSeparator = javaRegexWithin(separators['headers.separator'])
    mustDiffer(separators)
    this.#keySeparator = Buffer.from(separators['key.separator'])
    this.#headersDelimiter = Buffer.from(separators['headers.delimiter'])
    this.#headersKeySeparator = separators['headers.key.separator']
    const marker = separators['null.marker']
    this.#nullMarker = marker === undefined ? undefined : Buffer.from(marker)
  }

  /** Reads the line `buffer` from `start` to `end`; throws KafkaException on one that lacks a separator. */
  read(buffer: Buffer, start: number, end: number, lineNumber: number): void {
    let position = start
    this.key = null
    this.headers = NO_HEADERS
    if (this.#parseHeaders) {
      const at = this.#find(this.#headersDelimiter, 'headers delimiter', buffer, position, start, end, lineNumber)
      if (at >= 0) {
        if (!this.#isNull(buffer, position, at)) {
          this.headers = this.#splitHeaders(buffer.toString('utf8', position, at), lineNumber)
        }
        position = at + this.#headersDelimiter.length
      }
    }
    if (this.#parseKey) {
      const at = this.#find(this.#keySeparator, 'key separator', buffer, position, start, end, lineNumber)
      if (at >= 0) {
        if (!this.#isNull(buffer, position, at)) this.key = buffer.subarray(position, at)
        position = at + this.#keySeparator.length
      }
    }
    this.valueStart = this.#isNull(buffer, position, end) ? -1 : position
  }

  #isNull(buffer: Buffer, start: number, end: number): boolean {
    const marker = this.#nullMarker
    return marker !== undefined && end - start === marker.length && marker.compare(buffer, start, end) === 0
  }

  #find(
    separator: Buffer,
    name: string,
    buffer: Buffer,
    from: number,
    start: number,
    end: number,
    lineNumber: number,
  ): number {
    const at = buffer.indexOf(separator, from)
    if (at >= 0 && at + separator.length <= end) return at
    if (this.#ignoreError) return -1
    throw kafkaError(`No ${name} found on line number ${lineNumber}: '${buffer.toString('utf8', start, end)}'`)
  }

  #splitHeaders(text: string, lineNumber: number): HeaderToSend[] {
    return javaSplit(text, this.#headersSeparator).map((pair) => {
      const at = pair.indexOf(this.#headersKeySeparator)
      if (at < 0) {
        if (this.#ignoreError) return { key: Buffer.from(pair), value: null }
        throw kafkaError(`No header key separator found in pair '${pair}' on line number ${lineNumber}`)
      }
      const key = Buffer.from(pair.slice(0, at))
      const marker = this.#nullMarker
      if (marker?.equals(key)) {
        throw kafkaError(`Header keys should not be equal to the null marker '${marker}' as they can't be null`)
      }
      const value = Buffer.from(pair.slice(at + this.#headersKeySeparator.length))
      return { key, value: marker?.equals(value) ? null : value }
    })
  }
}

/** Pairs that must differ, in the order in which Kafka checks them. */
const MUST_DIFFER = [
  ['headers.delimiter', 'headers.separator'],
  ['headers.delimiter', 'headers.key.separator'],
  ['headers.separator', 'headers.key.separator'],
  ['null.marker', 'key.separator'],
  ['null.marker', 'headers.separator'],
  ['null.marker', 'headers.delimiter'],
  ['null.marker', 'headers.key.separator'],
] as const

function mustDiffer(separators: Readonly<Record<string, string | undefined>>): void {
  for (const [one, other] of MUST_DIFFER) {
    if (separators[one] === separators[other]) throw kafkaError(`${one} and ${other} may not be equal`)
  }
}
