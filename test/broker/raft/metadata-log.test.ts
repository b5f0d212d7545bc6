import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { metadataRecord } from '../../../src/broker/metadata/record.ts'
import { writeBatch } from '../../../src/protocol/record-batch.ts'
import { FeatureLevelRecord, NoOpRecord, TopicRecord } from '../../../src/protocol/records/metadata.ts'
import { writeSnapshot } from '../../../src/storage/snapshot-file.ts'
import {
  CONTROLLER_ENDPOINT,
  DIRECTORY_ID,
  endpoint,
  FastFiles,
  formattedDirectory,
  readLog,
  STATIC_QUORUM,
  TestNode,
  temporaryDirectory,
} from '../controller/harness.ts'

const noOp = () => metadataRecord(NoOpRecord, 0, {})
const metadataDir = (dir: string) => join(dir, '__cluster_metadata-0')
const logFile = (dir: string) => join(metadataDir(dir), '00000000000000000000.log')
const quorumState = (dir: string) => readFileSync(join(metadataDir(dir), 'quorum-state'), 'utf8')
const typesOf = (records: readonly { type: string }[]) => records.map(({ type }) => type)

test('the first epoch of a dynamic quorum begins with LeaderChange, KRaftVersion and KRaftVoters', async () => {
  const node = await TestNode.start()
  const [change, version, voters, begin] = node.records()

  expect(change).toMatchObject({ offset: 0, epoch: 1, type: 'LEADER_CHANGE', value: { leaderId: 1 } })
  expect(version).toMatchObject({ offset: 1, type: 'KRAFT_VERSION', value: { kRaftVersion: 1 }, batch: 0 })
  expect(voters).toMatchObject({
    offset: 2,
    type: 'KRAFT_VOTERS',
    batch: 0,
    value: {
      voters: [
        {
          voterId: 1,
          voterDirectoryId: DIRECTORY_ID,
          endpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 9093 }],
          kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
        },
      ],
    },
  })
  expect(begin).toMatchObject({ offset: 3, type: 'BeginTransactionRecord', batch: 3 })
  expect(quorumState(node.dir)).toBe(
    '{"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}',
  )
})

test('the first epoch of a static quorum begins with LeaderChange alone', async () => {
  const node = await TestNode.start({ dir: formattedDirectory({ isStatic: true }), settings: STATIC_QUORUM })

  expect(node.records().slice(0, 2)).toMatchObject([
    { offset: 0, type: 'LEADER_CHANGE' },
    { offset: 1, type: 'BeginTransactionRecord' },
  ])
  expect(quorumState(node.dir)).toBe(
    '{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}',
  )
})

test('a later epoch repeats the voters only when the controller has moved', async () => {
  const first = await TestNode.start()
  await first.stop()
  const second = await TestNode.start({ dir: first.dir })
  await second.stop()
  const third = await TestNode.start({ dir: first.dir, endpoints: [endpoint('CONTROLLER', 9193)] })

  const controlsOf = (epoch: number) =>
    typesOf(third.records().filter((r) => r.epoch === epoch && r.version === undefined))
  expect(controlsOf(2)).toEqual(['LEADER_CHANGE'])
  expect(controlsOf(3)).toEqual(['LEADER_CHANGE', 'KRAFT_VERSION', 'KRAFT_VOTERS'])
  expect(third.log.describeQuorum().nodes).toEqual([
    { nodeId: 1, listeners: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 9193 }] },
  ])
})

test('an epoch is never used twice, whichever of quorum-state and log has seen the later one', async () => {
  const first = await TestNode.start()
  first.kill()
  writeFileSync(
    join(metadataDir(first.dir), 'quorum-state'),
    quorumState(first.dir).replace('"leaderEpoch":1', '"leaderEpoch":7'),
  )
  const second = await TestNode.start({ dir: first.dir })
  expect(second.log.epoch).toBe(8)
  second.kill()
  rmSync(join(metadataDir(first.dir), 'quorum-state'))
  const third = await TestNode.start({ dir: first.dir })
  expect(third.log.epoch).toBe(9)
})

