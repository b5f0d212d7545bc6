import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { deleteCleanShutdown, readCleanShutdown, writeCleanShutdown } from '../../src/storage/clean-shutdown-file.ts'
import { readLeaderEpochs, writeLeaderEpochs } from '../../src/storage/leader-epoch-checkpoint.ts'
import {
  loadMetaProperties,
  parseMetaProperties,
  readMetaProperties,
  renderMetaProperties,
  verifyMetaProperties,
  writeMetaProperties,
} from '../../src/storage/meta-properties.ts'
import { readOffsetCheckpoint, writeOffsetCheckpoint } from '../../src/storage/offset-checkpoint.ts'
import { parsePartitionDirName, suffixedDirName } from '../../src/storage/partition-dir-name.ts'
import { readPartitionMetadata, writePartitionMetadata } from '../../src/storage/partition-metadata.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../src/storage/producer-snapshot.ts'
import { readQuorumState, writeQuorumState } from '../../src/storage/quorum-state.ts'
import {
  parseSnapshotFileName,
  readSnapshot,
  writeBootstrapCheckpoint,
  writeSnapshot,
} from '../../src/storage/snapshot-file.ts'

const FIXTURES = resolve(import.meta.dirname, '../fixtures/storage')
const dir = mkdtempSync(join(tmpdir(), 'formats-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const fixture = (name: string) => join(FIXTURES, name)
const bytesOf = (path: string) => readFileSync(path)

describe('checkpoint files', () => {
  test('of offsets are read as Apache wrote them and written back to the same bytes', () => {
    for (const name of [
      'recovery-point-offset-checkpoint',
      'log-start-offset-checkpoint',
      'cleaner-offset-checkpoint',
    ]) {
      const path = join(dir, name)
      writeOffsetCheckpoint(path, readOffsetCheckpoint(fixture(name)))
      expect(bytesOf(path)).toEqual(bytesOf(fixture(name)))
    }
    expect(readOffsetCheckpoint(fixture('log-start-offset-checkpoint'))).toEqual([
      { topic: 'sample-append', partition: 0, offset: 1 },
    ])
  })

  test('of leader epochs are read and written in the same bytes', () => {
    const original = fixture('partitions/sample-append-0/leader-epoch-checkpoint')
    expect(readLeaderEpochs(original)).toEqual([{ epoch: 0, startOffset: 1 }])
    writeLeaderEpochs(join(dir, 'epochs'), readLeaderEpochs(original))
    expect(bytesOf(join(dir, 'epochs'))).toEqual(bytesOf(original))
  })

  test('that are empty or missing have no entries; malformed ones are refused with their name', () => {
    expect(readOffsetCheckpoint(join(dir, 'none'))).toEqual([])
    const path = join(dir, 'bad')
    const refused = (text: string) => {
      writeFileSync(path, text)
      return () => readOffsetCheckpoint(path)
    }
    expect(refused('')()).toEqual([])
    expect(refused('0\n')()).toEqual([])
    expect(refused('1\n0\n')).toThrow(`Unrecognised version:1, expected version: 0 in checkpoint file at: ${path}`)
    expect(refused('0\n2\na 0 1\n')).toThrow(`Expected [2] entries in checkpoint file [${path}], but found only [1]`)
    expect(refused('0\n1\na 0\n')).toThrow(`Malformed line in checkpoint file [${path}]: a 0`)
    expect(refused('x\n')).toThrow(`Malformed line in checkpoint file [${path}]: x`)
  })
})

describe('partition.metadata', () => {
  test('has the bytes that Apache writes', () => {
    const original = fixture('partitions/sample-plain-0/partition.metadata')
    const topicId = readPartitionMetadata(original)
    writePartitionMetadata(join(dir, 'partition.metadata'), topicId!)
    expect(bytesOf(join(dir, 'partition.metadata'))).toEqual(bytesOf(original))
  })

  test('is refused when malformed or with the zero id', () => {
    const path = join(dir, 'partition.metadata.bad')
    writeFileSync(path, 'version: 0\ntopic_id AAA')
    expect(() => readPartitionMetadata(path)).toThrow(
      `Malformed line in partition metadata file [${path}]: topic_id AAA`,
    )
    writeFileSync(path, 'version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA')
    expect(() => readPartitionMetadata(path)).toThrow('Invalid topic ID in partition metadata file')
    expect(readPartitionMetadata(join(dir, 'none'))).toBeUndefined()
  })

  test('counts as missing while empty: the power failed before it, and so any record, was on disk', () => {
    const path = join(dir, 'partition.metadata.empty')
    writeFileSync(path, '')
    expect(readPartitionMetadata(path)).toBeUndefined()
  })
})

describe('meta.properties', () => {
  test('has the bytes that Apache writes', () => {
    const text = bytesOf(fixture('meta.properties')).toString()
    const properties = parseMetaProperties(text)
    expect(properties).toEqual({
      version: 1,
      clusterId: 'c2FtcGxlLWNsdXN0ZXItMQ',
      nodeId: 1,
      directoryId: 'rwN9WUSDRiewliI5APS0sw',
    })
    const zone = process.env.TZ
    process.env.TZ = 'UTC'
    try {
      expect(renderMetaProperties(properties, new Date('2026-11-21T03:13:44Z'))).toBe(text)
    } finally {
      if (zone === undefined) delete process.env.TZ
      else process.env.TZ = zone
    }
  })

  test('keeps a cluster id of any text', () => {
    const properties = { version: 1, clusterId: ' x y=#é\\', nodeId: 7, directoryId: undefined } as const
    writeMetaProperties(dir, properties)
    expect(readMetaProperties(dir)).toEqual(properties)
  })

  test('of another node, another cluster or with a directory id twice is refused with Kafka’s text', () => {
    const ensemble = (...all: object[]) => ({
      directories: new Map(
        all.map((one, i) => [
          `/d${i}`,
          { version: 1, clusterId: 'c', nodeId: 1, directoryId: undefined, ...one } as const,
        ]),
      ),
      empty: [],
      failed: new Map(),
      metadataLogDir: '/d0',
    })
    expect(() => verifyMetaProperties(ensemble({}), { nodeId: 2 })).toThrow(
      "Stored node id 1 doesn't match previous node id 2 in /d0/meta.properties. If you moved your data, make sure",
    )
    expect(() => verifyMetaProperties(ensemble({}, { clusterId: 'd' }), {})).toThrow(
      'Invalid cluster.id in: /d1/meta.properties. Expected c, but read d',
    )
    const directoryId = 'rwN9WUSDRiewliI5APS0sw'
    expect(() => verifyMetaProperties(ensemble({ directoryId }, { directoryId }), {})).toThrow('Duplicate directory ID')
    expect(() => verifyMetaProperties(ensemble({ directoryId: 'AAAAAAAAAAAAAAAAAAAAAA' }), {})).toThrow(
      'Invalid reserved directory ID',
    )
    expect(() => verifyMetaProperties(loadMetaProperties([join(dir, 'no')], undefined), { atLeastOne: true })).toThrow(
      'No readable meta.properties files found.',
    )
  })
})

describe('quorum-state', () => {
  test('of both data versions is read and written in the bytes of Apache', () => {
    const path = join(dir, 'quorum-state')
    const { version, ...state } = readQuorumState(fixture('quorum-state'))!
    writeQuorumState(path, version, state)
    expect(bytesOf(path)).toEqual(bytesOf(fixture('quorum-state')))
    const old =
      '{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}'
    writeFileSync(path, old)
    const read = readQuorumState(path)!
    expect(read).toMatchObject({ version: 0, leaderEpoch: 1, currentVoters: [1] })
    writeQuorumState(path, 0, read)
    expect(bytesOf(path).toString()).toBe(old)
  })

  test('is refused when it is not what it should be', () => {
    const path = join(dir, 'quorum-state-bad')
    for (const text of ['', '[]', '{}', '{"data_version":2}', '{"leaderId":1,"data_version":1}', 'x']) {
      writeFileSync(path, text)
      expect(() => readQuorumState(path), text).toThrow('Error while reading the Quorum status from the file')
    }
  })
})

describe('snapshots of the metadata log', () => {
  const timesCleared = (path: string) => {
    const bytes = bytesOf(path)
    return bytes.length
  }

  test('are read as Apache wrote them', () => {
    const bootstrap = readSnapshot(fixture('bootstrap.checkpoint'))
    expect(bootstrap.controlRecords.map((record) => record.type)).toEqual(['SNAPSHOT_HEADER', 'SNAPSHOT_FOOTER'])
    expect(
      bootstrap.records.map(({ message, value }) => [message.name, value.name, value.featureLevel]),
    ).toContainEqual(['FeatureLevelRecord', 'metadata.version', 30])
    const [header, version, voters] = readSnapshot(fixture('00000000000000000000-0000000000.checkpoint')).controlRecords
    expect(header?.type).toBe('SNAPSHOT_HEADER')
    expect(version).toMatchObject({ type: 'KRAFT_VERSION', value: { kRaftVersion: 1 } })
    expect(voters).toMatchObject({ type: 'KRAFT_VOTERS', value: { voters: [{ voterId: 1 }] } })
  })

  test('are written in the same size and read back the same', () => {
    const original = readSnapshot(fixture('00000000000000000000-0000000000.checkpoint'))
    const [header, , voters] = original.controlRecords
    if (header?.type !== 'SNAPSHOT_HEADER' || voters?.type !== 'KRAFT_VOTERS') throw new Error('not as expected')
    const { lastContainedLogTimestamp } = header.value
    const id = { offset: 0, epoch: 0 }
    writeSnapshot(
      dir,
      id,
      {
        lastContainedLogTimestamp: Number(lastContainedLogTimestamp),
        kraftVersion: 1,
        voters: voters.value,
        records: [],
      },
      1_700_000_000_000,
    )
    const path = join(dir, '00000000000000000000-0000000000.checkpoint')
    expect(readSnapshot(path)).toEqual(original)
    expect(statSync(path).size).toBe(timesCleared(fixture('00000000000000000000-0000000000.checkpoint')))
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o400)

    writeBootstrapCheckpoint(dir, readSnapshot(fixture('bootstrap.checkpoint')).records, 1_700_000_000_000)
    expect(readSnapshot(join(dir, 'bootstrap.checkpoint'))).toEqual(readSnapshot(fixture('bootstrap.checkpoint')))
    expect(statSync(join(dir, 'bootstrap.checkpoint')).size).toBe(statSync(fixture('bootstrap.checkpoint')).size)
  })

  test('that are torn or changed are refused', () => {
    const bytes = bytesOf(fixture('bootstrap.checkpoint'))
    const path = join(dir, 'torn.checkpoint')
    writeFileSync(path, bytes.subarray(0, bytes.length - 3))
    expect(() => readSnapshot(path)).toThrow('torn batch')
    const changed = Buffer.from(bytes)
    changed[200]! ^= 1
    writeFileSync(path, changed)
    expect(() => readSnapshot(path)).toThrow('wrong checksum')
  })

  test('have names of offset and epoch', () => {
    expect(parseSnapshotFileName('00000000000000000042-0000000003.checkpoint')).toEqual({ offset: 42, epoch: 3 })
    expect(parseSnapshotFileName('00000000000000000042-0000000003.checkpoint.part')).toBeUndefined()
  })
})

describe('producer snapshots', () => {
  test('are read and written in the bytes of Apache', () => {
    for (const name of ['sample-txn-0/00000000000000000011', 'sample-plain-0/00000000000000000026']) {
      const bytes = bytesOf(fixture(`partitions/${name}.snapshot`))
      const entries = decodeProducerSnapshot(bytes)
      expect(entries.length).toBeGreaterThan(0)
      expect(encodeProducerSnapshot(entries)).toEqual(bytes)
    }
    expect(encodeProducerSnapshot([])).toHaveLength(10)
  })

  test('are refused when any byte differs', () => {
    const bytes = bytesOf(fixture('partitions/sample-txn-0/00000000000000000011.snapshot'))
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes)
      changed[i]! ^= 0x10
      expect(() => decodeProducerSnapshot(changed), `byte ${i}`).toThrow()
    }
  })
})

