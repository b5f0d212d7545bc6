import { ConfigDef, key } from './config-def.ts'
import { InvalidConfigurationException, InvalidRequestException } from './java-error.ts'
import { withoutNulls } from './null-values.ts'
import { listOf } from './validators.ts'

/** Settings of a client metrics subscription (KIP-714). */
export const CLIENT_METRICS_CONFIG = new ConfigDef([
  key('metrics', 'LIST', '', 'MEDIUM', listOf({ empty: true })),
  key('interval.ms', 'INT', '300000', 'MEDIUM'),
  key('match', 'LIST', '', 'MEDIUM', listOf({ empty: true })),
])

const MATCHABLE = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
]

/** Throws what Kafka's controller answers when a subscription is given `overrides`. */
export function validateClientMetricsConfigs(name: string, overrides: ReadonlyMap<string, string | null>): void {
  const given = withoutNulls(overrides, 'client metrics')
  if (name === '') throw new InvalidRequestException("Subscription name can't be empty")
  for (const one of given.keys()) {
    if (CLIENT_METRICS_CONFIG.keys.has(one)) continue
    throw new InvalidRequestException(`Unknown client metrics configuration: ${one}`)
  }
  const values = CLIENT_METRICS_CONFIG.parse(given)
  const interval = values.get('interval.ms') as number
  if (given.has('interval.ms') && (interval < 100 || interval > 3_600_000)) {
    const rule = 'interval must be between 100 and 3600000 (1 hour)'
    throw new InvalidRequestException(`Invalid value ${interval} for interval.ms, ${rule}`)
  }
  for (const pattern of values.get('match') as readonly string[]) {
    const [param = '', regex = '', ...rest] = pattern.split('=')
    const isWhole = regex !== '' && rest.every((part) => part === '')
    if (isWhole && MATCHABLE.includes(param.trim()) && isRegularExpression(regex.trim())) continue
    throw new InvalidConfigurationException(`Illegal client matching pattern: ${pattern}`)
  }
}

function isRegularExpression(pattern: string): boolean {
  try {
    new RegExp(pattern)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}
