import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../../../src/broker/clock.ts'
import { LogManager } from '../../../src/broker/log/log-manager.ts'
import { type Logger, silentLogger } from '../../../src/broker/logger.ts'
import { brokerConfigFrom } from '../../../src/config/broker-config.ts'
import { ErrorCode } from '../../../src/protocol/error-code.ts'
import { writeMetaProperties } from '../../../src/storage/meta-properties.ts'
import { readOffsetCheckpoint } from '../../../src/storage/offset-checkpoint.ts'
import { randomUuid } from '../../../src/storage/uuid.ts'
import { FaultyFiles } from '../../storage/support/faulty-files.ts'
import { append, batch, logConfig, NOW, readAll, TOPIC_ID, temporaryDirectory } from './support/logs.ts'

const OTHER_ID = 'YW5vdGhlci10b3BpYy1pZA'

interface Node {
  readonly dirs: string[]
  readonly clock: ManualClock
  readonly failures: string[]
  readonly lines: string[]
  open(files?: FaultyFiles): Promise<LogManager>
  /** Makes the directories anew, empty. */
  format(): void
}

function formatted(directoryCount = 1, overrides: Record<string, string> = {}): Node {
  const root = temporaryDirectory()
  const dirs = Array.from({ length: directoryCount }, (_, i) => join(root, `data${i}`))
  const format = () => {
    for (const dir of dirs) {
      rmSync(dir, { recursive: true, force: true })
      mkdirSync(dir)
      const properties = { version: 1, clusterId: 'cluster', nodeId: 1, directoryId: randomUuid() } as const
      writeMetaProperties(dir, properties, new Date(NOW), new FaultyFiles())
    }
  }
  format()
  const config = brokerConfigFrom(
    new Map(
      Object.entries({
        'process.roles': 'broker,controller',
        'node.id': '1',
        'controller.listener.names': 'CONTROLLER',
        listeners: 'PLAINTEXT://:0,CONTROLLER://:0',
        'controller.quorum.bootstrap.servers': 'localhost:9093',
        'log.dirs': dirs.join(','),
        ...overrides,
      }),
    ),
  )
  const clock = new ManualClock(NOW)
  const failures: string[] = []
  const lines: string[] = []
  const logger: Logger = { ...silentLogger, info: (text) => lines.push(text), warn: (text) => lines.push(text) }
  const open = async (files = new FaultyFiles()) => {
    const onDirectoryFailure = (path: string) => failures.push(path)
    const manager = await LogManager.open({ config, clock, logger, files, onDirectoryFailure })
    onTestFinished(() => manager.close({ brokerEpoch: 1 }))
    return manager
  }
  return { dirs, clock, failures, lines, open, format }
}

/** What a killed process leaves: nothing is written any more, and the lock is free. */
async function kill(manager: LogManager, files: FaultyFiles): Promise<void> {
  files.killAfter = files.count
  await manager.close({ brokerEpoch: -1 })
  files.killAfter = Number.POSITIVE_INFINITY
}

