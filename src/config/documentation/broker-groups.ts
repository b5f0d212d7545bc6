/** What settings of the group and share coordinators mean, a sentence each. */
export const COORDINATOR_DOCUMENTATION: Readonly<Record<string, string>> = {
  'group.coordinator.rebalance.protocols': 'Kinds of groups that the coordinator serves.',
  'group.coordinator.threads': 'Threads of the group coordinator.',
  'group.coordinator.background.threads': "Threads for the group coordinator's longer computations.",
  'group.coordinator.append.linger.ms':
    'How long the group coordinator gathers records before it writes them, in milliseconds; -1 lets it choose.',
  'group.coordinator.cached.buffer.max.bytes':
    'Largest write buffer that the group coordinator keeps for reuse, in bytes.',
  'offsets.commit.timeout.ms': 'Longest wait until a commit of offsets is replicated, in milliseconds.',
  'offsets.load.buffer.size': 'Bytes read at a time when groups and offsets are loaded from their log.',
  'offsets.topic.replication.factor': 'Replicas of the offsets topic when it is created.',
  'offsets.topic.num.partitions': 'Partitions of the offsets topic when it is created; not to be changed later.',
  'offsets.topic.segment.bytes': 'Size at which the offsets topic begins a new file, in bytes.',
  'offsets.topic.compression.codec': 'Number of the codec with which the offsets topic is written; 0 is none.',
  'offset.metadata.max.bytes': 'Longest note that a consumer may attach to a committed offset, in bytes.',
  'offsets.retention.minutes':
    'Time that committed offsets are kept once their group is empty or no longer reads the topic, in minutes.',
  'offsets.retention.check.interval.ms': 'Time between searches for committed offsets to forget, in milliseconds.',
  'group.min.session.timeout.ms':
    'Shortest session timeout that a member of a classic group may choose, in milliseconds.',
  'group.max.session.timeout.ms':
    'Longest session timeout that a member of a classic group may choose, in milliseconds.',
  'group.initial.rebalance.delay.ms':
    'How long the first rebalance of an empty classic group waits for more members, in milliseconds.',
  'group.max.size': 'Most members of a classic group.',
  'group.consumer.session.timeout.ms':
    'Time without a heartbeat after which a member of a consumer group is removed, in milliseconds.',
  'group.consumer.min.session.timeout.ms':
    'Shortest session timeout that a consumer group may be given, in milliseconds.',
  'group.consumer.max.session.timeout.ms':
    'Longest session timeout that a consumer group may be given, in milliseconds.',
  'group.consumer.heartbeat.interval.ms': 'Time between heartbeats of members of a consumer group, in milliseconds.',
  'group.consumer.min.heartbeat.interval.ms':
    'Shortest heartbeat interval that a consumer group may be given, in milliseconds.',
  'group.consumer.max.heartbeat.interval.ms':
    'Longest heartbeat interval that a consumer group may be given, in milliseconds.',
  'group.consumer.max.size': 'Most members of a consumer group.',
  'group.consumer.assignors': 'Ways of assigning partitions that consumer groups may choose, the default first.',
  'group.consumer.migration.policy': 'Whether classic groups may turn into consumer groups while they run, and back.',
  'group.consumer.assignment.interval.ms':
    'Shortest time between two assignments of a consumer group, in milliseconds.',
  'group.consumer.min.assignment.interval.ms':
    'Shortest assignment interval that a consumer group may be given, in milliseconds.',
  'group.consumer.max.assignment.interval.ms':
    'Longest assignment interval that a consumer group may be given, in milliseconds.',
  'group.share.session.timeout.ms':
    'Time without a heartbeat after which a member of a share group is removed, in milliseconds.',
  'group.share.min.session.timeout.ms': 'Shortest session timeout that a share group may be given, in milliseconds.',
  'group.share.max.session.timeout.ms': 'Longest session timeout that a share group may be given, in milliseconds.',
  'group.share.heartbeat.interval.ms': 'Time between heartbeats of members of a share group, in milliseconds.',
  'group.share.min.heartbeat.interval.ms':
    'Shortest heartbeat interval that a share group may be given, in milliseconds.',
  'group.share.max.heartbeat.interval.ms':
    'Longest heartbeat interval that a share group may be given, in milliseconds.',
  'group.share.max.size': 'Most members of a share group.',
  'group.share.assignors': 'The way in which partitions are assigned in share groups.',
  'group.share.assignment.interval.ms': 'Shortest time between two assignments of a share group, in milliseconds.',
  'group.share.min.assignment.interval.ms':
    'Shortest assignment interval that a share group may be given, in milliseconds.',
  'group.share.max.assignment.interval.ms':
    'Longest assignment interval that a share group may be given, in milliseconds.',
  'group.streams.session.timeout.ms':
    'Time without a heartbeat after which a member of a streams group is removed, in milliseconds.',
  'group.streams.min.session.timeout.ms':
    'Shortest session timeout that a streams group may be given, in milliseconds.',
  'group.streams.max.session.timeout.ms': 'Longest session timeout that a streams group may be given, in milliseconds.',
  'group.streams.heartbeat.interval.ms': 'Time between heartbeats of members of a streams group, in milliseconds.',
  'group.streams.min.heartbeat.interval.ms':
    'Shortest heartbeat interval that a streams group may be given, in milliseconds.',
  'group.streams.max.heartbeat.interval.ms':
    'Longest heartbeat interval that a streams group may be given, in milliseconds.',
  'group.streams.max.size': 'Most members of a streams group.',
  'group.streams.num.standby.replicas': "Warm copies of each task's state that a streams group keeps.",
  'group.streams.max.standby.replicas': 'Most warm copies of state that a streams group may ask for.',
  'group.streams.initial.rebalance.delay.ms':
    'How long the first assignment of an empty streams group waits for more members, in milliseconds.',
  'group.streams.assignment.interval.ms': 'Shortest time between two assignments of a streams group, in milliseconds.',
  'group.streams.min.assignment.interval.ms':
    'Shortest assignment interval that a streams group may be given, in milliseconds.',
  'group.streams.max.assignment.interval.ms':
    'Longest assignment interval that a streams group may be given, in milliseconds.',
  'group.share.delivery.count.limit': 'How often a record is delivered to a share group before it is given up.',
  'group.share.max.delivery.count.limit': 'Largest delivery limit that a share group may be given.',
  'group.share.min.delivery.count.limit': 'Smallest delivery limit that a share group may be given.',
  'group.share.record.lock.duration.ms':
    'Time that a member of a share group has for a record before others may get it, in milliseconds.',
  'group.share.min.record.lock.duration.ms': 'Shortest lock time that a share group may be given, in milliseconds.',
  'group.share.max.record.lock.duration.ms': 'Longest lock time that a share group may be given, in milliseconds.',
  'group.share.partition.max.record.locks': 'Records of a partition that a share group may have in progress at once.',
  'group.share.max.partition.max.record.locks':
    'Largest number of records in progress that a share group may be given.',
  'group.share.min.partition.max.record.locks':
    'Smallest number of records in progress that a share group may be given.',
  'share.fetch.purgatory.purge.interval.requests':
    'Number of finished share fetches after which waiting lists are cleaned.',
  'group.share.max.share.sessions': 'Share sessions that the broker keeps.',
  'share.coordinator.state.topic.num.partitions':
    'Partitions of the topic with the state of share groups when it is created.',
  'share.coordinator.state.topic.replication.factor':
    'Replicas of the topic with the state of share groups when it is created.',
  'share.coordinator.state.topic.min.isr':
    'In-sync replicas that the topic with the state of share groups needs for a write.',
  'share.coordinator.state.topic.segment.bytes':
    'Size at which the topic with the state of share groups begins a new file, in bytes.',
  'share.coordinator.threads': 'Threads of the coordinator that keeps the state of share groups.',
  'share.coordinator.snapshot.update.records.per.snapshot':
    "Updates of a share partition's state between two full copies of it.",
  'share.coordinator.load.buffer.size': 'Bytes read at a time when the state of share groups is loaded.',
  'share.coordinator.state.topic.compression.codec':
    'Number of the codec with which the state of share groups is written; 0 is none.',
  'share.coordinator.append.linger.ms':
    'How long the share coordinator gathers records before it writes them, in milliseconds; -1 lets it choose.',
  'share.coordinator.write.timeout.ms': 'Longest wait until a write of share state is replicated, in milliseconds.',
  'share.coordinator.cached.buffer.max.bytes':
    'Largest write buffer that the share coordinator keeps for reuse, in bytes.',
}
