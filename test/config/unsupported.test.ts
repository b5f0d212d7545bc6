import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { brokerConfigFrom } from '../../src/config/broker-config.ts'
import { BROKER_CONFIG } from '../../src/config/broker-def.ts'
import { parseProperties } from '../../src/config/properties.ts'
import { EFFECTIVE, GUARDED, INEFFECTIVE, isNamed } from '../../src/config/setting-status.ts'
import { failClosed, ineffectiveSettings, settingRows } from '../../src/config/unsupported.ts'
import { changed } from './recorded-broker.ts'

test('every broker setting is effective, ineffective or guarded, and only one of them', () => {
  const lists = [EFFECTIVE, ...INEFFECTIVE.map((group) => group.keys), ...GUARDED.map((group) => group.keys)]
  const counts = [...BROKER_CONFIG.keys.keys()].map((key) => [key, lists.filter((keys) => isNamed(keys, key)).length])

  expect(counts.filter(([, count]) => count !== 1)).toEqual([])
})

test('no list names a setting that does not exist', () => {
  const named = [EFFECTIVE, ...INEFFECTIVE.map((group) => group.keys), ...GUARDED.map((group) => group.keys)].flat()

  expect(named.filter((one) => ![...BROKER_CONFIG.keys.keys()].some((key) => isNamed([one], key)))).toEqual([])
  expect(settingRows()).toHaveLength(340)
})

test.each([
  [{ 'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer' }, 'authorizer.class.name'],
  [
    {
      listeners: 'SSL://:9092,CONTROLLER://:9093',
      'inter.broker.listener.name': 'SSL',
      'listener.security.protocol.map': 'SSL:SSL,CONTROLLER:PLAINTEXT',
    },
    'Listener SSL (SSL)',
  ],
  [{ 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:SASL_SSL' }, 'Listener CONTROLLER (SASL_SSL)'],
  [{ 'sasl.enabled.mechanisms': 'PLAIN' }, 'sasl.enabled.mechanisms=PLAIN'],
  [{ 'ssl.client.auth': 'required' }, 'ssl.client.auth=required'],
  [{ 'ssl.keystore.password': 'pw' }, 'ssl.keystore.password=[hidden]'],
  [{ 'listener.name.plaintext.plain.sasl.jaas.config': 'x' }, 'listener.name.plaintext.plain.sasl.jaas.config'],
  [{ 'listener.name.plaintext.max.connection.creation.rate': '5' }, 'listener.name.plaintext.max.connection'],
  [{ 'max.connection.creation.rate': '5' }, 'max.connection.creation.rate=5'],
  [{ 'delegation.token.secret.key': 'x' }, 'delegation.token.secret.key=[hidden]'],
  [{ 'remote.log.storage.system.enable': 'true' }, 'remote.log.storage.system.enable=true'],
  [{ 'metric.reporters': 'com.example.Reporter' }, 'metric.reporters=com.example.Reporter'],
  [{ 'config.providers': 'file' }, 'config.providers=file'],
  [{ 'controller.quorum.voters': '1@a:1,2@b:2,3@c:3' }, 'controller.quorum.voters=1@a:1,2@b:2,3@c:3'],
  [{ 'process.roles': 'broker', listeners: 'PLAINTEXT://:9092' }, 'process.roles=broker'],
])('a start that would silently lack what was asked for is refused: %j', (changes, setting) => {
  const config = brokerConfigFrom(changed({ ...changes, 'advertised.listeners': null }))

  expect(() => failClosed(config)).toThrow(setting)
  expect(() => failClosed(config)).toThrow('It does not start, rather than run without it.')
})

test('a value equal to the default asks for nothing', () => {
  const config = brokerConfigFrom(
    changed({ 'authorizer.class.name': '', 'ssl.client.auth': 'none', 'sasl.enabled.mechanisms': 'GSSAPI' }),
  )

  expect(() => failClosed(config)).not.toThrow()
})

test('several refusals are all named', () => {
  const config = brokerConfigFrom(changed({ 'authorizer.class.name': 'A', 'ssl.client.auth': 'required' }))

  expect(() => failClosed(config)).toThrow(/authorizer\.class\.name=A.*The same goes for ssl\.client\.auth=required\./)
})

test('a setting without effect is named once, unless it has its default value', () => {
  const config = brokerConfigFrom(
    changed({ 'num.io.threads': '2', 'num.network.threads': '3', 'log.cleaner.threads': '4' }),
  )

  expect(ineffectiveSettings(config)).toEqual([
    expect.stringContaining('num.io.threads=2 has no effect here: '),
    expect.stringContaining('log.cleaner.threads=4 has no effect here: '),
  ])
})

test.each(['server', 'kraft/server'])('config/%s.properties starts a node without complaints', (name) => {
  const text = readFileSync(new URL(`../../config/${name}.properties`, import.meta.url), 'latin1')
  const config = brokerConfigFrom(parseProperties(text))

  expect(() => failClosed(config)).not.toThrow()
  expect(ineffectiveSettings(config)).toEqual([])
  expect(config.remarks).toEqual([])
  expect(config.logDirs).toEqual(['/tmp/kraft-combined-logs'])
  expect(config.controllerQuorumVoters.size).toBe(name === 'server' ? 0 : 1)
})

test.each(['broker', 'controller'])('config/%s.properties is a valid file', (name) => {
  const text = readFileSync(new URL(`../../config/${name}.properties`, import.meta.url), 'latin1')

  expect([...brokerConfigFrom(parseProperties(text)).roles]).toEqual([name])
})
