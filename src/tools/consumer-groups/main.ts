import { helpOrVersionExit, rejectOptions, requireOptions, usageExit } from '../../cli/command-line.ts'
import { type ParsedOptions, parseOptions } from '../../cli/jopt.ts'
import { type Terminal, type Tool, ToolExit } from '../../cli/tool.ts'
import { AdminClient } from '../../client/admin-client.ts'
import { withCause } from '../../client/errors.ts'
import { lineLog } from '../../client/log.ts'
import { IllegalArgumentException, JavaError, javaTrace } from '../../config/java-error.ts'
import { loadProperties } from '../property-file.ts'
import { CONSUMER_GROUPS_OPTIONS } from './options.ts'

export type GroupsOptions = ParsedOptions<typeof CONSUMER_GROUPS_OPTIONS>
type Name = keyof typeof CONSUMER_GROUPS_OPTIONS

const ACTIONS: readonly Name[] = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets', 'validate-regex']
/** Actions that some options exclude; Kafka leaves `--delete-offsets` out of this list. */
const GROUP_ACTIONS: readonly Name[] = ['list', 'describe', 'delete', 'reset-offsets']
const RESET_SCENARIOS: readonly Name[] = [
  'to-offset',
  'to-datetime',
  'by-duration',
  'to-earliest',
  'to-latest',
  'to-current',
  'shift-by',
  'from-file',
]

/** kafka-consumer-groups. Most failures are told on standard output and end with 0, as in Kafka. */
export const run: Tool = async (argv, terminal) => {
  const options = parseOptions(CONSUMER_GROUPS_OPTIONS, argv)
  checkOptions(options, terminal)
  if (ACTIONS.filter((action) => options.has(action)).length !== 1) {
    const listed = ACTIONS.map((action) => `--${action}`).join(', ')
    usageExit(options.declarations, `Command must include exactly one action: ${listed}`)
  }
  try {
    await execute(options, terminal)
  } catch (error) {
    if (!(error instanceof JavaError) || error instanceof ToolExit) throw error
    if (error instanceof IllegalArgumentException) usageExit(options.declarations, error.message)
    printError(terminal, `Executing consumer group command failed due to ${error.message}`, error)
  }
  return 0
}

export function printError(terminal: Terminal, text: string, error?: unknown): void {
  terminal.out(`\nError: ${text}\n`)
  if (error !== undefined) terminal.err(javaTrace(error))
}

async function execute(options: GroupsOptions, terminal: Terminal): Promise<void> {
  if (options.has('validate-regex') || options.has('reset-offsets')) {
    const action = options.has('validate-regex') ? 'validate-regex' : 'reset-offsets'
    throw new ToolExit(1, { err: `kafka-consumer-groups --${action} is not available yet.\n` })
  }
  const admin = await createAdmin(options, terminal)
  try {
    // Converted early, as Kafka does: a bad number is told of whatever the action.
    const timeoutMs = options.value('timeout')
    if (options.has('list')) await (await import('./list.ts')).list(admin, options, terminal, timeoutMs)
    else if (options.has('describe'))
      await (await import('./describe.ts')).describe(admin, options, terminal, timeoutMs)
    else if (options.has('delete'))
      await (await import('./delete.ts')).deleteGroups(admin, options, terminal, timeoutMs)
    else await (await import('./delete.ts')).deleteOffsets(admin, options, terminal, timeoutMs)
  } finally {
    admin.close()
  }
}

async function createAdmin(options: GroupsOptions, terminal: Terminal): Promise<AdminClient> {
  const config = options.value('command-config')
  const properties = new Map<string, string>()
  if (config !== undefined) {
    try {
      for (const [key, value] of loadProperties(config)) properties.set(key, value)
    } catch (error) {
      if (!(error instanceof JavaError)) throw error
      const text = `${error.javaClass}: ${error.message}`
      throw withCause(new JavaError('java.lang.RuntimeException', text), error)
    }
  }
  properties.set('bootstrap.servers', options.value('bootstrap-server')!)
  return AdminClient.create({ properties, log: lineLog((line) => terminal.err(line)) })
}

function checkOptions(options: GroupsOptions, terminal: Terminal): void {
  helpOrVersionExit(
    options,
    'This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, or reset consumer group offsets.',
  )
  if (!options.has('validate-regex')) requireOptions(options, 'bootstrap-server')
  const usage = (text: string): never => usageExit(options.declarations, text)
  const hasScope = options.has('group') || options.has('all-groups')
  if (options.has('describe')) {
    if (!hasScope) usage('Option [describe] takes one of these options: [group], [all-groups]')
    const details = (['members', 'offsets', 'state'] as const).filter((name) => options.has(name))
    if (details.length > 1) {
      usage('Option [describe] takes at most one of these options: [members], [offsets], [state]')
    }
    if (options.has('state') && options.value('state') !== undefined) {
      usage('Option [describe] does not take a value for [state]')
    }
  }
  if (options.has('delete')) {
    if (!hasScope) usage('Option [delete] takes one of these options: [all-groups], [group]')
    if (options.has('topic')) {
      usage('The consumer does not support topic-specific offset deletion from a consumer group.')
    }
  }
  if (options.has('delete-offsets') && (!options.has('group') || !options.has('topic'))) {
    usage('Option [delete-offsets] takes the following options: [topic], [group]')
  }
  if (options.has('reset-offsets')) checkReset(options, terminal, hasScope)
  rejectOptions(options, 'group', ['all-groups'])
  rejectOptions(options, 'group', without(GROUP_ACTIONS, 'describe', 'delete', 'reset-offsets'))
  rejectOptions(options, 'topic', without(GROUP_ACTIONS, 'delete', 'reset-offsets'))
}

function checkReset(options: GroupsOptions, terminal: Terminal, hasScope: boolean): void {
  if (options.has('dry-run') && options.has('execute')) {
    usageExit(options.declarations, 'Option [reset-offsets] only accepts one of [execute] and [dry-run]')
  }
  if (!options.has('dry-run') && !options.has('execute')) {
    terminal.err(
      'WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require either --dry-run or --execute to be specified. You should add the --dry-run option explicitly if you are scripting this command and want to keep the current default behavior without prompting.\n',
    )
  }
  if (!hasScope) {
    usageExit(options.declarations, 'Option [reset-offsets] takes one of these options: [all-groups], [group]')
  }
  for (const scenario of RESET_SCENARIOS) rejectOptions(options, scenario, without(RESET_SCENARIOS, scenario))
}

function without(names: readonly Name[], ...removed: readonly Name[]): Name[] {
  return names.filter((name) => !removed.includes(name))
}
