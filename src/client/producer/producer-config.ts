import type { ClientConfig } from '../../config/client-config.ts'
import { ConfigException } from '../../config/java-error.ts'
import { PRODUCER_CLIENT } from '../../config/producer-config.ts'
import type { Codec } from '../../protocol/compression.ts'
import { plaintextConfig } from '../client-config.ts'

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

/** Parses and checks as Kafka's ProducerConfig does. */
export function producerConfig(properties: ReadonlyMap<string, string>): ClientConfig {
  return plaintextConfig(PRODUCER_CLIENT, properties)
}

/** What Kafka works out while it builds the producer. */
export function producerSettings(config: ClientConfig): ProducerSettings {
  const codec = config.get<Codec>('compression.type')
  return {
    config,
    acks: Number(config.get('acks')) as ProducerSettings['acks'],
    isIdempotent: config.get('enable.idempotence'),
    codec,
    level: config.values.get(`compression.${codec}.level`) as number | undefined,
    batchSize: Math.max(1, config.get<number>('batch.size')),
    lingerMs: config.get('linger.ms'),
    bufferMemory: config.get('buffer.memory'),
    maxRequestSize: config.get('max.request.size'),
    maxBlockMs: config.get('max.block.ms'),
    maxInFlight: config.get('max.in.flight.requests.per.connection'),
    retries: config.get('retries'),
    deliveryTimeoutMs: deliveryTimeoutMs(config),
    requestTimeoutMs: config.get('request.timeout.ms'),
    metadataMaxAgeMs: config.get('metadata.max.age.ms'),
  }
}

/** Never shorter than one attempt may take: raised to that, or refused when the user asked for it. */
function deliveryTimeoutMs(config: ClientConfig): number {
  const timeoutMs = config.get<number>('delivery.timeout.ms')
  const leastMs = Math.min(config.get<number>('linger.ms') + config.get<number>('request.timeout.ms'), 0x7fffffff)
  if (timeoutMs >= leastMs) return timeoutMs
  if (config.originals.has('delivery.timeout.ms')) {
    throw new ConfigException('delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms')
  }
  return leastMs
}
