/** Ids of topics, directories and clusters are 16 bytes, written as 22 characters of base64url without padding. */
import { randomBytes } from 'node:crypto'

export { ZERO_UUID } from '../protocol/codec.ts'

/** Id of the topic `__cluster_metadata`. */
export const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** Ids that name a state of a directory and never a directory: lost, unassigned, migrating, and 97 kept for later. */
export function isReservedDirectoryId(id: string): boolean {
  const bytes = Buffer.from(id, 'base64url')
  return bytes.subarray(0, 15).every((byte) => byte === 0) && bytes[15]! < 100
}

/** Whether `text` is the text of an id: the bits that 22 characters have too many may be anything, as in Java. */
export function isUuid(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text)
}

/** A random id. As in Kafka it does not begin with `-`, which would read as an option on a command line. */
export function randomUuid(): string {
  for (;;) {
    const bytes = randomBytes(16)
    // Version 4, variant 2, as java.util.UUID.randomUUID makes them.
    bytes[6] = (bytes[6]! & 0x0f) | 0x40
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    const id = bytes.toString('base64url')
    if (!id.startsWith('-')) return id
  }
}
