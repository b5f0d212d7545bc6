import type { Terminal } from '../../cli/tool.ts'
import type { AdminClient } from '../../client/admin-client.ts'
import { type GroupListing, listConsumerGroups } from '../../client/admin-groups.ts'
import { executionError } from '../../client/errors.ts'
import { IllegalArgumentException, JavaError } from '../../config/java-error.ts'
import type { GroupsOptions } from './main.ts'

const STATES = ['Assigning', 'PreparingRebalance', 'Dead', 'CompletingRebalance', 'Stable', 'Reconciling', 'Empty']
const TYPES = ['Consumer', 'Classic']

/** `--list`: group ids, or a table with types and states. */
export async function list(
  admin: AdminClient,
  options: GroupsOptions,
  terminal: Terminal,
  timeoutMs: number,
): Promise<void> {
  const withType = options.has('type')
  const withState = options.has('state')
  if (!withType && !withState) {
    const ids = await groupIds(admin, timeoutMs)
    terminal.out(ids.map((id) => `${id}\n`).join(''))
    return
  }
  const types = parseNames(options.value('type'), TYPES, 'types')
  const states = parseNames(options.value('state'), STATES, 'state')
  const groups = await listConsumerGroups(admin, { types, states }, timeoutMs).catch((error) => {
    throw executionError(error)
  })
  terminal.out(table(groups, withType, withState))
}

/** The groups that `--group` names, or all of them for `--all-groups`. */
export async function wantedGroups(
  admin: AdminClient,
  options: GroupsOptions,
  timeoutMs: number,
): Promise<readonly string[]> {
  return options.has('all-groups') ? groupIds(admin, timeoutMs) : options.values('group')
}

/** Ids of all consumer groups. A failure comes wrapped twice, as Kafka's tool prints it. */
async function groupIds(admin: AdminClient, timeoutMs: number): Promise<string[]> {
  try {
    const groups = await listConsumerGroups(admin, {}, timeoutMs)
    return groups.map(({ groupId }) => groupId)
  } catch (error) {
    const cause = executionError(error)
    const outer = new JavaError('java.lang.RuntimeException', `${cause.javaClass}: ${cause.message}`)
    outer.cause = cause
    throw outer
  }
}

/** A list of names in any case, as the broker spells them. */
function parseNames(text: string | undefined, valid: readonly string[], what: 'types' | 'state'): string[] {
  if (text === undefined || text === '') return []
  const byLower = new Map(valid.map((name) => [name.toLowerCase(), name]))
  return text.split(',').map((part) => {
    const name = byLower.get(part.trim().toLowerCase())
    if (name !== undefined) return name
    const shown = what === 'types' ? text.toLowerCase() : text
    const plural = what === 'types' ? 'types' : 'states'
    throw new IllegalArgumentException(`Invalid ${what} list '${shown}'. Valid ${plural} are: ${valid.join(', ')}`)
  })
}

function table(groups: readonly GroupListing[], withType: boolean, withState: boolean): string {
  const width = Math.max(15, ...groups.map(({ groupId }) => groupId.length)) + 10
  const line = (id: string, type: string, state: string) =>
    `${id.padEnd(width)}${withType ? ` ${type.padEnd(20)}` : ''}${withState ? ` ${state.padEnd(20)}` : ''}\n`
  const rows = groups.map(({ groupId, type, state }) => line(groupId, named(type), state === '' ? 'Unknown' : state))
  return line('GROUP', 'TYPE', 'STATE') + rows.join('')
}

/** Brokers write `classic` and `consumer`; Kafka's tool prints its own names. */
function named(type: string): string {
  return type === '' ? 'Unknown' : type.charAt(0).toUpperCase() + type.slice(1).toLowerCase()
}
