import type { ClientKind } from './client-config.ts'
import { ConfigDef, type ConfigValue } from './config-def.ts'
import { CLIENT_SECURITY_KEYS } from './definitions/client-security.ts'
import { CONSUMER_KEYS_AFTER_SECURITY, CONSUMER_KEYS_BEFORE_SECURITY } from './definitions/consumer.ts'
import { ConfigException, InvalidConfigurationException } from './java-error.ts'
import { javaTrim } from './java-text.ts'
import { invalidNameReason } from './topic-name.ts'

export const CONSUMER_CLIENT: ClientKind = {
  definition: new ConfigDef([
    ...CONSUMER_KEYS_BEFORE_SECURITY,
    ...CLIENT_SECURITY_KEYS,
    ...CONSUMER_KEYS_AFTER_SECURITY,
  ]),
  check: checkConsumer,
}

const NOT_WITH_CLASSIC = ['group.remote.assignor', 'share.acknowledgement.mode', 'share.acquire.mode']
const NOT_WITH_CONSUMER = [
  'partition.assignment.strategy',
  'heartbeat.interval.ms',
  'session.timeout.ms',
  'share.acknowledgement.mode',
  'share.acquire.mode',
]

function checkConsumer(properties: ReadonlyMap<string, string>, values: Map<string, ConfigValue>): void {
  const clientId = values.get('client.id') as string | null
  const instanceId = values.get('group.instance.id') as string | null
  if (!clientId && instanceId !== null) checkInstanceId(instanceId)
  if (values.get('group.id') === null) {
    if (properties.has('enable.auto.commit') && values.get('enable.auto.commit')) {
      throw new InvalidConfigurationException(
        'enable.auto.commit cannot be set to true when default group id (null) is used.',
      )
    }
    values.set('enable.auto.commit', false)
  }
  const protocol = (values.get('group.protocol') as string).toUpperCase()
  const conflicting = (protocol === 'CONSUMER' ? NOT_WITH_CONSUMER : NOT_WITH_CLASSIC).filter(
    (name) => javaTrim(properties.get(name) ?? '') !== '',
  )
  if (conflicting.length === 0) return
  throw new ConfigException(`${conflicting.join(', ')} cannot be set when group.protocol=${protocol}`)
}

function checkInstanceId(id: string): void {
  const fault = invalidNameReason(id)
  if (fault) throw new InvalidConfigurationException(`Group instance id is invalid: ${fault}`)
}
