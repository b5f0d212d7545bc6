import { join } from 'node:path'
import type { ParsedArguments } from '../../cli/argparse.ts'
import { type Terminal, terseExit } from '../../cli/tool.ts'
import type { BrokerConfig } from '../../config/broker-config.ts'
import { METADATA_VERSION_FEATURE } from '../../config/features.ts'
import { JavaError } from '../../config/java-error.ts'
import { javaHashOrder } from '../../config/java-hash-order.ts'
import { type FileLayer, makeDirectories, nodeFiles, unlinkIfExists } from '../../storage/file-layer.ts'
import {
  loadMetaProperties,
  type MetaProperties,
  type MetaPropertiesEnsemble,
  newDirectoryId,
  verifyMetaProperties,
  writeMetaProperties,
} from '../../storage/meta-properties.ts'
import { snapshotFileName, writeBootstrapCheckpoint, writeSnapshot } from '../../storage/snapshot-file.ts'
import { randomUuid } from '../../storage/uuid.ts'
import {
  bootstrapRecords,
  bootstrapText,
  type FeatureLevels,
  featureLevelsFor,
  parseFeatureLevels,
  parseRelease,
} from './bootstrap.ts'
import { logDirectoriesOf } from './directories.ts'
import { type DynamicVoter, parseDynamicVoters } from './dynamic-voters.ts'
import { scramRecord } from './scram.ts'

const METADATA_PARTITION = '__cluster_metadata-0'
const FIRST_SNAPSHOT = { offset: 0, epoch: 0 }

export interface FormatSettings {
  readonly clusterId: string
  readonly nodeId: number
  readonly directories: readonly string[]
  readonly metadataLogDir: string
  /** In the form the quorum's listeners are named: upper case. */
  readonly controllerListenerName: string
  readonly features: FeatureLevels
  readonly scramArguments: readonly string[]
  /** The first voters of a dynamic quorum; undefined for static voters and for a node that joins later. */
  readonly voters: readonly DynamicVoter[] | undefined
  readonly ignoreFormatted: boolean
}

/** kafka-storage format. */
export function formatStorage(args: ParsedArguments, config: BrokerConfig, terminal: Terminal): void {
  const settings = settingsOf(args, config)
  formatDirectories(settings, (line) => terminal.out(`${line}\n`))
}

function settingsOf(args: ParsedArguments, config: BrokerConfig): FormatSettings {
  const allowUnstable = config.get<boolean>('unstable.feature.versions.enable')
  const release = parseRelease(args.string('release_version'), allowUnstable)
  const given = parseFeatureLevels(args.strings('feature') ?? [])
  const voters = votersOf(args, config)
  return {
    clusterId: args.string('cluster_id') ?? '',
    nodeId: config.nodeId,
    directories: logDirectoriesOf(config),
    metadataLogDir: config.metadataLogDir,
    controllerListenerName: (config.controllerListenerNames[0] ?? '').toUpperCase(),
    features: featureLevelsFor({ given, release, allowUnstable, isDynamic: config.controllerQuorumVoters.size === 0 }),
    scramArguments: args.strings('add_scram') ?? [],
    voters,
    ignoreFormatted: args.flag('ignore_formatted'),
  }
}

/** Which controllers the quorum starts with. Kafka refuses to guess. */
function votersOf(args: ParsedArguments, config: BrokerConfig): DynamicVoter[] | undefined {
  const initial = args.string('initial_controllers')
  const isStandalone = args.flag('standalone')
  const isController = config.hasRole('controller')
  if (config.controllerQuorumVoters.size > 0) {
    if (initial === undefined && !isStandalone) return undefined
    throw terseExit(
      'You cannot specify controller.quorum.voters and format the node with --initial-controllers or --standalone. ' +
        'If you want to use dynamic quorum, please remove controller.quorum.voters and specify ' +
        'controller.quorum.bootstrap.servers instead.',
    )
  }
  if (initial !== undefined) return parseDynamicVoters(initial)
  if (isStandalone) {
    if (!isController) throw terseExit('You can only use --standalone on a controller.')
    return [standaloneVoter(config)]
  }
  if (isController && !args.flag('no_initial_controllers')) {
    throw terseExit(
      'Because controller.quorum.voters is not set on this controller, you must specify one of the following: ' +
        '--standalone, --initial-controllers, or --no-initial-controllers.',
    )
  }
  return undefined
}

function standaloneVoter(config: BrokerConfig): DynamicVoter {
  const [listener] = config.advertisedControllerListeners
  if (!listener) throw new JavaError('java.lang.RuntimeException', 'No controller listeners found.')
  const host = listener.host === '' ? 'localhost' : listener.host
  return { nodeId: config.nodeId, host, port: listener.port, directoryId: randomUuid() }
}

/**
 * Formats the directories that are not formatted yet. meta.properties comes last in each: a directory without it counts
 * as not formatted, so after a kill at any point format can simply run again.
 */
