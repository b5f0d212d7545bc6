/**
 * Every command of Kafka's `bin` directory, and how `kafka …` calls it. This list makes the scripts in `bin/`, the names
 * that npm installs, the bundles of the build, and what `kafka` finds.
 */
export interface CatalogEntry {
  /** Name in Kafka's bin directory, without `.sh`. */
  readonly name: string
  /** Words after `kafka`: `['console-producer']`. */
  readonly words: readonly string[]
  /** Module of the tool, relative to `src`; it exports `run`. Without one the tool waits for a later version. */
  readonly module?: string
  /** `kafka storage format` is a command of its own in the help. */
  readonly subcommands?: readonly string[]
}

function tool(name: string, module?: string, subcommands?: readonly string[]): CatalogEntry {
  return { name, words: [name.replace(/^kafka-/, '')], module, subcommands }
}

export const CATALOG: readonly CatalogEntry[] = [
  tool('connect-distributed'),
  tool('connect-mirror-maker'),
  tool('connect-plugin-path'),
  tool('connect-standalone'),
  tool('kafka-acls'),
  tool('kafka-broker-api-versions'),
  tool('kafka-client-metrics'),
  tool('kafka-cluster'),
  tool('kafka-configs'),
  tool('kafka-console-consumer', 'tools/console-consumer/main.ts'),
  tool('kafka-console-producer', 'tools/console-producer/main.ts'),
  tool('kafka-console-share-consumer'),
  tool('kafka-consumer-groups', 'tools/consumer-groups/main.ts'),
  tool('kafka-consumer-perf-test'),
  tool('kafka-delegation-tokens'),
  tool('kafka-delete-records'),
  tool('kafka-dump-log'),
  tool('kafka-e2e-latency'),
  tool('kafka-features'),
  tool('kafka-get-offsets'),
  tool('kafka-groups'),
  tool('kafka-jmx'),
  tool('kafka-leader-election'),
  tool('kafka-log-dirs'),
  tool('kafka-metadata-quorum'),
  tool('kafka-metadata-shell'),
  tool('kafka-producer-perf-test'),
  tool('kafka-reassign-partitions'),
  tool('kafka-replica-verification'),
  tool('kafka-server-start', 'tools/server/start.ts'),
  tool('kafka-server-stop', 'tools/server/stop.ts'),
  tool('kafka-share-consumer-perf-test'),
  tool('kafka-share-groups'),
  tool('kafka-storage', 'tools/storage/main.ts', [
    'info',
    'format',
    'version-mapping',
    'feature-dependencies',
    'random-uuid',
  ]),
  tool('kafka-streams-application-reset'),
  tool('kafka-streams-groups'),
  tool('kafka-topics', 'tools/topics/main.ts'),
  tool('kafka-transactions'),
  tool('kafka-verifiable-consumer'),
  tool('kafka-verifiable-producer'),
  tool('kafka-verifiable-share-consumer'),
  tool('zookeeper-server-start', 'tools/server/zookeeper.ts'),
  tool('zookeeper-server-stop', 'tools/server/zookeeper.ts'),
]

/** What a tool of a later version says; it ends with 1. */
export function notYetAvailable(name: string): string {
  return `${name} is not yet available in this version of kafka-toolkit; see docs/compatibility.md.\n`
}

/** The tool that `kafka <words>` means, by its words or by its full name (`kafka kafka-topics.sh`). */
export function findTool(word: string): CatalogEntry | undefined {
  const name = word.replace(/\.sh$/, '')
  return CATALOG.find((entry) => entry.words[0] === name || entry.name === name)
}
