import { JavaError } from '../../config/java-error.ts'
import { decode } from '../../protocol/codec.ts'
import { DecodeError, Reader } from '../../protocol/reader.ts'
import * as groupRecords from '../../protocol/records/group-coordinator.ts'
import * as shareRecords from '../../protocol/records/share-coordinator.ts'
import * as transactionRecords from '../../protocol/records/transaction-coordinator.ts'
import type { Message } from '../../protocol/schema.ts'
import type { Formatter } from './formatter.ts'
import { messageToJson } from './record-json.ts'

interface RecordKind {
  readonly key: Message
  readonly value: Message
}

/** Record types by the formatter that prints them; all types of the coordinator when it picks none. */
const FORMATTERS: Readonly<Record<string, { records: Record<string, unknown>; types?: readonly number[] }>> = {
  OffsetsMessageFormatter: { records: groupRecords, types: [0, 1] },
  GroupMetadataMessageFormatter: { records: groupRecords, types: [2] },
  TransactionLogMessageFormatter: { records: transactionRecords },
  'group.share.ShareGroupStateMessageFormatter': { records: shareRecords },
}

/** Prints the records of an internal topic as JSON, one after the other without a separator, as Kafka does. */
export function coordinatorFormatter(name: string): Formatter {
  const { records, types } = FORMATTERS[name]!
  const kinds = kindsOf(records)
  return (record, output) => {
    const key = record.key()
    if (!key) return
    try {
      const type = key.readInt16BE(0)
      const kind = kinds.get(type)
      if (!kind || (types && !types.includes(type))) return
      const keyJson = messageToJson(kind.key, 0, decode(kind.key, 0, new Reader(key, 2)))
      output.text(`{"key":{"type":${type},"data":${keyJson}},"value":${valueToJson(kind.value, record.value())}}`)
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof RangeError)) throw error
      const text = `Could not read record at offset ${record.offset} due to: ${error.message}`
      throw new JavaError('java.lang.RuntimeException', text)
    }
  }
}

function valueToJson(message: Message, value: Buffer | null): string {
  if (!value) return 'null'
  const version = value.readInt16BE(0)
  const decoded = decode(message, version, new Reader(value, 2))
  return `{"version":${version},"data":${messageToJson(message, version, decoded)}}`
}

/** Pairs `…Key` and `…Value` messages by their type. */
function kindsOf(records: Record<string, unknown>): Map<number, RecordKind> {
  const kinds = new Map<number, RecordKind>()
  for (const [name, key] of Object.entries(records) as [string, Message][]) {
    if (!name.endsWith('Key')) continue
    const value = records[name.replace(/Key$/, 'Value')] as Message | undefined
    if (value && key.key !== undefined) kinds.set(key.key, { key, value })
  }
  return kinds
}
