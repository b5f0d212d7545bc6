/**
 * Snapshots of the metadata log (KIP-630): `bootstrap.checkpoint` at the top of the metadata log directory, and
 * `<offset>-<epoch>.checkpoint` in `__cluster_metadata-0`. Record batches with offsets from 0: a control batch that begins
 * with SnapshotHeader, batches of metadata records, a control batch of SnapshotFooter.
 */
import { join } from 'node:path'
import { decodeExactly, encodeToBuffer } from '../protocol/codec.ts'
import {
  batchCrcIsValid,
  ControlType,
  controlKey,
  controlTypeOf,
  type NewRecord,
  readBatches,
  readRecords,
  writeBatch,
} from '../protocol/record-batch.ts'
import {
  KRaftVersionRecord,
  LeaderChangeMessage,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from '../protocol/records/clients.ts'
import type { DecodedMessage, EncodableMessage } from '../protocol/schema.ts'
import { writeFileAtomically } from './atomic-file.ts'
import { type FileLayer, nodeFiles } from './file-layer.ts'
import { decodeMetadataRecord, encodeMetadataRecord, type FramedRecord } from './metadata-record.ts'

export const BOOTSTRAP_CHECKPOINT = 'bootstrap.checkpoint'

/** Apache's raft batches hold at most 8 MiB. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024

export interface SnapshotId {
  /** Offset after the last one that the snapshot covers. */
  readonly offset: number
  /** Epoch of the last record that it covers. */
  readonly epoch: number
}

/** `00000000000000000042-0000000003.checkpoint` */
export function snapshotFileName({ offset, epoch }: SnapshotId): string {
  return `${String(offset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`
}

/** Undefined for a name of another kind, also of an unfinished (`.part`) or deleted snapshot. */
export function parseSnapshotFileName(name: string): SnapshotId | undefined {
  const match = /^(\d{20})-(\d{10})\.checkpoint$/.exec(name)
  return match ? { offset: Number(match[1]), epoch: Number(match[2]) } : undefined
}

export type ControlRecord =
  | { readonly type: 'LEADER_CHANGE'; readonly value: DecodedMessage<typeof LeaderChangeMessage> }
  | { readonly type: 'SNAPSHOT_HEADER'; readonly value: DecodedMessage<typeof SnapshotHeaderRecord> }
  | { readonly type: 'SNAPSHOT_FOOTER'; readonly value: DecodedMessage<typeof SnapshotFooterRecord> }
  | { readonly type: 'KRAFT_VERSION'; readonly value: DecodedMessage<typeof KRaftVersionRecord> }
  | { readonly type: 'KRAFT_VOTERS'; readonly value: DecodedMessage<typeof VotersRecord> }

export interface Snapshot {
  readonly controlRecords: ControlRecord[]
  readonly records: FramedRecord[]
}

/** Throws, naming file and position, when a batch is corrupt or the snapshot has no footer (it was never finished). */
export function readSnapshot(path: string, files: FileLayer = nodeFiles): Snapshot {
  const bytes = files.readFile(path)
  const controlRecords: ControlRecord[] = []
  const records: FramedRecord[] = []
  let end = 0
  for (const { header, position } of readBatches(bytes)) {
    if (!batchCrcIsValid(bytes, position, header.sizeInBytes)) {
      throw new Error(`Snapshot ${path} is corrupt: wrong checksum of the batch at position ${position}`)
    }
    for (const { key, value } of readRecords(bytes, position)) {
      if (header.isControl) controlRecords.push(decodeControlRecord(key, value))
      else records.push(decodeMetadataRecord(value ?? Buffer.alloc(0)))
    }
    end = position + header.sizeInBytes
  }
  if (end !== bytes.length) throw new Error(`Snapshot ${path} is corrupt: torn batch at position ${end}`)
  if (controlRecords.at(-1)?.type !== 'SNAPSHOT_FOOTER')
    throw new Error(`Snapshot ${path} is corrupt: it has no footer`)
  return { controlRecords, records }
}

export interface NewSnapshot {
  /** Time of the last record that the snapshot covers; 0 in a bootstrap or 0-0 snapshot that covers none. */
  readonly lastContainedLogTimestamp?: number
  /** Written from kraft.version 1 on. */
  readonly kraftVersion?: number
  readonly voters?: EncodableMessage<typeof VotersRecord>
  readonly records: readonly FramedRecord[]
}

/**
 * Writes `<offset>-<epoch>.checkpoint`, read-only as Apache has it: first as `<name>.<random>.part`, fsynced, then renamed, so that
 * a snapshot under its own name is whole.
 */
