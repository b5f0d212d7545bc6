import { defaultOptions } from '../../cli/command-line.ts'
import { flag, longOption, stringOption } from '../../cli/jopt.ts'

const EXAMPLE = 'Example: --bootstrap-server localhost:9092'

/** The options of kafka-consumer-groups, with the texts its help prints. */
export const CONSUMER_GROUPS_OPTIONS = {
  ...defaultOptions,
  'bootstrap-server': stringOption(
    'The server(s) to connect to. REQUIRED for all options except for --validate-regex.',
    { argument: 'server to connect to' },
  ),
  group: stringOption('The consumer group we wish to act on.', { argument: 'consumer group' }),
  topic: stringOption(
    'The topic whose consumer group information should be deleted or topic whose should be included in the reset offset process. In `reset-offsets` case, partitions can be specified using this format: `topic1:0,1,2`, where 0,1,2 are the partition to be included in the process. Reset-offsets also supports multiple topic inputs.',
    { argument: 'topic' },
  ),
  'all-topics': flag('Consider all topics assigned to a group in the `reset-offsets` process.'),
  list: flag('List all consumer groups.'),
  describe: flag(
    'Describe consumer group and list offset lag (number of messages not yet processed) related to given group.',
  ),
  'all-groups': flag('Apply to all consumer groups.'),
  delete: flag(
    'Pass in groups to delete topic partition offsets and ownership information over the entire consumer group. For instance --group g1 --group g2',
  ),
  timeout: longOption(
    'The timeout that can be set for some use cases. For example, it can be used when describing the group to specify the maximum amount of time in milliseconds to wait before the group stabilizes (when the group is just created, or is going through some changes).',
    { argument: 'timeout (ms)', default: 30_000 },
  ),
  'command-config': stringOption('Property file containing configs to be passed to Admin Client and Consumer.', {
    argument: 'command config property file',
  }),
  'reset-offsets': flag(
    `Reset offsets of consumer group. Supports one consumer group at the time, and instances should be inactive
Has 2 execution options: --dry-run (the default) to plan which offsets to reset, and --execute to update the offsets. Additionally, the --export option is used to export the results to a CSV format.
You must choose one of the following reset specifications: --to-datetime, --by-duration, --to-earliest, --to-latest, --shift-by, --from-file, --to-current, --to-offset.
To define the scope use --all-topics or --topic. One scope must be specified unless you use '--from-file'.`,
  ),
  'delete-offsets': flag(
    'Delete offsets of consumer group. Supports one consumer group at the time, and multiple topics.',
  ),
  'dry-run': flag(
    'Only show results without executing changes on Consumer Groups. Supported operations: reset-offsets.',
  ),
  execute: flag('Execute operation. Supported operations: reset-offsets.'),
  export: flag('Export operation execution to a CSV file. Supported operations: reset-offsets.'),
  'to-offset': longOption('Reset offsets to a specific offset.', { argument: 'offset' }),
  'from-file': stringOption('Reset offsets to values defined in CSV file.', { argument: 'path to CSV file' }),
  'to-datetime': stringOption("Reset offsets to offset from datetime. Format: 'YYYY-MM-DDThh:mm:ss.sss'", {
    argument: 'datetime',
  }),
  'by-duration': stringOption("Reset offsets to offset by duration from current timestamp. Format: 'PnDTnHnMnS'", {
    argument: 'duration',
  }),
  'to-earliest': flag('Reset offsets to earliest offset.'),
  'to-latest': flag('Reset offsets to latest offset.'),
  'to-current': flag('Reset offsets to current offset.'),
  'shift-by': longOption("Reset offsets shifting current offset by 'n', where 'n' can be positive or negative.", {
    argument: 'number-of-offsets',
  }),
  members: flag(
    `Describe members of the group. This option may be used with '--describe' and '--bootstrap-server' options only.\n${EXAMPLE} --describe --group group1 --members`,
    { availableIf: ['describe'] },
  ),
  verbose: flag(
    `Provide additional information, if any, when describing the group. This option may be used with '--offsets'/'--members'/'--state' and '--bootstrap-server' options only.\n${EXAMPLE} --describe --group group1 --members --verbose`,
    { availableIf: ['describe'] },
  ),
  offsets: flag(
    `Describe the group and list all topic partitions in the group along with their offset lag. This is the default sub-action of and may be used with '--describe' and '--bootstrap-server' options only.\n${EXAMPLE} --describe --group group1 --offsets`,
    { availableIf: ['describe'] },
  ),
  state: stringOption(
    `When specified with '--describe', includes the state of the group.
${EXAMPLE} --describe --group group1 --state
When specified with '--list', it displays the state of all groups. It can also be used to list groups with specific states.
${EXAMPLE} --list --state stable,empty
This option may be used with '--describe', '--list' and '--bootstrap-server' options only.`,
    { optional: true, availableIf: ['describe', 'list'] },
  ),
  type: stringOption(
    `When specified with '--list', it displays the types of all the groups. It can also be used to list groups with specific types.
${EXAMPLE} --list --type classic,consumer
This option may be used with the '--list' option only.`,
    { optional: true, availableIf: ['list'] },
  ),
  'validate-regex': stringOption(
    'Validate that the syntax of the provided regular expression is valid according to the RE2 format.',
    { argument: 'regex' },
  ),
} as const
