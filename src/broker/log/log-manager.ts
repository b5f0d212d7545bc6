import { basename, join } from 'node:path'
import type { BrokerConfig } from '../../config/broker-config.ts'
import { type LogConfig, logConfigFrom } from '../../config/topic-config.ts'
import { prepareCodec } from '../../protocol/compression.ts'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { type FileLayer, NodeFiles } from '../../storage/file-layer.ts'
import { MalformedFileError } from '../../storage/malformed-file-error.ts'
import { type DirectorySuffix, partitionDirName, suffixedDirName } from '../../storage/partition-dir-name.ts'
import type { Clock, Timer } from '../clock.ts'
import type { Logger } from '../logger.ts'
import { type DirectoryContext, DirectoryLogs, LOG_MANAGER } from './directory-logs.ts'
import { type LogDirectories, openLogDirectories } from './log-directories.ts'
import { type LogResources, logResources } from './log-options.ts'
import type { PartitionLog } from './partition-log.ts'

export interface LogManagerOptions {
  readonly config: BrokerConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly files?: FileLayer
  /** Locked and checked by the caller, who then also releases them; else the manager does both. */
  readonly directories?: LogDirectories
  /** A log directory has failed: its partitions are gone until a restart. */
  readonly onDirectoryFailure: (path: string, error: Error) => void
}

export interface DirectoryStatus {
  readonly path: string
  readonly directoryId: string
  readonly online: boolean
}

const LOST_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAg'
const UNASSIGNED_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAQ'
const MIGRATING_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAA'

/** All logs of a broker but the metadata log, in one or several log directories. */
export class LogManager {
  readonly clusterId: string
  private readonly options: LogManagerOptions
  private readonly directoriesHeld: LogDirectories
  private readonly resources: LogResources
  private readonly dirs: DirectoryLogs[]
  private readonly byTopic = new Map<string, PartitionLog[]>()
  private timers = new Set<Timer>()
  private isClosed = false

  private constructor(options: LogManagerOptions, held: LogDirectories) {
    const { config, clock, logger, files = new NodeFiles() } = options
    this.options = options
    this.directoriesHeld = held
    this.clusterId = held.clusterId
    this.resources = logResources(files)
    const context: DirectoryContext = {
      resources: this.resources,
      logger,
      now: () => clock.now(),
      defaultConfig: logConfigFrom(config, new Map()),
      producerIdExpirationMs: config.get<number>('producer.id.expiration.ms'),
      onFailure: (directory, error) => this.directoryFailed(directory, error),
    }
    this.dirs = held.directories.map((directory) => new DirectoryLogs(directory, context))
  }

  /**
   * Locks the directories, checks their meta.properties, and loads all logs but `__cluster_metadata-0`, recovering what an
   * unclean stop left. A directory that cannot be loaded goes offline; with none left this throws.
   */
  static async open(options: LogManagerOptions): Promise<LogManager> {
    const { config, clock, logger, files = new NodeFiles(), directories } = options
    const held = directories ?? openLogDirectories(config, { files, logger, now: () => clock.now() })
    const manager = new LogManager({ ...options, files }, held)
    try {
      await manager.load()
      return manager
    } catch (error) {
      for (const directory of manager.dirs) directory.abandon()
      if (!directories) held.release()
      throw error
    }
  }

  get(topic: string, partition: number): PartitionLog | undefined {
    return this.byTopic.get(topic)?.[partition]
  }

  *all(): Iterable<PartitionLog> {
    for (const directory of this.dirs) yield* directory.logs.values()
  }

  directories(): DirectoryStatus[] {
    return this.dirs.map(({ path, directoryId, isOnline }) => ({ path, directoryId, online: isOnline }))
  }

  /** Whether some of the log directories cannot be used, so that a log which is not found may be in one of them. */
  get hasOfflineDirectories(): boolean {
    return this.directoriesHeld.failed.size > 0 || this.dirs.some(({ isOnline }) => !isOnline)
  }

