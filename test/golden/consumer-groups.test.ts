import { afterAll, beforeAll } from 'vitest'
import { type BrokerProcess, startBrokerProcess, temporaryDirectory } from '../support/broker-process.ts'
import { testGoldenGroup } from './group.ts'
import { GoldenRun } from './runner.ts'

const directory = temporaryDirectory()
let broker: BrokerProcess
let run: GoldenRun

beforeAll(async () => {
  const properties = { 'offsets.topic.num.partitions': '1' }
  broker = await startBrokerProcess({ directory: directory.path, properties })
  run = new GoldenRun({ bootstrap: broker.bootstrapServers })
})

afterAll(async () => {
  await run?.close()
  await broker?.stop()
  directory.remove()
})

// Listing, describing and mistakes on the command line. The recorded cases of reset-offsets, delete, delete-offsets,
// validate-regex and of groups of the new protocol join the fixture with issue 7. The cases see each other: from a
// certain one on, a consumer is running.
testGoldenGroup('consumer-groups', () => run, { concurrent: false })
