import { afterAll, beforeAll } from 'vitest'
import { type BrokerProcess, startBrokerProcess, temporaryDirectory } from '../support/broker-process.ts'
import { testGoldenGroup } from './group.ts'
import { GoldenRun } from './runner.ts'

const directory = temporaryDirectory()
let broker: BrokerProcess
let run: GoldenRun

beforeAll(async () => {
  broker = await startBrokerProcess({ directory: directory.path })
  run = new GoldenRun({ bootstrap: broker.bootstrapServers })
})

afterAll(async () => {
  await run?.close()
  await broker?.stop()
  directory.remove()
})

// The cases see each other: lists and descriptions show what earlier ones made.
testGoldenGroup('topics', () => run, { concurrent: false })
