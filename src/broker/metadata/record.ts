import { defaultsOf } from '../../protocol/codec.ts'
import type { DecodedMessage, EncodableMessage, Message } from '../../protocol/schema.ts'

/** A record of `__cluster_metadata`: what it says, its type and the version it is written in. */
export interface MetadataRecord<M extends Message = Message> {
  readonly message: M
  readonly version: number
  /** Every field; those left out when it was made hold their default. */
  readonly value: DecodedMessage<M>
}

/** Makes a record; fields left out take the schema's default. The result is as a decoder would have yielded it. */
export function metadataRecord<M extends Message>(
  message: M,
  version: number,
  value: EncodableMessage<M>,
): MetadataRecord<M> {
  return { message, version, value: { ...defaultsOf(message), ...value } as DecodedMessage<M> }
}

/** Whether a record is of this type, which tells the type of its value. */
export function isRecord<M extends Message>(record: MetadataRecord, message: M): record is MetadataRecord<M> {
  return record.message === message
}
