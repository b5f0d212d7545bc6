/** A combined broker and controller: builds the parts, starts them in order, stops them in the reverse. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type BrokerConfig, configDump, type Endpoint } from '../config/broker-config.ts'
import { JavaError } from '../config/java-error.ts'
import { resolvedEndpoints } from '../config/listeners.ts'
import { failClosed, ineffectiveSettings } from '../config/unsupported.ts'
import { type FileLayer, NodeFiles } from '../storage/file-layer.ts'
import { METADATA_PARTITION } from '../storage/partition-dir-name.ts'
import { BROKER_APIS } from './apis.ts'
import { type AuthorizerFactory, allowAllAuthorizer } from './authorizer.ts'
import { type Clock, systemClock } from './clock.ts'
import { CONTROLLER_APIS } from './controller/apis.ts'
import { readBootstrapMetadata } from './controller/bootstrap.ts'
import { controllerServices } from './controller/context.ts'
import { Controller } from './controller/controller.ts'
import type { ControllerChannel } from './controller-channel.ts'
import { Dispatcher } from './dispatch.ts'
import { FetchSessions } from './fetch-sessions.ts'
import { GROUP_TOPIC, GroupCoordinator } from './groups/group-coordinator.ts'
import { BrokerLifecycle } from './lifecycle.ts'
import { type LogDirectories, openLogDirectories } from './log/log-directories.ts'
import { LogManager } from './log/log-manager.ts'
import type { Logger } from './logger.ts'
import type { MetadataDelta } from './metadata/delta.ts'
import { MetadataLoader } from './metadata/loader.ts'
import { type Metrics, noMetrics } from './metrics.ts'
import { BindError, SocketListener } from './network/listener.ts'
import { Network } from './network/network.ts'
import { networkSettingsFrom } from './network/settings.ts'
import { PartitionCoordinatorLog } from './partition-coordinator-log.ts'
import { Partitions } from './partitions.ts'
import { ProducerIds } from './producer-ids.ts'
import { noQuotas } from './quotas.ts'
import { MetadataLog } from './raft/metadata-log.ts'
import { openMetadataPartition } from './raft/metadata-partition.ts'
import type { BrokerServices } from './request-context.ts'

const BROKER_SERVER = 'kafka.server.BrokerServer'
const CONTROLLER_SERVER = 'kafka.server.ControllerServer'
const RAFT_SERVER = 'kafka.server.KafkaRaftServer'
const APP_INFO = 'org.apache.kafka.common.utils.AppInfoParser'
/** What clients and tools take this broker for. */
export const KAFKA_VERSION = '4.3.1'

export interface BrokerOptions {
  readonly config: BrokerConfig
  readonly logger: Logger
  readonly clock?: Clock
  readonly files?: FileLayer
  readonly metrics?: Metrics
  /** Who may do what; everybody everything when left out. */
  readonly authorizers?: AuthorizerFactory
  /** The node cannot go on: its metadata log or its last log directory has failed. The process should end. */
  readonly onFatal?: (error: unknown) => void
}

export interface BoundListener {
  readonly listenerName: string
  readonly host: string
  readonly port: number
}

/** What runs once `Broker.start` has resolved. */
interface RunningParts {
  readonly network: Network
  readonly controller: Controller
  readonly channel: ControllerChannel
  readonly metadataLog: MetadataLog
  readonly lifecycle: BrokerLifecycle
  readonly directories: LogDirectories
  readonly logs: LogManager
  readonly partitions: Partitions
  readonly groups: GroupCoordinator
  readonly brokerListeners: readonly SocketListener[]
  readonly controllerListeners: readonly SocketListener[]
}

/** Undoes what a start has done so far, last first. */
type Undo = (() => unknown)[]

export class Broker {
  /** Listeners for clients, with the ports they really have. */
  readonly boundListeners: readonly BoundListener[]
  private readonly parts: RunningParts
  private readonly options: BrokerOptions
  private stopping: Promise<void> | undefined

  private constructor(options: BrokerOptions, parts: RunningParts) {
    this.options = options
    this.parts = parts
    this.boundListeners = parts.brokerListeners.map(({ endpoint, port }) => ({
      listenerName: endpoint.listenerName,
      host: endpoint.host,
      port,
    }))
  }

  /**
   * Starts on formatted directories and resolves when clients are served. Rejects with an error in Kafka's words when
   * the settings, the directories or the ports do not allow it; nothing is left running then.
   */
  static async start(options: BrokerOptions): Promise<Broker> {
    const undo: Undo = []
    try {
      return new Broker(options, await startParts(options, undo))
    } catch (error) {
      for (const step of undo.reverse()) await step()
      throw error instanceof BindError ? new JavaError('org.apache.kafka.common.KafkaException', error.message) : error
    }
  }

  /** `host:port` of the first listener, for a client on this machine. */
  get bootstrapServers(): string {
    const { host, port } = this.boundListeners[0] as BoundListener
    return `${host === '' || host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`
  }

