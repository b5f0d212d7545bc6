import { expect, test } from 'vitest'
import { apiError, executionError, kafkaError, timeoutError } from '../../src/client/errors.ts'
import { compileJavaRegex } from '../../src/client/java-regex.ts'
import { lineLog } from '../../src/client/log.ts'
import { javaTrace } from '../../src/config/java-error.ts'
import { javaHashCode, javaHashOrder } from '../../src/config/java-hash-order.ts'
import { log4jTime } from '../../src/config/java-text.ts'
import { parseHostPort } from '../../src/config/quorum-addresses.ts'
import { ErrorCode } from '../../src/protocol/error-code.ts'

test('strings hash as in Java', () => {
  expect(['', 'a', 'orders', 'gt-dre-a'].map(javaHashCode)).toEqual([0, 97, -1008770331, 376208587])
})

test('topics are listed in the order of a Java HashMap, as kafka-topics --describe printed them', () => {
  expect(javaHashOrder(['gt-dre-a', 'gt-dre-b'], 2)).toEqual(['gt-dre-b', 'gt-dre-a'])
  expect(javaHashOrder(['gt-ov-none', 'gt-ov-some'], 2)).toEqual(['gt-ov-some', 'gt-ov-none'])
})

test.each([
  ['localhost:9092', { host: 'localhost', port: 9092 }],
  ['[::1]:9092', { host: '::1', port: 9092 }],
  ['PLAINTEXT://h:1', { host: 'h', port: 1 }],
  ['nohostport', undefined],
  ['h:port', undefined],
])('%s as a bootstrap server', (text, expected) => {
  expect(parseHostPort(text)).toEqual(expected)
})

test.each([
  ['gt-dre.*', 'gt-dre-a', true],
  ['gt-dre', 'gt-dre-a', false],
  ['a|b', 'b', true],
  ['\\Qa.b\\E', 'a.b', true],
  ['\\Qa.b\\E', 'axb', false],
  ['(?i)ORDERS', 'orders', true],
  ['\\p{Alpha}+', 'abc', true],
  ['a++', 'aaa', true],
])('the Java pattern %s on %s', (pattern, text, matches) => {
  expect(compileJavaRegex(pattern).test(text)).toBe(matches)
})

test('a bad pattern is refused with the text of Java', () => {
  expect(() => compileJavaRegex('gc-[')).toThrow('Unclosed character class near index 3\ngc-[\n   ^')
  expect(() => compileJavaRegex('*a')).toThrow("Dangling meta character '*' near index 0\n*a\n^")
  expect(() => compileJavaRegex('a)|(b')).toThrow("Unmatched closing ')'")
})

test('errors print as Java prints them, causes included', () => {
  const cause = apiError(ErrorCode.GROUP_ID_NOT_FOUND, 'Group g not found.')
  const name = 'org.apache.kafka.common.errors.GroupIdNotFoundException: Group g not found.'

  expect(javaTrace(executionError(cause))).toBe(
    `java.util.concurrent.ExecutionException: ${name}\nCaused by: ${name}\n`,
  )
  expect(javaTrace(timeoutError(null))).toBe('org.apache.kafka.common.errors.TimeoutException\n')
  expect(javaTrace(kafkaError('Failed'))).toBe('org.apache.kafka.common.KafkaException: Failed\n')
})

test('a log line has local time, level, text and logger, and the error below', () => {
  const now = new Date(2026, 0, 2, 3, 4, 5, 6)
  const lines: string[] = []
  const log = lineLog(
    (line) => lines.push(line),
    () => now,
  )

  log.warn('text', 'a.Logger', timeoutError('late'))

  expect(log4jTime(now)).toBe('2026-01-02 03:04:05,006')
  expect(lines).toEqual([
    '[2026-01-02 03:04:05,006] WARN text (a.Logger)\norg.apache.kafka.common.errors.TimeoutException: late\n',
  ])
})
