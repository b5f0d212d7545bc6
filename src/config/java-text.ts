/** Java's `String.trim`: cuts every character up to U+0020 from both ends (JavaScript's cuts Unicode spaces too). */
export function javaTrim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= 0x20) start++
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

/** Java's `Double.toString`: always a fraction, and `E` notation from 10^7 up and below 10^-3. */
export function javaDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-3 && magnitude < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}

const DECIMAL = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)$/
const HEXADECIMAL = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)[fFdD]?$/

/** Java's `Double.parseDouble` of a trimmed text; undefined where Java throws NumberFormatException. */
export function parseJavaDouble(text: string): number | undefined {
  if (DECIMAL.test(text)) return Number(text.replace(/(?<=[\d.])[fFdD]$/, ''))
  const hexadecimal = HEXADECIMAL.exec(text)
  if (!hexadecimal) return undefined
  const [, sign, whole = '', fraction = '', exponent] = hexadecimal
  if (whole + fraction === '') return undefined
  const magnitude = Number.parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length)
  return sign === '-' ? -magnitude : magnitude
}

/** Java's `Integer.parseInt` and its kin: an optional sign and digits, within [-2^(bits-1), 2^(bits-1)). */
export function parseJavaInteger(text: string, bits: 16 | 32 | 64): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined
  const value = Number(text)
  const limit = 2 ** (bits - 1)
  if (bits < 64) return value >= -limit && value < limit ? value : undefined
  if (Number.isSafeInteger(value)) return value
  return BigInt.asIntN(64, BigInt(text.replace('+', ''))) === BigInt(text.replace('+', '')) ? value : undefined
}

/** Java's `String.split`: empty parts at the end are dropped, so that "," has no part at all; "" is one part. */
export function javaSplit(text: string, separator: string | RegExp): string[] {
  const parts = text.split(separator)
  if (parts.length === 1) return parts
  while (parts.at(-1) === '') parts.pop()
  return parts
}

/** Local time as log4j writes it: `yyyy-MM-dd HH:mm:ss,SSS`. */
export function log4jTime(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${time},${String(date.getMilliseconds()).padStart(3, '0')}`
}
