import { defaultOptions } from '../../cli/command-line.ts'
import { flag, integerOption, longOption, stringOption } from '../../cli/jopt.ts'

const FORMATTER_PROPERTIES = `Default properties include: 
 print.timestamp=true|false
 print.key=true|false
 print.offset=true|false
 print.epoch=true|false
 print.partition=true|false
 print.headers=true|false
 print.value=true|false
 key.separator=<key.separator>
 line.separator=<line.separator>
 headers.separator=<headers.separator>
 null.literal=<null.literal>
 key.deserializer=<key.deserializer>
 value.deserializer=<value.deserializer>
 header.deserializer=<header.deserializer>

Users can also pass in customized properties for their formatter; more specifically, users can pass in properties keyed with 'key.deserializer.', 'value.deserializer.' and 'headers.deserializer.' prefixes to configure their deserializers.`

/** The options of kafka-console-consumer, with the texts its help prints. */
export const CONSOLE_CONSUMER_OPTIONS = {
  ...defaultOptions,
  topic: stringOption('The topic to consume from.', { argument: 'topic' }),
  include: stringOption('Regular expression specifying list of topics to include for consumption.', {
    argument: 'Java regex (String)',
  }),
  partition: integerOption(
    "The partition to consume from. Consumption starts from the end of the partition unless '--offset' is specified.",
    { argument: 'partition' },
  ),
  offset: stringOption(
    "The offset to consume from (a non-negative number), or 'earliest' which means from beginning, or 'latest' which means from end",
    { argument: 'consume offset', default: 'latest' },
  ),
  'consumer-property': stringOption(
    '(DEPRECATED) Consumer config properties in the form key=value. This option will be removed in a future version. Use --command-property instead.',
    { argument: 'consumer_prop' },
  ),
  'command-property': stringOption('Consumer config properties in the form key=value.', { argument: 'consumer_prop' }),
  'consumer.config': stringOption(
    '(DEPRECATED) Consumer config properties file. Note that [command-property] takes precedence over this config. This option will be removed in a future version. Use --command-config instead.',
    { argument: 'config file' },
  ),
  'command-config': stringOption(
    'Consumer config properties file. Note that [command-property] takes precedence over this config.',
    { argument: 'config file' },
  ),
  formatter: stringOption('The name of a class to use for formatting kafka messages for display.', {
    argument: 'class',
    default: 'org.apache.kafka.tools.consumer.DefaultMessageFormatter',
  }),
  property: stringOption(
    `(DEPRECATED) The properties to initialize the message formatter. ${FORMATTER_PROPERTIES} \nThis option will be removed in a future version. Use --formatter-property instead.`,
    { argument: 'prop' },
  ),
  'formatter-property': stringOption(`The properties to initialize the message formatter. ${FORMATTER_PROPERTIES}`, {
    argument: 'prop',
  }),
  'formatter-config': stringOption(
    'Config properties file to initialize the message formatter. Note that [formatter-property] takes precedence over this config.',
    { argument: 'config file' },
  ),
  'from-beginning': flag(
    'If the consumer does not already have an established offset to consume from, start with the earliest message present in the log rather than the latest message.',
  ),
  'max-messages': integerOption(
    'The maximum number of messages to consume before exiting. If not set, consumption is continual.',
    { argument: 'num_messages' },
  ),
  'timeout-ms': longOption(
    'If specified, exit if no message is available for consumption for the specified interval.',
    { argument: 'timeout_ms' },
  ),
  'skip-message-on-error': flag('If there is an error when processing a message, skip it instead of halt.'),
  'bootstrap-server': stringOption('REQUIRED: The server(s) to connect to.', { argument: 'server to connect to' }),
  'key-deserializer': stringOption('The name of the class to use for deserializing keys.', {
    argument: 'deserializer for keys',
  }),
  'value-deserializer': stringOption('The name of the class to use for deserializing values.', {
    argument: 'deserializer for values',
  }),
  'enable-systest-events': flag(
    'Log lifecycle events of the consumer in addition to logging consumed messages. (This is specific for system tests.)',
  ),
  'isolation-level': stringOption(
    'Set to read_committed in order to filter out transactional messages which are not committed. Set to read_uncommitted to read all messages.',
    { default: 'read_uncommitted' },
  ),
  group: stringOption('The consumer group id of the consumer.', { argument: 'consumer group id' }),
} as const