  /** Of the directory that holds the partition. */
  directoryIdOf(topic: string, partition: number): string | undefined {
    const name = partitionDirName(topic, partition)
    return this.dirs.find((directory) => directory.logs.has(name))?.directoryId
  }

  /**
   * Epoch of the broker that stopped cleanly, for its registration (KIP-966): -1 unless every directory says the same.
   */
  get previousBrokerEpoch(): number {
    const epochs = new Set(this.dirs.map(({ previousBrokerEpoch }) => previousBrokerEpoch ?? -1))
    const [epoch = -1] = epochs
    return epochs.size === 1 ? epoch : -1
  }

  /**
   * Makes the log of a partition that the metadata know already. Its directory and partition.metadata are durable soon,
   * and before any record. Without a directory id the directory with the fewest logs takes it.
   */
  create(topic: string, partition: number, topicId: string, config: LogConfig, directoryId?: string): PartitionLog {
    const existing = this.get(topic, partition)
    if (existing) {
      if (existing.topicId === topicId) return existing
      throw new ApiError(
        ErrorCode.INCONSISTENT_TOPIC_ID,
        `Tried to assign topic ID ${topicId} to log for topic partition ${topic}-${partition},` +
          `but log already contained topic ID ${existing.topicId}`,
      )
    }
    const directory = this.directoryFor(directoryId)
    if (!directory) {
      const tried = this.dirs.map(({ path }) => path).join(', ')
      throw new ApiError(ErrorCode.KAFKA_STORAGE_ERROR, `No log directories available. Tried ${tried}`)
    }
    let log: PartitionLog
    try {
      log = directory.create(topic, partition, topicId, config)
    } catch (error) {
      if (error instanceof ApiError) throw error
      this.directoryFailed(directory, error as Error)
      throw new ApiError(
        ErrorCode.KAFKA_STORAGE_ERROR,
        `Error while creating log for ${topic}-${partition} in dir ${directory.path}`,
      )
    }
    this.remember(log)
    const properties = [...config.overrides].map(([key, value]) => `${key}=${value}`).join(', ')
    this.options.logger.info(
      `Created log for partition ${topic}-${partition} in ${log.dir} with properties {${properties}}`,
      LOG_MANAGER,
    )
    return log
  }

  /** Renames the partition's directory at once; it is removed after `file.delete.delay.ms`. */
  asyncDelete(topic: string, partition: number): void {
    const log = this.get(topic, partition)
    if (!log) return
    const delayMs = log.config.fileDeleteDelayMs
    const directory = this.retire(log, 'delete')
    if (!directory) return
    this.options.logger.info(
      `Log for partition ${log.name} is renamed to ${log.dir} and is scheduled for deletion`,
      LOG_MANAGER,
    )
    this.removeLater(directory, basename(log.dir), delayMs)
  }

  /** Puts a log aside that the metadata do not give to this broker: kept as `…-stray`, and not served. */
  markStray(topic: string, partition: number): void {
    const log = this.get(topic, partition)
    if (!log || !this.retire(log, 'stray')) return
    this.options.logger.warn(`Log for partition ${log.name} is a stray and renamed to ${log.dir}`, LOG_MANAGER)
  }

