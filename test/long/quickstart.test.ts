/** Runs the README's quickstart from the README's own text, then once more after the broker was killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT, temporaryDirectory } from '../support/broker-process.ts'
import { freePort } from '../support/free-port.ts'

const directory = temporaryDirectory()
const configFile = join(directory.path, 'server.properties')
let port: number
let broker: ChildProcess | undefined

/** Shell blocks of the README's quickstart, in order. */
function quickstartBlocks(): string[] {
  const section = readFileSync(join(ROOT, 'README.md'), 'utf8').split('## Quickstart')[1]!.split('\n## ')[0]!
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!)
}

/** The same commands on a port and in directories of this test's own. */
function adapted(block: string): string {
  return block
    .replaceAll('/tmp/', `${directory.path}/`)
    .replaceAll('localhost:9092', `localhost:${port}`)
    .replaceAll('config/server.properties', configFile)
}

async function run(block: string): Promise<string> {
  const child = spawn('bash', ['-euc', adapted(block)], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const [status] = await once(child, 'close')
  expect(status, `${block}\n${stdout}\n${stderr}`).toBe(0)
  return stdout
}

/** Runs a `bin/kafka-server-start.sh …` line in the background until it says that it serves. */
async function startBroker(line: string): Promise<void> {
  const child = spawn('bash', ['-c', `exec ${adapted(line)}`], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  broker = child
  let log = ''
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      log += chunk
      if (log.includes('Kafka Server started')) resolve()
    }
    child.stdout.on('data', onData)
    child.stderr.on('data', onData)
    child.once('exit', (status) => reject(new Error(`the broker exited with ${status}:\n${log}`)))
  })
}

async function endBroker(signal: NodeJS.Signals): Promise<void> {
  if (!broker || broker.exitCode !== null || broker.signalCode !== null) return
  const exited = once(broker, 'exit')
  broker.kill(signal)
  await exited
}

beforeAll(async () => {
  port = await freePort()
  mkdirSync(join(directory.path, 'data'), { recursive: true })
  copyFileSync(join(ROOT, 'config/server.properties'), configFile)
  const config = readFileSync(configFile, 'utf8')
    .replaceAll('9092', String(port))
    .replaceAll('9093', String(port + 1))
    .replace(/^log\.dirs=.*$/m, `log.dirs=${join(directory.path, 'data')}`)
  writeFileSync(configFile, config)
})

afterAll(async () => {
  await endBroker('SIGKILL')
  directory.remove()
})

test("the README's quickstart runs as typed, and again after kill -9", async () => {
  const [start, topics, copy] = quickstartBlocks()
  const startLines = start!.trim().split('\n')
  const serverStart = startLines.find((line) => line.includes('kafka-server-start.sh'))!
  await run(startLines.filter((line) => line !== serverStart).join('\n'))
  await startBroker(serverStart)

  const shown = await run(topics!)
  expect(shown).toContain('Created topic quickstart-events.')
  expect(shown).toContain('\tTopic: quickstart-events\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1')
  expect(shown.trimEnd().split('\n').at(-1)).toBe('quickstart-events')
  await run(copy!)

  await endBroker('SIGKILL')
  await startBroker(serverStart)
  const consumeAndCompare = copy!
    .split('\n')
    .filter((line) => /console-consumer|^cmp/.test(line))
    .join('\n')
  await run(consumeAndCompare)
  await endBroker('SIGTERM')
})