describe('starting', () => {
  test('on an unformatted directory, or another node’s, is refused with Kafka’s text', async () => {
    const node = formatted(2)
    writeMetaProperties(node.dirs[0]!, { version: 1, clusterId: 'cluster', nodeId: 7, directoryId: randomUuid() })
    await expect(node.open()).rejects.toThrow("Stored node id 7 doesn't match previous node id 1 in")
    rmSync(join(node.dirs[0]!, 'meta.properties'))
    await expect(node.open()).rejects.toThrow(
      `No \`meta.properties\` found in ${node.dirs[0]} (have you run \`kafka-storage.sh\` to format the directory?)`,
    )
    rmSync(join(node.dirs[1]!, 'meta.properties'))
    await expect(node.open()).rejects.toThrow('No readable meta.properties files found.')
  })

  test('twice on one directory is refused', async () => {
    const node = formatted()
    const manager = await node.open()
    await expect(node.open()).rejects.toThrow(
      `Failed to acquire lock on file .lock in ${node.dirs[0]}. A Kafka instance in another process or thread is using this directory.`,
    )
    await manager.close({ brokerEpoch: 3 })
    await node.open()
  })

  test('on a directory with something else than partitions in it is refused', async () => {
    const node = formatted()
    mkdirSync(join(node.dirs[0]!, 'lost+found'))
    await expect(node.open()).rejects.toThrow("'lost+found' is not in the form of topic-partition")
  })

  test('with the metadata log in another directory than metadata.log.dir is refused', async () => {
    const node = formatted(2)
    mkdirSync(join(node.dirs[1]!, '__cluster_metadata-0'))
    await expect(node.open()).rejects.toThrow('Found unexpected metadata location in data directory')
  })

  test('with one partition in two directories is refused', async () => {
    const node = formatted(2)
    const manager = await node.open()
    manager.create('orders', 0, TOPIC_ID, logConfig())
    await manager.close({ brokerEpoch: 1 })
    cpSync(join(node.dirs[0]!, 'orders-0'), join(node.dirs[1]!, 'orders-0'), { recursive: true })
    await expect(node.open()).rejects.toThrow('Duplicate log directories for orders-0 are found in both')
  })

  test('gives a directory without directory.id one, and keeps it', async () => {
    const node = formatted()
    writeMetaProperties(node.dirs[0]!, { version: 1, clusterId: 'cluster', nodeId: 1, directoryId: undefined })
    const manager = await node.open()
    const directoryId = manager.directories()[0]!.directoryId
    await manager.close({ brokerEpoch: 1 })
    expect((await node.open()).directories()).toEqual([{ path: node.dirs[0], directoryId, online: true }])
  })
})

describe('partitions', () => {
  test('are made durably, and are there after a clean stop and after a kill', async () => {
    const node = formatted()
    const files = new FaultyFiles()
    const manager = await node.open(files)
    const log = manager.create('orders', 3, TOPIC_ID, logConfig())
    expect(readFileSync(join(log.dir, 'partition.metadata'), 'utf8')).toBe(`version: 0\ntopic_id: ${TOPIC_ID}`)
    append(log, batch(['a', 'b']))
    await manager.close({ brokerEpoch: 42 })
    expect(readFileSync(join(node.dirs[0]!, '.kafka_cleanshutdown'), 'utf8')).toBe('{"version":0,"brokerEpoch":42}')
    expect(existsSync(join(node.dirs[0]!, '.lock'))).toBe(false)
    expect(readOffsetCheckpoint(join(node.dirs[0]!, 'recovery-point-offset-checkpoint'))).toEqual([
      { topic: 'orders', partition: 3, offset: 2 },
    ])

    const second = await node.open(files)
    expect(second.previousBrokerEpoch).toBe(42)
    expect(existsSync(join(node.dirs[0]!, '.kafka_cleanshutdown'))).toBe(false)
    append(second.get('orders', 3)!, batch(['c']))
    await kill(second, files)

    node.lines.length = 0
    const third = await node.open(files)
    expect(third.previousBrokerEpoch).toBe(-1)
    expect(node.lines).toContain(`Recovering 1 logs from ${node.dirs[0]} since no clean shutdown file was found`)
    expect((await readAll(third.get('orders', 3)!)).map(({ value }) => value)).toEqual(['a', 'b', 'c'])
    expect(third.get('orders', 3)!.topicId).toBe(TOPIC_ID)
  })

  test('go to the directory with the fewest, or to the one that is asked for', async () => {
    const node = formatted(2)
    const manager = await node.open()
    const [first, second] = manager.directories().map(({ directoryId }) => directoryId)
    for (let i = 0; i < 4; i++) manager.create('orders', i, TOPIC_ID, logConfig())
    const placed = [0, 1, 2, 3].map((i) => manager.directoryIdOf('orders', i))
    expect(placed).toEqual([first, second, first, second])
    manager.create('orders', 4, TOPIC_ID, logConfig(), second)
    expect(manager.directoryIdOf('orders', 4)).toBe(second)
  })

  test('of another topic id are refused', async () => {
    const manager = await formatted().open()
    manager.create('orders', 0, TOPIC_ID, logConfig())
    expect(() => manager.create('orders', 0, OTHER_ID, logConfig())).toThrow(
      expect.objectContaining({ code: ErrorCode.INCONSISTENT_TOPIC_ID }),
    )
  })

  test('are renamed at once when deleted, and removed after file.delete.delay.ms', async () => {
    const node = formatted()
    const manager = await node.open()
    manager.startBackgroundWork()
    const log = manager.create('orders', 0, TOPIC_ID, logConfig())
    append(log, batch(['a']))
    manager.asyncDelete('orders', 0)
    expect(manager.get('orders', 0)).toBeUndefined()
    const renamed = () => readdirSync(node.dirs[0]!).filter((name) => name.endsWith('-delete'))
    expect(renamed()).toHaveLength(1)
    expect(renamed()[0]).toMatch(/^orders-0\.[0-9a-f]{32}-delete$/)
    // The name is free again for a topic of another id.
    expect(await readAll(manager.create('orders', 0, OTHER_ID, logConfig()))).toEqual([])
    await node.clock.advance(59_999)
    expect(renamed()).toHaveLength(1)
    await node.clock.advance(1)
    expect(renamed()).toHaveLength(0)
  })

  test('whose deletion was pending are removed after the next start', async () => {
    const node = formatted()
    const manager = await node.open()
    manager.create('orders', 0, TOPIC_ID, logConfig())
    manager.asyncDelete('orders', 0)
    await manager.close({ brokerEpoch: 1 })
    const again = await node.open()
    expect([...again.all()]).toEqual([])
    again.startBackgroundWork()
    await node.clock.advance(60_000)
    expect(readdirSync(node.dirs[0]!).filter((name) => name.startsWith('orders'))).toEqual([])
  })

  test('that the metadata do not know are put aside, not deleted', async () => {
    const node = formatted()
    const manager = await node.open()
    manager.create('orders', 0, TOPIC_ID, logConfig())
    manager.markStray('orders', 0)
    expect(manager.get('orders', 0)).toBeUndefined()
    expect(readdirSync(node.dirs[0]!).filter((name) => name.endsWith('-stray'))).toHaveLength(1)
    await manager.close({ brokerEpoch: 1 })
    expect([...(await node.open()).all()]).toEqual([])
  })
})

