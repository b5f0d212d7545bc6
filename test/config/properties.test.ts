import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatProperties, parseProperties } from '../../src/config/properties.ts'

test('what was written is read back, whatever characters it has', () => {
  const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 0x24f }).map((code) => String.fromCharCode(code)) })
  fc.assert(
    fc.property(fc.array(fc.tuple(latin1, latin1)), (entries) => {
      const properties = new Map(entries)
      expect(parseProperties(formatProperties(properties, ['written by a test']))).toEqual(properties)
    }),
  )
})

test('nothing but ASCII is written', () => {
  expect(formatProperties(new Map([['grüße an', ' x=y']]))).toBe('gr\\u00FC\\u00DFe\\ an=\\ x\\=y\n')
})

test('any text is read or refused', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        expect(parseProperties(text)).toBeInstanceOf(Map)
      } catch (error) {
        expect((error as Error).message).toBe('Malformed \\uxxxx encoding.')
      }
    }),
  )
})
