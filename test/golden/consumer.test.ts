import { afterAll, beforeAll } from 'vitest'
import { type BrokerProcess, startBrokerProcess, temporaryDirectory } from '../support/broker-process.ts'
import { testGoldenGroup } from './group.ts'
import { GoldenRun } from './runner.ts'

const directory = temporaryDirectory()
let broker: BrokerProcess
let run: GoldenRun

beforeAll(async () => {
  // Making 50 partitions of __consumer_offsets takes a busy machine longer than some cases wait for their records.
  const properties = { 'offsets.topic.num.partitions': '1' }
  broker = await startBrokerProcess({ directory: directory.path, properties })
  run = new GoldenRun({ bootstrap: broker.bootstrapServers })
})

afterAll(async () => {
  await run?.close()
  await broker?.stop()
  directory.remove()
})

testGoldenGroup('consumer', () => run, { concurrent: true })
