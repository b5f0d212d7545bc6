/** Broker settings of groups at their defaults, except that an initial rebalance does not wait. */
import type { SettingSource } from '../../src/broker/groups/config.ts'

const DEFAULTS: Record<string, number> = {
  'node.id': 1,
  'group.min.session.timeout.ms': 6000,
  'group.max.session.timeout.ms': 1_800_000,
  'group.initial.rebalance.delay.ms': 0,
  'group.max.size': 2_147_483_647,
  'offset.metadata.max.bytes': 4096,
  'offsets.retention.minutes': 10_080,
  'offsets.retention.check.interval.ms': 600_000,
  'offsets.commit.timeout.ms': 5000,
  'offsets.load.buffer.size': 5_242_880,
  'offsets.topic.compression.codec': 0,
}

export function groupSettings(overrides: Record<string, number> = {}): SettingSource {
  const values: Record<string, number> = { ...DEFAULTS, ...overrides }
  return { get: (key) => values[key] as never }
}
