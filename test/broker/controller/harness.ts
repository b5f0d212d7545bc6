/** A controller and the broker half's image on a real metadata log in a temporary directory, without sockets. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Clock, ManualClock } from '../../../src/broker/clock.ts'
import { readBootstrapMetadata } from '../../../src/broker/controller/bootstrap.ts'
import { Controller } from '../../../src/broker/controller/controller.ts'
import type { ControllerChannel } from '../../../src/broker/controller-channel.ts'
import { BrokerLifecycle } from '../../../src/broker/lifecycle.ts'
import type { PartitionLog } from '../../../src/broker/log/partition-log.ts'
import { silentLogger } from '../../../src/broker/logger.ts'
import { MetadataLoader } from '../../../src/broker/metadata/loader.ts'
import { MetadataLog } from '../../../src/broker/raft/metadata-log.ts'
import { openMetadataPartition } from '../../../src/broker/raft/metadata-partition.ts'
import { type BrokerConfig, brokerConfigFrom, type Endpoint } from '../../../src/config/broker-config.ts'
import { readBatches, readRecords } from '../../../src/protocol/record-batch.ts'
import { type FileLayer, NodeFiles } from '../../../src/storage/file-layer.ts'
import { decodeMetadataRecord, type FramedRecord } from '../../../src/storage/metadata-record.ts'
import { decodeControlRecord } from '../../../src/storage/snapshot-file.ts'
import { featureLevelsFor, parseRelease } from '../../../src/tools/storage/bootstrap.ts'
import { formatDirectories } from '../../../src/tools/storage/format.ts'

export const CLUSTER_ID = 'AAAAAAAAQACAAAAAAAAAAA'
export const DIRECTORY_ID = 'ZGlyZWN0b3J5MDAwMDAwMQ'
export const CONTROLLER_ENDPOINT: Endpoint = endpoint('CONTROLLER', 9093)
export const BROKER_ENDPOINT: Endpoint = endpoint('PLAINTEXT', 9092)

export function endpoint(listenerName: string, port: number): Endpoint {
  return { listenerName, securityProtocol: 'PLAINTEXT', host: '127.0.0.1', port }
}

/** Files whose fsync returns at once: nothing here has to survive a power failure. */
export class FastFiles extends NodeFiles {
  override fsyncSync(): void {}
  override async fsync(): Promise<void> {}
  override syncDirectory(): void {}
}

export interface NodeOptions {
  /** A formatted directory; a new one of the latest version when left out. */
  readonly dir?: string
  readonly settings?: Readonly<Record<string, string>>
  readonly clock?: Clock
  readonly files?: FileLayer
  readonly endpoints?: readonly Endpoint[]
  /** What meta.properties says. */
  readonly directoryId?: string
  readonly onFailure?: (error: unknown) => void
}

export interface FormatOptions {
  /** Release, such as `3.7`; the latest when left out. */
  readonly release?: string
  /** The quorum of `controller.quorum.voters`. */
  readonly isStatic?: boolean
}

export const STATIC_QUORUM = { 'controller.quorum.voters': '1@127.0.0.1:9093' }
const DYNAMIC_QUORUM = { 'controller.quorum.bootstrap.servers': '127.0.0.1:9093' }

export function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'controller-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** What `kafka-storage format` leaves, with ids that tests know. */
export function formattedDirectory({ release, isStatic = false }: FormatOptions = {}): string {
  const dir = temporaryDirectory()
  formatDirectories(
    {
      clusterId: CLUSTER_ID,
      nodeId: 1,
      directories: [dir],
      metadataLogDir: dir,
      controllerListenerName: 'CONTROLLER',
      features: featureLevelsFor({
        given: new Map(),
        release: parseRelease(release, false),
        allowUnstable: false,
        isDynamic: !isStatic,
      }),
      scramArguments: [],
      voters: isStatic ? undefined : [{ nodeId: 1, host: '127.0.0.1', port: 9093, directoryId: DIRECTORY_ID }],
      ignoreFormatted: false,
    },
    () => {},
    new Date(),
    new FastFiles(),
  )
  return dir
}

export function nodeConfig(dir: string, settings: Readonly<Record<string, string>> = {}): BrokerConfig {
  const quorum = 'controller.quorum.voters' in settings ? {} : DYNAMIC_QUORUM
  return brokerConfigFrom(
    new Map(
      Object.entries({
        'process.roles': 'broker,controller',
        'node.id': '1',
        listeners: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
        'controller.listener.names': 'CONTROLLER',
        'log.dirs': dir,
        ...quorum,
        ...settings,
      }),
    ),
  )
}

