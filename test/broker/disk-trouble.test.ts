/** Full, failing and tampered disks, as clients and operators of a broker meet them. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Broker } from '../../src/broker/broker.ts'
import { lineLogger } from '../../src/broker/logger.ts'
import { type FileLayer, nodeFiles } from '../../src/storage/file-layer.ts'
import { FaultyFiles } from '../storage/support/faulty-files.ts'
import { temporaryDirectory } from '../support/broker-process.ts'
import { formatDirectoriesOf, portOf, startBrokerOn, testConfig } from '../support/file-layer-broker.ts'
import {
  commitOffset,
  createTopic,
  findCoordinator,
  produce,
  readPartition,
  topicsOf,
} from '../support/plain-client.ts'
import { RawClient } from '../support/raw-client.ts'

function newDirectory(): string {
  const { path, remove } = temporaryDirectory()
  onTestFinished(remove)
  return path
}

interface Running {
  readonly broker: Broker
  readonly client: RawClient
  readonly log: string[]
  readonly fatal: unknown[]
}

async function start(
  logDirs: string,
  files: FileLayer = nodeFiles,
  settings: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const log: string[] = []
  const fatal: unknown[] = []
  const broker = await startBrokerOn(testConfig(logDirs, settings), {
    files,
    logger: lineLogger((line) => log.push(line)),
    onFatal: (error) => fatal.push(error),
  })
  onTestFinished(() => broker.stop())
  const client = await RawClient.connect(portOf(broker))
  onTestFinished(() => client.close())
  return { broker, client, log, fatal }
}

/** Formats, starts, makes topics and stops: what the next start finds. */
async function prepare(logDirs: string, topics: readonly string[] = []): Promise<void> {
  formatDirectoriesOf(testConfig(logDirs), nodeFiles)
  if (topics.length === 0) return
  const broker = await startBrokerOn(testConfig(logDirs), { files: nodeFiles })
  const client = await RawClient.connect(portOf(broker))
  for (const topic of topics) {
    await createTopic(client, topic)
    await produce(client, { topic, values: ['before'] })
  }
  await client.close()
  await broker.stop()
}

const diskFull = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })

