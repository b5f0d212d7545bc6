import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, decodeExactly, encodeToBuffer } from '../../src/protocol/codec.ts'
import { DecodeError, Reader } from '../../src/protocol/reader.ts'
import type { Message } from '../../src/protocol/schema.ts'
import { ALL_MESSAGES } from '../support/all-messages.ts'
import { anyMessage } from '../support/arbitrary-message.ts'

const messages = [...ALL_MESSAGES.values()]

function versionsOf({ versions: [oldest, newest] }: Message): number[] {
  return Array.from({ length: newest - oldest + 1 }, (_, i) => oldest + i)
}

/** Decodes bytes that may be anything: only success and `DecodeError` are allowed. */
function decodeAnything(message: Message, version: number, bytes: Buffer): void {
  try {
    decode(message, version, new Reader(bytes))
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
  }
}

test.each(messages.map((message) => [message.name, message] as const))('%s reads back what it wrote', (_, message) => {
  for (const version of versionsOf(message)) {
    fc.assert(
      fc.property(anyMessage(message, version), (value) => {
        const bytes = encodeToBuffer(message, version, value)
        expect(decodeExactly(message, version, bytes)).toStrictEqual(value)
        // As many bytes again: nothing after the message is touched.
        const reader = new Reader(Buffer.concat([bytes, bytes]))
        decode(message, version, reader)
        expect(reader.remaining).toBe(bytes.length)
      }),
      { numRuns: 6 },
    )
  }
})

describe('hostile bytes', () => {
  const endless = Buffer.alloc(12, 0xff)
  const pieces = [
    endless,
    Buffer.from('7fffffff', 'hex'),
    Buffer.from('80000000', 'hex'),
    Buffer.from('ffffffff0f', 'hex'),
  ]

  test('cut off anywhere, flipped, overwritten with huge lengths: a clean error or a message', () => {
    for (const message of messages) {
      for (const version of versionsOf(message)) {
        const [sample] = fc.sample(anyMessage(message, version), { numRuns: 1 })
        const bytes = encodeToBuffer(message, version, sample!)
        // Each message has its own places, so that all of them together cover many.
        const step = Math.max(1, Math.floor(bytes.length / 12))
        for (let at = 0; at < bytes.length; at += step) {
          decodeAnything(message, version, bytes.subarray(0, at))
          const flipped = Buffer.from(bytes)
          flipped[at]! ^= 1 << (at % 8)
          decodeAnything(message, version, flipped)
          for (const piece of pieces) {
            const overwritten = Buffer.from(bytes)
            piece.copy(overwritten, at)
            decodeAnything(message, version, overwritten)
          }
        }
      }
    }
  })

  test('a message that is cut off is never taken for a whole one', () => {
    for (const message of messages) {
      const version = message.versions[1]
      const [sample] = fc.sample(anyMessage(message, version), { numRuns: 1 })
      const bytes = encodeToBuffer(message, version, sample!)
      for (const end of [0, 1, bytes.length >> 1, bytes.length - 1]) {
        if (end < bytes.length)
          expect(() => decodeExactly(message, version, bytes.subarray(0, end))).toThrow(DecodeError)
      }
    }
  })

  test('random bytes', () => {
    const any = fc.uint8Array({ maxLength: 60 })
    for (const message of messages) {
      for (const version of versionsOf(message)) {
        for (const bytes of fc.sample(any, 3)) decodeAnything(message, version, Buffer.from(bytes))
      }
    }
  })
})