describe('background work', () => {
  test('deletes old segments, and checkpoints offsets', async () => {
    const node = formatted(1, { 'log.retention.check.interval.ms': '1000' })
    const manager = await node.open()
    manager.startBackgroundWork()
    const config = logConfig({ segmentBytes: 400, retentionMs: 5000 })
    const log = manager.create('orders', 0, TOPIC_ID, config)
    for (let i = 0; i < 6; i++) append(log, batch(['x'.repeat(150)]))
    log.updateHighWatermark(6)
    log.advanceLogStartOffset(1)
    const read = (name: string) => readOffsetCheckpoint(join(node.dirs[0]!, name)).map(({ offset }) => offset)
    await node.clock.advance(5_000)
    expect(log.segments.length).toBe(5)
    expect(read('replication-offset-checkpoint')).toEqual([6])
    await node.clock.advance(1_000)
    expect(log.segments.length).toBe(1)
    expect(log.logStartOffset).toBe(6)
    log.config = { ...config, retentionMs: -1, segmentBytes: 1000 }
    append(log, batch(['y']))
    append(log, batch(['z']))
    log.updateHighWatermark(8)
    log.advanceLogStartOffset(7)
    await node.clock.advance(60_000)
    expect(read('log-start-offset-checkpoint')).toEqual([7])
    await log.flush()
    await node.clock.advance(60_000)
    expect(read('recovery-point-offset-checkpoint')).toEqual([8])
  })

  test('keeps a log start that DeleteRecords set over a restart', async () => {
    const node = formatted()
    const manager = await node.open()
    const log = manager.create('orders', 0, TOPIC_ID, logConfig())
    append(log, batch(['a']))
    append(log, batch(['b']))
    log.updateHighWatermark(2)
    log.advanceLogStartOffset(1)
    await manager.close({ brokerEpoch: 1 })
    const again = (await node.open()).get('orders', 0)!
    expect([again.logStartOffset, again.logEndOffset, again.highWatermark]).toEqual([1, 2, 2])
  })
})

