/** The logs of one log directory: loading all of them, the checkpoints that list them, and the clean stop. */
import { join } from 'node:path'
import type { LogConfig } from '../../config/topic-config.ts'
import {
  CLEAN_SHUTDOWN_FILE,
  deleteCleanShutdown,
  readCleanShutdown,
  writeCleanShutdown,
} from '../../storage/clean-shutdown-file.ts'
import {
  LOG_START_CHECKPOINT,
  type PartitionOffset,
  RECOVERY_POINT_CHECKPOINT,
  REPLICATION_CHECKPOINT,
  readOffsetCheckpoint,
  writeOffsetCheckpoint,
} from '../../storage/offset-checkpoint.ts'
import { parsePartitionDirName, partitionDirName, unknownDirectoryMessage } from '../../storage/partition-dir-name.ts'
import type { Logger } from '../logger.ts'
import type { LogDirectory } from './log-directories.ts'
import type { LogResources } from './log-options.ts'
import { PartitionLog } from './partition-log.ts'

export const LOG_MANAGER = 'kafka.log.LogManager'

const METADATA_TOPIC = '__cluster_metadata'
/** Made by Kafka's tiered storage beside the partitions. */
const REMOTE_INDEX_CACHE = 'remote-log-index-cache'

export interface DirectoryContext {
  readonly resources: LogResources
  readonly logger: Logger
  readonly now: () => number
  readonly defaultConfig: LogConfig
  readonly producerIdExpirationMs: number
  /** Told when a file operation in the directory has failed. */
  readonly onFailure: (directory: DirectoryLogs, error: Error) => void
}

/** What the checkpoints at the top of a directory say of one partition. */
interface Checkpoints {
  readonly recoveryPoints: ReadonlyMap<string, number>
  readonly logStarts: ReadonlyMap<string, number>
  readonly highWatermarks: ReadonlyMap<string, number>
}

export class DirectoryLogs {
  readonly path: string
  readonly directoryId: string
  isOnline = true
  /** By directory name, `orders-0`. */
  readonly logs = new Map<string, PartitionLog>()
  /** Names of directories whose deletion is pending, or that are strays: not served. */
  readonly doomed: string[] = []
  /** Of the incarnation that stopped cleanly; undefined after an unclean stop. */
  previousBrokerEpoch: number | undefined
  private readonly context: DirectoryContext
  private isLoaded = false
  private written: Record<string, string> = {}

  constructor({ path, directoryId }: LogDirectory, context: DirectoryContext) {
    this.path = path
    this.directoryId = directoryId
    this.context = context
  }

  /**
   * Loads every partition. The marker of the clean stop is read and deleted first: if we are killed while loading, the next
   * start must not believe it.
   */
  async load(): Promise<void> {
    const { logger, resources, now } = this.context
    const { files } = resources
    const markerPath = join(this.path, CLEAN_SHUTDOWN_FILE)
    const marker = readCleanShutdown(markerPath, files)
    if (marker) deleteCleanShutdown(markerPath, files)
    this.previousBrokerEpoch = marker?.brokerEpoch
    const checkpoints = this.readCheckpoints()
    const names = this.partitionDirectories()
    if (names.length === 0) logger.info(`No logs found to be loaded in ${this.path}`, LOG_MANAGER)
    else if (marker) {
      const text = `Skipping recovery of ${names.length} logs from ${this.path} since clean shutdown file was found`
      logger.info(text, LOG_MANAGER)
    } else {
      const text = `Recovering ${names.length} logs from ${this.path} since no clean shutdown file was found`
      logger.info(text, LOG_MANAGER)
    }
    for (const [index, name] of names.entries()) {
      const startedMs = now()
      const log = await this.loadOne(name, checkpoints, marker !== undefined)
      logger.info(
        `Completed load of Log(dir=${log.dir}, topicId=${log.topicId}, topic=${log.topic}, partition=${log.partition}, ` +
          `highWatermark=${log.highWatermark}, lastStableOffset=${log.lastStableOffset}, ` +
          `logStartOffset=${log.logStartOffset}, logEndOffset=${log.logEndOffset}) with ${log.segments.length} segments, ` +
          `local-log-start-offset ${log.logStartOffset} and log-end-offset ${log.logEndOffset} in ` +
          `${now() - startedMs}ms (${index + 1}/${names.length} completed in ${this.path})`,
        LOG_MANAGER,
      )
    }
    this.isLoaded = true
    this.touchCheckpoints()
  }

  /** Makes the log of a new partition. Its directory and partition.metadata are durable soon, and before any record. */
  create(topic: string, partition: number, topicId: string, config: LogConfig): PartitionLog {
    const name = partitionDirName(topic, partition)
    const log = PartitionLog.create({ ...this.optionsOf(name, topic, partition, config), topicId, isClean: true })
    this.logs.set(name, log)
    log.syncIdentity()
    return log
  }

  /** Writes the checkpoints that have changed since they were last written. */
  checkpointRecoveryPoints(): void {
    this.write(RECOVERY_POINT_CHECKPOINT, (log) => log.recoveryPoint)
  }

