/** How the console tools end: end of input, Ctrl-C, a closed pipe, a broker that goes away. Nothing is lost, nothing hangs. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBroker, type TestBroker } from '../../src/testing/start-broker.ts'
import { run as consumer } from '../../src/tools/console-consumer/main.ts'
import { run as producer } from '../../src/tools/console-producer/main.ts'
import { ROOT } from '../support/broker-process.ts'
import { runInProcess } from '../support/tool-run.ts'

let broker: TestBroker

beforeAll(async () => {
  broker = await startBroker({ topics: ['unended', 'streamed', 'headed'] })
})

afterAll(() => broker?.stop())

const at = (server = broker) => ['--bootstrap-server', server.bootstrapServers]
const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i} of a stream\n`)
const read = async (topic: string, count: number) => {
  const argv = [...at(), '--topic', topic, '--partition', '0', '--offset', 'earliest', '--max-messages', String(count)]
  return (await runInProcess(consumer, argv)).out
}
const recordCount = async (topic: string) => {
  const argv = [...at(), '--topic', topic, '--partition', '0', '--offset', 'earliest', '--timeout-ms', '300']
  return (await runInProcess(consumer, argv)).out.split('\n').length - 1
}

/** Starts a tool in a process of its own. */
function start(tool: string, ...argv: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'bin', `${tool}.sh`), ...at(), ...argv], { stdio: 'pipe' })
  const seen = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    seen.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    seen.err += chunk
  })
  const ended = once(child, 'close').then(([status, signal]) => ({ status, signal, ...seen }))
  return { child, ended }
}

test('a last line without an end is a record', async () => {
  const { code } = await runInProcess(producer, [...at(), '--topic', 'unended'], { stdin: ['whole\npar', 'tial'] })

  expect(code).toBe(0)
  expect(await read('unended', 2)).toBe('whole\npartial\n')
})

test('Ctrl-C in the middle of a stream keeps every line up to some point, in order', async () => {
  const { child, ended } = start('kafka-console-producer', '--topic', 'streamed')
  const all = lines(20_000)
  child.stdin.on('error', () => child.stdin.destroy())
  child.stdin.write(all.join(''))
  expect(await read('streamed', 1)).toBe(all[0])

  child.kill('SIGINT')

  expect(await ended).toEqual({ status: 130, signal: null, out: '', err: '' })
  const count = await recordCount('streamed')
  expect(await read('streamed', count)).toBe(all.slice(0, count).join(''))
})

test('Ctrl-C while the topic is being created sends what was read; one that never comes is given up', async () => {
  const strict = await startBroker({ config: { 'auto.create.topics.enable': 'false' } })
  async function* interrupted() {
    yield 'one\n'
    await new Promise((resolve) => setImmediate(resolve))
    process.emit('SIGINT', 'SIGINT')
  }

  const created = await runInProcess(producer, [...at(), '--topic', 'created'], { stdin: interrupted() })
  const refused = await runInProcess(producer, [...at(strict), '--topic', 'refused'], { stdin: interrupted() })
  await strict.stop()

  expect(created.code).toBe(130)
  expect(await read('created', 1)).toBe('one\n')
  expect(refused.code).toBe(130)
  expect(refused.err).toMatch(
    /\{refused=UNKNOWN_TOPIC_OR_PARTITION\}[\s\S]*\norg\.apache\.kafka\.common\.KafkaException: Producer closed while send in progress\nCaused by: org\.apache\.kafka\.common\.KafkaException: Requested metadata update after close\n$/,
  )
})

test('head closes the pipe of the consumer, which says so and ends well', async () => {
  await runInProcess(producer, [...at(), '--topic', 'headed'], { stdin: lines(50_000).join('') })
  const argv = [...at(), '--topic', 'headed', '--partition', '0', '--offset', 'earliest']
  const tool = [process.execPath, join(ROOT, 'bin/kafka-console-consumer.sh'), ...argv].map((word) => `'${word}'`)
  const child = spawn('bash', ['-o', 'pipefail', '-c', `${tool.join(' ')} | head -n 5`], { stdio: 'pipe' })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })

  const [status] = await once(child, 'close')

  expect(status).toBe(0)
  expect(out).toBe(lines(5).join(''))
  expect(err).toMatch(/^Unable to write to standard out, closing consumer\.\nProcessed a total of \d+ messages\n$/)
})

test.each([
  ['--partition', '0', '--offset', 'earliest'],
  ['--from-beginning', '--command-property', 'enable.auto.commit=false'],
])('a consumer whose broker goes away waits for its timeout, and ends as without records: %s', async (...how) => {
  const own = await startBroker({ topics: ['short'] })
  await runInProcess(producer, [...at(own), '--topic', 'short'], { stdin: 'a\nb\n' })
  let stopped: Promise<void> | undefined
  const onOut = () => {
    stopped ??= own.stop()
    return true
  }

  const argv = [...at(own), '--topic', 'short', '--timeout-ms', '700', ...how]
  const { code, out, err } = await runInProcess(consumer, argv, { onOut })
  await stopped

  expect([code, out]).toEqual([0, 'a\nb\n'])
  expect(err).toMatch(
    /ERROR Error processing message, terminating consumer process: {2}\(org\.apache\.kafka\.tools\.consumer\.ConsoleConsumer\)\norg\.apache\.kafka\.common\.errors\.TimeoutException\nProcessed a total of 2 messages\n$/,
  )
})

const IMPATIENT = [
  ...['--request-timeout-ms', '300', '--timeout', '0'],
  ...['--command-property', 'delivery.timeout.ms=600'],
]
const EXPIRED =
  'org\\.apache\\.kafka\\.common\\.errors\\.TimeoutException: Expiring 1 record\\(s\\) for short-0:\\d+ ms has passed since batch creation\\. ' +
  'The request has not been sent, or no server response has been received yet\\.\n'

test('a producer whose broker goes away reports every line that could not be sent in time', async () => {
  const own = await startBroker({ topics: ['short'] })
  async function* typed() {
    yield 'sent\n'
    await runInProcess(consumer, [
      ...at(own),
      '--topic',
      'short',
      '--partition',
      '0',
      '--offset',
      'earliest',
      '--max-messages',
      '1',
    ])
    await own.stop()
    yield 'lost\n'
  }

  const { code, err } = await runInProcess(producer, [...at(own), '--topic', 'short', ...IMPATIENT], { stdin: typed() })

  expect(code).toBe(0)
  expect(err).toMatch(
    new RegExp(
      `ERROR Error when sending message to topic short with key: null, value: 4 bytes with error: \\(\\S+ErrorLoggingCallback\\)\n${EXPIRED}$`,
    ),
  )
  expect(err.match(/ERROR/g)).toHaveLength(1)
})

test('a producer with --sync ends with the first line that could not be sent', async () => {
  const own = await startBroker({ topics: ['short'] })
  async function* typed() {
    yield 'sent\n'
    await runInProcess(consumer, [
      ...at(own),
      '--topic',
      'short',
      '--partition',
      '0',
      '--offset',
      'earliest',
      '--max-messages',
      '1',
    ])
    await own.stop()
    yield 'lost\nnever\n'
  }

  const argv = [...at(own), '--topic', 'short', '--sync', ...IMPATIENT]
  const { code, err } = await runInProcess(producer, argv, { stdin: typed() })

  expect(code).toBe(1)
  expect(err).toMatch(
    new RegExp(`java\\.util\\.concurrent\\.ExecutionException: ${EXPIRED.trimEnd()}\nCaused by: ${EXPIRED}$`),
  )
})
