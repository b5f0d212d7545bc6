import { IllegalArgumentException } from './java-error.ts'

/**
 * Reads text as java.util.Properties.load does: `#` and `!` comments, lines continued by a backslash, keys ended by
 * `=`, `:` or white space, `\t \n \r \f \uXXXX` escapes. A later line wins over an earlier one with the same key.
 *
 * Kafka reads its files through an InputStream, which Java decodes as ISO-8859-1: read files with
 * `readFileSync(path, 'latin1')` before calling this.
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const [key, value] = splitLine(line)
    properties.set(unescaped(key), unescaped(value))
  }
  return properties
}

const isBlank = (character: string) => character === ' ' || character === '\t' || character === '\f'

/** Lines without comments and blank ones, continuations joined and their leading white space removed. */
function* logicalLines(text: string): Generator<string> {
  const naturalLines = text.split(/\r\n|\n|\r/)
  let pending = ''
  for (const [index, natural] of naturalLines.entries()) {
    const line = natural.replace(/^[ \t\f]+/, '')
    if (pending === '' && (line === '' || line[0] === '#' || line[0] === '!')) continue
    const joined = pending + line
    const isContinued = endsWithOddBackslashes(line)
    pending = isContinued ? joined.slice(0, -1) : ''
    // A backslash in the very last line continues nothing: the line ends there, even when nothing of it is left.
    const isLast = naturalLines.slice(index + 1, index + 3).join('') === '' && index >= naturalLines.length - 2
    if (isContinued && !isLast) continue
    yield isContinued ? pending : joined
    pending = ''
  }
  if (pending !== '') yield pending
}

function endsWithOddBackslashes(line: string): boolean {
  let count = 0
  while (line[line.length - 1 - count] === '\\') count++
  return count % 2 === 1
}

function splitLine(line: string): [key: string, value: string] {
  let keyEnd = 0
  while (keyEnd < line.length) {
    const character = line[keyEnd]!
    if (character === '=' || character === ':' || isBlank(character)) break
    keyEnd += character === '\\' ? 2 : 1
  }
  let valueStart = keyEnd
  let separatorSeen = false
  while (valueStart < line.length) {
    const character = line[valueStart]!
    if (!separatorSeen && (character === '=' || character === ':')) separatorSeen = true
    else if (!isBlank(character)) break
    valueStart++
  }
  return [line.slice(0, keyEnd), line.slice(valueStart)]
}

const ESCAPES: Record<string, string> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(u)|([\s\S])|$)/g, (_all, hex, malformed, character) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (malformed !== undefined) throw new IllegalArgumentException('Malformed \\uxxxx encoding.')
    return character === undefined ? '' : (ESCAPES[character] ?? character)
  })
}

/**
 * Writes properties so that java.util.Properties.load reads the same back, one `key=value` line each in the order of
 * the map. Comment lines come first, each with a `#`.
 */
export function formatProperties(properties: ReadonlyMap<string, string>, comments: readonly string[] = []): string {
  const lines = comments.map((comment) => `#${comment}`)
  for (const [key, value] of properties) lines.push(`${escaped(key, true)}=${escaped(value, false)}`)
  return `${lines.join('\n')}\n`
}

const WRITTEN: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\f': '\\f', '\\': '\\\\' }

function escaped(text: string, escapeAllSpaces: boolean): string {
  return text.replace(/[\s\S]/g, (character, index) => {
    if (character === ' ') return index === 0 || escapeAllSpaces ? '\\ ' : ' '
    if ('=:#!'.includes(character)) return `\\${character}`
    const code = character.charCodeAt(0)
    if (WRITTEN[character]) return WRITTEN[character]
    return code < 0x20 || code > 0x7e ? `\\u${code.toString(16).toUpperCase().padStart(4, '0')}` : character
  })
}
