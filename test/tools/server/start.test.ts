import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { optionTable } from '../../golden/case.ts'
import { ROOT, runTool, startBrokerProcess } from '../../support/broker-process.ts'
import { freePort } from '../../support/free-port.ts'

const root = mkdtempSync(join(tmpdir(), 'kafka-toolkit-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let directories = 0
const newDirectory = () => join(root, `d${directories++}`)

/** A config file; a setting of undefined is left out. */
function configFile(changes: Record<string, string | undefined> = {}): string {
  const directory = newDirectory()
  mkdirSync(directory)
  const settings: Record<string, string | undefined> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': 'localhost:9093',
    listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(directory, 'data'),
    ...changes,
  }
  const file = join(directory, 'server.properties')
  const lines = Object.entries(settings).filter(([, value]) => value !== undefined)
  writeFileSync(file, lines.map(([key, value]) => `${key}=${value}\n`).join(''))
  return file
}

function metaProperties(directory: string, text: string): void {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'meta.properties'), text)
}

const V1 = (nodeId: number, clusterId = 'AAAAAAAAQACAAAAAAAAAAA') =>
  `version=1\nnode.id=${nodeId}\ncluster.id=${clusterId}\n`
const FATAL =
  /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] ERROR Exiting Kafka due to fatal exception \(kafka\.Kafka\$\)\n/m

async function expectFatal(args: string[], expected: string): Promise<void> {
  const { status, stdout, stderr } = await runTool('kafka-server-start', args)
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
  expect(stdout).toMatch(FATAL)
  expect(stdout.slice(stdout.search(FATAL)).split('\n')[1]).toBe(expected)
}

const CONFIG_EXCEPTION = 'org.apache.kafka.common.config.ConfigException:'
const ILLEGAL = 'java.lang.IllegalArgumentException:'

test.concurrent.each<[name: string, changes: Record<string, string | undefined>, expected: string]>([
  [
    'process.roles is missing',
    { 'process.roles': undefined },
    `${CONFIG_EXCEPTION} Missing required configuration "process.roles" which has no default value.`,
  ],
  [
    'node.id is missing',
    { 'node.id': undefined },
    `${CONFIG_EXCEPTION} Missing required configuration "node.id" which has no default value.`,
  ],
  [
    'controller.listener.names is missing',
    { 'controller.listener.names': undefined },
    `${CONFIG_EXCEPTION} Missing required configuration "controller.listener.names" which has no default value.`,
  ],
  [
    'listeners are missing',
    { listeners: undefined },
    `${ILLEGAL} requirement failed: controller.listener.names must contain at least one value appearing in the 'listeners' configuration when running the KRaft controller role`,
  ],
  [
    'there is no quorum',
    { 'controller.quorum.bootstrap.servers': undefined },
    `${CONFIG_EXCEPTION} If using process.roles, either controller.quorum.bootstrap.servers must contain the set of bootstrap controllers or controller.quorum.voters must contain a parseable set of controllers.`,
  ],
  [
    'a role is unknown',
    { 'process.roles': 'wizard' },
    `${CONFIG_EXCEPTION} Invalid value wizard for configuration process.roles: String must be one of: broker, controller`,
  ],
  [
    'broker.id contradicts node.id',
    { 'broker.id': '2' },
    `${CONFIG_EXCEPTION} You must set \`node.id\` to the same value as \`broker.id\`.`,
  ],
  [
    'a listener cannot be parsed',
    { listeners: 'PLAINTEXT//x', 'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT' },
    `${ILLEGAL} Error creating broker listeners from '[PLAINTEXT//x]': Unable to parse PLAINTEXT//x to a broker endpoint`,
  ],
  [
    'a number is none',
    { 'num.partitions': 'abc' },
    `${CONFIG_EXCEPTION} Invalid value abc for configuration num.partitions: Not a number of type INT`,
  ],
  ['the directory is not formatted', {}, 'java.lang.RuntimeException: No readable meta.properties files found.'],
])('ends with 1 and Kafka’s text when %s', async (_, changes, expected) => {
  await expectFatal([configFile(changes)], expected)
})

test.concurrent('ends with 1 when the config file is missing, or an option unknown or in excess', async () => {
  await expectFatal(
    [join(root, 'none.properties')],
    `java.nio.file.NoSuchFileException: ${join(root, 'none.properties')}`,
  )
  const file = configFile()
  await expectFatal([file, '--nosuch'], 'joptsimple.UnrecognizedOptionException: nosuch is not a recognized option')
  await expectFatal(
    [file, '--override', 'num.partitions=abc'],
    `${CONFIG_EXCEPTION} Invalid value abc for configuration num.partitions: Not a number of type INT`,
  )
  const stray = await runTool('kafka-server-start', [file, 'stray'])
  expect(stray).toMatchObject({ status: 1, stdout: '' })
  expect(stray.stderr).toBe(`Found non argument parameters: stray\n${optionTable('kafka-server-start')}`)
})

