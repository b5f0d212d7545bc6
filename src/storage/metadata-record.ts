/**
 * Records of `__cluster_metadata` and of its snapshots: `frame version uvarint (1) | type uvarint | version uvarint |
 * body`, in the value; the key is null.
 */
import { decode, encode } from '../protocol/codec.ts'
import { Reader } from '../protocol/reader.ts'
import * as metadataRecords from '../protocol/records/metadata.ts'
import type { Message } from '../protocol/schema.ts'
import { Writer } from '../protocol/writer.ts'

const FRAME_VERSION = 1

// biome-ignore lint/suspicious/noExplicitAny: messages of all fields are handled alike here.
type AnyMessage = Message<any>

/** A metadata record: its declaration in protocol/records/metadata.ts, the version it is written in, its fields. */
export interface FramedRecord<M extends AnyMessage = AnyMessage> {
  readonly message: M
  readonly version: number
  // biome-ignore lint/suspicious/noExplicitAny: the fields follow from `message`, which callers compare.
  readonly value: any
}

let byType: ReadonlyMap<number, AnyMessage> | undefined

/** The declaration of a metadata record type; undefined for one of a newer Kafka. */
export function metadataRecordType(type: number): AnyMessage | undefined {
  byType ??= new Map(
    (Object.values(metadataRecords) as AnyMessage[]).flatMap((message) =>
      message.key === undefined ? [] : [[message.key, message] as const],
    ),
  )
  return byType.get(type)
}

/** Throws on an unknown type or version and on bytes left over: skipping what we do not know would lose state. */
export function decodeMetadataRecord(bytes: Buffer): FramedRecord {
  const reader = new Reader(bytes)
  const frameVersion = reader.unsignedVarint()
  if (frameVersion !== FRAME_VERSION) {
    throw new Error(
      `Could not deserialize metadata record due to unknown frame version ${frameVersion}(only frame version 1 is supported)`,
    )
  }
  const type = reader.unsignedVarint()
  const version = reader.unsignedVarint()
  const message = metadataRecordType(type)
  if (!message) throw new Error(`Unknown metadata record type ${type} (version ${version})`)
  const value = decode(message, version, reader)
  if (reader.remaining > 0) {
    throw new Error(`Found ${reader.remaining} byte(s) of garbage after ${message.name}`)
  }
  return { message, version, value }
}

export function encodeMetadataRecord({ message, version, value }: FramedRecord): Buffer {
  if (message.key === undefined) throw new Error(`${message.name} is no metadata record`)
  const writer = new Writer(64)
  writer.unsignedVarint(FRAME_VERSION)
  writer.unsignedVarint(message.key)
  writer.unsignedVarint(version)
  encode(message, version, value, writer)
  return writer.toBuffer()
}
