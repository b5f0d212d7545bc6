import { readFileSync } from 'node:fs'
import { parseProperties } from '../../src/config/properties.ts'

/** The settings of the broker whose log and answers stand in test/fixtures/config. */
export const RECORDED_BROKER = parseProperties(`
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:19872
listeners=PLAINTEXT://127.0.0.1:19871,CONTROLLER://127.0.0.1:19872
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://127.0.0.1:19871,CONTROLLER://127.0.0.1:19872
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
log.dirs=/data/data
num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.minutes=100
custom.key=hello
ssl.keystore.password=secret
unstable.api.versions.enable=false
broker.rack=r1
log.roll.ms=3600000
`)

/** A combined node with nothing but what it must have; cases change single settings of it. */
export const BASE: ReadonlyMap<string, string> = new Map([
  ['process.roles', 'broker,controller'],
  ['node.id', '1'],
  ['listeners', 'PLAINTEXT://:9092,CONTROLLER://:9093'],
  ['controller.listener.names', 'CONTROLLER'],
  ['controller.quorum.bootstrap.servers', 'localhost:9093'],
])

/** `BASE` with some settings changed, or taken out where the value is null. */
export function changed(changes: Readonly<Record<string, string | null>>): Map<string, string> {
  const settings = new Map(BASE)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) settings.delete(name)
    else settings.set(name, value)
  }
  return settings
}

export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/config/${name}`, import.meta.url), 'utf8')
}

export function fixtureLines<T>(name: string): T[] {
  return fixture(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

/** An error as the fixtures have it: its Java class without the package, and its message. */
export function thrownBy(action: () => unknown): string | undefined {
  try {
    action()
  } catch (error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`
    throw error
  }
  return undefined
}
