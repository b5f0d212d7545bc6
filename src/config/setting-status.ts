/**
 * What each broker setting does in this broker. Every known key stands in exactly one of the three lists below (a
 * test holds this); docs/compatibility.md is made from them.
 */
export type SettingStatus = 'effective' | 'ineffective' | 'guarded'

/** Settings that do here what they do in Kafka. */
export const EFFECTIVE: readonly string[] = [
  // Node and quorum
  'broker.id',
  'node.id',
  'process.roles',
  'broker.rack',
  'controller.listener.names',
  'controller.quorum.voters',
  'controller.quorum.bootstrap.servers',
  'initial.broker.registration.timeout.ms',
  'broker.heartbeat.interval.ms',
  'broker.session.timeout.ms',
  'controlled.shutdown.enable',
  // Network
  'listeners',
  'advertised.listeners',
  'listener.security.protocol.map',
  'inter.broker.listener.name',
  'security.inter.broker.protocol',
  'socket.request.max.bytes',
  'socket.listen.backlog.size',
  'connections.max.idle.ms',
  'max.connections',
  'max.connections.per.ip',
  'max.connections.per.ip.overrides',
  'queued.max.request.bytes',
  'request.timeout.ms',
  // Topics and requests
  'auto.create.topics.enable',
  'num.partitions',
  'default.replication.factor',
  'delete.topic.enable',
  'min.insync.replicas',
  'message.max.bytes',
  'fetch.max.bytes',
  'max.incremental.fetch.session.cache.slots',
  'max.request.partition.size.limit',
  'unclean.leader.election.enable',
  'compression.type',
  'compression.gzip.level',
  'compression.zstd.level',
  // Logs
  'log.dir',
  'log.dirs',
  'metadata.log.dir',
  'log.segment.bytes',
  'log.roll.ms',
  'log.roll.hours',
  'log.roll.jitter.ms',
  'log.roll.jitter.hours',
  'log.retention.ms',
  'log.retention.minutes',
  'log.retention.hours',
  'log.retention.bytes',
  'log.retention.check.interval.ms',
  'log.cleanup.policy',
  'log.index.size.max.bytes',
  'log.index.interval.bytes',
  'log.flush.interval.messages',
  'log.flush.interval.ms',
  'log.flush.scheduler.interval.ms',
  'log.flush.offset.checkpoint.interval.ms',
  'log.flush.start.offset.checkpoint.interval.ms',
  'log.segment.delete.delay.ms',
  'log.preallocate',
  'log.message.timestamp.type',
  'log.message.timestamp.before.max.ms',
  'log.message.timestamp.after.max.ms',
  'replica.high.watermark.checkpoint.interval.ms',
  'metadata.log.segment.bytes',
  'metadata.log.segment.ms',
  'metadata.max.idle.interval.ms',
  // Producers
  'producer.id.expiration.ms',
  'producer.id.expiration.check.interval.ms',
  // Groups
  'group.min.session.timeout.ms',
  'group.max.session.timeout.ms',
  'group.initial.rebalance.delay.ms',
  'group.max.size',
  'group.coordinator.rebalance.protocols',
  'offset.metadata.max.bytes',
  'offsets.commit.timeout.ms',
  'offsets.load.buffer.size',
  'offsets.topic.num.partitions',
  'offsets.topic.replication.factor',
  'offsets.topic.segment.bytes',
  'offsets.topic.compression.codec',
  'offsets.retention.minutes',
  'offsets.retention.check.interval.ms',
]

export interface IneffectiveGroup {
  /** Why they change nothing, as the WARN line and the documentation say it. */
  readonly reason: string
  /** Keys, or prefixes that end in a dot. */
  readonly keys: readonly string[]
  /** Values of which nobody needs to be warned: they ask for what happens anyway. */
  readonly isMet?: (value: unknown) => boolean
}

