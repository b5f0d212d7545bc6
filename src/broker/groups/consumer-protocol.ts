import { decode } from '../../protocol/codec.ts'
import { DecodeError, Reader } from '../../protocol/reader.ts'
import { ConsumerProtocolSubscription } from '../../protocol/records/clients.ts'

/**
 * The topics that consumers subscribed to, by the metadata they joined with: `version int16 | subscription`. Every version
 * begins with the fields of version 0, so that newer ones are read too. Undefined when one of them is something else.
 */
export function subscribedTopicsOf(metadata: readonly Buffer[]): Set<string> | undefined {
  const topics = new Set<string>()
  try {
    for (const buffer of metadata) {
      const reader = new Reader(buffer)
      if (reader.int16() < 0) return undefined
      for (const topic of decode(ConsumerProtocolSubscription, 0, reader).topics) topics.add(topic)
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return undefined
  }
  return topics
}
