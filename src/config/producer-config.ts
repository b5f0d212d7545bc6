import type { ClientKind } from './client-config.ts'
import { ConfigDef, type ConfigValue } from './config-def.ts'
import { CLIENT_SECURITY_KEYS } from './definitions/client-security.ts'
import { PRODUCER_KEYS_AFTER_SECURITY, PRODUCER_KEYS_BEFORE_SECURITY } from './definitions/producer.ts'
import { ConfigException } from './java-error.ts'

export const PRODUCER_CLIENT: ClientKind = {
  definition: new ConfigDef([
    ...PRODUCER_KEYS_BEFORE_SECURITY,
    ...CLIENT_SECURITY_KEYS,
    ...PRODUCER_KEYS_AFTER_SECURITY,
  ]),
  check: checkIdempotence,
}

/** An idempotent producer needs retries, acks=all and few requests in flight; only an explicit wish for it is an error. */
function checkIdempotence(properties: ReadonlyMap<string, string>, values: Map<string, ConfigValue>): void {
  const acks = values.get('acks') === 'all' ? '-1' : String(values.get('acks'))
  values.set('acks', acks)
  const isWish = properties.has('enable.idempotence')
  let isIdempotent = values.get('enable.idempotence') as boolean
  if (isIdempotent) {
    const hasRetries = values.get('retries') !== 0
    if (!hasRetries && isWish) {
      throw new ConfigException('Must set retries to non-zero when using the idempotent producer.')
    }
    if (acks !== '-1' && isWish) {
      throw new ConfigException(
        'Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.',
      )
    }
    const inFlight = values.get('max.in.flight.requests.per.connection') as number
    if (inFlight > 5) {
      throw new ConfigException(
        'To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. ' +
          `Current value is ${inFlight}.`,
      )
    }
    isIdempotent = hasRetries && acks === '-1'
    values.set('enable.idempotence', isIdempotent)
  }
  if (!isIdempotent && properties.has('transactional.id')) {
    throw new ConfigException('Cannot set a transactional.id without also enabling idempotence.')
  }
  if (values.get('transaction.two.phase.commit.enable') && properties.has('transaction.timeout.ms')) {
    throw new ConfigException(
      'Cannot set transaction.timeout.ms when transaction.two.phase.commit.enable is set to true. ' +
        'Transactions will not expire with two-phase commit enabled.',
    )
  }
}