/** Settings that Kafka knows and that change nothing here. */
export const INEFFECTIVE: readonly IneffectiveGroup[] = [
  {
    reason: 'there are no thread pools: one event loop does the work',
    keys: [
      'background.threads',
      'num.io.threads',
      'num.network.threads',
      'num.recovery.threads.per.data.dir',
      'num.replica.alter.log.dirs.threads',
      'num.replica.fetchers',
      'queued.max.requests',
      'group.coordinator.threads',
      'group.coordinator.background.threads',
      'share.coordinator.threads',
    ],
  },
  {
    reason: 'the operating system sizes socket buffers',
    keys: ['socket.send.buffer.bytes', 'socket.receive.buffer.bytes', 'replica.socket.receive.buffer.bytes'],
  },
  {
    reason: 'waiting requests are kept in lists that need no purging',
    keys: [
      'fetch.purgatory.purge.interval.requests',
      'producer.purgatory.purge.interval.requests',
      'delete.records.purgatory.purge.interval.requests',
      'share.fetch.purgatory.purge.interval.requests',
    ],
  },
  {
    reason: 'log compaction is not built yet',
    keys: ['log.cleaner.'],
  },
  {
    reason: 'periodic work on logs begins one period after the start',
    keys: ['log.initial.task.delay.ms'],
  },
  {
    reason: 'the records of one tick go to a coordinator log together, and its buffers live no longer',
    keys: ['group.coordinator.append.linger.ms', 'group.coordinator.cached.buffer.max.bytes'],
  },
  {
    reason: 'the lz4 encoder has one level',
    keys: ['compression.lz4.level'],
  },
  {
    reason: 'replication between brokers is not built yet',
    keys: [
      'replica.lag.time.max.ms',
      'replica.socket.timeout.ms',
      'replica.fetch.max.bytes',
      'replica.fetch.wait.max.ms',
      'replica.fetch.backoff.ms',
      'replica.fetch.min.bytes',
      'replica.fetch.response.max.bytes',
      'auto.leader.rebalance.enable',
      'leader.imbalance.check.interval.seconds',
      'unclean.leader.election.interval.ms',
      'log.dir.failure.timeout.ms',
      'cordoned.log.dirs',
    ],
  },
  {
    reason: 'the controller quorum has one voter, in this process, so far',
    keys: [
      'controller.quorum.election.timeout.ms',
      'controller.quorum.fetch.timeout.ms',
      'controller.quorum.election.backoff.max.ms',
      'controller.quorum.append.linger.ms',
      'controller.quorum.request.timeout.ms',
      'controller.quorum.retry.backoff.ms',
      'controller.quorum.auto.join.enable',
      'controller.quorum.fetch.max.bytes',
      'controller.quorum.fetch.snapshot.max.bytes',
      'controller.socket.timeout.ms',
      'socket.connection.setup.timeout.ms',
      'socket.connection.setup.timeout.max.ms',
      'controller.performance.',
    ],
  },
  {
    reason: 'the controller listener is open before every other listener, always',
    keys: ['early.start.listeners', 'server.max.startup.time.ms'],
  },
  {
    reason: 'snapshots of the metadata log are not written yet',
    keys: [
      'metadata.log.max.record.bytes.between.snapshots',
      'metadata.log.max.snapshot.interval.ms',
      'metadata.max.retention.bytes',
      'metadata.max.retention.ms',
      'internal.metadata.max.batch.size.in.bytes',
      'internal.metadata.delete.delay.millis',
      'internal.metadata.log.segment.bytes',
    ],
  },
  {
    reason: 'transactions are not built yet',
    keys: [
      'transaction.state.log.load.buffer.size',
      'transaction.state.log.num.partitions',
      'transaction.state.log.segment.bytes',
      'transaction.partition.verification.enable',
      'transactional.id.expiration.ms',
      'transaction.max.timeout.ms',
      'transaction.abort.timed.out.transaction.cleanup.interval.ms',
      'transaction.remove.expired.transaction.cleanup.interval.ms',
      'transaction.two.phase.commit.enable',
      'add.partitions.to.txn.retry.backoff.ms',
      'add.partitions.to.txn.retry.backoff.max.ms',
    ],
  },
  {
    reason: 'their internal topics are not used yet',
    keys: [
      'transaction.state.log.min.isr',
      'transaction.state.log.replication.factor',
      'share.coordinator.state.topic.min.isr',
      'share.coordinator.state.topic.replication.factor',
    ],
    // What a single node needs, and what every file for one says.
    isMet: (value) => value === 1,
  },
  {
    reason: 'share groups are not built yet',
    keys: [
      'group.share.',
      'share.coordinator.append.linger.ms',
      'share.coordinator.cached.buffer.max.bytes',
      'share.coordinator.cold.partition.snapshot.interval.ms',
      'share.coordinator.load.buffer.size',
      'share.coordinator.snapshot.update.records.per.snapshot',
      'share.coordinator.state.topic.compression.codec',
      'share.coordinator.state.topic.num.partitions',
      'share.coordinator.state.topic.prune.interval.ms',
      'share.coordinator.state.topic.segment.bytes',
      'share.coordinator.write.timeout.ms',
    ],
  },
  {
    reason: 'groups of the consumer protocol (KIP-848) are not built yet',
    keys: ['group.consumer.'],
  },
  {
    reason: 'streams groups (KIP-1071) are not built yet',
    keys: ['group.streams.'],
  },
  {
    reason: 'tiered storage is not built yet, and not asked for',
    keys: [
      'remote.fetch.max.wait.ms',
      'remote.list.offsets.request.timeout.ms',
      'remote.log.index.',
      'remote.log.manager.',
      'remote.log.metadata.',
      'remote.log.reader.',
      'remote.log.storage.manager.',
      'log.local.retention.bytes',
      'log.local.retention.ms',
      'follower.fetch.last.tiered.offset.enable',
    ],
  },
  {
    reason: 'metrics are not sampled over windows of this kind',
    keys: [
      'metrics.num.samples',
      'metrics.sample.window.ms',
      'metrics.recording.level',
      'kafka.metrics.polling.interval.secs',
      'telemetry.max.bytes',
    ],
  },
  {
    reason: 'quotas are not built yet',
    keys: [
      'quota.window.',
      'replication.quota.window.',
      'alter.log.dirs.replication.quota.window.',
      'controller.quota.window.',
    ],
  },
  {
    reason: 'no listener authenticates yet',
    keys: ['connection.failed.authentication.delay.ms'],
  },
  {
    reason: 'versions under development are not served',
    keys: ['unstable.api.versions.enable', 'unstable.feature.versions.enable'],
  },
]

