import { describe, expect, test } from 'vitest'
import { type BrokerConfig, brokerConfigFrom, configDump, withOverrides } from '../../src/config/broker-config.ts'
import { type Endpoint, resolvedEndpoints } from '../../src/config/listeners.ts'
import { changed, fixture, fixtureLines, RECORDED_BROKER, thrownBy } from './recorded-broker.ts'

interface BrokerCase {
  changes: Record<string, string | null>
  error?: string
  result?: Record<string, unknown>
}

const text = (endpoints: readonly Endpoint[]) =>
  endpoints.map((one) => [one.listenerName, one.securityProtocol, one.host, one.port].join(':')).join(' ')

const summary = (config: BrokerConfig) => ({
  listeners: text(config.listeners),
  advertised: text(config.advertisedListeners),
  advertisedController: text(config.advertisedControllerListeners),
  interBroker: config.interBrokerListenerName,
  logDirs: config.logDirs.join(','),
  metadataLogDir: config.metadataLogDir,
  nodeId: config.nodeId,
})

describe('a node refuses and understands settings as Apache Kafka does', () => {
  test.each(fixtureLines<BrokerCase>('broker-cases.jsonl'))('$changes', ({ changes, error, result }) => {
    if (error !== undefined) {
      expect(thrownBy(() => brokerConfigFrom(changed(changes)))).toBe(error)
    } else {
      expect(summary(brokerConfigFrom(changed(changes)))).toEqual(result)
    }
  })
})

test('errors carry the Java class that Kafka logs', () => {
  expect(() => brokerConfigFrom(changed({ 'num.partitions': 'abc' }))).toThrow(
    expect.objectContaining({ javaClass: 'org.apache.kafka.common.config.ConfigException' }),
  )
  expect(() => brokerConfigFrom(changed({ listeners: null }))).toThrow(
    expect.objectContaining({ javaClass: 'java.lang.IllegalArgumentException' }),
  )
})

test('the dump of all values has the lines of Kafka’s log, without secrets', () => {
  const dump = configDump(brokerConfigFrom(RECORDED_BROKER))

  expect(dump).toBe(`KafkaConfig values: \n${fixture('config-dump.txt')}`)
  expect(dump).not.toContain('secret\n')
})

test('every known key has a value, unknown ones keep their text', () => {
  const config = brokerConfigFrom(changed({ 'my.own': ' x ' }))

  expect(config.get<number>('num.partitions')).toBe(1)
  expect(config.values.size).toBe(360)
  expect(config.originals.get('my.own')).toBe(' x ')
  expect(() => config.get('my.own')).toThrow("Unknown configuration 'my.own'")
})

test('the longest number keeps its digits as text', () => {
  const config = brokerConfigFrom(changed({ 'log.retention.bytes': '9223372036854775806' }))

  expect(config.text('log.retention.bytes')).toBe('9223372036854775806')
  expect(config.text('log.flush.scheduler.interval.ms')).toBe('9223372036854775807')
  expect(config.get<number>('log.flush.scheduler.interval.ms')).toBeGreaterThan(Number.MAX_SAFE_INTEGER)
})

test.each([
  [{}, 604_800_000],
  [{ 'log.retention.hours': '1' }, 3_600_000],
  [{ 'log.retention.hours': '1', 'log.retention.minutes': '2' }, 120_000],
  [{ 'log.retention.hours': '1', 'log.retention.minutes': '2', 'log.retention.ms': '5' }, 5],
  [{ 'log.retention.hours': '-1' }, -1],
  [{ 'log.retention.ms': '-7' }, -1],
])('retention takes the most exact of its settings: %j', (changes, ms) => {
  expect(brokerConfigFrom(changed(changes)).logRetentionMs).toBe(ms)
})

test('a heartbeat interval that is too long for the session is remarked, not refused', () => {
  const config = brokerConfigFrom(changed({ 'broker.heartbeat.interval.ms': '5000' }))

  expect(config.remarks).toEqual([
    { level: 'ERROR', message: expect.stringContaining('broker.heartbeat.interval.ms (5000 ms) must be less than') },
  ])
})

test('repeated entries of a list are dropped and remarked', () => {
  const config = brokerConfigFrom(changed({ 'log.dirs': '/a, /b,/a' }))

  expect(config.logDirs).toEqual(['/a', '/b'])
  expect(config.remarks).toEqual([
    {
      level: 'WARN',
      message:
        'Configuration key "log.dirs" contains duplicate values. Duplicates will be removed. ' +
        'The original value is: [/a, /b, /a], the updated value is: [/a, /b]',
    },
  ])
})

test('an override wins over the file; without = it is a key with an empty value', () => {
  const merged = withOverrides(new Map([['node.id', '1']]), ['node.id=2', ' a = b=c ', 'novalue'])

  expect([...merged]).toEqual([
    ['node.id', '2'],
    ['a', 'b=c'],
    ['novalue', ''],
  ])
})

test('port 0 and an empty host are resolved once the listeners are bound', () => {
  const config = brokerConfigFrom(changed({ listeners: 'PLAINTEXT://:0,CONTROLLER://:0' }))

  const resolved = resolvedEndpoints(
    config.advertisedListeners,
    (name) => (name === 'PLAINTEXT' ? 4711 : 0),
    () => 'me.example',
  )

  expect(text(resolved)).toBe('PLAINTEXT:PLAINTEXT:me.example:4711')
})
