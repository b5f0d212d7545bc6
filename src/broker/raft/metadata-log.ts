import { join } from 'node:path'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { DescribeQuorum } from '../../protocol/messages/55-describe-quorum.ts'
import { readBatches, readRecords, writeBatch } from '../../protocol/record-batch.ts'
import type { ResponseInput } from '../../protocol/schema.ts'
import { type FileLayer, nodeFiles } from '../../storage/file-layer.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '../../storage/metadata-record.ts'
import { QUORUM_STATE, readQuorumState, writeQuorumState } from '../../storage/quorum-state.ts'
import {
  type ControlRecord,
  decodeControlRecord,
  readSnapshot,
  type SnapshotId,
  snapshotFileName,
} from '../../storage/snapshot-file.ts'
import { ZERO_UUID } from '../../storage/uuid.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { MetadataRecord } from '../metadata/record.ts'
import { epochStartBatch } from './epoch-start.ts'
import type { RaftLog } from './raft-log.ts'
import { discardLogBehindSnapshot, latestSnapshot } from './snapshots.ts'
import { checkOnlyVoter, type LocalVoter, type VoterSet, votersNeedUpdate } from './voters.ts'

const LOGGER = 'org.apache.kafka.raft.KafkaRaftClient'

/** Apache's raft batches hold at most 8 MiB; what one caller appends may be larger only as several batches. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024
/** Bytes of a record besides its value, at most. */
const RECORD_OVERHEAD = 32

/** Records that can no longer be lost, of one batch: record `i` has offset `baseOffset + i`. */
export interface CommittedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  /** When it was appended, milliseconds. */
  readonly timestampMs: number
  /** Empty for a control batch. */
  readonly records: readonly MetadataRecord[]
  readonly controlRecords: readonly ControlRecord[]
}

export interface LoadedSnapshot {
  readonly id: SnapshotId
  readonly records: readonly MetadataRecord[]
  readonly controlRecords: readonly ControlRecord[]
}

/** Told of everything the log holds, in order, each thing once. */
export interface MetadataListener {
  /** The state up to an offset, before anything else. */
  onSnapshot(snapshot: LoadedSnapshot): void
  /** What one fsync has made durable. Called before the promise of its appender resolves. */
  onCommit(batches: readonly CommittedBatch[]): void
}

export interface MetadataLogOptions {
  readonly log: RaftLog
  /** `__cluster_metadata-0` */
  readonly directory: string
  readonly nodeId: number
  readonly directoryId: string
  /** Node ids in controller.quorum.voters; used with kraft.version 0 only. */
  readonly staticVoters: readonly number[]
  readonly clock: Clock
  readonly logger: Logger
  readonly files?: FileLayer
  /** The log cannot be written any more: this node must stop. */
  readonly onFailure: (error: unknown) => void
}