/** One run of a combined node. */
export class TestNode {
  readonly dir: string
  readonly config: BrokerConfig
  readonly log: MetadataLog
  readonly controller: Controller
  readonly loader = new MetadataLoader()
  readonly channel: ControllerChannel
  lifecycle: BrokerLifecycle | undefined
  private readonly partition: PartitionLog
  private readonly options: NodeOptions

  private constructor(dir: string, config: BrokerConfig, partition: PartitionLog, options: NodeOptions) {
    this.dir = dir
    this.config = config
    this.partition = partition
    this.options = options
    const clock = options.clock ?? new ManualClock()
    const files = options.files ?? new FastFiles()
    this.log = new MetadataLog({
      log: partition,
      directory: join(dir, '__cluster_metadata-0'),
      nodeId: 1,
      directoryId: options.directoryId ?? DIRECTORY_ID,
      staticVoters: [...config.controllerQuorumVoters.keys()],
      clock,
      logger: silentLogger,
      files,
      onFailure: options.onFailure ?? (() => {}),
    })
    this.controller = new Controller({
      config,
      clusterId: CLUSTER_ID,
      log: this.log,
      clock,
      logger: silentLogger,
      bootstrap: () => readBootstrapMetadata(dir, files),
    })
    this.log.subscribe(this.loader)
    this.channel = this.controller.channel()
  }

  /** Opens the log without leading. */
  static async open(options: NodeOptions = {}): Promise<TestNode> {
    const dir = options.dir ?? formattedDirectory()
    const config = nodeConfig(dir, options.settings)
    const clock = options.clock ?? new ManualClock()
    const files = options.files ?? new FastFiles()
    const partition = await openMetadataPartition({ config, clock, logger: silentLogger, files, onFailure: () => {} })
    const node = new TestNode(dir, config, partition, { ...options, clock, files })
    await node.log.load()
    return node
  }

  /** An active controller; its broker is not registered yet. */
  static async start(options: NodeOptions = {}): Promise<TestNode> {
    const node = await TestNode.open(options)
    await node.controller.start(options.endpoints ?? [CONTROLLER_ENDPOINT])
    return node
  }

  /** An active controller with its broker registered and unfenced. */
  static async running(options: NodeOptions & { previousBrokerEpoch?: number } = {}): Promise<TestNode> {
    const node = await TestNode.start(options)
    await node.register(options.previousBrokerEpoch)
    await node.lifecycle!.unfence()
    return node
  }

  async register(previousBrokerEpoch = -1): Promise<BrokerLifecycle> {
    this.lifecycle = new BrokerLifecycle({
      config: this.config,
      clusterId: CLUSTER_ID,
      clock: this.options.clock!,
      logger: silentLogger,
      controller: this.channel,
      metadata: this.loader.image,
      logDirectories: [{ path: this.dir, directoryId: DIRECTORY_ID }],
      previousBrokerEpoch,
    })
    await this.lifecycle.register([BROKER_ENDPOINT])
    return this.lifecycle
  }

  /** Stops as SIGTERM does; returns the broker epoch that the clean-shutdown marker would hold. */
  async stop(): Promise<number> {
    await this.lifecycle?.controlledShutdown()
    this.lifecycle?.close()
    await this.controller.close()
    await this.log.close()
    return this.lifecycle?.brokerEpoch ?? -1
  }

  /** Ends as kill -9 does. */
  kill(): void {
    this.lifecycle?.close()
    this.partition.closeFiles()
  }

  /** A copy of the directory as it is on disk now. */
  copyOfDirectory(): string {
    const copy = temporaryDirectory()
    cpSync(this.dir, copy, { recursive: true })
    return copy
  }

  /** What the log file holds. */
  records(): LoggedRecord[] {
    return readLog(this.dir)
  }
}

export interface LoggedRecord {
  readonly offset: number
  readonly epoch: number
  /** `TopicRecord`, or the type of a control record. */
  readonly type: string
  readonly version: number | undefined
  // biome-ignore lint/suspicious/noExplicitAny: tests look into records of every type.
  readonly value: any
  /** Offset of the first record of its batch. */
  readonly batch: number
}

export function readLog(dir: string): LoggedRecord[] {
  const files = new NodeFiles()
  const bytes = files.readFile(join(dir, '__cluster_metadata-0', '00000000000000000000.log'))
  const records: LoggedRecord[] = []
  for (const { header, position } of readBatches(bytes)) {
    for (const { offset, key, value } of readRecords(bytes, position)) {
      const common = { offset, epoch: header.partitionLeaderEpoch, batch: header.baseOffset }
      if (header.isControl) {
        const control = decodeControlRecord(key, value)
        records.push({ ...common, type: control.type, version: undefined, value: control.value })
      } else {
        const record: FramedRecord = decodeMetadataRecord(value as Buffer)
        records.push({ ...common, type: record.message.name, version: record.version, value: record.value })
      }
    }
  }
  return records
}
