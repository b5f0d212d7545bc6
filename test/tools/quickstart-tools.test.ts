import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBroker, type TestBroker } from '../../src/testing/start-broker.ts'
import { run as consumer } from '../../src/tools/console-consumer/main.ts'
import { run as producer } from '../../src/tools/console-producer/main.ts'
import { run as consumerGroups } from '../../src/tools/consumer-groups/main.ts'
import { run as topics } from '../../src/tools/topics/main.ts'
import { runInProcess } from '../support/tool-run.ts'

const PROCESSED = /Processed a total of (\d+) messages\n$/

let broker: TestBroker
let at: string[]

beforeAll(async () => {
  broker = await startBroker({
    topics: ['lines', { name: 'keyed', partitions: 3 }, 'groups', 'watched', 'closed', 'bad', 'signals', 'zipped'],
  })
  at = ['--bootstrap-server', broker.bootstrapServers]
})

afterAll(() => broker?.stop())

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `line ${i} of a file\n`).join('')

test('a topic is created, listed, described, altered and deleted', async () => {
  const create = await runInProcess(topics, [...at, '--create', '--topic', 'orders', '--partitions', '2'])
  expect(create).toEqual({ code: 0, out: 'Created topic orders.\n', err: '' })

  expect((await runInProcess(topics, [...at, '--alter', '--topic', 'orders', '--partitions', '3'])).code).toBe(0)
  const { out } = await runInProcess(topics, [...at, '--describe', '--topic', 'ord.*'])
  expect(out).toMatch(/^Topic: orders\tTopicId: [\w-]{22}\tPartitionCount: 3\tReplicationFactor: 1\tConfigs: /)
  expect(
    out.match(/\tTopic: orders\tPartition: \d\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: \n/g),
  ).toHaveLength(3)

  expect((await runInProcess(topics, [...at, '--delete', '--topic', 'orders'])).code).toBe(0)
  expect((await runInProcess(topics, [...at, '--list', '--topic', 'orders'])).out).toBe('\n')
})

test('what is piped into the producer comes out of the consumer, byte for byte', async () => {
  const text = numbered(30_000)
  expect(await runInProcess(producer, [...at, '--topic', 'lines'], { stdin: text })).toEqual({
    code: 0,
    out: '',
    err: '',
  })

  const consumed = await runInProcess(consumer, [
    ...at,
    '--topic',
    'lines',
    '--from-beginning',
    '--max-messages',
    '30000',
  ])

  expect(consumed.code).toBe(0)
  expect(consumed.out === text).toBe(true)
  expect(consumed.err).toMatch(/Processed a total of 30000 messages\n$/)
})

test('records with the same key stay in order in the partition that Java would choose', async () => {
  const lines = Array.from({ length: 900 }, (_, i) => `key${i % 9}:${i}\n`).join('')
  const properties = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
  await runInProcess(producer, [...at, '--topic', 'keyed', ...properties], { stdin: lines })

  const fromPartition1 = ['--topic', 'keyed', '--partition', '1', '--offset', 'earliest', '--max-messages', '400']
  const { out } = await runInProcess(consumer, [...at, ...fromPartition1, '--formatter-property', 'print.key=true'])

  const expected = Array.from({ length: 900 }, (_, i) => i).filter((i) => [0, 3, 5, 8].includes(i % 9))
  expect(out).toBe(expected.map((i) => `key${i % 9}\t${i}\n`).join(''))
})

test.each(['gzip', 'snappy', 'lz4', 'zstd'])('records are compressed with %s and read back', async (codec) => {
  const line = `${codec} `.repeat(50)
  await runInProcess(producer, [...at, '--topic', 'zipped', '--compression-codec', codec], { stdin: `${line}\n` })

  const { out } = await runInProcess(consumer, [
    ...at,
    '--topic',
    'zipped',
    '--group',
    'zipped',
    '--max-messages',
    '1',
    '--from-beginning',
  ])

  expect(out).toBe(`${line}\n`)
})

test('a group goes on where it was, to the record, and is described so', async () => {
  await runInProcess(producer, [...at, '--topic', 'groups'], { stdin: 'one\ntwo\nthree\nfour\n' })
  const read = (...more: string[]) => runInProcess(consumer, [...at, '--topic', 'groups', '--group', 'g', ...more])

  expect((await read('--from-beginning', '--max-messages', '2')).out).toBe('one\ntwo\n')
  expect((await read('--max-messages', '1')).out).toBe('three\n')

  const described = await runInProcess(consumerGroups, [...at, '--describe', '--group', 'g'])
  expect(described.out).toContain(
    '\ng               groups          0          3               4               1               -',
  )
  expect(described.err).toBe("\nConsumer group 'g' has no active members.\n")
  expect((await runInProcess(consumerGroups, [...at, '--list'])).out).toMatch(/^g$/m)
})