interface PendingAppend {
  readonly records: readonly MetadataRecord[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * The log of all metadata records, in Apache Kafka's own files, with this node as its only voter: it leads from the
 * start, and what it has fsynced is committed. Appends of one tick, and those that come while an fsync runs, share the
 * next fsync.
 */
export class MetadataLog {
  /** Raft epoch of this run; before it leads, the newest one that snapshot or log have seen. */
  epoch = 0
  private readonly options: MetadataLogOptions
  private readonly files: FileLayer
  private readonly listeners: MetadataListener[] = []
  private voterSet: VoterSet = { kraftVersion: 0, voters: [], isInLog: false }
  private queue: PendingAppend[] = []
  private queuedRecords = 0
  private working: Promise<void> | undefined
  private failure: unknown
  private highWatermark = 0
  private lastAppendMs: number

  constructor(options: MetadataLogOptions) {
    this.options = options
    this.files = options.files ?? nodeFiles
    this.lastAppendMs = options.clock.now()
  }

  /** Offset that the next appended record will get. */
  get nextOffset(): number {
    return this.options.log.logEndOffset + this.queuedRecords
  }

  /** It could not be written: nothing is committed any more until the node is started anew. */
  get hasFailed(): boolean {
    return this.failure !== undefined
  }

  get kraftVersion(): number {
    return this.voterSet.kraftVersion
  }

  /** When something was last appended, milliseconds. */
  get lastAppendTimeMs(): number {
    return this.lastAppendMs
  }

  subscribe(listener: MetadataListener): void {
    this.listeners.push(listener)
  }

  /** Hands the newest snapshot and every record after it to the listeners. Once, before leading. */
  async load(): Promise<void> {
    const { log, directory } = this.options
    const snapshot = latestSnapshot(directory, log.logStartOffset, this.files)
    let offset = log.logStartOffset
    if (snapshot) {
      if (discardLogBehindSnapshot(log, snapshot)) {
        this.options.logger.info(`Truncated the metadata log fully to start at ${snapshot.offset}.`, LOGGER)
      }
      const { records, controlRecords } = readSnapshot(join(directory, snapshotFileName(snapshot)), this.files)
      this.applyControlRecords(controlRecords, false)
      this.epoch = snapshot.epoch
      for (const listener of this.listeners) listener.onSnapshot({ id: snapshot, records, controlRecords })
      offset = snapshot.offset
    }
    while (offset < log.logEndOffset) {
      const { records } = await log.read(offset, { maxBytes: MAX_BATCH_BYTES, minOneMessage: true, upTo: 'logEnd' })
      const batches = records.flatMap((chunk) => decodeBatches(chunk, offset))
      const last = batches.at(-1)
      if (!last) throw new Error(`The metadata log cannot be read at offset ${offset}.`)
      offset = last.lastOffset + 1
      this.publish(batches)
    }
  }

  /**
   * Begins a new epoch with this node as leader. quorum-state is durable before the epoch's first batch, so that no
   * epoch is ever used twice; that batch, a LeaderChange, is queued to share the fsync of what is appended next.
   */
  becomeLeader(endpoints: LocalVoter['endpoints']): void {
    const { log, nodeId, directoryId, staticVoters, directory, logger } = this.options
    const local: LocalVoter = { nodeId, directoryId, endpoints }
    checkOnlyVoter(local, this.voterSet, staticVoters)
    const path = join(directory, QUORUM_STATE)
    const before = readQuorumState(path, this.files)
    this.epoch = Math.max(before?.leaderEpoch ?? 0, log.latestEpoch() ?? 0, this.epoch) + 1
    writeQuorumState(
      path,
      this.voterSet.kraftVersion === 0 ? 0 : 1,
      { leaderId: nodeId, leaderEpoch: this.epoch, votedId: -1, votedDirectoryId: ZERO_UUID, currentVoters: [nodeId] },
      this.files,
    )
    const newVoters = votersNeedUpdate(local, this.voterSet) ? local : undefined
    const batch = epochStartBatch({
      epoch: this.epoch,
      leaderId: nodeId,
      kraftVersion: this.voterSet.kraftVersion,
      newVoters,
      nowMs: this.options.clock.now(),
    })
    const firstOffset = log.logEndOffset
    const [start] = decodeBatches(batch, 0)
    this.appendToLog([batch])
    this.startBatch = { ...(start as CommittedBatch), baseOffset: firstOffset, lastOffset: log.logEndOffset - 1 }
    logger.info(`Completed transition to Leader(localId=${nodeId}, epoch=${this.epoch}) from null`, LOGGER)
  }

  /** The LeaderChange batch, told to the listeners with the first commit of the epoch. */
  private startBatch: CommittedBatch | undefined

  /**
   * Appends records that stand or fall together. Their offsets are fixed at once, beginning with `firstOffset`;
   * `committed` resolves when they are durable and every listener has seen them.
   */
  append(records: readonly MetadataRecord[]): { firstOffset: number; committed: Promise<void> } {
    const firstOffset = this.nextOffset
    if (this.failure) return { firstOffset, committed: Promise.reject(this.unavailable()) }
    const committed = new Promise<void>((resolve, reject) => this.queue.push({ records, resolve, reject }))
    this.queuedRecords += records.length
    this.working ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.work())
    return { firstOffset, committed }
  }

  /** Writes what is queued and closes the log. */
  async close(): Promise<void> {
    if (this.startBatch && !this.failure) this.working ??= this.work()
    await this.working
    if (!this.failure) await this.options.log.close()
  }

  /** What DescribeQuorum answers about the log; directory ids and listeners are part of its v2. */
  describeQuorum(version = 2): ResponseInput<typeof DescribeQuorum> {
    const { nodeId, directoryId, log, clock } = this.options
    const now = clock.now()
    const voter = {
      replicaId: nodeId,
      replicaDirectoryId: version < 2 || this.voterSet.kraftVersion === 0 ? ZERO_UUID : directoryId,
      logEndOffset: log.logEndOffset,
      lastFetchTimestamp: now,
      lastCaughtUpTimestamp: now,
    }
    const endpoints = this.voterSet.voters.find(({ voterId }) => voterId === nodeId)?.endpoints ?? []
    return {
      topics: [
        {
          topicName: '__cluster_metadata',
          partitions: [
            {
              partitionIndex: 0,
              leaderId: nodeId,
              leaderEpoch: this.epoch,
              highWatermark: this.highWatermark,
              currentVoters: [voter],
              observers: [],
            },
          ],
        },
      ],
      nodes:
        version < 2 ? [] : [{ nodeId, listeners: endpoints.map(({ name, host, port }) => ({ name, host, port })) }],
    }
  }

  /** One round after the other until nothing is queued. */
  private async work(): Promise<void> {
    do {
      const group = this.queue
      this.queue = []
      try {
        const batches = this.writeGroup(group)
        await this.options.log.flush()
        this.commit(batches)
      } catch (error) {
        this.fail(error, group)
        return
      }
      for (const { resolve } of group) resolve()
      // Those who waited get to append their next records before the round begins.
      if (this.queue.length > 0) await new Promise<void>((resolve) => setImmediate(resolve))
    } while (this.queue.length > 0)
    this.working = undefined
  }

  private writeGroup(group: readonly PendingAppend[]): CommittedBatch[] {
    const batches: CommittedBatch[] = this.startBatch ? [this.startBatch] : []
    this.startBatch = undefined
    const timestampMs = this.options.clock.now()
    const encoded: Buffer[] = []
    let baseOffset = this.options.log.logEndOffset
    for (const { records, values } of batchesOf(group)) {
      encoded.push(
        writeBatch({
          baseOffset,
          partitionLeaderEpoch: this.epoch,
          records: values.map((value) => ({ value, timestamp: timestampMs })),
        }),
      )
      const lastOffset = baseOffset + records.length - 1
      batches.push({ baseOffset, lastOffset, epoch: this.epoch, timestampMs, records, controlRecords: [] })
      baseOffset = lastOffset + 1
    }
    this.queuedRecords -= group.reduce((sum, { records }) => sum + records.length, 0)
    this.appendToLog(encoded)
    this.lastAppendMs = timestampMs
    return batches
  }

  private appendToLog(encoded: readonly Buffer[]): void {
    if (encoded.length === 0) return
    const { log, clock } = this.options
    const entries = encoded.map((records) => ({ records, origin: 'raft' as const }))
    for (const result of log.appendAsLeader(entries, this.epoch, clock.now())) {
      if (result instanceof Error) throw result
    }
  }

  private commit(batches: readonly CommittedBatch[]): void {
    const { log } = this.options
    const last = batches.at(-1)
    if (!last) return
    this.highWatermark = last.lastOffset + 1
    log.updateHighWatermark(this.highWatermark)
    this.publish(batches)
  }

  private publish(batches: readonly CommittedBatch[]): void {
    this.highWatermark = batches.at(-1)!.lastOffset + 1
    for (const { controlRecords } of batches) this.applyControlRecords(controlRecords, true)
    for (const listener of this.listeners) listener.onCommit(batches)
  }

  private applyControlRecords(records: readonly ControlRecord[], isInLog: boolean): void {
    for (const { type, value } of records) {
      if (type === 'KRAFT_VERSION') this.voterSet = { ...this.voterSet, kraftVersion: value.kRaftVersion }
      if (type === 'KRAFT_VOTERS') this.voterSet = { ...this.voterSet, voters: value.voters, isInLog }
    }
  }

  private fail(error: unknown, group: readonly PendingAppend[]): void {
    this.failure = error
    const pending = [...group, ...this.queue]
    this.queue = []
    for (const { reject } of pending) reject(this.unavailable())
    this.options.onFailure(error)
  }

  private unavailable(): ApiError {
    return new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, 'The metadata log cannot be written.')
  }
}

