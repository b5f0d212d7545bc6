import type { Terminal } from '../../cli/tool.ts'
import { listTopics } from '../../client/admin.ts'
import type { AdminClient } from '../../client/admin-client.ts'
import { IllegalArgumentException, JavaError } from '../../config/java-error.ts'
import { isInternalTopic } from '../../config/topic-name.ts'
import type { TopicsOptions } from './main.ts'

/** `--list`: the names, sorted; an empty line when there is none, as Kafka prints it. */
export async function list(admin: AdminClient, options: TopicsOptions, terminal: Terminal): Promise<void> {
  terminal.out(`${(await selectTopics(admin, options)).join('\n')}\n`)
}

/** Names of the topics that `--topic` (a regular expression) and `--exclude-internal` select, sorted. */
export async function selectTopics(admin: AdminClient, options: TopicsOptions): Promise<string[]> {
  const excludeInternal = options.has('exclude-internal')
  const topics = await listTopics(admin, { listInternal: !excludeInternal })
  const names = topics.map((topic) => topic.name!).sort()
  const isAllowed = options.has('topic') ? await topicFilter(options.value('topic')!) : () => true
  return names.filter((name) => isAllowed(name) && !(excludeInternal && isInternalTopic(name)))
}

/** Throws Kafka's text when a topic was named, must exist, and none was found. */
export function requireTopic(found: readonly unknown[], options: TopicsOptions): void {
  const wanted = options.value('topic')
  if (wanted !== undefined && wanted !== '' && !options.has('if-exists') && found.length === 0) {
    throw new IllegalArgumentException(`Topic '${wanted}' does not exist as expected`)
  }
}

/** Kafka's IncludeList: commas mean "or", blanks and quotes around are dropped. */
async function topicFilter(raw: string): Promise<(topic: string) => boolean> {
  const regex = raw
    .trim()
    .replaceAll(',', '|')
    .replaceAll(' ', '')
    .replace(/^["']+/, '')
    .replace(/["']+$/, '')
  if (/^[\w|-]*$/.test(regex)) {
    const names = new Set(regex.split('|'))
    return (topic) => names.has(topic)
  }
  const { compileJavaRegex } = await import('../../client/java-regex.ts')
  try {
    const pattern = compileJavaRegex(regex)
    return (topic) => pattern.test(topic)
  } catch (error) {
    if (error instanceof JavaError) throw new JavaError('java.lang.RuntimeException', `${regex} is an invalid regex.`)
    throw error
  }
}
