import { describe, expect, test } from 'vitest'
import { ADMIN_CLIENT } from '../../src/config/admin-config.ts'
import { brokerConfigFrom } from '../../src/config/broker-config.ts'
import { bootstrapAddresses, clientConfigFrom } from '../../src/config/client-config.ts'
import { validateClientMetricsConfigs } from '../../src/config/client-metrics-config.ts'
import { CONSUMER_CLIENT } from '../../src/config/consumer-config.ts'
import { groupConfigFrom, validateGroupConfigs } from '../../src/config/group-config.ts'
import { PRODUCER_CLIENT } from '../../src/config/producer-config.ts'
import { parseProperties } from '../../src/config/properties.ts'
import { logConfigFrom, validateTopicConfigs } from '../../src/config/topic-config.ts'
import { BASE, changed, fixtureLines, thrownBy } from './recorded-broker.ts'

interface Case {
  kind: 'topic' | 'group' | 'metrics' | 'producer' | 'consumer' | 'admin' | 'adminClient' | 'properties'
  overrides?: Record<string, string | null>
  existing?: Record<string, string>
  /** Lines added to the broker's own settings. */
  broker?: string
  group?: string
  text?: string
  result?: Record<string, string>
  error?: string
}

const cases = fixtureLines<Case>('other-cases.jsonl')
const of = (...kinds: Case['kind'][]) => cases.filter((one) => kinds.includes(one.kind))
const mapOf = <T>(record: Record<string, T> | undefined) => new Map(Object.entries(record ?? {}))
const brokerOf = (one: Case) => brokerConfigFrom(new Map([...BASE, ...parseProperties(one.broker ?? '')]))
const CLIENTS = { producer: PRODUCER_CLIENT, consumer: CONSUMER_CLIENT, admin: ADMIN_CLIENT }
const clientSettings = (one: Case) => mapOf(one.overrides) as Map<string, string>

describe('the controller judges settings as Apache Kafka does', () => {
  test.each(of('topic'))('topic $overrides', (one) => {
    const existing = one.existing && mapOf(one.existing)
    expect(thrownBy(() => validateTopicConfigs(mapOf(one.overrides), brokerOf(one), existing))).toBe(one.error)
  })

  test.each(of('group'))('group $overrides', (one) => {
    expect(thrownBy(() => validateGroupConfigs(one.group ?? 'g', mapOf(one.overrides), brokerOf(one)))).toBe(one.error)
  })

  test.each(of('metrics'))('client metrics $overrides', (one) => {
    expect(thrownBy(() => validateClientMetricsConfigs('m', mapOf(one.overrides)))).toBe(one.error)
  })
})

describe('clients refuse settings as the Java clients do', () => {
  test.each(of('producer', 'consumer', 'admin'))('$kind $overrides', (one) => {
    const kind = CLIENTS[one.kind as keyof typeof CLIENTS]
    expect(thrownBy(() => clientConfigFrom(kind, clientSettings(one)))).toBe(one.error)
  })

  test.each(of('adminClient'))('addresses $overrides', (one) => {
    expect(thrownBy(() => bootstrapAddresses(clientConfigFrom(ADMIN_CLIENT, clientSettings(one))))).toBe(one.error)
  })
})

describe('property files are read as java.util.Properties reads them', () => {
  test.each(of('properties'))('$text', ({ text, result, error }) => {
    if (error !== undefined) expect(thrownBy(() => parseProperties(text!))).toBe(error)
    else expect(Object.fromEntries(parseProperties(text!))).toEqual(result)
  })
})

test('kafka-topics checks topic settings without a broker', () => {
  expect(thrownBy(() => validateTopicConfigs(new Map([['x', '1']])))).toBe(
    'InvalidConfigurationException: Unknown topic config name: x',
  )
  expect(thrownBy(() => validateTopicConfigs(new Map([['remote.storage.enable', 'true']])))).toBeUndefined()
})

test('a topic has its own settings over those of the broker', () => {
  const broker = brokerConfigFrom(
    changed({ 'log.roll.hours': '2', 'log.retention.ms': '-1', 'message.max.bytes': '77' }),
  )

  const config = logConfigFrom(broker, new Map([['cleanup.policy', 'compact,delete']]))

  expect(config).toMatchObject({
    segmentMs: 7_200_000,
    retentionMs: -1,
    maxMessageBytes: 77,
    compact: true,
    delete: true,
    segmentBytes: 1_073_741_824,
    minCleanableDirtyRatio: 0.5,
    messageTimestampType: 'CreateTime',
  })
})

test('topics without settings of their own share one configuration', () => {
  const broker = brokerConfigFrom(changed({}))

  expect(logConfigFrom(broker, new Map())).toBe(logConfigFrom(broker, new Map()))
})

test('a segment size for tests may be below the limit of the real one', () => {
  const broker = brokerConfigFrom(changed({}))

  expect(logConfigFrom(broker, new Map([['internal.segment.bytes', '100']])).segmentBytes).toBe(100)
})

test('a stored group setting is brought back into the limits of the broker', () => {
  const broker = brokerConfigFrom(changed({}))

  const config = groupConfigFrom(broker, new Map([['consumer.session.timeout.ms', '999999']]))

  expect(config.get('consumer.session.timeout.ms')).toBe(60_000)
  expect(config.get('share.session.timeout.ms')).toBe(45_000)
})

test('an idempotent producer gives way to weaker settings unless it was asked for', () => {
  const serializer = 'org.apache.kafka.common.serialization.StringSerializer'
  const needed = [
    ['bootstrap.servers', 'localhost:9092'],
    ['key.serializer', serializer],
    ['value.serializer', serializer],
  ] as const

  const config = clientConfigFrom(
    PRODUCER_CLIENT,
    new Map([...needed, ['acks', '1'], ['retry.backoff.ms', '5000'], ['odd', 'x']]),
  )

  expect(config.get('enable.idempotence')).toBe(false)
  expect(config.warnings).toEqual([
    "Configuration 'retry.backoff.ms' with value '5000' is greater than configuration 'retry.backoff.max.ms' with value '1000'. " +
      "A static backoff with value '1000' will be applied.",
  ])
  expect(config.unknownKeys).toEqual(['odd'])
})
