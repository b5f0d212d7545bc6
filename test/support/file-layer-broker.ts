/** A broker in this process on a file layer of the test's choice: formatted, started, stopped like any other. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Broker } from '../../src/broker/broker.ts'
import { type Logger, silentLogger } from '../../src/broker/logger.ts'
import { type BrokerConfig, brokerConfigFrom } from '../../src/config/broker-config.ts'
import type { FileLayer } from '../../src/storage/file-layer.ts'
import { META_PROPERTIES } from '../../src/storage/meta-properties.ts'
import { randomUuid } from '../../src/storage/uuid.ts'
import { featureLevelsFor } from '../../src/tools/storage/bootstrap.ts'
import { logDirectoriesOf } from '../../src/tools/storage/directories.ts'
import { formatDirectories } from '../../src/tools/storage/format.ts'

const SETTINGS: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '1',
  'group.initial.rebalance.delay.ms': '0',
}

/** With `controller.quorum.voters` among the settings the quorum is a static one. */
export function testConfig(logDirs: string, settings: Readonly<Record<string, string>> = {}): BrokerConfig {
  const quorum: Record<string, string> = settings['controller.quorum.voters']
    ? {}
    : { 'controller.quorum.bootstrap.servers': '127.0.0.1:9093' }
  return brokerConfigFrom(new Map(Object.entries({ ...SETTINGS, ...quorum, 'log.dirs': logDirs, ...settings })))
}

/** What `kafka-storage format` does: with `--standalone`, unless the voters are in the settings. */
export function formatDirectoriesOf(config: BrokerConfig, files: FileLayer, clusterId = randomUuid()): void {
  const isDynamic = config.controllerQuorumVoters.size === 0
  const [listener] = config.advertisedControllerListeners
  const voter = { nodeId: config.nodeId, host: '127.0.0.1', port: listener!.port, directoryId: randomUuid() }
  const settings = {
    clusterId,
    nodeId: config.nodeId,
    directories: logDirectoriesOf(config),
    metadataLogDir: config.metadataLogDir,
    controllerListenerName: listener!.listenerName,
    features: featureLevelsFor({ given: new Map(), release: undefined, allowUnstable: false, isDynamic }),
    scramArguments: [],
    voters: isDynamic ? [voter] : undefined,
    ignoreFormatted: false,
  }
  formatDirectories(settings, () => {}, new Date(), files)
}

export function isFormatted(config: BrokerConfig): boolean {
  return logDirectoriesOf(config).every((directory) => existsSync(join(directory, META_PROPERTIES)))
}

export interface BrokerOnFilesOptions {
  readonly files: FileLayer
  readonly logger?: Logger
  readonly onFatal?: (error: unknown) => void
}

export function startBrokerOn(config: BrokerConfig, options: BrokerOnFilesOptions): Promise<Broker> {
  return Broker.start({ config, logger: silentLogger, ...options })
}

/** The port that clients use. */
export function portOf(broker: Broker): number {
  return broker.boundListeners[0]!.port
}