function decodeBatches(bytes: Buffer, fromOffset: number): CommittedBatch[] {
  const batches: CommittedBatch[] = []
  for (const { header, position } of readBatches(bytes)) {
    if (header.lastOffset < fromOffset) continue
    const records: MetadataRecord[] = []
    const controlRecords: ControlRecord[] = []
    for (const { key, value, offset } of readRecords(bytes, position)) {
      try {
        if (header.isControl) controlRecords.push(decodeControlRecord(key, value))
        else records.push(decodeMetadataRecord(value ?? Buffer.alloc(0)))
      } catch (error) {
        throw new Error(`The metadata record at offset ${offset} cannot be read: ${(error as Error).message}`)
      }
    }
    batches.push({
      baseOffset: header.baseOffset,
      lastOffset: header.lastOffset,
      epoch: header.partitionLeaderEpoch,
      timestampMs: Number(header.maxTimestamp),
      records,
      controlRecords,
    })
  }
  return batches
}

interface NewBatch {
  readonly records: MetadataRecord[]
  readonly values: Buffer[]
}

/** Joins appends into batches; an append is divided only when it alone is too large for one. */
function batchesOf(group: readonly PendingAppend[]): NewBatch[] {
  const batches: NewBatch[] = []
  let current: NewBatch | undefined
  let size = 0
  const begin = () => {
    batches.push((current = { records: [], values: [] }))
    size = 0
  }
  for (const { records } of group) {
    const values = records.map(encodeMetadataRecord)
    const bytes = values.reduce((sum, value) => sum + value.length + RECORD_OVERHEAD, 0)
    if (!current || size + bytes > MAX_BATCH_BYTES) begin()
    for (const [index, value] of values.entries()) {
      if (size > 0 && size + value.length + RECORD_OVERHEAD > MAX_BATCH_BYTES) begin()
      current!.records.push(records[index] as MetadataRecord)
      current!.values.push(value)
      size += value.length + RECORD_OVERHEAD
    }
  }
  return batches.filter(({ records }) => records.length > 0)
}