  checkpointLogStarts(): void {
    // A log that begins with its first segment needs no entry.
    this.write(LOG_START_CHECKPOINT, (log) =>
      log.logStartOffset > log.segments[0]!.baseOffset ? log.logStartOffset : undefined,
    )
  }

  checkpointHighWatermarks(): void {
    this.write(REPLICATION_CHECKPOINT, (log) => log.highWatermark)
  }

  /**
   * The clean stop: every log flushed, sealed and with a producer snapshot, then the checkpoints, and the marker last. A log
   * that fails on the way leaves no marker.
   */
  async close(brokerEpoch: number): Promise<void> {
    const logs = [...this.logs.values()]
    await inParallel(logs, CLOSING_AT_ONCE, (log) => log.close())
    this.checkpointRecoveryPoints()
    this.checkpointLogStarts()
    this.checkpointHighWatermarks()
    const { files } = this.context.resources
    if (this.isLoaded) writeCleanShutdown(join(this.path, CLEAN_SHUTDOWN_FILE), brokerEpoch, files)
  }

  /** Stops serving from the directory, leaving the files as they are. */
  abandon(): void {
    this.isOnline = false
    for (const log of this.logs.values()) log.closeFiles()
    this.logs.clear()
  }

  private async loadOne(name: string, checkpoints: Checkpoints, isClean: boolean): Promise<PartitionLog> {
    const { topic, partition } = parsePartitionDirName(name)!
    const log = await PartitionLog.open({
      ...this.optionsOf(name, topic, partition, this.context.defaultConfig),
      isClean,
      recoveryPoint: checkpoints.recoveryPoints.get(name),
      logStartOffset: checkpoints.logStarts.get(name),
      highWatermark: checkpoints.highWatermarks.get(name),
    })
    this.logs.set(name, log)
    return log
  }

  private optionsOf(name: string, topic: string, partition: number, config: LogConfig) {
    const { resources, logger, now, producerIdExpirationMs, onFailure } = this.context
    return {
      dir: join(this.path, name),
      topic,
      partition,
      config,
      now,
      logger,
      resources,
      producerIdExpirationMs,
      onFailure: (error: Error) => onFailure(this, error),
    }
  }

  /** Names of the partitions to load. Directories that are being deleted, and strays, are noted and left alone. */
  private partitionDirectories(): string[] {
    const names: string[] = []
    for (const { name, isDirectory } of this.context.resources.files.readdir(this.path)) {
      if (!isDirectory || name === REMOTE_INDEX_CACHE) continue
      const parsed = parsePartitionDirName(name)
      if (!parsed) throw new Error(unknownDirectoryMessage(join(this.path, name), name))
      if (parsed.topic === METADATA_TOPIC) continue
      if (!parsed.suffix) names.push(name)
      else if (parsed.suffix === 'delete') this.doomed.push(name)
      else this.context.logger.warn(`Loaded ${parsed.suffix} log: ${join(this.path, name)}`, LOG_MANAGER)
    }
    return names
  }

  private readCheckpoints(): Checkpoints {
    const { files } = this.context.resources
    // Advisory on one replica, but malformed it takes the directory offline, as in Kafka.
    const highWatermarks = byName(readOffsetCheckpoint(join(this.path, REPLICATION_CHECKPOINT), files))
    return {
      recoveryPoints: this.readOrReset(RECOVERY_POINT_CHECKPOINT, 'the recovery checkpoint to 0'),
      logStarts: this.readOrReset(LOG_START_CHECKPOINT, 'to the base offset of the first segment'),
      highWatermarks,
    }
  }

  private readOrReset(fileName: string, reset: string): ReadonlyMap<string, number> {
    const { files } = this.context.resources
    try {
      return byName(readOffsetCheckpoint(join(this.path, fileName), files))
    } catch (error) {
      const { message } = error as Error
      this.context.logger.warn(
        `Error occurred while reading ${fileName} file of directory ${this.path}, resetting ${reset}: ${message}`,
        LOG_MANAGER,
      )
      return new Map()
    }
  }

  /** Kafka makes the files at start, empty. */
  private touchCheckpoints(): void {
    const { files } = this.context.resources
    for (const fileName of [RECOVERY_POINT_CHECKPOINT, LOG_START_CHECKPOINT, REPLICATION_CHECKPOINT]) {
      files.close(files.open(join(this.path, fileName), 'a+'))
    }
  }

  private write(fileName: string, offsetOf: (log: PartitionLog) => number | undefined): void {
    const entries: PartitionOffset[] = []
    for (const log of this.logs.values()) {
      const offset = offsetOf(log)
      if (offset !== undefined) entries.push({ topic: log.topic, partition: log.partition, offset })
    }
    const content = JSON.stringify(entries)
    if (this.written[fileName] === content) return
    writeOffsetCheckpoint(join(this.path, fileName), entries, this.context.resources.files)
    this.written[fileName] = content
  }
}

/** Logs that are closed at the same time: their fsyncs overlap. */
const CLOSING_AT_ONCE = 8

async function inParallel<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < items.length) await work(items[next++]!)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
}

function byName(entries: readonly PartitionOffset[]): ReadonlyMap<string, number> {
  return new Map(entries.map(({ topic, partition, offset }) => [partitionDirName(topic, partition), offset]))
}