  /** Retention, flushes by time, checkpoints, producer expiry: each at the interval of its setting. */
  startBackgroundWork(): void {
    const { config, logger, clock } = this.options
    const retentionMs = config.get<number>('log.retention.check.interval.ms')
    logger.info(`Starting log cleanup with a period of ${retentionMs} ms.`, LOG_MANAGER)
    this.every(retentionMs, (now) => this.eachLog((log) => log.deleteOldSegments(now)))
    const flushMs = config.get<number>('log.flush.scheduler.interval.ms')
    logger.info(`Starting log flusher with a default period of ${flushMs} ms.`, LOG_MANAGER)
    this.every(flushMs, () => this.flushAll())
    this.every(config.get<number>('log.flush.offset.checkpoint.interval.ms'), () =>
      this.eachDirectory((directory) => directory.checkpointRecoveryPoints()),
    )
    this.every(config.get<number>('log.flush.start.offset.checkpoint.interval.ms'), () =>
      this.eachDirectory((directory) => directory.checkpointLogStarts()),
    )
    this.every(config.get<number>('replica.high.watermark.checkpoint.interval.ms'), () =>
      this.eachDirectory((directory) => directory.checkpointHighWatermarks()),
    )
    this.every(config.get<number>('producer.id.expiration.check.interval.ms'), (now) =>
      this.eachLog((log) => log.removeExpiredProducers(now)),
    )
    this.every(REMOVAL_CHECK_MS, (now) => this.eachLog((log) => log.removeDeletedFiles(now)))
    for (const directory of this.dirs) {
      for (const name of directory.doomed) {
        this.removeLater(directory, name, config.get<number>('log.segment.delete.delay.ms'))
      }
    }
    // The only codec that is not there at once, on Node versions without zstd of their own.
    this.schedule(clock.after(0, () => void prepareCodec('zstd')))
  }

