import { describe, expect, test } from 'vitest'
import { crc32c, crc32cInScript } from '../../src/protocol/crc32c.ts'

// Check values of RFC 3720, appendix B.4, and the usual one of nine digits.
const KNOWN: [string, Buffer, number][] = [
  ['nothing', Buffer.alloc(0), 0],
  ['nine digits', Buffer.from('123456789'), 0xe3069283],
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['counting up', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
]

const noise = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 2654435761) >>> 7))

describe.each([
  ['through the native library where one is', crc32c],
  ['in JavaScript', crc32cInScript],
])('CRC-32C %s', (_, sum) => {
  test.each(KNOWN)('of %s', (_name, bytes, expected) => {
    expect(sum(bytes)).toBe(expected)
  })

  test('of a range', () => {
    expect(sum(Buffer.concat([noise, KNOWN[1]![1], noise]), 5000, 5009)).toBe(0xe3069283)
    expect(sum(noise, 7, 4096)).toBe(sum(noise.subarray(7, 4096)))
  })

  test('in pieces is that of the whole', () => {
    for (const cut of [0, 1, 95, 96, 97, 2500, 5000]) {
      expect(sum(noise, cut, 5000, sum(noise, 0, cut))).toBe(sum(noise))
    }
  })
})

test('both ways agree at every size around the switch to native code', () => {
  for (let size = 0; size < 300; size++) expect(crc32c(noise, 3, 3 + size)).toBe(crc32cInScript(noise, 3, 3 + size))
})