export function formatDirectories(
  settings: FormatSettings,
  print: (line: string) => void,
  now: Date = new Date(),
  files: FileLayer = nodeFiles,
): void {
  const { clusterId, nodeId, directories, features } = settings
  const records = [...bootstrapRecords(features), ...settings.scramArguments.map(scramOf(features))]
  const ensemble = loadMetaProperties(directories, settings.metadataLogDir, files)
  verifyMetaProperties({ ...ensemble, metadataLogDir: undefined }, { clusterId, nodeId })
  checkUnformatted(ensemble, settings, print)
  if (ensemble.empty.length === 0) {
    print('All of the log directories are already formatted.')
    return
  }
  print(`Bootstrap metadata: ${bootstrapText(records, features)}`)
  const usedIds = [...ensemble.directories.values()].map((each) => each.directoryId)
  const added = new Map<string, MetaProperties>()
  for (const directory of ensemble.empty) {
    const voter = directory === settings.metadataLogDir ? ownVoter(settings) : undefined
    const directoryId = voter?.directoryId ?? newDirectoryId(usedIds)
    usedIds.push(directoryId)
    added.set(directory, { version: 1, clusterId, nodeId, directoryId })
  }
  for (const directory of javaHashOrder([...added.keys()])) {
    print(
      `Formatting ${kindOf(directory, settings)} ${directory} with ${METADATA_VERSION_FEATURE} ${features.release.name}.`,
    )
    makeDirectories(directory, files)
    writeBootstrapCheckpoint(directory, records, now.getTime(), files)
    if (directory === settings.metadataLogDir) writeQuorum(directory, settings, now.getTime(), files)
    writeMetaProperties(directory, added.get(directory) as MetaProperties, now, files)
  }
}

function scramOf({ release }: FeatureLevels) {
  return (argument: string) => {
    if (!release.supportsScram) {
      throw terseExit(`SCRAM is only supported in ${METADATA_VERSION_FEATURE} 3.5-IV2 or later.`)
    }
    return scramRecord(argument)
  }
}

function checkUnformatted(
  ensemble: MetaPropertiesEnsemble,
  settings: FormatSettings,
  print: (line: string) => void,
): void {
  const formatted = [...ensemble.directories.keys()]
  if (!settings.ignoreFormatted && formatted.length > 0) {
    // Java makes a copy of the map just large enough, and names the first of its hash order.
    const [first] = javaHashOrder(formatted, Math.trunc(formatted.length / 0.75 + 1))
    throw terseExit(
      `Log directory ${first} is already formatted. Use --ignore-formatted to ignore this directory and format the others.`,
    )
  }
  for (const directory of ensemble.failed.keys()) {
    print(`I/O error trying to read log directory ${directory}. Ignoring...`)
  }
  if (ensemble.failed.size > 0 && ensemble.empty.length === 0 && formatted.length === 0) {
    throw terseExit('No available log directories to format.')
  }
}

function ownVoter({ voters, nodeId }: FormatSettings): DynamicVoter | undefined {
  return voters?.find((voter) => voter.nodeId === nodeId)
}

function kindOf(directory: string, settings: FormatSettings): string {
  if (directory !== settings.metadataLogDir) return 'data directory'
  if (!settings.voters) return 'metadata directory'
  return ownVoter(settings) ? 'dynamic metadata voter directory' : 'dynamic metadata directory'
}

/** The snapshot at offset 0 holds a dynamic quorum's first voters; without one the voters come from the settings. */
function writeQuorum(directory: string, settings: FormatSettings, nowMs: number, files: FileLayer): void {
  const partition = join(directory, METADATA_PARTITION)
  if (!settings.voters) {
    dropUnfinishedQuorum(partition, files)
    return
  }
  makeDirectories(partition, files)
  const voters = settings.voters.map(({ nodeId, host, port, directoryId }) => ({
    voterId: nodeId,
    voterDirectoryId: directoryId,
    endpoints: [{ name: settings.controllerListenerName, host, port }],
    kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
  }))
  const kraftVersion = settings.features.levels.get('kraft.version') ?? 0
  const snapshot = {
    lastContainedLogTimestamp: nowMs,
    kraftVersion,
    voters: { version: 0, voters },
    records: [],
  }
  writeSnapshot(partition, FIRST_SNAPSHOT, snapshot, nowMs, files)
}

/** A format with voters that was killed before its end may have left its snapshot, which would now be wrong. */
function dropUnfinishedQuorum(partition: string, files: FileLayer): void {
  if (!files.stat(partition)?.isDirectory) return
  const snapshot = snapshotFileName(FIRST_SNAPSHOT)
  const names = files.readdir(partition).map((entry) => entry.name)
  if (!names.every((name) => name === snapshot || name === `${snapshot}.part`)) return
  for (const name of names) unlinkIfExists(join(partition, name), files)
  files.rmdir(partition)
}