  /** The clean stop of every directory: flushes, snapshots, trimmed indexes, checkpoints, and the marker last. */
  async close({ brokerEpoch }: { brokerEpoch: number }): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    for (const timer of this.timers) timer.cancel()
    this.timers.clear()
    this.options.logger.info('Shutting down.', LOG_MANAGER)
    try {
      await Promise.all(
        this.dirs
          .filter(({ isOnline }) => isOnline)
          .map((directory) =>
            directory.close(brokerEpoch).catch((error: unknown) => {
              this.options.logger.warn(
                `Directory ${directory.path} could not be stopped cleanly: ${error}`,
                LOG_MANAGER,
              )
            }),
          ),
      )
    } finally {
      for (const log of this.all()) log.closeFiles()
      if (!this.options.directories) this.directoriesHeld.release()
    }
    this.options.logger.info('Shutdown complete.', LOG_MANAGER)
  }

  private async load(): Promise<void> {
    const { logger, clock } = this.options
    const startedMs = clock.now()
    logger.info(`Loading logs from log dirs ArrayBuffer(${this.dirs.map(({ path }) => path).join(', ')})`, LOG_MANAGER)
    for (const directory of this.dirs) {
      try {
        await directory.load()
      } catch (error) {
        // What is no error of the disk stops the start: an unknown directory, say.
        if (!isStorageFailure(error)) throw error
        this.directoryFailed(directory, error as Error)
      }
    }
    for (const log of this.all()) {
      const other = this.get(log.topic, log.partition)
      if (other) {
        throw new Error(
          `Duplicate log directories for ${log.name} are found in both ${log.dir} and ${other.dir}. ` +
            'It is likely because log directory failure happened while broker was replacing current replica with ' +
            'future replica. Recover broker from this failure by manually deleting one of the two directories for ' +
            'this partition. It is recommended to delete the partition in the log directory that is known to have ' +
            'failed recently.',
        )
      }
      this.remember(log)
    }
    const count = [...this.all()].length
    logger.info(`Loaded ${count} logs in ${clock.now() - startedMs}ms`, LOG_MANAGER)
  }

  private directoryFor(directoryId: string | undefined): DirectoryLogs | undefined {
    const isChosen =
      directoryId !== undefined && ![LOST_DIRECTORY, UNASSIGNED_DIRECTORY, MIGRATING_DIRECTORY].includes(directoryId)
    const online = this.dirs.filter(({ isOnline }) => isOnline)
    const chosen = isChosen ? online.find((directory) => directory.directoryId === directoryId) : undefined
    if (chosen) return chosen
    return online.reduce<DirectoryLogs | undefined>(
      (least, directory) => (!least || directory.logs.size < least.logs.size ? directory : least),
      undefined,
    )
  }

  private remember(log: PartitionLog): void {
    let logs = this.byTopic.get(log.topic)
    if (!logs) this.byTopic.set(log.topic, (logs = []))
    logs[log.partition] = log
  }

  /** Takes a log out of service and renames its directory; undefined when that failed. */
  private retire(log: PartitionLog, suffix: DirectorySuffix): DirectoryLogs | undefined {
    const name = partitionDirName(log.topic, log.partition)
    const directory = this.dirs.find((candidate) => candidate.logs.get(name) === log)
    this.forget(log)
    if (!directory) return undefined
    directory.logs.delete(name)
    try {
      log.renameDirectory(suffixedDirName(log.topic, log.partition, suffix))
    } catch (error) {
      this.directoryFailed(directory, error as Error)
      return undefined
    }
    // An unclean start must not take these offsets for a later partition of the same name.
    this.eachDirectory((other) => {
      if (other !== directory) return
      other.checkpointRecoveryPoints()
      other.checkpointLogStarts()
    })
    return directory
  }

  private forget(log: PartitionLog): void {
    const logs = this.byTopic.get(log.topic)
    if (!logs || logs[log.partition] !== log) return
    delete logs[log.partition]
    if (logs.every((other) => other === undefined)) this.byTopic.delete(log.topic)
  }

  private removeLater(directory: DirectoryLogs, name: string, delayMs: number): void {
    const { clock } = this.options
    const timer = clock.after(delayMs, () => {
      this.timers.delete(timer)
      if (!directory.isOnline || this.isClosed) return
      this.guard(directory, () => removeDirectory(this.resources.files, join(directory.path, name)))
      this.options.logger.info(`Deleted log for partition in ${join(directory.path, name)}.`, LOG_MANAGER)
    })
    this.schedule(timer)
  }

  private directoryFailed(directory: DirectoryLogs, error: Error): void {
    if (!directory.isOnline) return
    this.options.logger.error(`Stopping serving logs in dir ${directory.path}`, LOG_MANAGER, error)
    const logs = [...directory.logs.values()]
    directory.abandon()
    for (const log of logs) this.forget(log)
    this.options.onDirectoryFailure(directory.path, error)
  }

  private flushAll(): void {
    for (const log of this.all()) {
      // The log itself takes its directory offline when this fails.
      if (log.recoveryPoint < log.logEndOffset) log.flush().catch(() => undefined)
    }
  }

  private every(intervalMs: number, task: (now: number) => void): void {
    if (!(intervalMs > 0 && intervalMs < NEVER_MS)) return
    const { clock } = this.options
    const run = () => {
      this.timers.delete(timer)
      if (this.isClosed) return
      task(clock.now())
      timer = clock.after(intervalMs, run)
      this.schedule(timer)
    }
    let timer = clock.after(intervalMs, run)
    this.schedule(timer)
  }

  private schedule(timer: Timer): void {
    this.timers.add(timer)
  }

  /** A log that fails takes its directory offline by itself; the others go on. */
  private eachLog(task: (log: PartitionLog) => void): void {
    for (const log of [...this.all()]) {
      try {
        task(log)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
      }
    }
  }

  private eachDirectory(task: (directory: DirectoryLogs) => void): void {
    for (const directory of this.dirs) if (directory.isOnline) this.guard(directory, () => task(directory))
  }

  private guard(directory: DirectoryLogs, task: () => void): void {
    try {
      task()
    } catch (error) {
      this.directoryFailed(directory, error as Error)
    }
  }
}

const REMOVAL_CHECK_MS = 10_000
/** Kafka's "never" is 2^63 - 1. */
const NEVER_MS = 0x1_0000_0000_0000

/** An error of the file system, or a file that is malformed: the disk's fault, not the operator's. */
function isStorageFailure(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code !== undefined || error instanceof MalformedFileError
}

/** Removes a directory with everything in it. */
function removeDirectory(files: FileLayer, path: string): void {
  for (const { name, isDirectory } of files.readdir(path)) {
    if (isDirectory) removeDirectory(files, join(path, name))
    else files.unlink(join(path, name))
  }
  files.rmdir(path)
}