test('quorum-state is in place before the first batch of its epoch is written', async () => {
  const operations: string[] = []
  class RecordingFiles extends FastFiles {
    private readonly paths = new Map<number, string>()
    override open(...args: Parameters<FastFiles['open']>): number {
      const fd = super.open(...args)
      this.paths.set(fd, args[0])
      return fd
    }
    override rename(from: string, to: string): void {
      operations.push(`rename ${to.slice(to.lastIndexOf('/') + 1)}`)
      super.rename(from, to)
    }
    override writevSync(...args: Parameters<FastFiles['writevSync']>): number {
      operations.push(`write ${this.paths.get(args[0])!.split('/').at(-1)}`)
      return super.writevSync(...args)
    }
  }
  await TestNode.start({ files: new RecordingFiles() })
  const inOrder = operations.filter((each) => each === 'rename quorum-state' || each.endsWith('000.log'))
  expect(inOrder[0]).toBe('rename quorum-state')
  expect(inOrder).toContain('write 00000000000000000000.log')
})

test('refuses a voter under another directory id', async () => {
  const node = await TestNode.open({ directoryId: 'b3RoZXJkaXJlY3RvcnkwMQ' })
  expect(() => node.log.becomeLeader([])).toThrow(/directory\.id in meta\.properties is b3RoZXJkaXJlY3RvcnkwMQ/)
})

test.each([['1@127.0.0.1:9093,2@127.0.0.1:9094', /names 1, 2: a quorum of several controllers is not supported yet/]])(
  'refuses static voters %s',
  async (voters, text) => {
    const node = await TestNode.open({
      dir: formattedDirectory({ isStatic: true }),
      settings: { 'controller.quorum.voters': voters },
    })
    expect(() => node.log.becomeLeader([CONTROLLER_ENDPOINT].map((e) => ({ ...e, name: e.listenerName })))).toThrow(
      text,
    )
  },
)

test('a log without voters, and none in the settings, is refused with what to do', async () => {
  const node = await TestNode.open({ dir: formattedDirectory({ isStatic: true }) })
  expect(() => node.log.becomeLeader([])).toThrow(/format with --standalone or set controller\.quorum\.voters/)
})

test('appends of one tick share a batch and an fsync, and keep their own offsets', async () => {
  let fsyncs = 0
  class CountingFiles extends FastFiles {
    override async fsync(): Promise<void> {
      fsyncs++
    }
  }
  const node = await TestNode.start({ files: new CountingFiles() })
  const before = fsyncs
  const appended = Array.from({ length: 5 }, () => node.log.append([noOp(), noOp()]))
  await Promise.all(appended.map(({ committed }) => committed))

  expect(fsyncs - before).toBe(1)
  const [first] = appended
  expect(appended.map(({ firstOffset }) => firstOffset - first!.firstOffset)).toEqual([0, 2, 4, 6, 8])
  expect(
    new Set(
      node
        .records()
        .slice(-10)
        .map(({ batch }) => batch),
    ),
  ).toEqual(new Set([first!.firstOffset]))
})

test('listeners have seen the records when the promise of an append resolves', async () => {
  const node = await TestNode.start()
  const { firstOffset, committed } = node.log.append([noOp()])
  expect(node.loader.image.offset).toBe(firstOffset - 1)
  await committed
  expect(node.loader.image.offset).toBe(firstOffset)
})

test('a failed fsync fails every append that waits, every later one, and the node', async () => {
  class BreakingFiles extends FastFiles {
    isBroken = false
    override async fsync(): Promise<void> {
      if (this.isBroken) throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' })
    }
  }
  const files = new BreakingFiles()
  const failures: unknown[] = []
  const node = await TestNode.start({ files, onFailure: (error) => failures.push(error) })
  const offset = node.loader.image.offset
  files.isBroken = true
  const results = await Promise.allSettled([node.log.append([noOp()]).committed, node.log.append([noOp()]).committed])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(node.log.append([noOp()]).committed).rejects.toThrow('The metadata log cannot be written.')
  expect(failures).toHaveLength(1)
  expect(node.loader.image.offset).toBe(offset)
})

