import { expect, test } from 'vitest'
import { LineReader } from '../../../src/tools/console-producer/line-reader.ts'
import { LineSplitter } from '../../../src/tools/console-producer/line-splitter.ts'

function linesOf(chunks: readonly (string | Buffer)[]): string[] {
  const splitter = new LineSplitter()
  const lines: string[] = []
  const drain = () => {
    while (splitter.next()) lines.push(splitter.buffer.toString('utf8', splitter.start, splitter.end))
  }
  for (const chunk of chunks) {
    splitter.push(Buffer.from(chunk))
    drain()
  }
  splitter.finish()
  drain()
  return lines
}

test('lines end at LF, CR or CR LF, and the last one with the input', () => {
  expect(linesOf(['a\nb\r\nc\rd\n\ne'])).toEqual(['a', 'b', 'c', 'd', '', 'e'])
  expect(linesOf(['a\n'])).toEqual(['a'])
  expect(linesOf([])).toEqual([])
})

test('where the chunks are cut makes no difference', () => {
  const text = 'first\r\nzweite Zeile\r\n\ndritte ✓ Zeile\rvierte\n'
  const whole = linesOf([text])
  const bytes = Buffer.from(text)
  for (let at = 0; at <= bytes.length; at++) expect(linesOf([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole)
  expect(linesOf([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole)
})

test('bytes that are not UTF-8 become replacement characters, as in Java', () => {
  expect(linesOf([Buffer.from([0x61, 0xff, 0x62, 0x0a, 0x63, 0x0a])])).toEqual(['a\ufffdb', 'c'])
})

function read(line: string, properties: Record<string, string> = {}) {
  const reader = new LineReader(new Map(Object.entries(properties)))
  const bytes = Buffer.from(`<${line}>`)
  reader.read(bytes, 1, bytes.length - 1, 7)
  return {
    key: reader.key?.toString() ?? null,
    value: reader.valueStart < 0 ? null : bytes.toString('utf8', reader.valueStart, bytes.length - 1),
    headers: reader.headers.map(({ key, value }) => [key.toString(), value?.toString() ?? null]),
  }
}

test('a line is a value unless told otherwise', () => {
  expect(read('a\tb')).toEqual({ key: null, value: 'a\tb', headers: [] })
})

test('keys and headers stand before the value', () => {
  const properties = { 'parse.key': 'true', 'parse.headers': 'TRUE ', 'key.separator': '::' }
  expect(read('h1:a,h2:b\tkey::value::more', properties)).toEqual({
    key: 'key',
    value: 'value::more',
    headers: [
      ['h1', 'a'],
      ['h2', 'b'],
    ],
  })
})

test('the null marker makes null of keys, values, headers and header values', () => {
  const properties = { 'parse.key': 'true', 'parse.headers': 'true', 'null.marker': 'NULL' }
  expect(read('h:NULL\tNULL\tNULL', properties)).toEqual({ key: null, value: null, headers: [['h', null]] })
  expect(read('NULL\tk\tv', properties)).toEqual({ key: 'k', value: 'v', headers: [] })
})

test('a missing separator is an error with the line, or ignored when asked', () => {
  expect(() => read('no key', { 'parse.key': 'true' })).toThrow("No key separator found on line number 7: 'no key'")
  expect(() => read('pair\tv', { 'parse.headers': 'true' })).toThrow(
    "No header key separator found in pair 'pair' on line number 7",
  )
  expect(read('pair\tv', { 'parse.headers': 'true', 'ignore.error': 'true' })).toEqual({
    key: null,
    value: 'v',
    headers: [['pair', null]],
  })
})

test('a separator beyond the line is not found in the next one', () => {
  const reader = new LineReader(new Map([['parse.key', 'true']]))
  const bytes = Buffer.from('nokey\nk\tv')
  expect(() => reader.read(bytes, 0, 5, 1)).toThrow("No key separator found on line number 1: 'nokey'")
})

test('separators that are the same are refused', () => {
  expect(() => read('x', { 'headers.delimiter': ',' })).toThrow(
    'headers.delimiter and headers.separator may not be equal',
  )
})
