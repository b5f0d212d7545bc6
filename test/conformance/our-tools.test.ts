/** Our tools against Apache Kafka's broker: they must print what Apache's own tools print there. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ApacheBroker,
  installApacheKafka,
  runApacheTool,
  startApacheBroker,
  whyNoApacheKafka,
} from '../support/apache-kafka.ts'
import { runTool } from '../support/broker-process.ts'
import { freePort } from '../support/free-port.ts'

const reason = whyNoApacheKafka()
if (reason) console.log(`Skipped: Apache Kafka cannot be run here, ${reason}.`)

describe.skipIf(reason !== undefined)("our tools against Apache's broker", () => {
  let broker: ApacheBroker

  /** Runs a tool of ours and Apache's with the same arguments. */
  async function both(tool: string, args: readonly string[], stdin?: string) {
    const all = ['--bootstrap-server', broker.bootstrapServers, ...args]
    const [ours, theirs] = [await runTool(tool, all, { stdin }), await runApacheTool(tool, all, { stdin })]
    return { ours, theirs }
  }

  beforeAll(async () => {
    installApacheKafka()
    broker = await startApacheBroker({ port: await freePort() })
  })

  afterAll(() => broker?.stop('SIGKILL'))

  test('kafka-topics creates what Apache describes, and describes and lists the same', async () => {
    const created = await runTool('kafka-topics', [
      ...['--bootstrap-server', broker.bootstrapServers, '--create', '--topic', 'ours', '--partitions', '3'],
      ...['--config', 'retention.ms=1000', '--config', 'cleanup.policy=compact,delete'],
    ])
    expect(created).toMatchObject({ status: 0, stdout: 'Created topic ours.\n' })
    for (const args of [['--describe', '--topic', 'ours'], ['--list'], ['--describe', '--topics-with-overrides']]) {
      const { ours, theirs } = await both('kafka-topics', args)
      expect(ours.stdout).toBe(theirs.stdout)
      expect(ours.status).toBe(theirs.status)
    }
  })

  test.each([
    ['a topic that exists', ['--create', '--topic', 'ours']],
    ['a topic that does not', ['--describe', '--topic', 'none']],
    ['too many replicas', ['--create', '--topic', 'r3', '--replication-factor', '3']],
    ['a bad setting', ['--create', '--topic', 'bad', '--config', 'retention.ms=-5']],
    ['fewer partitions', ['--alter', '--topic', 'ours', '--partitions', '1']],
  ])('kafka-topics fails alike on %s', async (_name, args) => {
    const { ours, theirs } = await both('kafka-topics', args)
    expect(ours.stdout).toBe(theirs.stdout)
    expect(ours.status).toBe(theirs.status)
  })

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'records written with %s are read by both consumers',
    async (codec) => {
      const topic = `codec-${codec}`
      const text = Array.from({ length: 3_000 }, (_, i) => `k${i % 7}\tvalue ${i} of ${codec}\n`).join('')
      const produced = await runTool(
        'kafka-console-producer',
        [
          ...['--bootstrap-server', broker.bootstrapServers, '--topic', topic, '--compression-codec', codec],
          ...['--reader-property', 'parse.key=true'],
        ],
        { stdin: text },
      )
      expect(produced.status).toBe(0)
      const { ours, theirs } = await both('kafka-console-consumer', [
        ...['--topic', topic, '--from-beginning', '--max-messages', '3000', '--timeout-ms', '20000'],
        ...['--formatter-property', 'print.key=true'],
      ])
      expect(ours.stdout).toBe(theirs.stdout)
      expect(ours.stdout).toBe(text)
      expect(ours.stderr).toBe(theirs.stderr)
    },
  )

  test('kafka-consumer-groups lists and describes groups alike', async () => {
    await runTool('kafka-console-consumer', [
      ...['--bootstrap-server', broker.bootstrapServers, '--topic', 'codec-none', '--from-beginning'],
      ...['--group', 'readers', '--max-messages', '100', '--timeout-ms', '20000'],
    ])
    for (const args of [
      ['--list'],
      ['--list', '--state'],
      ['--describe', '--group', 'readers'],
      ['--describe', '--group', 'readers', '--state'],
    ]) {
      const { ours, theirs } = await both('kafka-consumer-groups', args)
      expect(ours.stdout).toBe(theirs.stdout)
      expect(ours.stderr).toBe(theirs.stderr)
    }
  })
})
