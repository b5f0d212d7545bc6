import { defaultOptions } from '../../cli/command-line.ts'
import { flag, integerOption, longOption, stringOption } from '../../cli/jopt.ts'

const READER_PROPERTIES = `in the form key=value to the message reader. This allows custom configuration for a user-defined message reader.
Default properties include:
 parse.key=false
 parse.headers=false
 ignore.error=false
 key.separator=\\t
 headers.delimiter=\\t
 headers.separator=,
 headers.key.separator=:
 null.marker=   When set, any fields (key, value and headers) equal to this will be replaced by null
Default parsing pattern when:
 parse.headers=true and parse.key=true:
  "h1:v1,h2:v2...\\tkey\\tvalue"
 parse.key=true:
  "key\\tvalue"
 parse.headers=true:
  "h1:v1,h2:v2...\\tvalue"`

/** The options of kafka-console-producer, with the texts its help prints. */
export const CONSOLE_PRODUCER_OPTIONS = {
  ...defaultOptions,
  topic: stringOption('REQUIRED: The topic name to produce messages to.', { argument: 'topic' }),
  'bootstrap-server': stringOption(
    'REQUIRED: The server(s) to connect to. The broker list string in the form HOST1:PORT1,HOST2:PORT2.',
    { argument: 'server to connect to' },
  ),
  sync: flag('If set message send requests to the brokers are synchronously, one at a time as they arrive.'),
  'compression-codec': stringOption(
    "The compression codec: either 'none', 'gzip', 'snappy', 'lz4', or 'zstd'.If specified without value, then it defaults to 'gzip'",
    { argument: 'compression-codec', optional: true },
  ),
  'batch-size': integerOption(
    'The buffer size in bytes allocated for a partition. When records are received which are smaller than this size the producer will attempt to optimistically group them together until this size is reached. This is the option to control batch.size in producer configs. Please note that this option will be replaced if max-partition-memory-bytes is also set.',
    { argument: 'size', default: 16384 },
  ),
  'message-send-max-retries': integerOption(
    'Brokers can fail receiving the message for multiple reasons, and being unavailable transiently is just one of them. This property specifies the number of retries before the producer give up and drop this message. This is the option to control `retries` in producer configs.',
    { default: 3 },
  ),
  'retry-backoff-ms': longOption(
    'Before each retry, the producer refreshes the metadata of relevant topics. Since leader election takes a bit of time, this property specifies the amount of time that the producer waits before refreshing the metadata. This is the option to control `retry.backoff.ms` in producer configs.',
    { default: 100 },
  ),
  timeout: longOption(
    'If set and the producer is running in asynchronous mode, this gives the maximum amount of time a message will queue awaiting sufficient batch size. The value is given in ms. This is the option to control `linger.ms` in producer configs.',
    { argument: 'timeout_ms', default: 1000 },
  ),
  'request-required-acks': stringOption('The required `acks` of the producer requests', {
    argument: 'request required acks',
    default: '-1',
  }),
  'request-timeout-ms': integerOption(
    'The ack timeout of the producer requests. Value must be non-negative and non-zero.',
    { argument: 'request timeout ms', default: 1500 },
  ),
  'metadata-expiry-ms': longOption(
    "The period of time in milliseconds after which we force a refresh of metadata even if we haven't seen any leadership changes. This is the option to control `metadata.max.age.ms` in producer configs.",
    { argument: 'metadata expiration interval', default: 300_000 },
  ),
  'max-block-ms': longOption('The max time that the producer will block for during a send request.', {
    argument: 'max block on send',
    default: 60_000,
  }),
  'max-memory-bytes': longOption(
    'The total memory used by the producer to buffer records waiting to be sent to the server. This is the option to control `buffer.memory` in producer configs.',
    { argument: 'total memory in bytes', default: 33_554_432 },
  ),
  'max-partition-memory-bytes': integerOption(
    '(Deprecated) The buffer size in bytes allocated for a partition. When records are received which are smaller than this size the producer will attempt to optimistically group them together until this size is reached. This is the option to control batch.size in producer configs. This option will be removed in Apache Kafka 5.0. Use --batch-size instead.',
    { argument: 'memory in bytes per partition', default: 16384 },
  ),
  'line-reader': stringOption(
    'The class name of the class to use for reading lines from standard in. By default each line is read as a separate message.',
    { argument: 'reader_class', default: 'org.apache.kafka.tools.LineMessageReader' },
  ),
  'socket-buffer-size': integerOption(
    'The size of the tcp RECV size. This is the option to control `send.buffer.bytes` in producer configs.',
    { argument: 'size', default: 102_400 },
  ),
  property: stringOption(
    `(DEPRECATED) A mechanism to pass user-defined properties ${READER_PROPERTIES}\n This option will be removed in a future version. Use --reader-property instead.`,
    { argument: 'prop' },
  ),
  'reader-property': stringOption(`A mechanism to pass user-defined properties ${READER_PROPERTIES}`, {
    argument: 'prop',
  }),
  'reader-config': stringOption(
    'Config properties file for the message reader. Note that [reader-property] takes precedence over this config.',
    { argument: 'config file' },
  ),
  'producer-property': stringOption(
    '(DEPRECATED) Producer config properties in the form key=value. This option will be removed in a future version. Use --command-property instead.',
    { argument: 'producer_prop' },
  ),
  'command-property': stringOption('Producer config properties in the form key=value.', { argument: 'producer_prop' }),
  'producer.config': stringOption(
    '(DEPRECATED) Producer config properties file. Note that [command-property] takes precedence over this config. This option will be removed in a future version. Use --command-config instead.',
    { argument: 'config file' },
  ),
  'command-config': stringOption(
    'Producer config properties file. Note that [command-property] takes precedence over this config.',
    { argument: 'config file' },
  ),
} as const
