import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ROOT, runTool } from '../../support/broker-process.ts'
import { freePort } from '../../support/free-port.ts'

const root = mkdtempSync(join(tmpdir(), 'kafka-toolkit-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** The shipped config file, on ports and in a directory of this test's own. */
async function shippedConfig(name: string): Promise<{ file: string; port: number; dataDir: string }> {
  const port = await freePort()
  const directory = join(root, name.replaceAll('/', '-'))
  const dataDir = join(directory, 'data')
  mkdirSync(directory)
  const text = readFileSync(join(ROOT, 'config', name), 'utf8')
    .replaceAll('9092', String(port))
    .replaceAll('9093', String(port + 1))
    .replace(/^log\.dirs=.*$/m, `log.dirs=${dataDir}`)
  const file = join(directory, 'server.properties')
  writeFileSync(file, text)
  return { file, port, dataDir }
}

async function started(file: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'bin/kafka-server-start.sh'), file], { cwd: join(ROOT, 'bin') })
  let log = ''
  for await (const chunk of child.stdout) {
    log += chunk
    if (log.includes('Kafka Server started')) {
      child.stdout.resume()
      return child
    }
  }
  throw new Error(`the broker ended:\n${log}`)
}

test.each([
  ['server.properties', ['--standalone'], 'dynamic metadata voter directory'],
  ['kraft/server.properties', [], 'metadata directory'],
] as const)('the tutorial’s lines work with config/%s', async (name, mode, kind) => {
  const { file, port, dataDir } = await shippedConfig(name)
  const clusterId = (await runTool('kafka-storage', ['random-uuid'])).stdout.trim()
  const formatted = await runTool('kafka-storage', ['format', ...mode, '-t', clusterId, '-c', file])
  expect(formatted).toMatchObject({ status: 0, stderr: '' })
  expect(formatted.stdout).toContain(`Formatting ${kind} ${dataDir} with metadata.version 4.3-IV0.\n`)

  // Twice: the second start finds what the first one wrote.
  for (const topic of ['quickstart-events', 'more-events']) {
    const broker = await started(file)
    const bootstrap = ['--bootstrap-server', `localhost:${port}`]
    const created = await runTool('kafka-topics', ['--create', '--topic', topic, ...bootstrap])
    expect(created).toMatchObject({ status: 0, stdout: `Created topic ${topic}.\n` })
    broker.kill('SIGTERM')
    await once(broker, 'exit')
  }
})

test('the wrong mode for the kind of quorum is refused in Kafka’s words', async () => {
  const dynamic = join(ROOT, 'config/server.properties')
  const none = await runTool('kafka-storage', ['format', '-t', 'x', '-c', dynamic])
  expect(none.stderr).toContain(
    'Because controller.quorum.voters is not set on this controller, you must specify one of',
  )
  const fixed = join(ROOT, 'config/kraft/server.properties')
  const standalone = await runTool('kafka-storage', ['format', '--standalone', '-t', 'x', '-c', fixed])
  expect(standalone.stderr).toContain('You cannot specify controller.quorum.voters and format the node with')
})
