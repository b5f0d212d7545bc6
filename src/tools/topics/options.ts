import { defaultOptions } from '../../cli/command-line.ts'
import { flag, integerOption, stringOption } from '../../cli/jopt.ts'

const CONFIGS_TOOL = ' (To alter topic configurations, the kafka-configs tool can be used.)'

/** Topic settings that the help of `--config` lists. */
const TOPIC_SETTINGS = `cleanup.policy compression.gzip.level compression.lz4.level compression.type
  compression.zstd.level delete.retention.ms file.delete.delay.ms flush.messages flush.ms
  follower.replication.throttled.replicas index.interval.bytes leader.replication.throttled.replicas
  local.retention.bytes local.retention.ms max.compaction.lag.ms max.message.bytes message.timestamp.after.max.ms
  message.timestamp.before.max.ms message.timestamp.type min.cleanable.dirty.ratio min.compaction.lag.ms
  min.insync.replicas preallocate remote.log.copy.disable remote.log.delete.on.disable remote.storage.enable
  retention.bytes retention.ms segment.bytes segment.index.bytes segment.jitter.ms segment.ms
  unclean.leader.election.enable`.split(/\s+/)

/** The options of kafka-topics, with the texts its help prints. */
export const TOPICS_OPTIONS = {
  ...defaultOptions,
  'bootstrap-server': stringOption('REQUIRED: The Kafka server to connect to.', { argument: 'server to connect to' }),
  'command-config': stringOption('Property file containing configs to be passed to Admin Client.', {
    argument: 'command config property file',
  }),
  list: flag('List all available topics.'),
  create: flag('Create a new topic.'),
  delete: flag('Delete a topic.'),
  alter: flag(`Alter the number of partitions and replica assignment.${CONFIGS_TOOL}`),
  describe: flag('List details for the given topics.'),
  topic: stringOption(
    'The topic to create, alter, describe or delete. It also accepts a regular expression, except for --create option.',
    { argument: 'topic' },
  ),
  'topic-id': stringOption('The topic-id to describe.', { argument: 'topic-id' }),
  config: stringOption(
    `A topic configuration override for the topic being created. The following is a list of valid configurations: \n${TOPIC_SETTINGS.map(
      (name) => `\t${name}\n`,
    ).join(
      '',
    )}See the Kafka documentation for full details on the topic configs. It is supported only in combination with --create.${CONFIGS_TOOL}`,
    { argument: 'name=value' },
  ),
  'delete-config': stringOption('This option is no longer supported and has been deprecated since 4.0', {
    argument: 'name',
  }),
  partitions: integerOption(
    'The number of partitions for the topic being created or altered. If not supplied with --create, the topic uses the cluster default. (WARNING: If partitions are increased for a topic that has a key, the partition logic or ordering of the messages will be affected).',
    { argument: '# of partitions' },
  ),
  'replication-factor': integerOption(
    'The replication factor for each partition in the topic being created. If not supplied, the topic uses the cluster default.',
    { argument: 'replication factor' },
  ),
  'replica-assignment': stringOption(
    'A list of manual partition-to-broker assignments for the topic being created or altered.',
    {
      argument:
        'broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , broker_id_for_part2_replica1 : broker_id_for_part2_replica2 , ...',
    },
  ),
  'under-replicated-partitions': flag('If set when describing topics, only show under-replicated partitions.'),
  'unavailable-partitions': flag('If set when describing topics, only show partitions whose leader is not available.'),
  'under-min-isr-partitions': flag(
    'If set when describing topics, only show partitions whose isr count is less than the configured minimum.',
  ),
  'at-min-isr-partitions': flag(
    'If set when describing topics, only show partitions whose isr count is equal to the configured minimum.',
  ),
  'topics-with-overrides': flag('If set when describing topics, only show topics that have overridden configs.'),
  'if-exists': flag(
    'If set when altering or deleting or describing topics, the action will only execute if the topic exists.',
  ),
  'if-not-exists': flag(
    'If set when creating topics, the create request will not fail if the topic already exists, but the request will still be sent.',
  ),
  'exclude-internal': flag(
    'Exclude internal topics when listing or describing topics. By default, the internal topics are included.',
  ),
  'partition-size-limit-per-response': integerOption(
    'The maximum partition size to be included in one DescribeTopicPartitions response.',
    { argument: 'maximum number of partitions per response' },
  ),
} as const
