import type { Terminal } from '../../cli/tool.ts'
import type { AdminClient } from '../../client/admin-client.ts'
import {
  type CommittedOffset,
  describeConsumerGroup,
  type GroupDescription,
  listGroupOffsets,
  logEndOffsets,
} from '../../client/admin-groups.ts'
import { executionError } from '../../client/errors.ts'
import type { TopicPartition } from '../../client/topic-partition.ts'
import { JavaError } from '../../config/java-error.ts'
import { wantedGroups } from './list.ts'
import { type GroupsOptions, printError } from './main.ts'
import { membersText, type OffsetRow, offsetsText, stateText } from './text.ts'

const REBALANCING = new Set(['PreparingRebalance', 'CompletingRebalance', 'Assigning', 'Reconciling'])

/** `--describe`: offsets (unless asked otherwise), members or state of each group, by name. */
export async function describe(
  admin: AdminClient,
  options: GroupsOptions,
  terminal: Terminal,
  timeoutMs: number,
): Promise<void> {
  const ids = [...new Set(await wantedGroups(admin, options, timeoutMs))].sort()
  const groups = await Promise.all(
    ids.map((id) =>
      describeConsumerGroup(admin, id, timeoutMs).catch((error) => {
        throw executionError(error)
      }),
    ),
  )
  const isVerbose = options.has('verbose')
  if (options.has('members')) {
    for (const group of groups) {
      shouldPrint(group, group.members.length, terminal)
      terminal.out(membersText(group, isVerbose))
    }
  } else if (options.has('state')) {
    for (const group of groups) if (shouldPrint(group, 1, terminal)) terminal.out(stateText(group, isVerbose))
  } else {
    const rows = await Promise.all(groups.map((group) => offsetRows(admin, group, timeoutMs)))
    for (const [index, group] of groups.entries()) {
      if (shouldPrint(group, rows[index]!.length, terminal)) terminal.out(offsetsText(rows[index]!, isVerbose))
    }
  }
}

/** Tells of a group without members, or in a rebalance; whether there are rows to print. */
function shouldPrint({ groupId, state }: GroupDescription, rowCount: number, terminal: Terminal): boolean {
  if (state === 'Dead') printError(terminal, `Consumer group '${groupId}' does not exist.`)
  else if (state === 'Empty') terminal.err(`\nConsumer group '${groupId}' has no active members.\n`)
  else if (REBALANCING.has(state)) terminal.err(`\nWarning: Consumer group '${groupId}' is rebalancing.\n`)
  else if (state !== 'Stable') {
    throw new JavaError(
      'org.apache.kafka.common.KafkaException',
      `Expected a valid consumer group state, but found '${state === '' ? 'Unknown' : state}'.`,
    )
  }
  return state !== 'Dead' && rowCount > 0
}

/** Partitions of the members, those with most first, then those that nobody reads but that have a committed offset. */
async function offsetRows(admin: AdminClient, group: GroupDescription, timeoutMs: number): Promise<OffsetRow[]> {
  const committed = await listGroupOffsets(admin, group.groupId, timeoutMs)
  const members = group.members
    .filter(({ assignment }) => assignment.length > 0)
    .sort((a, b) => b.assignment.length - a.assignment.length)
  const assigned = new Set(members.flatMap(({ assignment }) => assignment.map(nameOf)))
  const unassigned = committed.filter((one) => !assigned.has(nameOf(one)))
  const all = [...members.flatMap(({ assignment }) => assignment), ...unassigned]
  const endOffsets = await logEndOffsets(admin, all, timeoutMs)
  const offsets = new Map(committed.map((one) => [nameOf(one), one]))
  const rowsOf = (partitions: readonly TopicPartition[], reader: Pick<OffsetRow, 'memberId' | 'host' | 'clientId'>) =>
    [...partitions]
      .sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition))
      .map((one) => rowOf(group.groupId, one, offsets.get(nameOf(one)), endOffsets.get(nameOf(one)), reader))
  return [
    ...members.flatMap(({ assignment, memberId, host, clientId }) => rowsOf(assignment, { memberId, host, clientId })),
    ...rowsOf(unassigned, { memberId: '-', host: '-', clientId: '-' }),
  ]
}

function rowOf(
  groupId: string,
  { topic, partition }: TopicPartition,
  committed: CommittedOffset | undefined,
  endOffset: number | bigint | undefined,
  reader: Pick<OffsetRow, 'memberId' | 'host' | 'clientId'>,
): OffsetRow {
  const hasLag = committed !== undefined && endOffset !== undefined
  return {
    groupId,
    topic,
    partition,
    offset: committed?.offset,
    leaderEpoch: committed && committed.leaderEpoch >= 0 ? committed.leaderEpoch : undefined,
    endOffset,
    lag: hasLag ? BigInt(endOffset) - BigInt(committed.offset) : undefined,
    ...reader,
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
