/** What settings of a group mean, a sentence each. */
export const GROUP_DOCUMENTATION: Readonly<Record<string, string>> = {
  'consumer.assignment.interval.ms': 'Shortest time between two assignments of this consumer group, in milliseconds.',
  'consumer.heartbeat.interval.ms': 'Time between heartbeats of members of this consumer group, in milliseconds.',
  'consumer.session.timeout.ms':
    'Time without a heartbeat after which a member is removed from this consumer group, in milliseconds.',
  'share.assignment.interval.ms': 'Shortest time between two assignments of this share group, in milliseconds.',
  'share.auto.offset.reset':
    'Where this share group begins in a partition: earliest, latest, or a duration before now.',
  'share.delivery.count.limit': 'How often a record is delivered to this share group before it is given up.',
  'share.heartbeat.interval.ms': 'Time between heartbeats of members of this share group, in milliseconds.',
  'share.isolation.level': 'Whether this share group sees records of transactions before they are committed.',
  'share.partition.max.record.locks': 'Records of a partition that this share group may have in progress at once.',
  'share.record.lock.duration.ms': 'Time that a member has for a record before others may get it, in milliseconds.',
  'share.renew.acknowledge.enable': 'Whether members may ask for more time for a record.',
  'share.session.timeout.ms':
    'Time without a heartbeat after which a member is removed from this share group, in milliseconds.',
  'streams.assignment.interval.ms': 'Shortest time between two assignments of this streams group, in milliseconds.',
  'streams.heartbeat.interval.ms': 'Time between heartbeats of members of this streams group, in milliseconds.',
  'streams.initial.rebalance.delay.ms':
    'How long the first assignment of this streams group waits for more members, in milliseconds.',
  'streams.num.standby.replicas': "Warm copies of each task's state that this streams group keeps.",
  'streams.session.timeout.ms':
    'Time without a heartbeat after which a member is removed from this streams group, in milliseconds.',
}

/** What settings of a client metrics subscription mean, a sentence each. */
export const CLIENT_METRICS_DOCUMENTATION: Readonly<Record<string, string>> = {
  'interval.ms': 'Time between two pushes of metrics by a client, in milliseconds.',
  match: 'Which clients the subscription is for, as name=pattern pairs; none means all.',
  metrics: 'Prefixes of the names of metrics to push; * for all, none for no metrics.',
}
