import { join } from 'node:path'
import type { BrokerConfig } from '../../config/broker-config.ts'
import { type LogConfig, logConfigFrom } from '../../config/topic-config.ts'
import type { FileLayer } from '../../storage/file-layer.ts'
import { METADATA_PARTITION, METADATA_TOPIC } from '../../storage/partition-dir-name.ts'
import { METADATA_TOPIC_ID } from '../../storage/uuid.ts'
import type { Clock } from '../clock.ts'
import { logResources } from '../log/log-options.ts'
import { PartitionLog } from '../log/partition-log.ts'
import type { Logger } from '../logger.ts'

export interface MetadataPartitionOptions {
  readonly config: BrokerConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly files: FileLayer
  readonly onFailure: (error: Error) => void
}

/** Opens the log of the metadata partition. It is recovered in full at each start, whatever the last stop was like. */
export function openMetadataPartition(options: MetadataPartitionOptions): Promise<PartitionLog> {
  const { config, clock, logger, files, onFailure } = options
  return PartitionLog.open({
    dir: join(config.metadataLogDir, METADATA_PARTITION),
    topic: METADATA_TOPIC,
    partition: 0,
    topicId: METADATA_TOPIC_ID,
    config: metadataLogConfig(config),
    now: () => clock.now(),
    logger,
    resources: logResources(files),
    isClean: false,
    onFailure,
  })
}

/** Segments as `metadata.log.segment.*` say; nothing is ever deleted by time or size, only behind a snapshot. */
function metadataLogConfig(config: BrokerConfig): LogConfig {
  return logConfigFrom(
    config,
    new Map([
      ['segment.bytes', String(config.get<number>('metadata.log.segment.bytes'))],
      ['segment.ms', String(config.get<number>('metadata.log.segment.ms'))],
      ['segment.jitter.ms', '0'],
      ['cleanup.policy', 'delete'],
      ['retention.ms', '-1'],
      ['retention.bytes', '-1'],
      ['message.timestamp.type', 'CreateTime'],
      ['compression.type', 'producer'],
      ['preallocate', 'false'],
      // The metadata log flushes itself, before it answers.
      ['flush.messages', '9223372036854775807'],
    ]),
  )
}
