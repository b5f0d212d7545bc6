import type { Terminal } from '../../cli/tool.ts'
import {
  type ConfigEntry,
  describeTopicById,
  describeTopicConfigs,
  describeTopics,
  listReassignments,
  liveBrokers,
  type PartitionDescription,
  type Reassignment,
  type TopicDescription,
} from '../../client/admin.ts'
import type { AdminClient } from '../../client/admin-client.ts'
import { IllegalArgumentException } from '../../config/java-error.ts'
import { javaHashOrder } from '../../config/java-hash-order.ts'
import { ZERO_UUID } from '../../protocol/codec.ts'
import { requireTopic, selectTopics } from './list.ts'
import type { TopicsOptions } from './main.ts'

/** ConfigEntry sources on the wire. */
const DEFAULT_CONFIG = 5

/** `--describe`: a line for each topic and one for each of its partitions, or only those that a report asks for. */
export async function describe(admin: AdminClient, options: TopicsOptions, terminal: Terminal): Promise<void> {
  const topics = await findTopics(admin, options)
  const names = topics.map((topic) => topic.name)
  const [configs, live, reassignments] = await Promise.all([
    describeTopicConfigs(admin, names),
    liveBrokers(admin),
    topics.length === 0 ? new Map<string, Reassignment>() : listReassignments(admin, topics),
  ])
  const shown = showWhat(options, live)
  let text = ''
  for (const topic of topics) {
    const entries = configs.get(topic.name) ?? []
    const minIsr = Number(entries.find(({ name }) => name === 'min.insync.replicas')?.value)
    const reassignmentOf = ({ partition }: PartitionDescription) => reassignments.get(`${topic.name}-${partition}`)
    if (shown.topics(entries)) text += topicLine(topic, entries, reassignmentOf(topic.partitions[0]!))
    for (const partition of topic.partitions) {
      const reassignment = reassignmentOf(partition)
      if (shown.partition(partition, minIsr, reassignment)) text += partitionLine(topic.name, partition, reassignment)
    }
  }
  terminal.out(text)
}

/** In the order in which Kafka prints them: that of a Java HashMap with room for as many. */
async function findTopics(admin: AdminClient, options: TopicsOptions): Promise<TopicDescription[]> {
  const topicId = options.has('topic-id') ? parseUuid(options.value('topic-id')!) : ZERO_UUID
  if (topicId !== ZERO_UUID) {
    const topic = await describeTopicById(admin, topicId)
    if (!topic && !options.has('if-exists')) {
      throw new IllegalArgumentException(`TopicId '${topicId}' does not exist as expected`)
    }
    // The metadata of all topics lacks what DescribeTopicPartitions tells, and so do Kafka's lines of a topic by id.
    return topic ? [topic] : []
  }
  const names = await selectTopics(admin, options)
  requireTopic(names, options)
  const described = await describeTopics(admin, names, options.value('partition-size-limit-per-response'))
  const byName = new Map(described.map((topic) => [topic.name, topic]))
  return javaHashOrder([...byName.keys()].sort(), byName.size).map((name) => byName.get(name)!)
}

interface Shown {
  topics(entries: readonly ConfigEntry[]): boolean
  partition(one: PartitionDescription, minIsr: number, reassignment: Reassignment | undefined): boolean
}

function showWhat(options: TopicsOptions, live: ReadonlySet<number>): Shown {
  const reports: Shown['partition'][] = []
  if (options.has('under-replicated-partitions')) {
    reports.push((one, _, reassignment) => replicationFactor(one, reassignment) > one.isr.length)
  }
  if (options.has('unavailable-partitions')) reports.push((one) => !live.has(one.leader))
  if (options.has('under-min-isr-partitions')) reports.push((one, minIsr) => one.leader < 0 || one.isr.length < minIsr)
  if (options.has('at-min-isr-partitions')) reports.push((one, minIsr) => one.isr.length === minIsr)
  const onlyOverrides = options.has('topics-with-overrides')
  return {
    topics: (entries) => reports.length === 0 && (!onlyOverrides || entries.some((entry) => !isDefault(entry))),
    partition: (one, minIsr, reassignment) =>
      !onlyOverrides && (reports.length === 0 || reports.some((report) => report(one, minIsr, reassignment))),
  }
}

function isDefault(entry: ConfigEntry): boolean {
  return entry.configSource === DEFAULT_CONFIG
}

function topicLine(topic: TopicDescription, entries: readonly ConfigEntry[], moving: Reassignment | undefined): string {
  const values = new Map(entries.map((entry) => [entry.name, entry]))
  const configs = javaHashOrder([...values.keys()])
    .map((name) => values.get(name)!)
    .filter((entry) => !isDefault(entry))
    .map(({ name, value }) => `${name}=${value}`)
  const id = topic.topicId === ZERO_UUID ? '' : `\tTopicId: ${topic.topicId}`
  const factor = replicationFactor(topic.partitions[0]!, moving)
  return `Topic: ${topic.name}${id}\tPartitionCount: ${topic.partitions.length}\tReplicationFactor: ${factor}\tConfigs: ${configs.join(',')}\n`
}

function partitionLine(topic: string, one: PartitionDescription, moving: Reassignment | undefined): string {
  const leader = one.leader < 0 ? 'none' : one.leader
  const changes = moving
    ? `\tAdding Replicas: ${moving.adding.join(',')}\tRemoving Replicas: ${moving.removing.join(',')}`
    : ''
  const elr = one.elr?.join(',') ?? 'N/A'
  const lastKnownElr = one.lastKnownElr?.join(',') ?? 'N/A'
  return `\tTopic: ${topic}\tPartition: ${one.partition}\tLeader: ${leader}\tReplicas: ${one.replicas.join(',')}\tIsr: ${one.isr.join(',')}${changes}\tElr: ${elr}\tLastKnownElr: ${lastKnownElr}\n`
}

/** While a reassignment runs, the replicas count without those that are being added. */
function replicationFactor(one: PartitionDescription, moving: Reassignment | undefined): number {
  const changing = new Set([...(moving?.adding ?? []), ...(moving?.removing ?? [])])
  if (!moving || !one.replicas.some((id) => changing.has(id))) return one.replicas.length
  return moving.replicas.length - moving.adding.length
}

/** Kafka's `Uuid.fromString`, with its texts. */
function parseUuid(text: string): string {
  if (text.length > 24) {
    throw new IllegalArgumentException(
      `Input string with prefix \`${text.slice(0, 24)}\` is too long to be decoded as a base64 UUID`,
    )
  }
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length === 16) return bytes.toString('base64url')
  throw new IllegalArgumentException(
    `Input string \`${text}\` decoded as ${bytes.length} bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID`,
  )
}
