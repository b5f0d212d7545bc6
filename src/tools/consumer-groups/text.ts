import type { GroupDescription, GroupMemberDescription } from '../../client/admin-groups.ts'
import type { TopicPartition } from '../../client/topic-partition.ts'

/** Stands for what is not there. */
const MISSING = '-'

export interface OffsetRow {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly offset: number | bigint | undefined
  readonly leaderEpoch: number | undefined
  readonly endOffset: number | bigint | undefined
  readonly lag: bigint | undefined
  readonly memberId: string
  readonly host: string
  readonly clientId: string
}

type Cell = string | number | bigint | undefined

/** Cells padded to their widths and parted by blanks; the last one as it is when it has no width. */
function line(cells: readonly Cell[], widths: readonly number[]): string {
  return cells.map((cell, index) => String(cell ?? MISSING).padEnd(widths[index] ?? 0)).join(' ')
}

function widest(least: number, texts: readonly string[]): number {
  return Math.max(least, ...texts.map((text) => text.length))
}

/** The table of `--describe --offsets`: a line feed before each line, and one after the last. */
export function offsetsText(rows: readonly OffsetRow[], isVerbose: boolean): string {
  const widths = [
    widest(
      15,
      rows.map(({ groupId }) => groupId),
    ),
    widest(
      15,
      rows.map(({ topic }) => topic),
    ),
    10,
    ...(isVerbose ? [15] : []),
    15,
    15,
    15,
    widest(
      15,
      rows.map(({ memberId }) => memberId),
    ),
    widest(
      15,
      rows.map(({ host }) => host),
    ),
  ]
  const epoch = (cell: Cell): Cell[] => (isVerbose ? [cell] : [])
  const header = ['GROUP', 'TOPIC', 'PARTITION', ...epoch('LEADER-EPOCH'), 'CURRENT-OFFSET', 'LOG-END-OFFSET', 'LAG']
  const lines = rows.map((row) => [
    row.groupId,
    row.topic,
    row.partition,
    ...epoch(row.leaderEpoch ?? MISSING),
    row.offset,
    row.endOffset,
    row.lag,
    row.memberId,
    row.host,
    row.clientId,
  ])
  const all = [[...header, 'CONSUMER-ID', 'HOST', 'CLIENT-ID'], ...lines]
  return `${all.map((cells) => `\n${line(cells, widths)}`).join('')}\n`
}

/** The table of `--describe --members`. */
export function membersText(group: GroupDescription, isVerbose: boolean): string {
  const { members, groupId } = group
  const texts = (of: (member: GroupMemberDescription) => string) => members.map(of)
  const hasInstanceIds = members.some(({ groupInstanceId }) => groupInstanceId !== null && groupInstanceId !== '')
  const widths = [
    members.length > 0 ? widest(15, [groupId]) : 15,
    widest(
      15,
      texts(({ memberId }) => memberId),
    ),
    ...(hasInstanceIds
      ? [
          widest(
            17,
            texts(({ groupInstanceId }) => groupInstanceId ?? ''),
          ),
        ]
      : []),
    widest(
      15,
      texts(({ host }) => host),
    ),
    widest(
      15,
      texts(({ clientId }) => clientId),
    ),
    15,
  ]
  const instance = (cell: Cell): Cell[] => (hasInstanceIds ? [cell] : [])
  const header = ['GROUP', 'CONSUMER-ID', ...instance('GROUP-INSTANCE-ID'), 'HOST', 'CLIENT-ID', '#PARTITIONS']
  const more = moreOfMembers(group)
  let text = `\n${line(header, widths)} ${isVerbose ? more.header : ''}\n`
  for (const member of members) {
    const { memberId, groupInstanceId, host, clientId, assignment } = member
    const cells = [groupId, memberId, ...instance(groupInstanceId ?? ''), host, clientId, assignment.length]
    text += `${line(cells, widths)} ${isVerbose ? more.of(member) : ''}\n`
  }
  return text
}

/** What `--verbose` adds to the members. */
function moreOfMembers({ members, targetAssignmentEpoch }: GroupDescription) {
  const isMixed = members.some(({ isUpgraded }) => isUpgraded === false) && members.some(({ isUpgraded }) => isUpgraded)
  const target = ({ targetAssignment }: GroupMemberDescription) => assignmentText(targetAssignment ?? [])
  const widths = [
    15,
    widest(
      20,
      members.map(({ assignment }) => assignmentText(assignment)),
    ),
    15,
    widest(20, members.map(target)),
  ]
  const upgraded = (cell: Cell): Cell[] => (isMixed ? [cell] : [])
  const header = ['CURRENT-EPOCH', 'CURRENT-ASSIGNMENT', 'TARGET-EPOCH', 'TARGET-ASSIGNMENT', ...upgraded('UPGRADED')]
  return {
    header: line(header, widths),
    of: (member: GroupMemberDescription) => {
      const { memberEpoch, assignment, isUpgraded } = member
      const state = isUpgraded === undefined ? undefined : String(isUpgraded)
      return line(
        [memberEpoch, assignmentText(assignment), targetAssignmentEpoch, target(member), ...upgraded(state)],
        widths,
      )
    },
  }
}

/** `topic:0,1;other:2` */
function assignmentText(partitions: readonly TopicPartition[]): string {
  if (partitions.length === 0) return MISSING
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  return [...topics]
    .map(([topic, list]) => `${topic}:${list.sort((a, b) => a - b).join(',')}`)
    .sort()
    .join(';')
}

/** The table of `--describe --state`. */
export function stateText(group: GroupDescription, isVerbose: boolean): string {
  const { groupId, coordinator, assignor, state, members, groupEpoch, targetAssignmentEpoch } = group
  const shown = `${coordinator.host}:${coordinator.port}  (${coordinator.id})`
  const widths = [widest(15, [groupId]), widest(25, [shown]), 20, 20, ...(isVerbose ? [15, 25] : [])]
  const epochs = (cells: Cell[]): Cell[] => (isVerbose ? cells : [])
  const header = ['GROUP', 'COORDINATOR (ID)', 'ASSIGNMENT-STRATEGY', 'STATE']
  const row = [groupId, shown, assignor === '' ? MISSING : assignor, state]
  const lines = [
    [...header, ...epochs(['GROUP-EPOCH', 'TARGET-ASSIGNMENT-EPOCH']), '#MEMBERS'],
    [...row, ...epochs([groupEpoch, targetAssignmentEpoch]), members.length],
  ]
  return `${lines.map((cells) => `\n${line(cells, widths)}`).join('')}\n`
}
