import type { Terminal } from '../../cli/tool.ts'
import { createPartitions, createTopic, deleteTopics, describeTopics } from '../../client/admin.ts'
import type { AdminClient } from '../../client/admin-client.ts'
import { ClientError } from '../../client/errors.ts'
import { IllegalArgumentException, JavaError } from '../../config/java-error.ts'
import { javaSplit, javaTrim, parseJavaInteger } from '../../config/java-text.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import { requireTopic, selectTopics } from './list.ts'
import type { TopicsOptions } from './main.ts'

const COLLISION_WARNING =
  "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.\n"

interface TopicSettings {
  readonly partitions: number | undefined
  readonly replicationFactor: number | undefined
  /** Broker ids by partition; empty when none were given. */
  readonly assignment: readonly (readonly number[])[]
  readonly configs: ReadonlyMap<string, string>
}

export async function create(admin: AdminClient, options: TopicsOptions, terminal: Terminal): Promise<void> {
  const name = options.value('topic')!
  const { partitions, replicationFactor, assignment, configs } = await settingsOf(options)
  if (/[._]/.test(name)) terminal.out(COLLISION_WARNING)
  if (replicationFactor !== undefined && (replicationFactor > 32767 || replicationFactor < 1)) {
    throw new IllegalArgumentException('The replication factor must be between 1 and 32767 inclusive')
  }
  if (partitions !== undefined && partitions < 1) {
    throw new IllegalArgumentException('The partitions must be greater than 0')
  }
  try {
    const ofCluster = assignment.length > 0 ? undefined : { partitions, replicationFactor }
    await createTopic(admin, {
      name,
      partitions: ofCluster?.partitions ?? -1,
      replicationFactor: ofCluster?.replicationFactor ?? -1,
      assignment,
      configs,
    })
  } catch (error) {
    const exists = error instanceof ClientError && error.code === ErrorCode.TOPIC_ALREADY_EXISTS
    if (exists && options.has('if-not-exists')) return
    throw error
  }
  terminal.out(`Created topic ${name}.\n`)
}

export async function alter(admin: AdminClient, options: TopicsOptions): Promise<void> {
  const { partitions, assignment } = await settingsOf(options)
  const topics = await selectTopics(admin, options)
  requireTopic(topics, options)
  if (topics.length === 0) return
  const described = assignment.length > 0 ? await describeTopics(admin, topics) : []
  const existing = new Map(described.map((topic) => [topic.name, topic.partitions.length]))
  await createPartitions(
    admin,
    topics.map((topic) => ({
      topic,
      totalCount: partitions!,
      assignment: assignment.length > 0 ? assignment.slice(existing.get(topic) ?? 0) : null,
    })),
  )
}

export async function remove(admin: AdminClient, options: TopicsOptions): Promise<void> {
  const topics = await selectTopics(admin, options)
  requireTopic(topics, options)
  await deleteTopics(admin, topics)
}

/** Read in the order in which Kafka reads them: the first mistake is the one that is told. */
async function settingsOf(options: TopicsOptions): Promise<TopicSettings> {
  const partitions = options.value('partitions')
  const replicationFactor = options.value('replication-factor')
  const assignment = parseReplicaAssignment(options.value('replica-assignment') ?? '')
  return { partitions, replicationFactor, assignment, configs: await parseConfigs(options.values('config')) }
}

/** `1:2,2:1`: partitions separated by commas, the brokers of each by colons. */
export function parseReplicaAssignment(text: string): number[][] {
  if (text === '') return []
  const assignment: number[][] = []
  const parts = javaSplit(text, ',')
  for (const [partition, part] of parts.entries()) {
    const brokers = javaSplit(part, ':').map(brokerId)
    const repeated = new Set(brokers.filter((broker, index) => brokers.indexOf(broker) !== index))
    if (repeated.size > 0) {
      throw new JavaError(
        'org.apache.kafka.tools.AdminCommandFailedException',
        `Partition replica lists may not contain duplicate entries: ${[...repeated].join(',')}`,
      )
    }
    assignment.push(brokers)
    if (brokers.length !== assignment[0]!.length) {
      throw new JavaError(
        'org.apache.kafka.tools.AdminOperationException',
        `Partition ${partition} has different replication factor: [${brokers.join(', ')}]`,
      )
    }
  }
  return assignment
}

function brokerId(text: string): number {
  const trimmed = javaTrim(text)
  const id = parseJavaInteger(trimmed, 32)
  if (id !== undefined) return id
  throw new JavaError('java.lang.NumberFormatException', `For input string: "${trimmed}"`)
}

/** `name=value` pairs, checked before any broker hears of them. */
async function parseConfigs(pairs: readonly string[]): Promise<Map<string, string>> {
  const configs = new Map<string, string>()
  for (const pair of pairs) {
    const parts = javaSplit(pair, /[ \t\n\v\f\r]*=[ \t\n\v\f\r]*/)
    if (parts.length !== 2) {
      throw new IllegalArgumentException(
        'requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".',
      )
    }
    configs.set(javaTrim(parts[0]!), javaTrim(parts[1]!))
  }
  if (configs.size > 0) {
    const { validateTopicConfigs } = await import('../../config/topic-config.ts')
    validateTopicConfigs(configs)
  }
  return configs
}