test('two members share the partitions; the other takes over when one leaves', async () => {
  const seen: string[] = []
  let heard: () => void = () => {}
  const until = async (count: number) => {
    while (seen.length < count) {
      await new Promise<void>((resolve) => {
        heard = resolve
      })
    }
  }
  const onOut = (text: string) => {
    seen.push(...text.trim().split('\n'))
    heard()
    return true
  }
  const argv = [...at, '--topic', 'watched', '--group', 'pair', '--from-beginning']
  const first = runInProcess(consumer, [...argv, '--max-messages', '2'], { onOut })
  await runInProcess(producer, [...at, '--topic', 'watched'], { stdin: 'a\n' })
  await until(1)
  const second = runInProcess(consumer, [...argv, '--max-messages', '3', '--timeout-ms', '20000'], { onOut })

  for (let i = 0; i < 4; i++) await runInProcess(producer, [...at, '--topic', 'watched'], { stdin: `b${i}\n` })

  await Promise.all([first, second])
  expect(seen.sort()).toEqual(['a', 'b0', 'b1', 'b2', 'b3'])
})

test('a timeout without records is told of as in Kafka, and is no failure', async () => {
  const { code, out, err } = await runInProcess(consumer, [...at, '--topic', 'bad', '--timeout-ms', '200'])

  expect([code, out]).toEqual([0, ''])
  expect(err).toMatch(
    /ERROR Error processing message, terminating consumer process: {2}\(org\.apache\.kafka\.tools\.consumer\.ConsoleConsumer\)\norg\.apache\.kafka\.common\.errors\.TimeoutException\nProcessed a total of 0 messages\n$/,
  )
})

test('a reader that goes away ends the consumer without a failure', async () => {
  await runInProcess(producer, [...at, '--topic', 'closed'], { stdin: numbered(100_000) })

  const { code, err } = await runInProcess(consumer, [...at, '--topic', 'closed', '--from-beginning'], {
    onOut: () => false,
  })

  expect(code).toBe(0)
  expect(err).toContain('Unable to write to standard out, closing consumer.\n')
  expect(Number(PROCESSED.exec(err)?.[1])).toBeLessThan(100_000)
})

test('Ctrl-C commits what was printed, and ends with 130', async () => {
  await runInProcess(producer, [...at, '--topic', 'signals'], { stdin: 'x\ny\n' })
  let printed = ''
  const onOut = (text: string) => {
    printed += text
    if (printed === 'x\ny\n') process.emit('SIGINT', 'SIGINT')
    return true
  }

  const argv = [...at, '--topic', 'signals', '--group', 'interrupted', '--from-beginning']
  const { code, err } = await runInProcess(consumer, argv, { onOut })

  expect(code).toBe(130)
  expect(err).toMatch(/Processed a total of 2 messages\n$/)
  const described = await runInProcess(consumerGroups, [...at, '--describe', '--group', 'interrupted'])
  expect(described.out).toMatch(/signals +0 +2 +2 +0 /)
})

test('Ctrl-C at the producer sends every line read before it', async () => {
  async function* typing() {
    yield 'before 1\nbefore 2\n'
    await new Promise((resolve) => setImmediate(resolve))
    process.emit('SIGINT', 'SIGINT')
    yield 'never'
  }
  const { code } = await runInProcess(producer, [...at, '--topic', 'typed'], { stdin: typing() })
  const { out } = await runInProcess(consumer, [...at, '--topic', 'typed', '--from-beginning', '--max-messages', '2'])

  expect(code).toBe(130)
  expect(out).toBe('before 1\nbefore 2\n')
})

test('a bad line ends the producer with an error, after the good ones were sent', async () => {
  const argv = [...at, '--topic', 'bad', '--reader-property', 'parse.key=true']
  const { code, err } = await runInProcess(producer, argv, { stdin: 'k\tgood\nbad\n' })
  const { out } = await runInProcess(consumer, [...at, '--topic', 'bad', '--from-beginning', '--max-messages', '1'])

  expect(code).toBe(1)
  expect(err).toBe("org.apache.kafka.common.KafkaException: No key separator found on line number 2: 'bad'\n")
  expect(out).toBe('good\n')
})

test('when nobody listens, the admin client gives up with the text of Kafka', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  const { AdminClient } = await import('../../src/client/admin-client.ts')
  const { listTopics } = await import('../../src/client/admin.ts')
  const warnings: string[] = []
  const admin = await AdminClient.create({
    properties: new Map([
      ['bootstrap.servers', `127.0.0.1:${port}`],
      ['request.timeout.ms', '50'],
      ['default.api.timeout.ms', '100'],
      ['client.id', 'c'],
    ]),
    log: { warn: (text) => warnings.push(text), error: () => {} },
  })

  await expect(listTopics(admin)).rejects.toThrow('Timed out waiting for a node assignment. Call: listTopics')

  admin.close()
  expect(warnings[0]).toBe(
    `[AdminClient clientId=c] Connection to node -1 (/127.0.0.1:${port}) could not be established. Node may not be available.`,
  )
})