  /** The controller, as this node's own broker reaches it. */
  get controller(): ControllerChannel {
    return this.parts.channel
  }

  /** Stops cleanly: parked requests are answered, logs flushed, the clean-shutdown marker written. */
  stop(): Promise<void> {
    this.stopping ??= this.stopParts()
    return this.stopping
  }

  private async stopParts(): Promise<void> {
    const { logger, config } = this.options
    const {
      lifecycle,
      brokerListeners,
      controllerListeners,
      groups,
      partitions,
      controller,
      metadataLog,
      logs,
      directories,
    } = this.parts
    const broker = (text: string) => logger.info(`[BrokerServer id=${config.nodeId}] ${text}`, BROKER_SERVER)
    broker('Transition from STARTED to SHUTTING_DOWN')
    broker('shutting down')
    await lifecycle.controlledShutdown()
    // Members that wait to join or sync are answered while their connections are still there.
    await groups.close()
    await Promise.all(brokerListeners.map((listener) => listener.close()))
    logger.info(`[KafkaApi-${config.nodeId}] Shutdown complete.`, 'kafka.server.KafkaApis')
    partitions.close()
    lifecycle.close()
    logger.info(`[ControllerServer id=${config.nodeId}] shutting down`, CONTROLLER_SERVER)
    await Promise.all(controllerListeners.map((listener) => listener.close()))
    await controller.close()
    await metadataLog.close()
    await logs.close({ brokerEpoch: lifecycle.brokerEpoch })
    directories.release()
    broker('shut down completed')
    broker('Transition from SHUTTING_DOWN to SHUTDOWN')
    logger.info(`App info kafka.server for ${config.nodeId} unregistered`, APP_INFO)
  }
}

async function startParts(options: BrokerOptions, undo: Undo): Promise<RunningParts> {
  const { config, logger, clock = systemClock, files = new NodeFiles(), metrics = noMetrics } = options
  let fatal: unknown
  let lifecycle: BrokerLifecycle | undefined
  const onFatal = (error: unknown) => {
    if (fatal !== undefined) return
    fatal = error
    // The controller answers no more: nobody may wait for it, neither to start nor to stop.
    lifecycle?.close()
    options.onFatal?.(error)
  }
  failClosed(config)
  for (const { level, message } of config.remarks) logRemark(logger, level, message)
  for (const line of ineffectiveSettings(config)) logger.warn(line, 'kafka.server.KafkaConfig')
  logger.info(`[ControllerServer id=${config.nodeId}] Starting controller`, CONTROLLER_SERVER)

  // The directories are locked before anything in them is touched, the metadata log included.
  let failDirectory: (path: string) => void = () => {}
  const directories = openLogDirectories(config, { files, logger, now: () => clock.now() })
  undo.push(() => directories.release())
  const { clusterId, metadataDirectory } = directories
  const logs = await LogManager.open({
    config,
    clock,
    logger,
    files,
    directories,
    onDirectoryFailure: (path) => failDirectory(path),
  })
  undo.push(() => closeFiles(logs))
  if (logs.directories().every(({ online }) => !online)) throw allDirectoriesFailed(config)

  const metadataPartition = await openMetadataPartition({ config, clock, logger, files, onFailure: onFatal })
  undo.push(() => metadataPartition.closeFiles())
  const metadataLog = new MetadataLog({
    log: metadataPartition,
    directory: join(config.metadataLogDir, METADATA_PARTITION),
    nodeId: config.nodeId,
    directoryId: metadataDirectory.directoryId,
    staticVoters: [...config.controllerQuorumVoters.keys()],
    clock,
    logger,
    files,
    onFailure: onFatal,
  })
  const controller = new Controller({
    config,
    clusterId,
    log: metadataLog,
    clock,
    logger,
    bootstrap: () => readBootstrapMetadata(config.metadataLogDir, files),
  })
  const loader = new MetadataLoader()
  metadataLog.subscribe(loader)
  await metadataLog.load()

  const network = new Network({ settings: await networkSettingsFrom(config), clock, logger, metrics })
  const bind = async (endpoints: readonly Endpoint[], dispatcher: Dispatcher<object>) => {
    const listeners: SocketListener[] = []
    undo.push(() => Promise.all(listeners.map((listener) => listener.close())))
    for (const endpoint of endpoints) listeners.push(await SocketListener.bind(endpoint, network, dispatcher))
    return listeners
  }
  const common = { nodeId: config.nodeId, authorizers: options.authorizers ?? allowAllAuthorizer, logger, metrics }
  const controllerListeners = await bind(
    config.controllerListeners,
    new Dispatcher({
      ...common,
      listenerType: 'CONTROLLER',
      handlers: CONTROLLER_APIS,
      services: controllerServices(controller),
    }),
  )
  undo.push(() => controller.close())
  await controller.start(advertisedAs(config.advertisedControllerListeners, controllerListeners))
  for (const listener of controllerListeners) listener.accept()

  logger.info(`[BrokerServer id=${config.nodeId}] Transition from SHUTDOWN to STARTING`, BROKER_SERVER)
  logger.info(`[BrokerServer id=${config.nodeId}] Starting broker`, BROKER_SERVER)
  const channel = controller.channel()
  lifecycle = new BrokerLifecycle({
    config,
    clusterId,
    clock,
    logger,
    controller: channel,
    metadata: loader.image,
    logDirectories: logs.directories().filter(({ online }) => online),
    previousBrokerEpoch: logs.previousBrokerEpoch,
  })
  undo.push(() => lifecycle.close())
  const partitions = new Partitions({ config, clock, logger, logs })
  undo.push(() => partitions.close())
  const groups = new GroupCoordinator({
    clock,
    config,
    logger,
    log: (index) => {
      const partition = partitions.get(GROUP_TOPIC, index)
      return partition && new PartitionCoordinatorLog(partition)
    },
    partitionCount: () => loader.image.topics.byName.get(GROUP_TOPIC)?.partitions.length,
  })
  undo.push(() => groups.close())
  const services: BrokerServices = {
    config,
    clusterId,
    clock,
    logger,
    metadata: loader.image,
    partitions,
    groups,
    controller: channel,
    producerIds: new ProducerIds({
      brokerId: config.nodeId,
      brokerEpoch: () => lifecycle.brokerEpoch,
      controller: channel,
      logger,
    }),
    fetchSessions: new FetchSessions(config.get<number>('max.incremental.fetch.session.cache.slots'), () =>
      clock.now(),
    ),
    quotas: noQuotas,
  }
  const brokerListeners = await bind(
    config.brokerListeners,
    new Dispatcher({ ...common, listenerType: 'BROKER', handlers: BROKER_APIS, services }),
  )
  failDirectory = (path) => {
    partitions.directoryFailed(path)
    const known = logs.directories()
    if (known.every(({ online }) => !online)) {
      const error = allDirectoriesFailed(config)
      logger.error(error.message, 'kafka.log.LogManager')
      onFatal(error)
    }
    const directory = known.find((one) => one.path === path)
    if (directory) void lifecycle.directoryFailed(directory.directoryId)
  }
  await lifecycle.register(advertisedAs(config.advertisedListeners, brokerListeners))
  loader.addPublisher(partitions.onMetadata)
  loader.addPublisher((delta) => leadGroups(groups, config.nodeId, delta))
  logs.startBackgroundWork()
  groups.start()
  await lifecycle.unfence()
  if (fatal !== undefined) throw fatal
  logger.info(configDump(config), 'kafka.server.KafkaConfig')
  for (const listener of brokerListeners) listener.accept()
  logger.info(`[BrokerServer id=${config.nodeId}] Transition from STARTING to STARTED`, BROKER_SERVER)
  logger.info(`Kafka version: ${KAFKA_VERSION}`, APP_INFO)
  logger.info(`Kafka startTimeMs: ${clock.now()}`, APP_INFO)
  logger.info(`[KafkaRaftServer nodeId=${config.nodeId}] Kafka Server started`, RAFT_SERVER)
  return {
    network,
    controller,
    channel,
    metadataLog,
    lifecycle,
    directories,
    logs,
    partitions,
    groups,
    brokerListeners,
    controllerListeners,
  }
}

