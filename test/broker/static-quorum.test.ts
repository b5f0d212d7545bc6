/** The quorum of config/kraft/server.properties: voters in the settings, kraft.version 0. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { nodeFiles } from '../../src/storage/file-layer.ts'
import { temporaryDirectory } from '../support/broker-process.ts'
import { checkLogDirectory } from '../support/data-directory-rules.ts'
import { formatDirectoriesOf, portOf, startBrokerOn, testConfig } from '../support/file-layer-broker.ts'
import { createTopic, produce, readPartition, topicsOf } from '../support/plain-client.ts'
import { RawClient } from '../support/raw-client.ts'

test('a node with static voters is formatted, started, used and started again in files of kraft.version 0', async () => {
  const { path, remove } = temporaryDirectory()
  onTestFinished(remove)
  const dir = join(path, 'data')
  const config = testConfig(dir, { 'controller.quorum.voters': '1@localhost:9093' })
  formatDirectoriesOf(config, nodeFiles)
  expect(readdirSync(dir).sort()).toEqual(['bootstrap.checkpoint', 'meta.properties'])

  const first = await startBrokerOn(config, { files: nodeFiles })
  const client = await RawClient.connect(portOf(first))
  const id = await createTopic(client, 'orders')
  await produce(client, { topic: 'orders', values: ['one', 'two'] })
  await client.close()
  await first.stop()

  const metadata = join(dir, '__cluster_metadata-0')
  expect(readdirSync(metadata).filter((name) => name.endsWith('.checkpoint'))).toEqual([])
  const quorumState = () => JSON.parse(readFileSync(join(metadata, 'quorum-state'), 'utf8'))
  expect(quorumState()).toEqual({
    clusterId: '',
    leaderId: 1,
    leaderEpoch: 1,
    votedId: -1,
    appliedOffset: 0,
    currentVoters: [{ voterId: 1 }],
    data_version: 0,
  })
  expect(checkLogDirectory(dir).isClean).toBe(true)

  const second = await startBrokerOn(config, { files: nodeFiles })
  const again = await RawClient.connect(portOf(second))
  expect((await topicsOf(again)).get('orders')?.id).toBe(id)
  expect((await readPartition(again, 'orders')).map(({ value }) => value!.toString())).toEqual(['one', 'two'])
  await again.close()
  await second.stop()
  expect(quorumState()).toMatchObject({ leaderEpoch: 2, data_version: 0 })
  expect(existsSync(join(metadata, '00000000000000000000-0000000000.checkpoint'))).toBe(false)
})
