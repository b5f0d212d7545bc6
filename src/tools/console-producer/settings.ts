import {
  helpOrVersionExit,
  keyValueArguments,
  mergeOption,
  parseOrUsage,
  requireOptions,
  usageExit,
} from '../../cli/command-line.ts'
import type { ParsedOptions } from '../../cli/jopt.ts'
import type { Terminal } from '../../cli/tool.ts'
import { parseHostPort } from '../../config/quorum-addresses.ts'
import { loadProperties } from '../property-file.ts'
import { CONSOLE_PRODUCER_OPTIONS } from './options.ts'

type Options = ParsedOptions<typeof CONSOLE_PRODUCER_OPTIONS>
type Name = keyof typeof CONSOLE_PRODUCER_OPTIONS

/** Options and the name they had before: not both at once, and the old one with a warning. */
const RENAMED: readonly { name: Name; old: Name; warning: string }[] = [
  { name: 'command-config', old: 'producer.config', warning: warningOf('producer.config', 'command-config') },
  { name: 'command-property', old: 'producer-property', warning: warningOf('producer-property', 'command-property') },
  { name: 'reader-property', old: 'property', warning: warningOf('property', 'reader-property') },
]

/** In the order in which Kafka prints them. */
const WARNED: readonly Name[] = ['producer-property', 'producer.config', 'property']

/** Options that set a property of the producer. Later ones win. */
const PROPERTIES: readonly [key: string, name: Name][] = [
  ['linger.ms', 'timeout'],
  ['acks', 'request-required-acks'],
  ['request.timeout.ms', 'request-timeout-ms'],
  ['retries', 'message-send-max-retries'],
  ['retry.backoff.ms', 'retry-backoff-ms'],
  ['send.buffer.bytes', 'socket-buffer-size'],
  ['buffer.memory', 'max-memory-bytes'],
  ['batch.size', 'batch-size'],
  ['batch.size', 'max-partition-memory-bytes'],
  ['metadata.max.age.ms', 'metadata-expiry-ms'],
  ['max.block.ms', 'max-block-ms'],
]

export interface ConsoleProducerSettings {
  readonly topic: string
  readonly isSync: boolean
  readonly readerClass: string
  /** Read late, as Kafka does: a missing file is told of after the checks of the command line. */
  readerProperties(): Map<string, string>
  producerProperties(): Map<string, string>
}

/** Reads the command line; ends the tool with Kafka's text when it cannot be used. */
export function readSettings(argv: readonly string[], terminal: Terminal): ConsoleProducerSettings {
  const options = parseOrUsage(CONSOLE_PRODUCER_OPTIONS, argv)
  helpOrVersionExit(options, 'This tool helps to read data from standard input and publish it to Kafka.')
  requireOptions(options, 'topic')
  for (const { name, old } of RENAMED) {
    if (options.has(name) && options.has(old)) {
      usageExit(options.declarations, `Options --${name} and --${old} cannot be specified together.`)
    }
  }
  for (const old of WARNED) {
    if (options.has(old)) terminal.out(RENAMED.find((one) => one.old === old)!.warning)
  }
  if (options.has('max-partition-memory-bytes')) {
    terminal.out(
      'Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache Kafka 5.0. Use --batch-size instead.\n',
    )
  }
  checkBootstrapServer(options)
  const topic = options.value('topic')!
  return {
    topic,
    isSync: options.has('sync'),
    readerClass: options.value('line-reader'),
    readerProperties: () => readerProperties(options, topic),
    producerProperties: () => producerProperties(options),
  }
}

function warningOf(old: Name, name: Name): string {
  return `Warning: --${old} is deprecated and will be removed in a future version. Use --${name} instead.\n`
}

/** The old name where that was given, else the new one. */
function current(options: Options, name: Name): Name {
  const renamed = RENAMED.find((one) => one.name === name)
  return renamed && options.has(renamed.old) ? renamed.old : name
}

function texts(options: Options, name: Name): readonly string[] {
  return options.values(current(options, name)) as readonly string[]
}

function file(options: Options, name: Name): Map<string, string> {
  const given = current(options, name)
  return options.has(given) ? loadProperties(options.value(given) as string) : new Map()
}

function checkBootstrapServer(options: Options): void {
  const servers = options.value('bootstrap-server')
  if (servers === undefined || servers.trim() === '') {
    usageExit(options.declarations, 'Error while validating the bootstrap address\n')
  }
  const parts = servers.split(',')
  while (parts.length > 0 && parts[parts.length - 1] === '') parts.pop()
  if (parts.length === 0 || !parts.every((part) => parseHostPort(part))) {
    usageExit(options.declarations, 'Please provide valid host:port like host1:9091,host2:9092\n')
  }
}

function readerProperties(options: Options, topic: string): Map<string, string> {
  const properties = file(options, 'reader-config')
  properties.set('topic', topic)
  for (const [key, value] of keyValueArguments(texts(options, 'reader-property'))) properties.set(key, value)
  return properties
}

function producerProperties(options: Options): Map<string, string> {
  const properties = file(options, 'command-config')
  for (const [key, value] of keyValueArguments(texts(options, 'command-property'))) properties.set(key, value)
  properties.set('bootstrap.servers', options.value('bootstrap-server')!)
  properties.set(
    'compression.type',
    options.has('compression-codec') ? options.value('compression-codec') || 'gzip' : 'none',
  )
  if (!properties.has('client.id')) properties.set('client.id', 'console-producer')
  properties.set('key.serializer', 'org.apache.kafka.common.serialization.ByteArraySerializer')
  properties.set('value.serializer', 'org.apache.kafka.common.serialization.ByteArraySerializer')
  for (const [key, name] of PROPERTIES) mergeOption(properties, key, options, name)
  return properties
}
