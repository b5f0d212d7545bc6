import { join } from 'node:path'
import { METADATA_VERSION_FEATURE } from '../../config/features.ts'
import {
  LATEST_METADATA_VERSION,
  METADATA_VERSIONS,
  TRANSACTIONS_METADATA_LEVEL,
} from '../../config/metadata-version.ts'
import {
  AbortTransactionRecord,
  BeginTransactionRecord,
  ConfigRecord,
  EndTransactionRecord,
  FeatureLevelRecord,
} from '../../protocol/records/metadata.ts'
import { type FileLayer, nodeFiles } from '../../storage/file-layer.ts'
import { BOOTSTRAP_CHECKPOINT, readSnapshot } from '../../storage/snapshot-file.ts'
import { configResourceTypeId } from '../metadata/configs.ts'
import { ELR_FEATURE } from '../metadata/features.ts'
import { isRecord, type MetadataRecord, metadataRecord } from '../metadata/record.ts'

const TRANSACTION_NAME = 'Bootstrap records'
const ABORT_REASON = 'Controller failover'

/** The first records of a cluster, and where they come from. */
export interface BootstrapMetadata {
  readonly records: readonly MetadataRecord[]
  readonly source: string
}

/** What `format` has put into the metadata directory; without a file only the newest metadata.version. */
export function readBootstrapMetadata(metadataLogDir: string, files: FileLayer = nodeFiles): BootstrapMetadata {
  const path = join(metadataLogDir, BOOTSTRAP_CHECKPOINT)
  if (!files.stat(path)) {
    const record = { name: METADATA_VERSION_FEATURE, featureLevel: LATEST_METADATA_VERSION.level }
    return { records: [metadataRecord(FeatureLevelRecord, 0, record)], source: 'the default bootstrap' }
  }
  return { records: readSnapshot(path, files).records, source: `the binary bootstrap metadata file: ${path}` }
}

export interface ActivationState {
  /** 0 while the log holds no finalized metadata.version. */
  readonly metadataVersion: number
  /** Offset of a BeginTransaction that nothing has ended; undefined when there is none. */
  readonly openTransactionAt: number | undefined
  readonly bootstrap: () => BootstrapMetadata
  readonly minInsyncReplicas: number
}

/**
 * What a controller appends before it decides anything: it aborts what its predecessor left half done, and gives a new
 * cluster its first records, as one transaction where the metadata.version has them.
 */
export function activationRecords(state: ActivationState): { records: MetadataRecord[]; message: string } {
  const { openTransactionAt } = state
  const abort = metadataRecord(AbortTransactionRecord, 0, { reason: ABORT_REASON })
  if (state.metadataVersion > 0) {
    if (openTransactionAt === undefined) return { records: [], message: 'Performing controller activation.' }
    checkTransactions(state.metadataVersion, `Detected in-progress transaction at offset ${openTransactionAt}`)
    const message = `Performing controller activation. Aborting in-progress metadata transaction at offset ${openTransactionAt}.`
    return { records: [abort], message }
  }
  const { records: bootstrap, source } = state.bootstrap()
  const levels = featureLevels(bootstrap)
  const level = levels.get(METADATA_VERSION_FEATURE)
  if (level === undefined) {
    throw new Error(
      `No FeatureLevelRecord for ${METADATA_VERSION_FEATURE} was found in the bootstrap metadata from ${source}`,
    )
  }
  const name = METADATA_VERSIONS.find((version) => version.level === level)?.name
  if (name === undefined) throw new Error(`The metadata.version ${level} in ${source} is not supported.`)
  const hasTransactions = level >= TRANSACTIONS_METADATA_LEVEL
  const records: MetadataRecord[] = []
  if (openTransactionAt !== undefined) {
    checkTransactions(level, `Detected partial bootstrap records transaction at ${openTransactionAt}`)
    records.push(abort)
  }
  if (hasTransactions) records.push(metadataRecord(BeginTransactionRecord, 0, { name: TRANSACTION_NAME }))
  records.push(...bootstrap)
  if ((levels.get(ELR_FEATURE) ?? 0) > 0) records.push(clusterMinInsyncReplicas(state.minInsyncReplicas))
  if (hasTransactions) records.push(metadataRecord(EndTransactionRecord, 0, {}))
  const transaction = hasTransactions ? 'in metadata transaction ' : ''
  const what =
    openTransactionAt === undefined
      ? `The metadata log appears to be empty. Appending ${bootstrap.length} bootstrap record(s) ${transaction}at`
      : `Aborting partial bootstrap records transaction at offset ${openTransactionAt}. Re-appending ${bootstrap.length} bootstrap record(s) in new metadata transaction at`
  const message = `Performing controller activation. ${what} metadata.version ${name} from bootstrap source '${source}'.`
  return { records, message }
}

/** With eligible leader replicas min.insync.replicas must be known to the controller, so it becomes a dynamic setting. */
function clusterMinInsyncReplicas(value: number): MetadataRecord {
  return metadataRecord(ConfigRecord, 0, {
    resourceType: configResourceTypeId('BROKER'),
    resourceName: '',
    name: 'min.insync.replicas',
    value: String(value),
  })
}

function featureLevels(records: readonly MetadataRecord[]): Map<string, number> {
  const levels = new Map<string, number>()
  for (const record of records) {
    if (isRecord(record, FeatureLevelRecord)) levels.set(record.value.name, record.value.featureLevel)
  }
  return levels
}

function checkTransactions(metadataVersion: number, found: string): void {
  if (metadataVersion >= TRANSACTIONS_METADATA_LEVEL) return
  throw new Error(
    `${found}, but the metadata.version ${metadataVersion} does not support transactions. Cannot continue.`,
  )
}
