/** The broker inside a test process: `import { startBroker } from 'kafka-toolkit/testing'`. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuthorizerFactory } from '../broker/authorizer.ts'
import { Broker } from '../broker/broker.ts'
import { type Logger, silentLogger } from '../broker/logger.ts'
import { type BrokerConfig, brokerConfigFrom } from '../config/broker-config.ts'
import { ErrorCode, errorName } from '../protocol/error-code.ts'
import { CreateTopics } from '../protocol/messages/19-create-topics.ts'
import { type FileLayer, NodeFiles } from '../storage/file-layer.ts'
import { META_PROPERTIES, newDirectoryId } from '../storage/meta-properties.ts'
import { randomUuid } from '../storage/uuid.ts'
import { featureLevelsFor } from '../tools/storage/bootstrap.ts'
import { formatDirectories } from '../tools/storage/format.ts'

export interface TestTopic {
  readonly name: string
  /** 1 when left out. */
  readonly partitions?: number
  /** Topic settings, such as `cleanup.policy`. */
  readonly configs?: Readonly<Record<string, string>>
}

export interface TestBrokerOptions {
  /** Topics to make before the promise resolves; a name alone means one partition. */
  readonly topics?: readonly (string | TestTopic)[]
  /** Broker settings over the defaults of a test: `{ 'auto.create.topics.enable': 'false' }`. */
  readonly config?: Readonly<Record<string, string>>
  /** Where the data live; kept after `stop`. A temporary directory that `stop` removes when left out. */
  readonly dataDir?: string
  readonly logger?: Logger
  /** Who may do what, to see how a client takes a refusal; everybody everything when left out. */
  readonly authorizers?: AuthorizerFactory
}

export interface TestBroker {
  /** `127.0.0.1:PORT`, for any client. */
  readonly bootstrapServers: string
  readonly dataDir: string
  /** Stops cleanly. Calling it again does nothing. */
  stop(): Promise<void>
}

/**
 * A test's own settings: ports of the system's choice, groups that do not wait for late members, and one partition of
 * `__consumer_offsets` instead of 50, which saves making 50 directories.
 */
const TEST_SETTINGS: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  'controller.quorum.bootstrap.servers': '127.0.0.1:9093',
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
}

/** Starts a broker and controller in this process. Any number may run beside each other. */
export async function startBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'kafka-toolkit-'))
  const removeData = () => {
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    const settings = new Map(Object.entries({ ...TEST_SETTINGS, 'log.dirs': dataDir, ...options.config }))
    const config = brokerConfigFrom(settings)
    const files = options.dataDir === undefined ? new TemporaryFiles() : new NodeFiles()
    formatWhenNew(config, files)
    const { logger = silentLogger, authorizers } = options
    const broker = await Broker.start({ config, logger, authorizers, files })
    try {
      await createTopics(broker, options.topics ?? [])
    } catch (error) {
      await broker.stop()
      throw error
    }
    let stopped: Promise<void> | undefined
    return {
      bootstrapServers: broker.bootstrapServers,
      dataDir,
      stop() {
        return (stopped ??= broker.stop().finally(removeData))
      },
    }
  } catch (error) {
    removeData()
    throw error
  }
}

/** Data that end with the test need not survive a power failure: waiting for the disk would be most of the start. */
class TemporaryFiles extends NodeFiles {
  override fsyncSync(): void {}
  override async fsync(): Promise<void> {}
  override syncDirectory(): void {}
}

/** What `kafka-storage format --standalone` does, with a random cluster id. */
function formatWhenNew(config: BrokerConfig, files: FileLayer): void {
  if (existsSync(join(config.metadataLogDir, META_PROPERTIES))) return
  const [listener] = config.advertisedControllerListeners
  const controller = { nodeId: config.nodeId, host: '127.0.0.1', port: listener!.port, directoryId: newDirectoryId([]) }
  const settings = {
    clusterId: randomUuid(),
    nodeId: config.nodeId,
    directories: config.logDirs,
    metadataLogDir: config.metadataLogDir,
    controllerListenerName: listener!.listenerName,
    features: featureLevelsFor({ given: new Map(), release: undefined, allowUnstable: false, isDynamic: true }),
    scramArguments: [],
    voters: [controller],
    ignoreFormatted: false,
  }
  formatDirectories(settings, () => {}, new Date(), files)
}

async function createTopics(broker: Broker, topics: readonly (string | TestTopic)[]): Promise<void> {
  if (topics.length === 0) return
  const answer = await broker.controller.send(CreateTopics, 7, {
    topics: topics.map((topic) => {
      const { name, partitions = 1, configs = {} } = typeof topic === 'string' ? { name: topic } : topic
      return {
        name,
        numPartitions: partitions,
        replicationFactor: 1,
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      }
    }),
    timeoutMs: 30_000,
  })
  for (const { name, errorCode, errorMessage } of answer.topics) {
    if (errorCode !== ErrorCode.NONE) {
      throw new Error(`cannot create topic ${name}: ${errorMessage ?? errorName(errorCode)}`)
    }
  }
}
