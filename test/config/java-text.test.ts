import { expect, test } from 'vitest'
import { javaHashOrder } from '../../src/config/java-hash-order.ts'
import { javaDouble, javaSplit, parseJavaDouble, parseJavaInteger } from '../../src/config/java-text.ts'
import { durationMs } from '../../src/config/offset-reset.ts'

test.each([
  ['0.5', '0.5'],
  ['1', '1.0'],
  ['9999999', '9999999.0'],
  ['1e7', '1.0E7'],
  ['1e-3', '0.001'],
  ['0.000999', '9.99E-4'],
  ['1.7976931348623157E308', '1.7976931348623157E308'],
  ['-0.0', '-0.0'],
  ['.001d', '0.001'],
  ['0x1.8p3', '12.0'],
])('a double is read and shown as in Java: %s', (text, shown) => {
  expect(javaDouble(parseJavaDouble(text)!)).toBe(shown)
})

test.each(['', 'x', '1e', '0x1', '1_000', ' 1', '--1', 'nan'])('no double: "%s"', (text) => {
  expect(parseJavaDouble(text)).toBeUndefined()
})

test.each([
  ['2147483647', 32, 2_147_483_647],
  ['2147483648', 32, undefined],
  ['-2147483648', 32, -2_147_483_648],
  ['+7', 16, 7],
  ['32768', 16, undefined],
  ['9223372036854775807', 64, 2 ** 63],
  ['9223372036854775808', 64, undefined],
  ['-9223372036854775808', 64, -(2 ** 63)],
  ['1.0', 32, undefined],
  ['', 32, undefined],
] as const)('integers have bounds: %s in %d bits', (text, bits, value) => {
  expect(parseJavaInteger(text, bits)).toBe(value)
})

test.each([
  ['a,b', ['a', 'b']],
  [',a,,', ['', 'a']],
  [',', []],
  ['', ['']],
])('text is split as in Java, without empty parts at the end: "%s"', (text, parts) => {
  expect(javaSplit(text, ',')).toEqual(parts)
})

test.each([
  ['PT1H', 3_600_000],
  ['P1DT2H3M4.5S', 93_784_500],
  ['-PT1H', -3_600_000],
  ['pt1s', 1_000],
  ['PT-0.5S', -500],
  ['P', undefined],
  ['PT', undefined],
  ['P1W', undefined],
  ['PT1H1', undefined],
])('a duration is read as in Java: %s', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})

test('hash maps list their keys in the order of Java', () => {
  expect(javaHashOrder(['interval.ms', 'metrics', 'match'])).toEqual(['interval.ms', 'match', 'metrics'])
})
