import { expect, test } from 'vitest'
import { brokerConfigFrom } from '../../src/config/broker-config.ts'
import { BROKER_CONFIG } from '../../src/config/broker-def.ts'
import { CLIENT_METRICS_CONFIG } from '../../src/config/client-metrics-config.ts'
import type { ConfigDef } from '../../src/config/config-def.ts'
import {
  type DescribedConfig,
  describeBroker,
  describeClientMetrics,
  describeGroup,
  describeLoggers,
  describeTopic,
  loadDocumentation,
} from '../../src/config/describe.ts'
import { brokerSettings } from '../../src/config/dynamic-broker-config.ts'
import { GROUP_CONFIG } from '../../src/config/group-config.ts'
import { TOPIC_CONFIG } from '../../src/config/topic-config.ts'
import { changed, fixture, RECORDED_BROKER, thrownBy } from './recorded-broker.ts'

type Row = [string, string | null, boolean, number, boolean, number, [string, string | null, number][]]
const recorded = JSON.parse(fixture('describe-configs.json')) as Record<string, Row[]>

/** The recorded broker after `kafka-configs --alter` for all brokers and for this one. */
const settings = brokerSettings(
  brokerConfigFrom(RECORDED_BROKER),
  new Map([
    ['log.retention.ms', '123456'],
    ['message.max.bytes', '2000000'],
    ['min.insync.replicas', '1'],
  ]),
  new Map([
    ['log.cleaner.threads', '2'],
    ['log.roll.ms', '7200000'],
  ]),
)
const all = { includeSynonyms: true }
const topic = new Map([
  ['retention.ms', '5000'],
  ['cleanup.policy', 'compact,delete'],
  ['min.cleanable.dirty.ratio', '0.25'],
])

const rows = (configs: DescribedConfig[]): Row[] =>
  configs.map((one) => [
    one.name,
    one.value,
    one.readOnly,
    one.configSource,
    one.isSensitive,
    one.configType,
    one.synonyms.map((synonym) => [synonym.name, synonym.value, synonym.source]),
  ])

test('a topic is described as Apache Kafka describes it, in its order', () => {
  expect(rows(describeTopic(settings, topic, all))).toEqual(recorded.topic)
})

test('only the settings that are asked for are described, without synonyms unless wanted', () => {
  expect(rows(describeTopic(settings, topic, { names: ['retention.ms', 'nope', 'segment.ms'] }))).toEqual(recorded.some)
})

test('a broker is described as Apache Kafka describes it, secrets and unknown settings without value', () => {
  const described = rows(describeBroker(settings, '1', all))

  // The recorded broker kept its data elsewhere.
  const withoutDirectory = (list: Row[]) => list.filter(([name]) => name !== 'log.dirs')
  expect(withoutDirectory(described)).toEqual(withoutDirectory(recorded.broker!))
})

test('what all brokers were told is described under the empty name', () => {
  expect(rows(describeBroker(settings, '', all))).toEqual(recorded.cluster)
})

test('groups and client metrics are described whether they exist or not', () => {
  const group = new Map([['consumer.session.timeout.ms', '46000']])
  expect(rows(describeGroup(settings, 'g1', group, all))).toEqual(recorded.group)
  expect(rows(describeGroup(settings, 'g2', new Map(), all))).toEqual(recorded.group2)
  expect(rows(describeClientMetrics('m1', new Map([['interval.ms', '5000']]), all))).toEqual(recorded.metrics)
  expect(rows(describeClientMetrics('m2', new Map(), all))).toEqual(recorded.metrics2)
})

test.each([
  [() => describeBroker(settings, '9'), 'Unexpected broker id, expected 1 or empty string, but received 9'],
  [() => describeBroker(settings, 'x'), 'Broker id must be an integer, but it is: x'],
  [() => describeLoggers(settings, '', new Map()), 'Broker id must not be empty'],
  [() => describeLoggers(settings, '9', new Map()), 'Unexpected broker id, expected 1 but received 9'],
  [() => describeGroup(settings, '', new Map()), 'Group name must not be empty'],
  [() => describeClientMetrics('', new Map()), 'Client metrics subscription name must not be empty'],
])('a resource that cannot be described is refused with Kafka’s text (%#)', (describeIt, message) => {
  expect(thrownBy(describeIt)).toBe(`InvalidRequestException: ${message}`)
})

test('loggers are described with their levels', () => {
  expect(describeLoggers(settings, '1', new Map([['root', 'INFO']]))).toEqual([
    expect.objectContaining({ name: 'root', value: 'INFO', configSource: 6, configType: 0, readOnly: false }),
  ])
})

test('a change while running beats the file, also under another name of the same setting', () => {
  const fixed = brokerConfigFrom(changed({ 'log.retention.minutes': '5' }))

  const { current } = brokerSettings(fixed, new Map([['log.retention.hours', '1']]))

  expect(current.logRetentionMs).toBe(3_600_000)
  expect(fixed.logRetentionMs).toBe(300_000)
})

test.each([
  ['broker', BROKER_CONFIG],
  ['topic', TOPIC_CONFIG],
  ['group', GROUP_CONFIG],
  ['client-metrics', CLIENT_METRICS_CONFIG],
] as [Parameters<typeof loadDocumentation>[0], ConfigDef][])(
  'every setting of a %s is documented',
  async (resource, keys) => {
    const documentation = await loadDocumentation(resource)
    const documented = [...keys.keys.values()].filter((key) => !key.internal)

    expect(documented.filter((key) => !documentation(key.name)?.endsWith('.')).map((key) => key.name)).toEqual([])
  },
)