describe('a log directory that fails', () => {
  const diskError = () => Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })

  test('goes offline with its partitions; the others go on', async () => {
    const node = formatted(2)
    const files = new FaultyFiles()
    const manager = await node.open(files)
    const [bad, good] = [0, 1].map((i) => manager.create('orders', i, TOPIC_ID, logConfig())) as [
      ReturnType<LogManager['create']>,
      ReturnType<LogManager['create']>,
    ]
    files.fail = (what, path) => (what === 'write' && path.startsWith(node.dirs[0]!) ? diskError() : undefined)
    expect(() => append(bad, batch(['a']))).toThrow(expect.objectContaining({ code: ErrorCode.KAFKA_STORAGE_ERROR }))
    expect(node.failures).toEqual([node.dirs[0]])
    expect(manager.get('orders', 0)).toBeUndefined()
    expect(manager.directories().map(({ online }) => online)).toEqual([false, true])
    expect(append(good, batch(['b']))).toMatchObject({ firstOffset: 0 })
    expect(manager.create('orders', 2, TOPIC_ID, logConfig()).dir).toContain(node.dirs[1])
    await manager.close({ brokerEpoch: 1 })
    expect(existsSync(join(node.dirs[0]!, '.kafka_cleanshutdown'))).toBe(false)
    expect(existsSync(join(node.dirs[1]!, '.kafka_cleanshutdown'))).toBe(true)
  })

  test('while it is loaded goes offline too', async () => {
    const node = formatted(2)
    const manager = await node.open()
    manager.create('orders', 0, TOPIC_ID, logConfig())
    manager.create('orders', 1, TOPIC_ID, logConfig())
    await manager.close({ brokerEpoch: 1 })
    writeFileSync(join(node.dirs[0]!, 'orders-0', 'leader-epoch-checkpoint'), 'nonsense\n')
    const again = await node.open()
    expect(node.failures).toEqual([node.dirs[0]])
    expect(again.get('orders', 0)).toBeUndefined()
    expect(again.get('orders', 1)).toBeDefined()
  })

  test('a malformed recovery point only means that more is scanned', async () => {
    const node = formatted()
    const manager = await node.open()
    append(manager.create('orders', 0, TOPIC_ID, logConfig()), batch(['a']))
    await manager.close({ brokerEpoch: 1 })
    writeFileSync(join(node.dirs[0]!, 'recovery-point-offset-checkpoint'), 'nonsense\n')
    expect((await node.open()).get('orders', 0)!.logEndOffset).toBe(1)
    expect(node.failures).toEqual([])
  })
})

test('a kill after any file operation of a start, a few appends and a stop loses nothing', async () => {
  const run = async (node: Node, files: FaultyFiles, answered: { count: number }) => {
    for (let round = 0; round < 2; round++) {
      const manager = await node.open(files)
      try {
        const log = manager.get('orders', 0) ?? manager.create('orders', 0, TOPIC_ID, logConfig({ segmentBytes: 300 }))
        for (let i = 0; i < 2; i++) {
          append(log, batch([`value-${answered.count}`.padEnd(100)]))
          answered.count++
        }
      } finally {
        await manager.close({ brokerEpoch: 5 })
      }
    }
  }
  const whole = new FaultyFiles()
  const node = formatted()
  await run(node, whole, { count: 0 })
  expect(whole.count).toBeGreaterThan(30)
  for (let killAfter = 1; killAfter < whole.count; killAfter++) {
    node.format()
    const files = new FaultyFiles()
    files.killAfter = killAfter
    const answered = { count: 0 }
    await run(node, files, answered).catch(() => undefined)
    files.killAfter = Number.POSITIVE_INFINITY
    const manager = await node.open()
    const log = manager.get('orders', 0)
    const values = log ? (await readAll(log)).map(({ value }) => value!.trim()) : []
    expect(values, `killed after ${killAfter}`).toEqual(values.map((_, i) => `value-${i}`))
    expect(values.length, `killed after ${killAfter}`).toBeGreaterThanOrEqual(answered.count)
    await manager.close({ brokerEpoch: 1 })
  }
})
