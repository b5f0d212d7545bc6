import {
  helpOrVersionExit,
  keyValueArguments,
  mergeOption,
  parseOrUsage,
  requireOneOf,
  requireOptions,
  usageExit,
} from '../../cli/command-line.ts'
import type { ParsedOptions } from '../../cli/jopt.ts'
import { type Terminal, ToolExit } from '../../cli/tool.ts'
import type { Start } from '../../client/partition-reader.ts'
import { loadProperties } from '../property-file.ts'
import { isFormatter } from './formatter.ts'
import { CONSOLE_CONSUMER_OPTIONS } from './options.ts'

type Options = ParsedOptions<typeof CONSOLE_CONSUMER_OPTIONS>
type Name = keyof typeof CONSOLE_CONSUMER_OPTIONS

export interface ConsoleConsumerSettings {
  readonly topic: string | undefined
  readonly include: string | undefined
  /** Given, one partition is read without a group. */
  readonly partition: number | undefined
  readonly start: Start
  /** -1 for no limit. */
  readonly maxMessages: number
  readonly timeoutMs: number
  readonly skipsMessageOnError: boolean
  readonly hasSystestEvents: boolean
  readonly consumerProperties: ReadonlyMap<string, string>
  readonly formatterClass: string
  readonly formatterProperties: ReadonlyMap<string, string>
}

/** Reads the command line; ends the tool with Kafka's text when it cannot be used. */
export function readSettings(argv: readonly string[], terminal: Terminal): ConsoleConsumerSettings {
  const options = parseOrUsage(CONSOLE_CONSUMER_OPTIONS, argv)
  helpOrVersionExit(options, 'This tool helps to read data from Kafka topics and outputs it to standard output.')
  const partition = options.has('topic') || options.has('include') ? options.value('partition') : undefined
  checkRequired(options)
  for (const [old, name] of [
    ['consumer-property', 'command-property'],
    ['consumer.config', 'command-config'],
  ] as const) {
    if (options.has(old) && options.has(name)) usageExit(options.declarations, notTogether(old, name))
  }
  const propertyName = renamed(options, 'consumer-property', 'command-property', terminal)
  const configName = renamed(options, 'consumer.config', 'command-config', terminal)
  const fromFile = options.has(configName) ? loadProperties(options.value(configName)!) : new Map<string, string>()
  const fromArguments = keyValueArguments(options.values(propertyName))
  const groupIds = groupIdsOf(options, fromFile, fromArguments)
  const consumerProperties = consumerPropertiesOf(options, new Map([...fromFile, ...fromArguments]), groupIds)
  const start = startOf(options)
  const timeoutMs = options.value('timeout-ms') ?? -1
  return {
    topic: options.value('topic'),
    include: options.value('include'),
    partition,
    start,
    timeoutMs: timeoutMs >= 0 ? timeoutMs : Number.POSITIVE_INFINITY,
    ...formatterOf(options, terminal),
    maxMessages: options.value('max-messages') ?? -1,
    skipsMessageOnError: options.has('skip-message-on-error'),
    hasSystestEvents: options.has('enable-systest-events'),
    consumerProperties,
  }
}

function checkRequired(options: Options): void {
  requireOneOf(options, 'topic', 'include')
  if (options.has('partition')) {
    if (!options.has('topic')) usageExit(options.declarations, 'The topic is required when partition is specified.')
    if (options.has('from-beginning') && options.has('offset')) {
      usageExit(options.declarations, 'Options from-beginning and offset cannot be specified together.')
    }
  } else if (options.has('offset')) {
    usageExit(options.declarations, 'The partition is required when offset is specified.')
  }
  requireOptions(options, 'bootstrap-server')
}

function notTogether(one: Name, other: Name): string {
  return `Options --${one} and --${other} cannot be specified together.`
}

