import { type ConfigKey, key } from '../config-def.ts'
import { shareAutoOffsetReset } from '../offset-reset.ts'
import { atLeast, oneOf } from '../validators.ts'

/** What can be set per group. */
export const GROUP_KEYS: readonly ConfigKey[] = [
  key('consumer.session.timeout.ms', 'INT', '45000', 'MEDIUM', atLeast(1)),
  key('consumer.heartbeat.interval.ms', 'INT', '5000', 'MEDIUM', atLeast(1)),
  key('consumer.assignment.interval.ms', 'INT', '1000', 'MEDIUM', atLeast(0)),
  key('share.session.timeout.ms', 'INT', '45000', 'MEDIUM', atLeast(1)),
  key('share.heartbeat.interval.ms', 'INT', '5000', 'MEDIUM', atLeast(1)),
  key('share.record.lock.duration.ms', 'INT', '30000', 'MEDIUM', atLeast(1000)),
  key('share.delivery.count.limit', 'INT', '5', 'MEDIUM', atLeast(2)),
  key('share.partition.max.record.locks', 'INT', '2000', 'MEDIUM', atLeast(100)),
  key('share.auto.offset.reset', 'STRING', 'latest', 'MEDIUM', shareAutoOffsetReset),
  key('share.isolation.level', 'STRING', 'read_uncommitted', 'MEDIUM', oneOf('read_committed', 'read_uncommitted')),
  key('share.renew.acknowledge.enable', 'BOOLEAN', 'true', 'MEDIUM'),
  key('share.assignment.interval.ms', 'INT', '1000', 'MEDIUM', atLeast(0)),
  key('streams.session.timeout.ms', 'INT', '45000', 'MEDIUM', atLeast(1)),
  key('streams.heartbeat.interval.ms', 'INT', '5000', 'MEDIUM', atLeast(1)),
  key('streams.num.standby.replicas', 'INT', '0', 'MEDIUM', atLeast(0)),
  key('streams.initial.rebalance.delay.ms', 'INT', '3000', 'MEDIUM', atLeast(0)),
  key('streams.assignment.interval.ms', 'INT', '1000', 'MEDIUM', atLeast(0)),
]
