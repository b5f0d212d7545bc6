import { ConfigDef } from '../../config/config-def.ts'
import { CLIENT_SECURITY_KEYS } from '../../config/definitions/client-security.ts'
import { PRODUCER_KEYS_AFTER_SECURITY, PRODUCER_KEYS_BEFORE_SECURITY } from '../../config/definitions/producer.ts'
import { ConfigException } from '../../config/java-error.ts'
import type { Codec } from '../../protocol/compression.ts'
import { type ClientConfig, flag, number, parseClientConfig, text } from '../client-config.ts'

const PRODUCER = new ConfigDef([
  ...PRODUCER_KEYS_BEFORE_SECURITY,
  ...CLIENT_SECURITY_KEYS,
  ...PRODUCER_KEYS_AFTER_SECURITY,
])

/** More requests in flight than this, and a broker no longer remembers all that may be repeated. */
const MAX_IN_FLIGHT_WITH_IDEMPOTENCE = 5

/** The settings that the producer works with. */
export interface ProducerSettings {
  readonly config: ClientConfig
  readonly acks: -1 | 0 | 1
  readonly isIdempotent: boolean
  readonly codec: Codec
  readonly level: number | undefined
  readonly batchSize: number
  readonly lingerMs: number
  readonly bufferMemory: number
  readonly maxRequestSize: number
  readonly maxBlockMs: number
  readonly maxInFlight: number
  readonly retries: number
  readonly deliveryTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly metadataMaxAgeMs: number
}

/** Parses and checks as Kafka's ProducerConfig does: idempotence gives way silently, unless it was asked for. */
export function producerSettings(originals: ReadonlyMap<string, string>): ProducerSettings {
  const config = parseClientConfig(PRODUCER, originals)
  const acks = parseAcks(text(config, 'acks'))
  const codec = text(config, 'compression.type') as Codec
  const level = config.values.get(`compression.${codec}.level`)
  return {
    config,
    acks,
    isIdempotent: isIdempotent(config, acks),
    codec,
    level: typeof level === 'number' ? level : undefined,
    batchSize: Math.max(1, number(config, 'batch.size')),
    lingerMs: number(config, 'linger.ms'),
    bufferMemory: number(config, 'buffer.memory'),
    maxRequestSize: number(config, 'max.request.size'),
    maxBlockMs: number(config, 'max.block.ms'),
    maxInFlight: number(config, 'max.in.flight.requests.per.connection'),
    retries: number(config, 'retries'),
    deliveryTimeoutMs: deliveryTimeoutMs(config),
    requestTimeoutMs: number(config, 'request.timeout.ms'),
    metadataMaxAgeMs: number(config, 'metadata.max.age.ms'),
  }
}

function parseAcks(acks: string): -1 | 0 | 1 {
  return acks === 'all' || acks === '-1' ? -1 : acks === '0' ? 0 : 1
}

function isIdempotent(config: ClientConfig, acks: number): boolean {
  if (!flag(config, 'enable.idempotence')) return false
  const wasAskedFor = config.originals.has('enable.idempotence')
  const hasRetries = number(config, 'retries') > 0
  if (!hasRetries && wasAskedFor) {
    throw new ConfigException('Must set retries to non-zero when using the idempotent producer.')
  }
  if (acks !== -1 && wasAskedFor) {
    throw new ConfigException(
      'Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.',
    )
  }
  const inFlight = number(config, 'max.in.flight.requests.per.connection')
  if (inFlight > MAX_IN_FLIGHT_WITH_IDEMPOTENCE) {
    throw new ConfigException(
      `To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. Current value is ${inFlight}.`,
    )
  }
  return hasRetries && acks === -1
}

function deliveryTimeoutMs(config: ClientConfig): number {
  const timeoutMs = number(config, 'delivery.timeout.ms')
  const leastMs = Math.min(number(config, 'linger.ms') + number(config, 'request.timeout.ms'), 0x7fffffff)
  if (timeoutMs >= leastMs) return timeoutMs
  if (config.originals.has('delivery.timeout.ms')) {
    throw new ConfigException('delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms')
  }
  return leastMs
}