/** The old name where that was given, with a warning; else the new one. */
function renamed<Old extends Name, New extends Name>(
  options: Options,
  old: Old,
  name: New,
  terminal: Terminal,
): Old | New {
  if (!options.has(old)) return name
  terminal.out(`Option --${old} is deprecated and will be removed in a future version. Use --${name} instead.\n`)
  return old
}

/** A group may be named in several ways, if they agree. */
function groupIdsOf(options: Options, ...properties: readonly ReadonlyMap<string, string>[]): string[] {
  const given = properties.flatMap((one) => (one.has('group.id') ? [one.get('group.id')!] : []))
  if (options.has('group')) given.unshift(options.value('group')!)
  const groupIds = [...new Set(given)]
  if (groupIds.length > 1) {
    const shown = groupIds.map((group) => `'${group}'`).join(', ')
    usageExit(
      options.declarations,
      `The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: ${shown}`,
    )
  }
  if (groupIds.length > 0 && options.has('partition')) {
    usageExit(options.declarations, 'Options group and partition cannot be specified together.')
  }
  return groupIds
}

function consumerPropertiesOf(
  options: Options,
  properties: Map<string, string>,
  groupIds: readonly string[],
): Map<string, string> {
  setOffsetReset(options, properties)
  properties.set('bootstrap.servers', options.value('bootstrap-server')!)
  if (!properties.has('client.id')) properties.set('client.id', 'console-consumer')
  mergeOption(properties, 'isolation.level', options, 'isolation-level')
  if (groupIds.length > 0) properties.set('group.id', groupIds[0]!)
  else {
    properties.set('group.id', `console-consumer-${Math.floor(Math.random() * 100_000)}`)
    // Nobody will come back to a group with a random name.
    if (!properties.has('enable.auto.commit')) properties.set('enable.auto.commit', 'false')
  }
  properties.set('key.deserializer', 'org.apache.kafka.common.serialization.ByteArrayDeserializer')
  properties.set('value.deserializer', 'org.apache.kafka.common.serialization.ByteArrayDeserializer')
  return properties
}

function setOffsetReset(options: Options, properties: Map<string, string>): void {
  const given = properties.get('auto.offset.reset')
  const fromBeginning = options.has('from-beginning')
  if (given === undefined) properties.set('auto.offset.reset', fromBeginning ? 'earliest' : 'latest')
  else if (fromBeginning && given !== 'earliest') {
    throw new ToolExit(1, {
      err: `Can't simultaneously specify --from-beginning and 'auto.offset.reset=${given}', please remove one option\n`,
    })
  }
}

function startOf(options: Options): Start {
  if (!options.has('offset')) return options.has('from-beginning') ? 'earliest' : 'latest'
  const text = options.value('offset')
  const word = text.toLowerCase()
  if (word === 'earliest' || word === 'latest') return word
  const offset = /^\+?\d+$/.test(text) ? BigInt(text.replace('+', '')) : -1n
  if (offset < 0n || offset >= 2n ** 63n) {
    usageExit(
      options.declarations,
      `The provided offset value '${text}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.`,
    )
  }
  // No log is as long as 2^53: what is beyond is out of range, and treated so.
  return { offset: Math.min(Number(offset), Number.MAX_SAFE_INTEGER) }
}

function formatterOf(options: Options, terminal: Terminal) {
  const formatterClass = options.value('formatter')
  if (!isFormatter(formatterClass)) usageExit(options.declarations, formatterClass)
  if (options.has('formatter-property') && options.has('property')) {
    usageExit(options.declarations, notTogether('property', 'formatter-property'))
  }
  const name = renamed(options, 'property', 'formatter-property', terminal)
  const config = options.value('formatter-config')
  const properties = config === undefined ? new Map<string, string>() : loadProperties(config)
  for (const key of ['key', 'value'] as const) {
    const className = options.value(`${key}-deserializer`)
    if (className) properties.set(`${key}.deserializer`, className)
  }
  for (const [key, value] of keyValueArguments(options.values(name))) properties.set(key, value)
  return { formatterClass, formatterProperties: properties }
}