function allDirectoriesFailed({ logDirs }: BrokerConfig): Error {
  return new Error(`Shutdown broker because all log dirs in ${logDirs.join(', ')} have failed`)
}

/** Lets go of the logs of a start that failed: as after a crash, the next start recovers them. */
function closeFiles(logs: LogManager): void {
  for (const log of logs.all()) log.closeFiles()
}

function logRemark(logger: Logger, level: 'WARN' | 'ERROR', message: string): void {
  if (level === 'ERROR') logger.error(message, 'kafka.server.KafkaConfig')
  else logger.warn(message, 'kafka.server.KafkaConfig')
}

/** Endpoints as others are told them: a port left to the system is the bound one, no host is this machine's name. */
function advertisedAs(endpoints: readonly Endpoint[], listeners: readonly SocketListener[]): Endpoint[] {
  const portOf = (name: string) => listeners.find(({ endpoint }) => endpoint.listenerName === name)?.port ?? 0
  return resolvedEndpoints(endpoints, portOf, hostname)
}

/** Loads the groups of partitions of `__consumer_offsets` that this broker leads now, and lets go of others. */
function leadGroups(groups: GroupCoordinator, nodeId: number, delta: MetadataDelta): void {
  for (const { topic, partition, previous } of delta.changedPartitions) {
    if (topic.name !== GROUP_TOPIC || partition.leaderEpoch === previous?.leaderEpoch) continue
    if (partition.leader === nodeId) groups.onLeader(partition.partition, partition.leaderEpoch)
    else groups.onResigned(partition.partition)
  }
  for (const topic of delta.deletedTopics) {
    if (topic.name === GROUP_TOPIC) for (const { partition } of topic.partitions) groups.onResigned(partition)
  }
  groups.onTopicsDeleted(delta.deletedTopics)
}
