import {
  helpOrVersionExit,
  rejectOptions,
  rejectOptionsWithAll,
  requireOptions,
  usageExit,
} from '../../cli/command-line.ts'
import { type ParsedOptions, parseOptions } from '../../cli/jopt.ts'
import { type Terminal, type Tool, ToolExit } from '../../cli/tool.ts'
import { AdminClient } from '../../client/admin-client.ts'
import { lineLog } from '../../client/log.ts'
import { IllegalArgumentException, javaTrace } from '../../config/java-error.ts'
import { loadProperties } from '../property-file.ts'
import { TOPICS_OPTIONS } from './options.ts'

export type TopicsOptions = ParsedOptions<typeof TOPICS_OPTIONS>
type Name = keyof typeof TOPICS_OPTIONS

const TOPIC_COMMAND = 'org.apache.kafka.tools.TopicCommand'
const ACTIONS = ['alter', 'create', 'describe', 'list', 'delete'] as const
const REPORTS = [
  'under-replicated-partitions',
  'under-min-isr-partitions',
  'at-min-isr-partitions',
  'unavailable-partitions',
] as const

/** kafka-topics. */
export const run: Tool = async (argv, terminal) => {
  try {
    const options = parseOptions(TOPICS_OPTIONS, argv)
    checkOptions(options, terminal)
    return await execute(options, terminal)
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ToolExit || !('javaClass' in error)) throw error
    terminal.err(`${error.message}\n${javaTrace(error)}\n`)
    return 1
  }
}

async function execute(options: TopicsOptions, terminal: Terminal): Promise<number> {
  const commandConfig = options.value('command-config')
  const properties = commandConfig === undefined ? new Map<string, string>() : loadProperties(commandConfig)
  properties.set('bootstrap.servers', options.value('bootstrap-server')!)
  const log = lineLog((line) => terminal.err(line))
  const admin = await AdminClient.create({ properties, log })
  try {
    await actionOf(options).then((action) => action(admin, options, terminal))
    return 0
  } catch (error) {
    if (!(error instanceof Error) || !('javaClass' in error)) throw error
    terminal.out(`Error while executing topic command : ${error.message}\n`)
    log.error(javaTrace(error), TOPIC_COMMAND)
    return 1
  } finally {
    admin.close()
  }
}

type Action = (admin: AdminClient, options: TopicsOptions, terminal: Terminal) => Promise<void>

async function actionOf(options: TopicsOptions): Promise<Action> {
  if (options.has('describe')) return (await import('./describe.ts')).describe
  if (options.has('list')) return (await import('./list.ts')).list
  const changes = await import('./change.ts')
  if (options.has('create')) return changes.create
  return options.has('alter') ? changes.alter : changes.remove
}

function checkOptions(options: TopicsOptions, terminal: Terminal): void {
  if (options.argv.length === 0) usageExit(options.declarations, 'Create, delete, describe, or change a topic.')
  helpOrVersionExit(options, 'This tool helps to create, delete, describe, or change a topic.')
  if (ACTIONS.filter((action) => options.has(action)).length !== 1) {
    usageExit(
      options.declarations,
      'Command must include exactly one action: --list, --describe, --create, --alter or --delete',
    )
  }
  if (options.has('delete-config')) {
    terminal.err(
      'delete-config option is no longer supported and deprecated since version 4.0. The config will be fully removed in future releases.\n',
    )
  }
  checkRequired(options, terminal)
  checkInvalid(options)
}

function checkRequired(options: TopicsOptions, terminal: Terminal): void {
  if (!options.has('bootstrap-server')) throw new IllegalArgumentException('--bootstrap-server must be specified')
  if (options.has('describe') && options.has('if-exists')) {
    if (!options.has('topic') && !options.has('topic-id')) {
      usageExit(options.declarations, '--topic or --topic-id is required to describe a topic')
    }
    if (options.has('topic') && options.has('topic-id')) {
      terminal.out(
        'Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID\n',
      )
    }
  }
  if (!options.has('list') && !options.has('describe')) requireOptions(options, 'topic')
  if (options.has('alter')) {
    const hint = ' (To alter topic configurations, the kafka-configs tool can be used.)'
    rejectOptionsWithAll(options, ['bootstrap-server', 'config'], ['alter'], hint)
    requireOptions(options, 'partitions')
  }
}

function checkInvalid(options: TopicsOptions): void {
  /** `used` makes sense with these actions only. */
  const onlyWith = (used: Name, actions: readonly Name[], also: readonly Name[] = []) =>
    rejectOptions(options, used, [...ACTIONS.filter((action) => !actions.includes(action)), ...also])
  onlyWith('config', ['alter', 'create'])
  onlyWith('partitions', ['alter', 'create'])
  onlyWith('replication-factor', ['create'])
  onlyWith('replica-assignment', ['alter', 'create'])
  if (options.has('create')) rejectOptions(options, 'replica-assignment', ['partitions', 'replication-factor'])
  for (const report of REPORTS) onlyWith(report, ['describe'], ['topics-with-overrides'])
  onlyWith('topics-with-overrides', ['describe'], REPORTS)
  onlyWith('if-exists', ['alter', 'delete', 'describe'])
  onlyWith('if-not-exists', ['create'])
  onlyWith('exclude-internal', ['list', 'describe'])
}