test.concurrent('--version alone and after the config file prints the version', async () => {
  for (const args of [['--version'], [configFile(), '--version']]) {
    expect(await runTool('kafka-server-start', args)).toMatchObject({ status: 0, stdout: '4.3.1\n', stderr: '' })
  }
})

test.concurrent('directories of another node or cluster, or half formatted ones, are refused', async () => {
  const directory = newDirectory()
  const dirs = [join(directory, 'd'), join(directory, 'e')]
  const file = configFile({ 'log.dirs': dirs.join(',') })
  metaProperties(dirs[0]!, V1(1))
  await expectFatal(
    [file],
    `java.lang.RuntimeException: No \`meta.properties\` found in ${dirs[1]} (have you run \`kafka-storage.sh\` to format the directory?)`,
  )
  metaProperties(dirs[1]!, V1(1, 'BBBBBBBBQACAAAAAAAAAAA'))
  await expectFatal(
    [file],
    `java.lang.RuntimeException: Invalid cluster.id in: ${dirs[1]}/meta.properties. Expected AAAAAAAAQACAAAAAAAAAAA, but read BBBBBBBBQACAAAAAAAAAAA`,
  )
  metaProperties(dirs[0]!, V1(2))
  const { stdout } = await runTool('kafka-server-start', [file])
  expect(stdout).toContain(
    `Stored node id 2 doesn't match previous node id 1 in ${dirs[0]}/meta.properties. If you moved your data`,
  )
})

test('SIGTERM and SIGINT stop cleanly with 143 and 130; a second start on the directory and on the port is refused', async () => {
  const directory = newDirectory()
  const first = await startBrokerProcess({ directory, port: await freePort() })
  const second = await runTool('kafka-server-start', [first.configFile])
  expect(second.status).toBe(1)
  expect(second.stdout).toContain(
    `org.apache.kafka.common.KafkaException: Failed to acquire lock on file .lock in ${first.dataDir}. A Kafka instance in another process or thread is using this directory.`,
  )
  expect(second.stdout).toMatch(/ERROR Exiting Kafka due to fatal exception during startup\. \(kafka\.Kafka\$\)/)
  expect(await first.stop('SIGTERM')).toBe(143)
  expect(first.log()).toContain(
    'INFO Terminating process due to signal SIGTERM (org.apache.kafka.common.utils.LoggingSignalHandler)',
  )

  const blocker = createServer().listen(first.port, '127.0.0.1')
  await once(blocker, 'listening')
  const blocked = await runTool('kafka-server-start', [first.configFile])
  blocker.close()
  expect(blocked.status).toBe(1)
  expect(blocked.stdout).toContain(`Socket server failed to bind to 127.0.0.1:${first.port}: Address already in use.`)

  const again = await startBrokerProcess({ directory, port: first.port })
  expect(await again.stop('SIGINT')).toBe(130)
})

test('--override wins over the file and shows in the configuration that is logged', async () => {
  const directory = newDirectory()
  const { configFile: file, stop } = await startBrokerProcess({ directory })
  await stop()
  const child = spawn(process.execPath, [
    join(ROOT, 'bin/kafka-server-start.sh'),
    file,
    '--override',
    'num.partitions=7',
  ])
  const log = await outputUntil(child, 'Kafka Server started')
  expect(log).toMatch(/KafkaConfig values: \n(?:\t.*\n)*\tnum\.partitions = 7\n/)
  child.kill('SIGTERM')
  await once(child, 'exit')
})

test('-daemon starts in the background, and server-stop stops the broker of the given node only', async () => {
  const directory = newDirectory()
  const { configFile: file, stop } = await startBrokerProcess({ directory })
  await stop()
  const logDirectory = join(directory, 'logs')
  const daemon = spawnSync(process.execPath, [join(ROOT, 'bin/kafka-server-start.sh'), '-daemon', file], {
    env: { ...process.env, LOG_DIR: logDirectory },
    encoding: 'utf8',
  })
  expect(daemon).toMatchObject({ status: 0, stdout: '', stderr: '' })
  const log = () => readFileSync(join(logDirectory, 'kafkaServer.out'), 'utf8')
  await expect.poll(log, { timeout: 10_000 }).toContain('Kafka Server started')

  // Other tests run brokers meanwhile: this one is told by an id of its own.
  const ours = `--node-id=${4711}`
  writeFileSync(file, readFileSync(file, 'utf8').replace('node.id=1', 'node.id=4711'))
  expect(await runTool('kafka-server-stop', [ours])).toMatchObject({ status: 0, stdout: '', stderr: '' })
  await expect.poll(log, { timeout: 10_000 }).toContain('Transition from SHUTTING_DOWN to SHUTDOWN')
})

async function outputUntil(child: ChildProcess, text: string): Promise<string> {
  let log = ''
  for await (const chunk of child.stdout!) {
    log += chunk
    if (log.includes(text)) return log
  }
  throw new Error(`the broker ended:\n${log}`)
}
