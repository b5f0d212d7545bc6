import { InvalidConfigurationException } from './java-error.ts'

/** Requests may carry null for a value; no setting of topics, groups and client metrics takes it. */
export function withoutNulls(
  overrides: ReadonlyMap<string, string | null>,
  resource: 'topic' | 'group' | 'client metrics',
): Map<string, string> {
  const nulls = [...overrides].filter(([, value]) => value === null).map(([name]) => name)
  if (nulls.length > 0) {
    throw new InvalidConfigurationException(`Null value not supported for ${resource} configs: ${nulls.join(',')}`)
  }
  return overrides as Map<string, string>
}