describe('a disk that is full', () => {
  test('answers KAFKA_STORAGE_ERROR, and the node with one directory gives up', async () => {
    const dir = newDirectory()
    const files = new FaultyFiles()
    formatDirectoriesOf(testConfig(dir), files)
    const { broker, client, log, fatal } = await start(dir, files)
    await createTopic(client, 'orders')
    await produce(client, { topic: 'orders', values: ['fits'] })
    files.fail = (what, path) => (what === 'write' && path.includes('orders-0') ? diskFull() : undefined)

    await expect(produce(client, { topic: 'orders', values: ['does not'] })).rejects.toMatchObject({
      code: 'KAFKA_STORAGE_ERROR',
    })
    expect(fatal.map((error) => (error as Error).message)).toEqual([
      `Shutdown broker because all log dirs in ${dir} have failed`,
    ])
    expect(log.join('\n')).toContain(`ERROR Stopping serving logs in dir ${dir} (kafka.log.LogManager)`)
    await client.close()
    await broker.stop()
    expect(existsSync(join(dir, '.kafka_cleanshutdown'))).toBe(false)

    files.fail = () => undefined
    const again = await start(dir, files)
    expect((await readPartition(again.client, 'orders')).map(({ value }) => value!.toString())).toEqual(['fits'])
  })

  test('of one directory leaves the partitions in the other at work', async () => {
    const root = newDirectory()
    const dirs = [join(root, 'a'), join(root, 'b')]
    const files = new FaultyFiles()
    formatDirectoriesOf(testConfig(dirs.join(',')), files)
    const { broker, client, fatal } = await start(dirs.join(','), files)
    for (const topic of ['one', 'two']) await createTopic(client, topic)
    const [inA, inB] = existsSync(join(dirs[0]!, 'one-0')) ? ['one', 'two'] : ['two', 'one']
    await produce(client, { topic: inB, values: ['fits'] })
    files.fail = (what, path) => (what === 'write' && path.startsWith(dirs[1]!) ? diskFull() : undefined)

    for (let i = 0; i < 2; i++) {
      await expect(produce(client, { topic: inB, values: ['does not'] })).rejects.toMatchObject({
        code: 'KAFKA_STORAGE_ERROR',
      })
    }
    await expect(readPartition(client, inB)).rejects.toMatchObject({ code: 'KAFKA_STORAGE_ERROR' })
    await produce(client, { topic: inA, values: ['still here'] })
    expect(await readPartition(client, inA)).toHaveLength(1)
    await createTopic(client, 'three')
    await produce(client, { topic: 'three', values: ['new'] })
    expect(existsSync(join(dirs[0]!, 'three-0'))).toBe(true)
    expect(fatal).toEqual([])

    await client.close()
    await broker.stop()
    expect(existsSync(join(dirs[0]!, '.kafka_cleanshutdown'))).toBe(true)
    expect(existsSync(join(dirs[1]!, '.kafka_cleanshutdown'))).toBe(false)
    files.fail = () => undefined
    const again = await start(dirs.join(','), files)
    expect((await readPartition(again.client, inB)).map(({ value }) => value!.toString())).toEqual(['fits'])
    expect(await produce(again.client, { topic: inB, values: ['after'] })).toBe(1)
  })

  test('under the committed offsets sends groups to look for another coordinator', async () => {
    const root = newDirectory()
    const dirs = [join(root, 'a'), join(root, 'b')]
    const files = new FaultyFiles()
    formatDirectoriesOf(testConfig(dirs.join(',')), files)
    const { client, fatal } = await start(dirs.join(','), files)
    await createTopic(client, 'orders')
    await findCoordinator(client, 'billing')
    const nobody = { groupId: 'billing', memberId: '', generationId: -1 }
    await commitOffset(client, nobody, 'orders', 1)
    files.fail = (what, path) => (what === 'write' && path.includes('__consumer_offsets-0') ? diskFull() : undefined)
    for (let i = 0; i < 2; i++) {
      await expect(commitOffset(client, nobody, 'orders', 2)).rejects.toMatchObject({ code: 'NOT_COORDINATOR' })
    }
    expect(await produce(client, { topic: 'orders', values: ['still here'] })).toBe(0)
    expect(fatal).toEqual([])
  })

  test('under the metadata log ends the node, and nobody is told that a topic was created', async () => {
    const dir = newDirectory()
    const files = new FaultyFiles()
    formatDirectoriesOf(testConfig(dir), files)
    const { broker, client, fatal } = await start(dir, files)
    files.fail = (what, path) => (what === 'write' && path.includes('__cluster_metadata-0') ? diskFull() : undefined)
    await expect(createTopic(client, 'orders')).rejects.toMatchObject({ code: 'UNKNOWN_SERVER_ERROR' })
    expect(fatal).toHaveLength(1)
    await client.close()
    await broker.stop()

    files.fail = () => undefined
    const again = await start(dir, files)
    expect([...(await topicsOf(again.client)).keys()]).toEqual([])
  })

  test('at the start ends it', async () => {
    const dir = newDirectory()
    const files = new FaultyFiles()
    formatDirectoriesOf(testConfig(dir), files)
    files.fail = (what, path) => (what === 'write' && path.includes('__cluster_metadata-0') ? diskFull() : undefined)
    await expect(start(dir, files)).rejects.toThrow()
  })
})