export interface GuardedGroup {
  /** What is missing, as the refusal says it. */
  readonly reason: string
  /** Keys, or prefixes that end in a dot. */
  readonly keys: readonly string[]
  /** Whether this value asks for protection (or foreign code); else the setting is harmless. Default: any other than the default. */
  readonly isAsked?: (value: unknown) => boolean
}

const isSet = (value: unknown) => (Array.isArray(value) ? value.length > 0 : value !== null && value !== '')

/** Settings that protect something, or that load code of the user's: asking for them stops the start. */
export const GUARDED: readonly GuardedGroup[] = [
  { reason: 'access control is not built yet', keys: ['authorizer.class.name'], isAsked: isSet },
  { reason: 'SASL authentication is not built yet', keys: ['sasl.', 'connections.max.reauth.ms'] },
  { reason: 'TLS is not built yet', keys: ['ssl.'] },
  { reason: 'delegation tokens are not built yet', keys: ['delegation.token.'] },
  { reason: 'limiting the rate of new connections is not built yet', keys: ['max.connection.creation.rate'] },
  { reason: 'quotas are not built yet', keys: ['client.quota.callback.class'], isAsked: isSet },
  {
    reason: 'policy classes are Java code, which cannot run here',
    keys: ['create.topic.policy.class.name', 'alter.config.policy.class.name'],
    isAsked: isSet,
  },
  { reason: 'principal builders are Java code, which cannot run here', keys: ['principal.builder.class'] },
  { reason: 'replica selectors are not built yet', keys: ['replica.selector.class'], isAsked: isSet },
  { reason: 'security providers are Java code, which cannot run here', keys: ['security.providers'], isAsked: isSet },
  {
    reason: 'metric reporters are Java code, which cannot run here',
    keys: ['metric.reporters', 'kafka.metrics.reporters'],
    isAsked: (value) =>
      (value as readonly string[]).some((name) => name !== 'org.apache.kafka.common.metrics.JmxReporter'),
  },
  { reason: 'values from configuration providers are not built yet', keys: ['config.providers'], isAsked: isSet },
  { reason: 'tiered storage is not built yet', keys: ['remote.log.storage.system.enable'] },
]

/** Whether a list of keys and prefixes names `key`. */
export function isNamed(keys: readonly string[], key: string): boolean {
  return keys.some((one) => (one.endsWith('.') ? key.startsWith(one) : key === one))
}
