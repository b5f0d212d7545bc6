/** What Apache Kafka checks or relies on when it starts on a data directory: true after each single write of ours. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { MetadataImage } from '../../src/broker/metadata/image.ts'
import { type BatchHeader, batchCrcIsValid, readBatches, readRecords } from '../../src/protocol/record-batch.ts'
import { RegisterBrokerRecord, TopicRecord } from '../../src/protocol/records/metadata.ts'
import { CLEAN_SHUTDOWN_FILE, readCleanShutdown } from '../../src/storage/clean-shutdown-file.ts'
import { LEADER_EPOCH_CHECKPOINT, readLeaderEpochs } from '../../src/storage/leader-epoch-checkpoint.ts'
import { META_PROPERTIES, readMetaProperties } from '../../src/storage/meta-properties.ts'
import { decodeMetadataRecord } from '../../src/storage/metadata-record.ts'
import {
  LOG_START_CHECKPOINT,
  RECOVERY_POINT_CHECKPOINT,
  REPLICATION_CHECKPOINT,
  readOffsetCheckpoint,
} from '../../src/storage/offset-checkpoint.ts'
import { OFFSET_INDEX_ENTRY_SIZE, OffsetIndex } from '../../src/storage/offset-index.ts'
import { METADATA_PARTITION, parsePartitionDirName } from '../../src/storage/partition-dir-name.ts'
import { PARTITION_METADATA, readPartitionMetadata } from '../../src/storage/partition-metadata.ts'
import { decodeProducerSnapshot } from '../../src/storage/producer-snapshot.ts'
import { QUORUM_STATE, readQuorumState } from '../../src/storage/quorum-state.ts'
import { parseSegmentFileName, segmentFileName } from '../../src/storage/segment-files.ts'
import { TIME_INDEX_ENTRY_SIZE, TimeIndex } from '../../src/storage/time-index.ts'

interface PartitionOnDisk {
  readonly batches: readonly BatchHeader[]
  /** Whether every byte belongs to a valid batch. */
  readonly isWhole: boolean
  readonly logEndOffset: number
}

/**
 * Fails the test where Apache Kafka would refuse a formatted log directory, or silently lose something in it. Where the
 * marker of a clean stop is, all that it promises is checked as well. Answers whether it is there.
 */
export function checkLogDirectory(logDir: string): { readonly isClean: boolean } {
  expect(readMetaProperties(logDir), META_PROPERTIES).toMatchObject({ version: 1, nodeId: 1 })
  for (const name of [RECOVERY_POINT_CHECKPOINT, LOG_START_CHECKPOINT, REPLICATION_CHECKPOINT]) {
    const path = join(logDir, name)
    // Made empty at the first start, as Kafka does.
    if (existsSync(path) && readFileSync(path).length > 0) readOffsetCheckpoint(path)
  }
  const metadata = checkMetadataPartition(join(logDir, METADATA_PARTITION))
  const marker = readCleanShutdown(join(logDir, CLEAN_SHUTDOWN_FILE))
  if (marker?.brokerEpoch !== undefined) expect(marker.brokerEpoch, CLEAN_SHUTDOWN_FILE).toBe(metadata.brokerEpoch)
  for (const { name, isDirectory } of entriesOf(logDir)) {
    if (!isDirectory || name === METADATA_PARTITION) continue
    const parsed = parsePartitionDirName(name)
    expect(parsed, `${name} is in the form of topic-partition`).toBeDefined()
    const { topic, partition, suffix } = parsed!
    if (suffix !== undefined) continue
    const path = join(logDir, name)
    const found = readPartition(path)
    const topicId = readPartitionMetadata(join(path, PARTITION_METADATA))
    const known = topicId === undefined ? undefined : metadata.image.topics.byId.get(topicId)
    // Apache puts such a directory aside and begins an empty one, which is right only for a topic that was deleted.
    if (!metadata.topicIds.has(topicId ?? ''))
      expect(found.batches, `${name} holds records under a topic id nobody knows`).toEqual([])
    const leaderEpoch = known?.partitions[partition]?.leaderEpoch ?? 0
    const epochs = readLeaderEpochs(join(path, LEADER_EPOCH_CHECKPOINT)).map(({ epoch }) => epoch)
    checkRising(epochs, `${name}: leader epochs`)
    const used = [...epochs, ...found.batches.map(({ partitionLeaderEpoch }) => partitionLeaderEpoch)]
    if (known) expect(known.name).toBe(topic)
    if (known) expect(Math.max(0, ...used), `${name}: no epoch above the metadata's`).toBeLessThanOrEqual(leaderEpoch)
    if (marker) checkCleanlyClosed(path, name, found)
  }
  return { isClean: marker !== undefined }
}

interface MetadataOnDisk {
  readonly image: MetadataImage
  /** Ids of all topics there have ever been. */
  readonly topicIds: ReadonlySet<string>
  readonly brokerEpoch: number
}