test.each([
  ['half a batch header', Buffer.alloc(30)],
  ['a batch cut short', writeBatch({ baseOffset: 999, records: [{ value: Buffer.alloc(100) }] }).subarray(0, 90)],
  ['zeros', Buffer.alloc(4096)],
])('a tail of %s is cut, and everything before it kept', async (_, tail) => {
  const first = await TestNode.start()
  await first.log.append([metadataRecord(TopicRecord, 0, { name: 'kept', topicId: 'dG9waWMwMDAwMDAwMDAwMQ' })])
    .committed
  first.kill()
  appendFileSync(logFile(first.dir), tail)
  const second = await TestNode.start({ dir: first.dir })
  expect(second.loader.image.topics.byName.has('kept')).toBe(true)
  const offsets = second.records().map(({ offset }) => offset)
  expect(offsets).toEqual(offsets.map((__, index) => index))
})

test('a record of an unknown type stops the start, and says which and where', async () => {
  const first = await TestNode.start()
  const offset = first.log.nextOffset
  first.kill()
  const unknown = Buffer.from([1, 99, 0, 0])
  appendFileSync(
    logFile(first.dir),
    writeBatch({ baseOffset: offset, partitionLeaderEpoch: 1, records: [{ value: unknown }] }),
  )
  await expect(TestNode.open({ dir: first.dir })).rejects.toThrow(
    `The metadata record at offset ${offset} cannot be read: Unknown metadata record type 99`,
  )
})

test('a snapshot beyond the end of the log replaces it', async () => {
  const dir = formattedDirectory()
  const records = [
    metadataRecord(FeatureLevelRecord, 0, { name: 'metadata.version', featureLevel: 30 }),
    metadataRecord(TopicRecord, 0, { name: 'from-snapshot', topicId: 'dG9waWMwMDAwMDAwMDAwMQ' }),
  ]
  const voters = {
    voters: [
      {
        voterId: 1,
        voterDirectoryId: DIRECTORY_ID,
        endpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 9093 }],
        kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
      },
    ],
  }
  writeSnapshot(metadataDir(dir), { offset: 500, epoch: 4 }, { kraftVersion: 1, voters, records }, 0)
  const node = await TestNode.start({ dir })

  expect(node.loader.image.topics.byName.has('from-snapshot')).toBe(true)
  expect(node.controller.image.features).toMatchObject({ metadataVersion: 30, kraftVersion: 1 })
  expect(node.log.epoch).toBe(5)
  expect(existsSync(join(metadataDir(dir), '00000000000000000500.log'))).toBe(true)
  await node.stop()
  const again = await TestNode.start({ dir })
  expect(again.loader.image.topics.byName.has('from-snapshot')).toBe(true)
})

test('an unfinished snapshot does not count', async () => {
  const node = await TestNode.start()
  await node.stop()
  writeFileSync(join(metadataDir(node.dir), '00000000000000000900-0000000009.checkpoint.part'), 'half')
  const again = await TestNode.start({ dir: node.dir })
  expect(again.log.epoch).toBe(2)
})

test('a log that begins after 0 needs a snapshot', async () => {
  const dir = temporaryDirectory()
  mkdirSync(metadataDir(dir))
  writeFileSync(
    join(metadataDir(dir), '00000000000000000010.log'),
    writeBatch({ baseOffset: 10, partitionLeaderEpoch: 1, records: [{ value: Buffer.from([1, 20, 0, 0]) }] }),
  )
  await expect(TestNode.open({ dir })).rejects.toThrow(/starts at offset 10, but there is no snapshot/)
})

test('the log can be read from another process while it is written', async () => {
  const node = await TestNode.start()
  expect(typesOf(readLog(node.copyOfDirectory()))).toEqual(typesOf(node.records()))
})
