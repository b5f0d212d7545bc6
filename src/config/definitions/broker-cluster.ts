import { CLUSTER_WIDE, type ConfigKey, INTERNAL, key } from '../config-def.ts'
import { quorumBootstrapServers, quorumVoters } from '../quorum-addresses.ts'
import { atLeast, listOf } from '../validators.ts'

/** The transaction coordinator. */
export const TRANSACTION_KEYS: readonly ConfigKey[] = [
  key('transaction.state.log.min.isr', 'INT', '2', 'HIGH', atLeast(1)),
  key('transaction.state.log.load.buffer.size', 'INT', '5242880', 'HIGH', atLeast(1)),
  key('transaction.state.log.replication.factor', 'SHORT', '3', 'HIGH', atLeast(1)),
  key('transaction.state.log.num.partitions', 'INT', '50', 'HIGH', atLeast(1)),
  key('transaction.state.log.segment.bytes', 'INT', '104857600', 'HIGH', atLeast(1)),
  key('transaction.partition.verification.enable', 'BOOLEAN', 'true', 'LOW', undefined, CLUSTER_WIDE),
  key('producer.id.expiration.ms', 'INT', '86400000', 'LOW', atLeast(1), CLUSTER_WIDE),
  key('producer.id.expiration.check.interval.ms', 'INT', '600000', 'LOW', atLeast(1), INTERNAL),
  key('transactional.id.expiration.ms', 'INT', '604800000', 'HIGH', atLeast(1)),
  key('transaction.max.timeout.ms', 'INT', '900000', 'HIGH', atLeast(1)),
  key('transaction.abort.timed.out.transaction.cleanup.interval.ms', 'INT', '10000', 'LOW', atLeast(1)),
  key('transaction.remove.expired.transaction.cleanup.interval.ms', 'INT', '3600000', 'LOW', atLeast(1)),
  key('transaction.two.phase.commit.enable', 'BOOLEAN', 'false', 'LOW'),
]

/** The controller quorum. */
export const QUORUM_KEYS: readonly ConfigKey[] = [
  key('controller.quorum.voters', 'LIST', '', 'HIGH', quorumVoters),
  key('controller.quorum.bootstrap.servers', 'LIST', '', 'HIGH', quorumBootstrapServers),
  key('controller.quorum.election.timeout.ms', 'INT', '1000', 'HIGH', atLeast(0)),
  key('controller.quorum.fetch.timeout.ms', 'INT', '2000', 'HIGH', atLeast(0)),
  key('controller.quorum.election.backoff.max.ms', 'INT', '1000', 'HIGH', atLeast(0)),
  key('controller.quorum.append.linger.ms', 'INT', '25', 'MEDIUM', atLeast(0)),
  key('controller.quorum.request.timeout.ms', 'INT', '2000', 'MEDIUM', atLeast(0)),
  key('controller.quorum.retry.backoff.ms', 'INT', '20', 'LOW', atLeast(0)),
  key('controller.quorum.auto.join.enable', 'BOOLEAN', 'false', 'LOW'),
  key('controller.quorum.fetch.snapshot.max.bytes', 'INT', '1048576', 'LOW', atLeast(1)),
  key('controller.quorum.fetch.max.bytes', 'INT', '1048576', 'LOW', atLeast(1)),
]

/** Metrics and telemetry. */
export const METRICS_KEYS: readonly ConfigKey[] = [
  key('metrics.num.samples', 'INT', '2', 'LOW', atLeast(1)),
  key('metrics.sample.window.ms', 'LONG', '30000', 'LOW', atLeast(1)),
  key(
    'metric.reporters',
    'LIST',
    'org.apache.kafka.common.metrics.JmxReporter',
    'LOW',
    listOf({ empty: true }),
    CLUSTER_WIDE,
  ),
  key('metrics.recording.level', 'STRING', 'INFO', 'LOW'),
  key('kafka.metrics.reporters', 'LIST', '', 'LOW', listOf({ empty: true })),
  key('kafka.metrics.polling.interval.secs', 'INT', '10', 'LOW', atLeast(1)),
  key('telemetry.max.bytes', 'INT', '1048576', 'LOW', atLeast(1)),
]

/** Windows in which quotas are measured. */
export const QUOTA_KEYS: readonly ConfigKey[] = [
  key('quota.window.num', 'INT', '11', 'LOW', atLeast(1)),
  key('replication.quota.window.num', 'INT', '11', 'LOW', atLeast(1)),
  key('alter.log.dirs.replication.quota.window.num', 'INT', '11', 'LOW', atLeast(1)),
  key('controller.quota.window.num', 'INT', '11', 'LOW', atLeast(1)),
  key('quota.window.size.seconds', 'INT', '1', 'LOW', atLeast(1)),
  key('replication.quota.window.size.seconds', 'INT', '1', 'LOW', atLeast(1)),
  key('alter.log.dirs.replication.quota.window.size.seconds', 'INT', '1', 'LOW', atLeast(1)),
  key('controller.quota.window.size.seconds', 'INT', '1', 'LOW', atLeast(1)),
  key('client.quota.callback.class', 'CLASS', null, 'LOW'),
]

/** Retries of AddPartitionsToTxn between brokers. */
export const ADD_PARTITIONS_KEYS: readonly ConfigKey[] = [
  key('add.partitions.to.txn.retry.backoff.max.ms', 'INT', '100', 'HIGH', atLeast(0)),
  key('add.partitions.to.txn.retry.backoff.ms', 'INT', '20', 'HIGH', atLeast(1)),
]
