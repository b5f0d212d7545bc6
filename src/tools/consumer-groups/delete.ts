import type { Terminal } from '../../cli/tool.ts'
import { describeTopics } from '../../client/admin.ts'
import type { AdminClient } from '../../client/admin-client.ts'
import { deleteGroup, deleteGroupOffsets } from '../../client/admin-groups.ts'
import { apiError, ClientError } from '../../client/errors.ts'
import type { TopicPartition } from '../../client/topic-partition.ts'
import { IllegalArgumentException, javaToString } from '../../config/java-error.ts'
import { javaHashOrder } from '../../config/java-hash-order.ts'
import { parseJavaInteger } from '../../config/java-text.ts'
import { ErrorCode, errorFacts, errorName } from '../../protocol/error-code.ts'
import { wantedGroups } from './list.ts'
import { type GroupsOptions, printError } from './main.ts'

/** `--delete`: whole groups; each one's failure is told by itself. */
export async function deleteGroups(
  admin: AdminClient,
  options: GroupsOptions,
  terminal: Terminal,
  timeoutMs: number,
): Promise<void> {
  const ids = javaHashOrder(await wantedGroups(admin, options, timeoutMs))
  const failures = new Map<string, unknown>()
  await Promise.all(
    ids.map((id) => deleteGroup(admin, id, timeoutMs).catch((error: unknown) => void failures.set(id, error))),
  )
  const deleted = ids.filter((id) => !failures.has(id)).map((id) => `'${id}'`)
  if (failures.size === 0) {
    terminal.out(`Deletion of requested consumer groups (${deleted.join(', ')}) was successful.\n`)
    return
  }
  printError(terminal, 'Deletion of some consumer groups failed:')
  for (const id of ids.filter((each) => failures.has(each))) {
    terminal.out(`* Group '${id}' could not be deleted due to: ${javaToString(failures.get(id))}\n`)
  }
  if (deleted.length > 0) terminal.out(`\nThese consumer groups were deleted successfully: ${deleted.join(', ')}\n`)
}

interface Result {
  readonly topic: string
  /** -1 for a topic that has none. */
  readonly partition: number
  readonly status: string
}

const WHOLE_GROUP = new Set<number>([
  ErrorCode.INVALID_GROUP_ID,
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
  ErrorCode.NON_EMPTY_GROUP,
])
const SOME_PARTITIONS = new Set<number>([
  ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
])

/** `--delete-offsets`: the committed offsets of some topics, or of partitions written as `topic:0,1`. */
export async function deleteOffsets(
  admin: AdminClient,
  options: GroupsOptions,
  terminal: Terminal,
  timeoutMs: number,
): Promise<void> {
  const groupId = options.value('group')!
  const topics = [...new Set(options.values('topic'))]
  const partitions = topics.filter((topic) => topic.includes(':')).flatMap(parsePartitions)
  const results: Result[] = []
  for (const topic of topics.filter((each) => !each.includes(':'))) {
    try {
      const [described] = await describeTopics(admin, [topic], undefined, timeoutMs)
      partitions.push(...described!.partitions.map(({ partition }) => ({ topic, partition })))
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      results.push({ topic, partition: -1, status: `Error: ${javaToString(error)}` })
    }
  }
  const { code, codes } = await deleteEach(admin, groupId, partitions, timeoutMs)
  for (const { topic, partition } of partitions) {
    const failure = codes.get(`${topic}-${partition}`) ?? code
    const status = failure === ErrorCode.NONE ? 'Successful' : `Error: ${javaToString(apiError(failure))}`
    results.push({ topic, partition, status })
  }
  if (code === ErrorCode.NONE) terminal.out(`Request succeeded for deleting offsets from group ${groupId}.\n`)
  else if (WHOLE_GROUP.has(code)) printError(terminal, errorFacts(code).message)
  else if (SOME_PARTITIONS.has(code)) {
    printError(terminal, 'Encountered some partition-level error, see the follow-up details.')
  } else printError(terminal, `Encountered some unknown error: ${errorName(code)}`)
  terminal.out(resultsText(results))
}

/** The error of the whole, which is that of the first partition with one, and the codes of the partitions. */
async function deleteEach(
  admin: AdminClient,
  groupId: string,
  partitions: readonly TopicPartition[],
  timeoutMs: number,
): Promise<{ code: number; codes: Map<string, number> }> {
  try {
    const answers = await deleteGroupOffsets(admin, groupId, partitions, timeoutMs)
    const codes = new Map(answers.map(({ topic, partition, errorCode }) => [`${topic}-${partition}`, errorCode]))
    return { code: answers.find(({ errorCode }) => errorCode !== ErrorCode.NONE)?.errorCode ?? ErrorCode.NONE, codes }
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
    return { code: error.code, codes: new Map() }
  }
}

function resultsText(results: readonly Result[]): string {
  const width = Math.max(15, ...results.map(({ topic }) => topic.length))
  const line = (topic: string, partition: string, status: string) =>
    `\n${topic.padEnd(width)} ${partition.padEnd(10)} ${status.padEnd(15)}`
  const key = ({ topic, partition }: Result) => `${topic}${partition}`
  const sorted = [...results].sort((a, b) => (key(a) < key(b) ? -1 : 1))
  const lines = sorted.map(({ topic, partition, status }) => line(topic, partition < 0 ? '-' : `${partition}`, status))
  return `${line('TOPIC', 'PARTITION', 'STATUS')}${lines.join('')}\n`
}

function parsePartitions(argument: string): TopicPartition[] {
  const parts = argument.split(':')
  if (parts.length !== 2 || parts[1] === '') {
    throw new IllegalArgumentException(`Invalid topic arg '${argument}', expected topic name and partitions`)
  }
  return parts[1]!.split(',').map((text) => {
    const partition = parseJavaInteger(text, 32)
    if (partition !== undefined) return { topic: parts[0]!, partition }
    throw new IllegalArgumentException(`Invalid partition '${text}' specified in topic arg '${argument}''`)
  })
}
