import type { LogConfig } from '../../config/topic-config.ts'
import { type FileLayer, NodeFiles } from '../../storage/file-layer.ts'
import type { Logger } from '../logger.ts'
import { IndexCache } from './index-cache.ts'
import { OpenFiles } from './open-files.ts'
import { ReadBuffers } from './read-buffers.ts'
import { TailCache } from './tail-cache.ts'

/** What the logs of a broker share. */
export interface LogResources {
  readonly files: FileLayer
  readonly openFiles: OpenFiles
  readonly tailCache: TailCache
  readonly indexCache: IndexCache
  readonly readBuffers: ReadBuffers
}

export function logResources(files: FileLayer = new NodeFiles()): LogResources {
  return {
    files,
    openFiles: new OpenFiles(files),
    tailCache: new TailCache(),
    indexCache: new IndexCache(),
    readBuffers: new ReadBuffers(),
  }
}

export interface PartitionLogOptions {
  /** The partition directory; made, with its partition.metadata, when it is not there. */
  readonly dir: string
  readonly topic: string
  readonly partition: number
  /** Written to partition.metadata when that is missing; else the file's id counts. */
  readonly topicId?: string
  readonly config: LogConfig
  /** Wall clock, milliseconds. */
  readonly now: () => number
  readonly logger?: Logger
  readonly resources?: LogResources
  /** Whether the log was closed cleanly, so that nothing need be scanned. */
  readonly isClean?: boolean
  /** From the checkpoints of the log directory. */
  readonly logStartOffset?: number
  readonly recoveryPoint?: number
  readonly highWatermark?: number
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs?: number
  /** Told once when the files cannot be written or read any more; the log refuses everything from then on. */
  readonly onFailure?: (error: Error) => void
}

export type ReadBound = 'highWatermark' | 'lastStableOffset' | 'logEnd'

export interface ReadOptions {
  readonly maxBytes: number
  /** Answers the first batch even if it is larger than `maxBytes`. */
  readonly minOneMessage: boolean
  readonly upTo: ReadBound
}

export interface ReadResult {
  /** Whole batches, gathered, not joined; the first may begin before the fetch offset. */
  readonly records: Buffer[]
  readonly fetchOffset: number
  /** Only for reads up to the last stable offset: transactions whose records in the answer were aborted. */
  readonly abortedTransactions?: { producerId: number; firstOffset: number }[]
  /**
   * Gives the memory of `records` back to be used again. To be called, if at all, when nothing looks at them any more:
   * they were sent, or are not sent after all.
   */
  readonly release?: () => void
}
