import type { FetchedRecords } from '../../client/fetched-records.ts'
import type { ClientLog } from '../../client/log.ts'
import { JavaError } from '../../config/java-error.ts'
import { javaTrim } from '../../config/java-text.ts'
import { type Deserializer, deserializerOf } from './deserializers.ts'
import type { Output } from './output.ts'

/** Writes the current record. */
export type Formatter = (record: FetchedRecords, output: Output) => void

const PACKAGE = 'org.apache.kafka.tools.consumer.'
const COORDINATOR_FORMATTERS = new Set([
  'OffsetsMessageFormatter',
  'GroupMetadataMessageFormatter',
  'TransactionLogMessageFormatter',
  'group.share.ShareGroupStateMessageFormatter',
])

/** Whether a class of that name is one of Kafka's formatters. */
export function isFormatter(className: string): boolean {
  const name = shortName(className)
  return name !== undefined && (name in PLAIN_FORMATTERS || COORDINATOR_FORMATTERS.has(name))
}

/** The formatter of that class, which must be one. */
export async function createFormatter(
  className: string,
  properties: ReadonlyMap<string, string>,
  log: ClientLog,
): Promise<Formatter> {
  const name = shortName(className)!
  const plain = PLAIN_FORMATTERS[name]
  if (plain) return plain(properties, log)
  const { coordinatorFormatter } = await import('./coordinator-formatter.ts')
  return coordinatorFormatter(name)
}

function shortName(className: string): string | undefined {
  return className.startsWith(PACKAGE) ? className.slice(PACKAGE.length) : undefined
}

const PLAIN_FORMATTERS: Readonly<
  Record<string, (properties: ReadonlyMap<string, string>, log: ClientLog) => Formatter>
> = {
  DefaultMessageFormatter: defaultFormatter,
  // It also writes each record to the log at INFO, which tools do not show.
  LoggingMessageFormatter: defaultFormatter,
  NoOpMessageFormatter: () => () => {},
}

const NO_HEADERS = 'NO_HEADERS'
const NOT_PRESENT = 'NOT_PRESENT'

/** Kafka's DefaultMessageFormatter, by its `print.*`, `*.separator`, `null.literal` and `*.deserializer` properties. */
export function defaultFormatter(properties: ReadonlyMap<string, string>, log: ClientLog): Formatter {
  const isTrue = (key: string) => javaTrim(properties.get(key) ?? '').toLowerCase() === 'true'
  const text = (key: string, byDefault: string) => Buffer.from(properties.get(key) ?? byDefault)
  const printsValue = !properties.has('print.value') || isTrue('print.value')
  const printsKey = isTrue('print.key')
  const prints = {
    timestamp: isTrue('print.timestamp'),
    partition: isTrue('print.partition'),
    offset: isTrue('print.offset'),
    delivery: isTrue('print.delivery'),
    epoch: isTrue('print.epoch'),
    headers: isTrue('print.headers'),
  }
  const columnSeparator = text('key.separator', '\t')
  const lineSeparator = text('line.separator', '\n')
  const headersSeparator = text('headers.separator', ',')
  const nullLiteral = text('null.literal', 'null')
  const keyDeserializer = deserializer(properties, 'key.deserializer', log)
  const valueDeserializer = deserializer(properties, 'value.deserializer', log)
  const headersDeserializer = deserializer(properties, 'headers.deserializer', log)

  const writeField = (output: Output, data: Buffer | null, convert: Deserializer | undefined) => {
    const bytes = data ?? nullLiteral
    if (convert) output.text(convert(bytes))
    else output.bytes(bytes)
  }
  const writeValue: Formatter = (record, output) => {
    if (valueDeserializer) writeField(output, record.value(), valueDeserializer)
    else if (record.valueStart < 0) output.bytes(nullLiteral)
    else output.bytes(record.buffer, record.valueStart, record.valueEnd)
    output.bytes(lineSeparator)
  }
  const hasColumns = printsKey || Object.values(prints).some(Boolean)
  if (!hasColumns) return printsValue ? writeValue : () => {}

  const columns: Formatter[] = []
  if (prints.timestamp) {
    columns.push(({ timestampType, timestamp }, output) => output.text(`${timestampType}:${timestamp}`))
  }
  if (prints.partition) columns.push(({ partition }, output) => output.text(`Partition:${partition}`))
  if (prints.offset) columns.push(({ offset }, output) => output.text(`Offset:${offset}`))
  if (prints.delivery) columns.push((_, output) => output.text(`Delivery:${NOT_PRESENT}`))
  // The tool hands records on without their epoch: Kafka prints this whatever the record has.
  if (prints.epoch) columns.push((_, output) => output.text(`Epoch:${NOT_PRESENT}`))
  if (prints.headers) {
    columns.push((record, output) => {
      if (record.headerCount === 0) output.text(NO_HEADERS)
      for (const [index, { key, value }] of record.headers().entries()) {
        if (index > 0) output.bytes(headersSeparator)
        output.text(`${key}:`)
        writeField(output, value, headersDeserializer)
      }
    })
  }
  if (printsKey) {
    columns.push((record, output) => {
      if (keyDeserializer) writeField(output, record.key(), keyDeserializer)
      else if (record.keyStart < 0) output.bytes(nullLiteral)
      else output.bytes(record.buffer, record.keyStart, record.keyEnd)
    })
  }
  return (record, output) => {
    for (let i = 0; i < columns.length; i++) {
      columns[i]!(record, output)
      output.bytes(printsValue || i < columns.length - 1 ? columnSeparator : lineSeparator)
    }
    if (printsValue) writeValue(record, output)
  }
}

function deserializer(properties: ReadonlyMap<string, string>, key: string, log: ClientLog): Deserializer | undefined {
  const className = properties.get(key)
  if (className === undefined) return undefined
  try {
    return deserializerOf(className)
  } catch (error) {
    if (!(error instanceof JavaError)) throw error
    const logger = 'org.apache.kafka.tools.consumer.DefaultMessageFormatter'
    log.error(`Unable to instantiate a deserializer from ${className}`, logger, error)
    return undefined
  }
}