export function writeSnapshot(
  directory: string,
  id: SnapshotId,
  snapshot: NewSnapshot,
  nowMs: number,
  files: FileLayer = nodeFiles,
): void {
  const path = join(directory, snapshotFileName(id))
  const options = { mode: 0o400, temporaryPath: `${path}.part` }
  writeFileAtomically(path, encodeSnapshot(snapshot, id.epoch, nowMs), options, files)
}

/** Writes `bootstrap.checkpoint`, which holds the first records of a cluster's metadata. */
export function writeBootstrapCheckpoint(
  directory: string,
  records: readonly FramedRecord[],
  nowMs: number,
  files: FileLayer = nodeFiles,
): void {
  writeFileAtomically(join(directory, BOOTSTRAP_CHECKPOINT), encodeSnapshot({ records }, 0, nowMs), {}, files)
}

/** The bytes of a snapshot. A control batch first, then metadata records in batches of at most 8 MiB, then the footer. */
export function encodeSnapshot(snapshot: NewSnapshot, epoch: number, nowMs: number): Buffer {
  const batches: Buffer[] = []
  let baseOffset = 0
  const add = (records: NewRecord[], isControl: boolean) => {
    batches.push(writeBatch({ baseOffset, partitionLeaderEpoch: epoch, isControl, records }))
    baseOffset += records.length
  }
  const control = (type: ControlType, value: Buffer): NewRecord => ({ key: controlKey(type), value, timestamp: nowMs })
  const { lastContainedLogTimestamp = 0, kraftVersion = 0, voters } = snapshot
  const head = [
    control(ControlType.SNAPSHOT_HEADER, encodeToBuffer(SnapshotHeaderRecord, 0, { lastContainedLogTimestamp })),
  ]
  if (kraftVersion > 0) {
    const version = encodeToBuffer(KRaftVersionRecord, 0, { kRaftVersion: kraftVersion })
    head.push(control(ControlType.KRAFT_VERSION, version))
    if (voters) head.push(control(ControlType.KRAFT_VOTERS, encodeToBuffer(VotersRecord, 0, voters)))
  }
  add(head, true)
  for (const group of groupsOf(snapshot.records.map(encodeMetadataRecord), MAX_BATCH_BYTES)) {
    add(
      group.map((value) => ({ value, timestamp: nowMs })),
      false,
    )
  }
  add([control(ControlType.SNAPSHOT_FOOTER, encodeToBuffer(SnapshotFooterRecord, 0, {}))], true)
  return Buffer.concat(batches)
}

export function decodeControlRecord(key: Buffer | null, value: Buffer | null): ControlRecord {
  const type = controlTypeOf(key)
  const bytes = value ?? Buffer.alloc(0)
  switch (type) {
    case ControlType.LEADER_CHANGE:
      return { type: 'LEADER_CHANGE', value: decodeExactly(LeaderChangeMessage, leaderChangeVersion(bytes), bytes) }
    case ControlType.SNAPSHOT_HEADER:
      return { type: 'SNAPSHOT_HEADER', value: decodeExactly(SnapshotHeaderRecord, 0, bytes) }
    case ControlType.SNAPSHOT_FOOTER:
      return { type: 'SNAPSHOT_FOOTER', value: decodeExactly(SnapshotFooterRecord, 0, bytes) }
    case ControlType.KRAFT_VERSION:
      return { type: 'KRAFT_VERSION', value: decodeExactly(KRaftVersionRecord, 0, bytes) }
    case ControlType.KRAFT_VOTERS:
      return { type: 'KRAFT_VOTERS', value: decodeExactly(VotersRecord, 0, bytes) }
    default:
      throw new Error(`Unsupported control record type ${type} in a metadata log or snapshot`)
  }
}

/** The message begins with its own version. */
function leaderChangeVersion(bytes: Buffer): number {
  return bytes.length >= 2 ? Math.min(bytes.readInt16BE(0), 1) : 0
}

/** A record takes up to 21 bytes besides its value. */
function* groupsOf(values: readonly Buffer[], maxBytes: number): Generator<Buffer[]> {
  let group: Buffer[] = []
  let size = 0
  for (const value of values) {
    const recordBytes = value.length + 21
    if (group.length > 0 && size + recordBytes > maxBytes) {
      yield group
      group = []
      size = 0
    }
    group.push(value)
    size += recordBytes
  }
  if (group.length > 0) yield group
}
