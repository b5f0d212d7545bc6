import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Fetch } from '../../src/protocol/messages/01-fetch.ts'
import { DescribeConfigs } from '../../src/protocol/messages/32-describe-configs.ts'
import { startBroker, type TestBroker, type TestBrokerOptions } from '../../src/testing/start-broker.ts'
import { produce, readPartition, topicsOf } from '../support/plain-client.ts'
import { RawClient } from '../support/raw-client.ts'

let cleanUp: (() => unknown)[] = []

afterEach(async () => {
  for (const action of cleanUp.reverse()) await action()
  cleanUp = []
})

async function start(options?: TestBrokerOptions): Promise<TestBroker> {
  const broker = await startBroker(options)
  cleanUp.push(() => broker.stop())
  return broker
}

async function connect({ bootstrapServers }: TestBroker): Promise<RawClient> {
  const client = await RawClient.connect(Number(bootstrapServers.split(':')[1]))
  cleanUp.push(() => client.close())
  return client
}

test('makes topics with their partitions and settings before it resolves', async () => {
  const client = await connect(
    await start({ topics: ['plain', { name: 'big', partitions: 3, configs: { 'retention.ms': '5000' } }] }),
  )
  const topics = [...(await topicsOf(client))].map(([name, { partitions }]) => [name, partitions])
  expect(topics.sort()).toEqual([
    ['big', 3],
    ['plain', 1],
  ])
  const resources = [{ resourceType: 2, resourceName: 'big', configurationKeys: ['retention.ms'] }]
  const { results } = await client.send(DescribeConfigs, 4, { resources })
  expect(results[0]!.configs[0]!.value).toBe('5000')
})

test('takes settings of the broker', async () => {
  const broker = await start({ config: { 'num.partitions': '7', 'auto.create.topics.enable': 'true' } })
  const client = await connect(broker)
  const resources = [{ resourceType: 4, resourceName: '1', configurationKeys: ['num.partitions'] }]
  const { results } = await client.send(DescribeConfigs, 4, { resources })
  expect(results[0]!.configs[0]!.value).toBe('7')
})

describe('data', () => {
  test('are gone after stop, which may be called again', async () => {
    const broker = await start({ topics: ['t'] })
    expect(existsSync(join(broker.dataDir, 't-0'))).toBe(true)
    await broker.stop()
    expect(existsSync(broker.dataDir)).toBe(false)
    await broker.stop()
  })

  test('in a directory of the caller stay, and the next broker goes on with them', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'kafka-toolkit-'))
    cleanUp.push(() => rmSync(dataDir, { recursive: true }))
    const first = await start({ dataDir, topics: ['t'] })
    await produce(await connect(first), { topic: 't', values: ['a'] })
    await first.stop()
    const second = await start({ dataDir })
    const records = await readPartition(await connect(second), 't')
    expect(records.map(({ value }) => String(value))).toEqual(['a'])
  })

  test('of a start that failed are gone too', async () => {
    const home = mkdtempSync(join(tmpdir(), 'kafka-toolkit-'))
    cleanUp.push(() => rmSync(home, { recursive: true }))
    vi.stubEnv('TMPDIR', home)
    cleanUp.push(() => vi.unstubAllEnvs())
    const topics = [{ name: 't', configs: { 'retention.ms': 'soon' } }]
    await expect(startBroker({ topics })).rejects.toThrow('cannot create topic t: Invalid value soon')
    await expect(startBroker({ config: { 'num.partitions': 'many' } })).rejects.toThrow('many')
    expect(readdirSync(home)).toEqual([])
  })
})

test('two brokers in one process share nothing', async () => {
  const [one, other] = await Promise.all([start({ topics: ['t'] }), start({ topics: ['t'] })])
  const clients = await Promise.all([connect(one), connect(other)])
  await produce(clients[0]!, { topic: 't', values: ['a'] })
  expect(await readPartition(clients[1]!, 't')).toEqual([])
  const ids = await Promise.all(clients.map(async (client) => (await topicsOf(client)).get('t')!.id))
  expect(ids[0]).not.toBe(ids[1])
})

test('stop answers who waits for records and closes the connections in good order', async () => {
  const broker = await start({ topics: ['t'] })
  const clients = await Promise.all(Array.from({ length: 100 }, () => connect(broker)))
  const answers = clients.map((client) =>
    client.send(Fetch, 12, {
      maxWaitMs: 25_000,
      minBytes: 1,
      topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
    }),
  )
  await topicsOf(await connect(broker))
  const stopped = performance.now()
  await broker.stop()
  await Promise.all(answers)
  await Promise.all(clients.map((client) => client.closed))
  expect(performance.now() - stopped).toBeLessThan(2000)
  expect(clients.every((client) => client.ended)).toBe(true)
})
