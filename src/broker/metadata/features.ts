import type { FeatureLevelRecord } from '../../protocol/records/metadata.ts'
import type { DecodedMessage } from '../../protocol/schema.ts'

const METADATA_VERSION = 'metadata.version'
const KRAFT_VERSION = 'kraft.version'
export const ELR_FEATURE = 'eligible.leader.replicas.version'

/** Finalized feature levels: what every node of the cluster may rely on. */
export class FeaturesImage {
  /** 0 until the bootstrap records are applied. */
  metadataVersion = 0
  /** Every finalized feature but kraft.version, metadata.version among them. */
  readonly levels = new Map<string, number>()
  /** Known from the log's control records, not from FeatureLevelRecords. */
  kraftVersion = 0

  /** Eligible leader replicas (KIP-966) are kept. */
  get elrEnabled(): boolean {
    return (this.levels.get(ELR_FEATURE) ?? 0) >= 1
  }

  apply(record: DecodedMessage<typeof FeatureLevelRecord>): void {
    // Some versions of Apache Kafka wrote a level of kraft.version here (KAFKA-18979), which means nothing.
    if (record.name === KRAFT_VERSION) return
    if (record.name === METADATA_VERSION) this.metadataVersion = record.featureLevel
    if (record.featureLevel === 0) this.levels.delete(record.name)
    else this.levels.set(record.name, record.featureLevel)
  }
}
