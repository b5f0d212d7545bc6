/** The log directories of a node: locked, and known to belong to it, before anything in them is opened. */
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { BrokerConfig } from '../../config/broker-config.ts'
import { type DirectoryLock, lockDirectory } from '../../storage/directory-lock.ts'
import type { FileLayer } from '../../storage/file-layer.ts'
import {
  loadMetaProperties,
  type MetaProperties,
  type MetaPropertiesEnsemble,
  newDirectoryId,
  verifyMetaProperties,
  writeMetaProperties,
} from '../../storage/meta-properties.ts'
import { partitionDirName } from '../../storage/partition-dir-name.ts'
import type { Logger } from '../logger.ts'

export interface LogDirectory {
  readonly path: string
  readonly directoryId: string
}

export interface LogDirectories {
  readonly clusterId: string
  /** Of log.dirs, in their order. */
  readonly directories: readonly LogDirectory[]
  readonly metadataDirectory: LogDirectory
  /** Directories that cannot be read or locked: they are offline from the start. */
  readonly failed: ReadonlyMap<string, Error>
  /** Lets go of the locks: the last thing of a stop. */
  release(): void
}

const METADATA_PARTITION = partitionDirName('__cluster_metadata', 0)

/**
 * Reads and checks the meta.properties of all log directories, as `kafka-server-start` does, then locks them. Throws with
 * Kafka's texts: unformatted, another node's or cluster's, in use. A directory without directory.id gets one.
 */
export function openLogDirectories(
  config: Pick<BrokerConfig, 'logDirs' | 'metadataLogDir' | 'nodeId'>,
  { files, logger, now }: { files: FileLayer; logger: Logger; now: () => number },
): LogDirectories {
  const { logDirs, metadataLogDir, nodeId } = config
  const ensemble = loadMetaProperties(logDirs, metadataLogDir, files)
  for (const [path, error] of ensemble.failed) {
    logger.error(`Error while reading meta.properties file in ${path}`, 'kafka.server.KafkaRaftServer', error)
  }
  verifyMetaProperties(ensemble, { nodeId, atLeastOne: true, metadataLogDir: true })
  refuseForeignMetadataLog(ensemble, metadataLogDir, files)
  refuseSameDirectoryTwice(logDirs)
  const failed = new Map(ensemble.failed)
  const locks = lockAll([...ensemble.directories.keys()], files, logger, (path, error) => {
    if (path === metadataLogDir) throw error
    failed.set(path, error)
  })
  try {
    const known = withDirectoryIds(ensemble, { files, logger, now })
    const directoryOf = (path: string): LogDirectory | undefined => {
      const directoryId = known.get(path)?.directoryId
      return directoryId === undefined || failed.has(path) ? undefined : { path, directoryId }
    }
    return {
      clusterId: [...known.values()][0]!.clusterId!,
      directories: logDirs.flatMap((path) => directoryOf(path) ?? []),
      metadataDirectory: directoryOf(metadataLogDir)!,
      failed,
      release: () => releaseAll(locks, logger),
    }
  } catch (error) {
    releaseAll(locks, logger)
    throw error
  }
}

function refuseForeignMetadataLog(
  { directories }: MetaPropertiesEnsemble,
  metadataLogDir: string,
  files: FileLayer,
): void {
  for (const logDir of directories.keys()) {
    const path = join(logDir, METADATA_PARTITION)
    if (logDir !== metadataLogDir && files.stat(path)) {
      throw new Error(
        `Found unexpected metadata location in data directory \`${path}\` ` +
          `(the configured metadata directory is ${metadataLogDir}).`,
      )
    }
  }
}

/** Two names of one directory would hold the same partitions twice. */
function refuseSameDirectoryTwice(logDirs: readonly string[]): void {
  const seen = new Set<string>()
  for (const path of logDirs) {
    let real: string
    try {
      real = realpathSync(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      continue
    }
    if (seen.has(real)) throw new Error(`Duplicate log directory found: ${logDirs.join(', ')}`)
    seen.add(real)
  }
}

/** A directory whose lock file cannot be made, on a disk that is read-only say, is reported and left out. */
function lockAll(
  paths: readonly string[],
  files: FileLayer,
  logger: Logger,
  onFailure: (path: string, error: Error) => void,
): DirectoryLock[] {
  const locks: DirectoryLock[] = []
  try {
    for (const path of paths) {
      try {
        locks.push(lockDirectory(path, files))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === undefined) throw error
        logger.error(`Disk error while locking directory ${path}`, 'kafka.log.LogManager', error)
        onFailure(path, error as Error)
      }
    }
    return locks
  } catch (error) {
    releaseAll(locks, logger)
    throw error
  }
}

/** A lock file that cannot be removed is no obstacle for the next start: the lock is gone all the same. */
function releaseAll(locks: readonly DirectoryLock[], logger: Logger): void {
  for (const lock of locks) {
    try {
      lock.release()
    } catch (error) {
      logger.warn(`The lock file in ${lock.directory} could not be removed: ${error}`, 'kafka.log.LogManager')
    }
  }
}

/** Every directory must be formatted; one that was by an old Kafka gets its directory.id now. */
function withDirectoryIds(
  { directories, empty }: MetaPropertiesEnsemble,
  { files, logger, now }: { files: FileLayer; logger: Logger; now: () => number },
): ReadonlyMap<string, MetaProperties> {
  const [unformatted] = empty
  if (unformatted !== undefined) {
    throw new Error(
      `No \`meta.properties\` found in ${unformatted} (have you run \`kafka-storage.sh\` to format the directory?)`,
    )
  }
  const result = new Map<string, MetaProperties>()
  for (const [path, properties] of directories) {
    if (properties.nodeId === undefined) throw new Error(`Error: node ID not found in ${path}`)
    if (properties.clusterId === undefined) throw new Error(`Error: cluster ID not found in ${path}`)
    if (properties.directoryId !== undefined) {
      result.set(path, properties)
      continue
    }
    const used = [...directories.values(), ...result.values()].map(({ directoryId }) => directoryId)
    const completed = { ...properties, directoryId: newDirectoryId(used) }
    logger.info(`Rewriting ${path}/meta.properties`, 'kafka.server.KafkaRaftServer')
    writeMetaProperties(path, completed, new Date(now()), files)
    result.set(path, completed)
  }
  return result
}