describe('.kafka_cleanshutdown', () => {
  test('names the broker epoch in Apache’s JSON', () => {
    const path = join(dir, '.kafka_cleanshutdown')
    expect(readCleanShutdown(path)).toBeUndefined()
    writeCleanShutdown(path, 13)
    expect(bytesOf(path).toString()).toBe('{"version":0,"brokerEpoch":13}')
    expect(readCleanShutdown(path)).toEqual({ brokerEpoch: 13 })
    writeFileSync(path, '')
    expect(readCleanShutdown(path)).toEqual({ brokerEpoch: undefined })
    deleteCleanShutdown(path)
    expect(readCleanShutdown(path)).toBeUndefined()
  })
})

describe('names of partition directories', () => {
  test('are topic and partition, with a suffix while something happens to them', () => {
    expect(parsePartitionDirName('a-b.c-12')).toEqual({ topic: 'a-b.c', partition: 12 })
    const hex = '5a83129ed9304148ae03b0dd16297bb1'
    for (const suffix of ['delete', 'future', 'stray'] as const) {
      expect(parsePartitionDirName(`gone.x-0.${hex}-${suffix}`)).toEqual({ topic: 'gone.x', partition: 0, suffix })
      expect(parsePartitionDirName(suffixedDirName('gone', 3, suffix))).toEqual({ topic: 'gone', partition: 3, suffix })
    }
    for (const name of ['x', '-0', 'a-', 'a-b', 'a-0-delete', '.git', 'a-99999999999']) {
      expect(parsePartitionDirName(name), name).toBeUndefined()
    }
    expect(suffixedDirName('t'.repeat(249), 0, 'delete')).toHaveLength(255)
  })
})
