/** A data directory moved between Apache Kafka and us, both ways, after a clean stop and after kill -9. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { installApacheKafka, runApacheTool, startApacheBroker, whyNoApacheKafka } from '../support/apache-kafka.ts'
import { runTool, startBrokerProcess, temporaryDirectory } from '../support/broker-process.ts'
import { freePort } from '../support/free-port.ts'

const reason = whyNoApacheKafka()
if (reason) console.log(`Skipped: Apache Kafka cannot be run here, ${reason}.`)

const lines = (name: string) => Array.from({ length: 1_000 }, (_, i) => `${name} ${i}`)

type Run = (
  tool: string,
  args: readonly string[],
  options?: { stdin?: string },
) => Promise<{ stdout: string; status: number | null }>

async function produce(run: Run, bootstrap: string, topic: string, values: string[]): Promise<void> {
  const args = ['--bootstrap-server', bootstrap, '--topic', topic]
  const result = await run('kafka-console-producer', args, { stdin: `${values.join('\n')}\n` })
  expect(result.status).toBe(0)
}

async function consume(run: Run, bootstrap: string, topic: string, count: number): Promise<string[]> {
  const result = await run('kafka-console-consumer', [
    ...['--bootstrap-server', bootstrap, '--topic', topic, '--from-beginning'],
    ...['--max-messages', String(count), '--timeout-ms', '30000'],
  ])
  return result.stdout.trimEnd().split('\n')
}

describe.skipIf(reason !== undefined)('a data directory moves', () => {
  let cleanUp: (() => unknown)[] = []

  beforeAll(() => installApacheKafka())

  afterEach(async () => {
    for (const action of cleanUp.reverse()) await action()
    cleanUp = []
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)('from us to Apache Kafka and back after %s', async (signal) => {
    const directory = temporaryDirectory()
    cleanUp.push(directory.remove)
    const port = await freePort()
    const first = await startBrokerProcess({ directory: directory.path, port })
    cleanUp.push(() => first.stop('SIGKILL'))
    await produce(runTool, first.bootstrapServers, 'events', lines('ours'))
    await consume(runTool, first.bootstrapServers, 'events', 1_000)
    await first.stop(signal)

    const apache = await startApacheBroker({ directory: directory.path, port })
    cleanUp.push(() => apache.stop('SIGKILL'))
    expect(await consume(runApacheTool, apache.bootstrapServers, 'events', 1_000)).toEqual(lines('ours'))
    await produce(runApacheTool, apache.bootstrapServers, 'events', lines('theirs'))
    await apache.stop(signal)

    const second = await startBrokerProcess({ directory: directory.path, port })
    cleanUp.push(() => second.stop('SIGKILL'))
    expect(await consume(runTool, second.bootstrapServers, 'events', 2_000)).toEqual([
      ...lines('ours'),
      ...lines('theirs'),
    ])
    await produce(runTool, second.bootstrapServers, 'events', lines('again'))
    expect(await consume(runTool, second.bootstrapServers, 'events', 3_000)).toHaveLength(3_000)
  })

  test('from a directory that Apache Kafka formatted', async () => {
    const directory = temporaryDirectory()
    cleanUp.push(directory.remove)
    const port = await freePort()
    const apache = await startApacheBroker({ directory: directory.path, port })
    cleanUp.push(() => apache.stop('SIGKILL'))
    await produce(runApacheTool, apache.bootstrapServers, 'events', lines('theirs'))
    await consume(runApacheTool, apache.bootstrapServers, 'events', 1_000)
    await apache.stop('SIGTERM')

    const broker = await startBrokerProcess({ directory: directory.path, port })
    cleanUp.push(() => broker.stop('SIGKILL'))
    expect(await consume(runTool, broker.bootstrapServers, 'events', 1_000)).toEqual(lines('theirs'))
  })
})
