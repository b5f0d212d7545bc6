/** Apache Kafka's own tools against our broker, and what they find in the files it wrote. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installApacheKafka, runApacheTool, whyNoApacheKafka } from '../support/apache-kafka.ts'
import { type BrokerProcess, startBrokerProcess, temporaryDirectory } from '../support/broker-process.ts'

const reason = whyNoApacheKafka()
if (reason) console.log(`Skipped: Apache Kafka cannot be run here, ${reason}.`)

describe.skipIf(reason !== undefined)("Apache's tools against our broker", () => {
  const directory = temporaryDirectory()
  let broker: BrokerProcess

  const topics = (...args: string[]) =>
    runApacheTool('kafka-topics', ['--bootstrap-server', broker.bootstrapServers, ...args])

  beforeAll(async () => {
    installApacheKafka()
    broker = await startBrokerProcess({ directory: directory.path })
  })

  afterAll(async () => {
    await broker?.stop('SIGKILL')
    directory.remove()
  })

  test('kafka-topics creates, lists, describes, alters and deletes', async () => {
    expect(await topics('--create', '--topic', 'plain', '--partitions', '2')).toMatchObject({
      status: 0,
      stdout: 'Created topic plain.\n',
    })
    expect((await topics('--list')).stdout).toBe('plain\n')
    const described = (await topics('--describe', '--topic', 'plain')).stdout
    expect(described).toMatch(/^Topic: plain\tTopicId: \S{22}\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: /)
    expect(described).toContain('\tTopic: plain\tPartition: 1\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: \n')
    expect(await topics('--alter', '--topic', 'plain', '--partitions', '3')).toMatchObject({ status: 0 })
    expect((await topics('--describe', '--topic', 'plain')).stdout).toContain('PartitionCount: 3')
    expect(await topics('--delete', '--topic', 'plain')).toMatchObject({ status: 0 })
    expect((await topics('--list')).stdout).toBe('\n')
  })

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'kafka-console-producer with %s and default settings (idempotent), read back by kafka-console-consumer',
    async (codec) => {
      const topic = `copy-${codec}`
      const lines = Array.from({ length: 2_000 }, (_, i) => `record ${i} of ${codec}`)
      const produced = await runApacheTool(
        'kafka-console-producer',
        ['--bootstrap-server', broker.bootstrapServers, '--topic', topic, '--compression-codec', codec],
        { stdin: `${lines.join('\n')}\n` },
      )
      expect(produced.status).toBe(0)
      const consumed = await runApacheTool('kafka-console-consumer', [
        ...['--bootstrap-server', broker.bootstrapServers, '--topic', topic, '--from-beginning'],
        ...['--max-messages', String(lines.length), '--timeout-ms', '20000'],
      ])
      expect(consumed.stdout).toBe(`${lines.join('\n')}\n`)
    },
  )

  test('a consumer group commits, and kafka-consumer-groups lists and describes it', async () => {
    const consumed = await runApacheTool('kafka-console-consumer', [
      ...['--bootstrap-server', broker.bootstrapServers, '--topic', 'copy-none', '--from-beginning'],
      ...['--group', 'readers', '--max-messages', '500', '--timeout-ms', '20000'],
    ])
    expect(consumed.stdout.split('\n')).toHaveLength(501)
    const groups = (...args: string[]) =>
      runApacheTool('kafka-consumer-groups', ['--bootstrap-server', broker.bootstrapServers, ...args])
    expect((await groups('--list')).stdout).toContain('readers\n')
    const described = (await groups('--describe', '--group', 'readers')).stdout
    expect(described).toMatch(/readers +copy-none +0 +500 +2000 +1500/)
    expect((await groups('--describe', '--group', 'readers', '--state')).stdout).toMatch(/readers .*Empty +0/)
  })

  test('kafka-producer-perf-test writes with its default settings', async () => {
    const result = await runApacheTool('kafka-producer-perf-test', [
      ...['--topic', 'perf', '--num-records', '20000', '--record-size', '100', '--throughput', '-1'],
      ...['--bootstrap-server', broker.bootstrapServers],
    ])
    expect(result.stdout).toContain('20000 records sent')
    expect(result.status).toBe(0)
  })

  /** Files of all partitions with records, by their ending. */
  function filesOf(ending: string): string[] {
    return readdirSync(broker.dataDir)
      .filter((name) => /^(copy-|perf|__consumer_offsets-\d+$)/.test(name))
      .map((name) => join(broker.dataDir, name))
      .filter((directory) => statSync(join(directory, '00000000000000000000.log')).size > 0)
      .flatMap((directory) => readdirSync(directory).map((name) => join(directory, name)))
      .filter((path) => path.endsWith(ending))
  }

  async function expectNoFault(files: string[], ...options: string[]): Promise<void> {
    expect(files.length).toBeGreaterThan(0)
    const dumped = await runApacheTool('kafka-dump-log', [...options, '--files', files.join(',')])
    expect(dumped.stdout + dumped.stderr).not.toMatch(/isvalid: false|mismatch|corrupt|Exception|invalid bytes/i)
    expect(dumped.status).toBe(0)
  }

  test('kafka-dump-log finds no fault in our segments, and after a clean stop none in our indexes', async () => {
    await expectNoFault(filesOf('.log'), '--deep-iteration')
    expect(await broker.stop('SIGTERM')).toBe(143)
    await expectNoFault(filesOf('.log'), '--deep-iteration')
    await expectNoFault(filesOf('.index'), '--index-sanity-check')
    await expectNoFault(filesOf('.index').filter((path) => statSync(path).size > 0))
    await expectNoFault(filesOf('.timeindex'))
    await expectNoFault(filesOf('.snapshot'))
  })

  test('kafka-dump-log decodes every record of our metadata log', async () => {
    const file = join(broker.dataDir, '__cluster_metadata-0', '00000000000000000000.log')
    const { stdout, status } = await runApacheTool('kafka-dump-log', ['--cluster-metadata-decoder', '--files', file])
    expect(status).toBe(0)
    expect(stdout).toContain('"type":"TOPIC_RECORD"')
    expect(stdout).not.toMatch(/isvalid: false|Could not decode|Exception/i)
  })
})