describe('a start', () => {
  test('goes on with the other directories when one cannot be written', async () => {
    const root = newDirectory()
    const dirs = [join(root, 'a'), join(root, 'b')]
    const logDirs = dirs.join(',')
    await prepare(logDirs, ['one', 'two'])
    const [inA, inB] = existsSync(join(dirs[0]!, 'one-0')) ? ['one', 'two'] : ['two', 'one']
    const files = new FaultyFiles()
    const readOnly = Object.assign(new Error('EROFS: read-only file system, open'), { code: 'EROFS' })
    files.fail = (what, path) => (what !== 'read' && path.startsWith(dirs[1]!) ? readOnly : undefined)
    const { client, log } = await start(logDirs, files)
    await produce(client, { topic: inA, values: ['after'] })
    await expect(produce(client, { topic: inB, values: ['after'] })).rejects.toMatchObject({
      code: 'KAFKA_STORAGE_ERROR',
    })
    expect(log.join('\n')).toContain(dirs[1]!)
  })

  test('on a single directory that cannot be written fails', async () => {
    const dir = newDirectory()
    await prepare(dir)
    const files = new FaultyFiles()
    files.fail = (what) =>
      what === 'read' ? undefined : Object.assign(new Error('EROFS: read-only file system, open'), { code: 'EROFS' })
    await expect(start(dir, files)).rejects.toThrow()
  })

  test('goes on without a directory whose meta.properties is malformed, unless it holds the metadata log', async () => {
    const root = newDirectory()
    const dirs = [join(root, 'a'), join(root, 'b')]
    await prepare(dirs.join(','))
    const path = (dir: string) => join(dir, 'meta.properties')
    const good = readFileSync(path(dirs[1]!))
    writeFileSync(path(dirs[1]!), 'version=1\nnode.id=one\n')
    const { broker, client, log } = await start(dirs.join(','))
    await createTopic(client, 'orders')
    expect(await produce(client, { topic: 'orders', values: ['in the other'] })).toBe(0)
    expect(log.join('\n')).toContain(
      `ERROR Error while reading meta.properties file in ${dirs[1]} (kafka.server.KafkaRaftServer)`,
    )
    await client.close()
    await broker.stop()

    writeFileSync(path(dirs[1]!), good)
    writeFileSync(path(dirs[0]!), 'version=1\nnode.id=one\n')
    await expect(start(dirs.join(','))).rejects.toThrow(
      `Encountered I/O error in metadata log directory ${dirs[0]}. Cannot continue.`,
    )
  })

  test.each([['recovery-point-offset-checkpoint'], ['log-start-offset-checkpoint']])(
    'takes a malformed %s as empty',
    async (name) => {
      const dir = newDirectory()
      await prepare(dir, ['orders'])
      writeFileSync(join(dir, name), '0\n7\nbroken')
      const { client, log } = await start(dir)
      expect((await readPartition(client, 'orders')).map(({ value }) => value!.toString())).toEqual(['before'])
      expect(log.join('\n')).toContain(`Error occurred while reading ${name} file of directory ${dir}`)
    },
  )

  test.each([
    ['the high watermarks', 'replication-offset-checkpoint', '0\n7\nbroken'],
    ['the leader epochs of a partition', 'orders-0/leader-epoch-checkpoint', '0\n1\nx y\n'],
    ['a partition.metadata', 'orders-0/partition.metadata', 'version: 0\ntopic_id: broken'],
  ])('fails on its only directory when the file of %s is malformed', async (_, name, content) => {
    const dir = newDirectory()
    await prepare(dir, ['orders'])
    writeFileSync(join(dir, name), content)
    await expect(start(dir)).rejects.toThrow(`Shutdown broker because all log dirs in ${dir} have failed`)
  })

  test('fails when quorum-state is malformed', async () => {
    const dir = newDirectory()
    await prepare(dir, ['orders'])
    const path = join(dir, '__cluster_metadata-0', 'quorum-state')
    writeFileSync(path, '{"leaderId":1')
    await expect(start(dir)).rejects.toThrow(`Error while reading the Quorum status from the file ${path}`)
  })

  test('fails on a directory that another broker has, which goes on', async () => {
    const dir = newDirectory()
    await prepare(dir)
    const { client } = await start(dir)
    await expect(start(dir)).rejects.toThrow(
      `Failed to acquire lock on file .lock in ${dir}. A Kafka instance in another process or thread is using this directory.`,
    )
    await createTopic(client, 'orders')
    expect(await produce(client, { topic: 'orders', values: ['one'] })).toBe(0)
  })

  test('fails on a directory with a sub-directory that is no partition', async () => {
    const dir = newDirectory()
    await prepare(dir, ['orders'])
    mkdirSync(join(dir, 'lost+found'))
    await expect(start(dir)).rejects.toThrow(
      `Found directory ${join(dir, 'lost+found')}, 'lost+found' is not in the form of topic-partition`,
    )
    rmSync(join(dir, 'lost+found'), { recursive: true })
    const { client } = await start(dir)
    expect(await readPartition(client, 'orders')).toHaveLength(1)
  })

  test('ignores plain files of others', async () => {
    const dir = newDirectory()
    await prepare(dir, ['orders'])
    writeFileSync(join(dir, 'README'), 'do not delete')
    const { client } = await start(dir)
    expect(await readPartition(client, 'orders')).toHaveLength(1)
  })
})