function checkMetadataPartition(path: string): MetadataOnDisk {
  const image = new MetadataImage()
  const topicIds = new Set<string>()
  let brokerEpoch = -1
  if (!existsSync(path)) return { image, topicIds, brokerEpoch }
  const { batches } = readPartition(path, (header, bytes, position) => {
    if (header.isControl) return
    for (const { key, value } of readRecords(bytes, position)) {
      expect(key).toBeNull()
      const record = decodeMetadataRecord(value!)
      image.replay(record)
      if (record.message === TopicRecord) topicIds.add((record.value as { topicId: string }).topicId)
      if (record.message === RegisterBrokerRecord) {
        const { brokerEpoch: epoch } = record.value as { brokerEpoch: number }
        expect(epoch, 'broker epochs rise').toBeGreaterThan(brokerEpoch)
        brokerEpoch = epoch
      }
    }
  })
  const quorumState = readQuorumState(join(path, QUORUM_STATE))
  let next = 0
  let epoch = 0
  for (const header of batches) {
    expect(header.baseOffset, 'metadata offsets have no gap').toBe(next)
    next = header.nextOffset
    if (header.partitionLeaderEpoch > epoch) expect(header.isControl, 'an epoch begins with LeaderChange').toBe(true)
    expect(header.partitionLeaderEpoch).toBeGreaterThanOrEqual(Math.max(1, epoch))
    epoch = header.partitionLeaderEpoch
  }
  if (epoch > 0) expect(quorumState?.leaderEpoch, 'quorum-state knows every epoch').toBeGreaterThanOrEqual(epoch)
  return { image, topicIds, brokerEpoch }
}

/** What a start that skips recovery believes without a look. */
function checkCleanlyClosed(path: string, name: string, { isWhole, logEndOffset }: PartitionOnDisk): void {
  expect(isWhole, `${name} ends with a whole batch`).toBe(true)
  if (logEndOffset > 0) {
    const snapshots = entriesOf(path).flatMap((entry) => parseSegmentFileName(entry.name) ?? [])
    expect(
      snapshots.filter(({ kind, suffix }) => kind === 'snapshot' && suffix === '').map(({ baseOffset }) => baseOffset),
      `${name} has a producer snapshot at its end`,
    ).toContain(logEndOffset)
    decodeProducerSnapshot(readFileSync(join(path, segmentFileName(logEndOffset, 'snapshot'))))
  }
  for (const baseOffset of segmentsOf(path)) {
    const bytes = readFileSync(join(path, segmentFileName(baseOffset, 'log')))
    const indexBytes = readFileSync(join(path, segmentFileName(baseOffset, 'index')))
    const timeIndexBytes = readFileSync(join(path, segmentFileName(baseOffset, 'timeindex')))
    const index = new OffsetIndex(baseOffset, indexBytes)
    const timeIndex = new TimeIndex(baseOffset, timeIndexBytes)
    expect(index.firstBadEntry(bytes.length), `${name}: bad entry in the index of ${baseOffset}`).toBeUndefined()
    // An empty log keeps its files at full size, as Apache's does.
    if (bytes.length === 0) continue
    expect(index.count * OFFSET_INDEX_ENTRY_SIZE, `${name}: index trimmed`).toBe(indexBytes.length)
    expect(timeIndex.count * TIME_INDEX_ENTRY_SIZE, `${name}: time index trimmed`).toBe(timeIndexBytes.length)
    const largest = Math.max(...[...readBatches(bytes)].map(({ header }) => Number(header.maxTimestamp)))
    expect(Number(timeIndex.last.timestamp), `${name}: last entry of the time index`).toBe(largest)
  }
}

function readPartition(
  path: string,
  onBatch: (header: BatchHeader, bytes: Buffer, position: number) => void = () => {},
): PartitionOnDisk {
  const batches: BatchHeader[] = []
  let isWhole = true
  let logEndOffset = 0
  for (const baseOffset of segmentsOf(path)) {
    const bytes = readFileSync(join(path, segmentFileName(baseOffset, 'log')))
    let end = 0
    for (const { header, position } of readBatches(bytes)) {
      if (!batchCrcIsValid(bytes, position, header.sizeInBytes)) break
      batches.push(header)
      onBatch(header, bytes, position)
      end = position + header.sizeInBytes
      logEndOffset = header.nextOffset
    }
    if (end === bytes.length) continue
    isWhole = false
    break
  }
  return { batches, isWhole, logEndOffset }
}

function segmentsOf(path: string): number[] {
  return entriesOf(path)
    .flatMap(({ name }) => parseSegmentFileName(name) ?? [])
    .filter(({ kind, suffix }) => kind === 'log' && suffix === '')
    .map(({ baseOffset }) => baseOffset)
    .sort((a, b) => a - b)
}

function entriesOf(path: string): { name: string; isDirectory: boolean }[] {
  return readdirSync(path, { withFileTypes: true }).map((entry) => ({
    name: entry.name,
    isDirectory: entry.isDirectory(),
  }))
}

function checkRising(values: readonly number[], what: string): void {
  for (const [index, value] of values.entries()) {
    if (index > 0) expect(value, `${what} rise`).toBeGreaterThan(values[index - 1]!)
  }
}
