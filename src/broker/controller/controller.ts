import type { BrokerConfig, Endpoint } from '../../config/broker-config.ts'
import { CONTROLLER_REGISTRATION_METADATA_LEVEL } from '../../config/metadata-version.ts'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { BeginTransactionRecord, NoOpRecord, ProducerIdsRecord } from '../../protocol/records/metadata.ts'
import { randomUuid } from '../../storage/uuid.ts'
import type { Clock, Timer } from '../clock.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import type { Logger } from '../logger.ts'
import { MetadataImage } from '../metadata/image.ts'
import { noteKRaftVersion } from '../metadata/loader.ts'
import { type MetadataRecord, metadataRecord } from '../metadata/record.ts'
import { registeredFeatures, registeredListeners } from '../metadata/registration.ts'
import type { CommittedBatch, LoadedSnapshot, MetadataListener, MetadataLog } from '../raft/metadata-log.ts'
import { activationRecords, type BootstrapMetadata } from './bootstrap.ts'
import { BrokerSessions } from './broker-sessions.ts'
import { BrokerControl } from './brokers.ts'
import { ClusterView } from './cluster-view.ts'
import { localChannel } from './local-channel.ts'
import type { Outcome } from './outcome.ts'
import { CollidingNames } from './topic-names.ts'
import { TopicControl } from './topics.ts'

const LOGGER = 'org.apache.kafka.controller.QuorumController'

/** Producer ids that a broker gets at once. */
export const PRODUCER_ID_BLOCK_SIZE = 1000

export interface ControllerOptions {
  readonly config: BrokerConfig
  readonly clusterId: string
  readonly log: MetadataLog
  readonly clock: Clock
  readonly logger: Logger
  /** Read only for a cluster without records. */
  readonly bootstrap: () => BootstrapMetadata
}

/**
 * Decides about the cluster. Each decision is one synchronous step: it reads the image, which holds every decision
 * before it, committed or not, and yields records; they are queued for the log, applied to the image, and the answer
 * goes out once they are committed. If the log cannot take them, the node stops: nothing that was never committed is
 * ever answered.
 */
export class Controller implements MetadataListener {
  readonly image = new MetadataImage()
  readonly view: ClusterView
  readonly topics: TopicControl
  readonly brokers: BrokerControl
  readonly clusterId: string
  readonly config: BrokerConfig
  readonly log: MetadataLog
  private readonly options: ControllerOptions
  private readonly names = new CollidingNames()
  private readonly sessions: BrokerSessions
  private readonly incarnationId = randomUuid()
  private isActive = false
  private openTransactionAt: number | undefined
  /** Everything decided so far; resolves when it is committed. */
  private decided: Promise<void> = Promise.resolve()
  private idleTimer: Timer | undefined

  constructor(options: ControllerOptions) {
    this.options = options
    this.config = options.config
    this.clusterId = options.clusterId
    this.log = options.log
    this.view = new ClusterView(this.image, options.config)
    const { logger, clock, config } = options
    const localBrokerId = config.roles.has('broker') ? config.nodeId : undefined
    this.sessions = new BrokerSessions({
      clock,
      timeoutMs: config.get<number>('broker.session.timeout.ms'),
      localBrokerId,
      onExpired: (id, epoch) => void this.decide(() => this.brokers.expire(id, epoch)).catch(this.logFailure),
    })
    this.topics = new TopicControl({ view: this.view, names: this.names, logger })
    this.brokers = new BrokerControl({
      view: this.view,
      clusterId: options.clusterId,
      localBrokerId,
      sessions: this.sessions,
      logger,
    })
    options.log.subscribe(this)
  }

  /**
   * Takes over: a new epoch, the records of a new cluster or the end of what was left half done, and this node's
   * registration as a controller. The log must have been loaded. `endpoints` are its controller listeners as bound.
   */
  async start(endpoints: readonly Endpoint[]): Promise<void> {
    const { log, logger, config } = this.options
    log.becomeLeader(endpoints.map(({ listenerName, host, port }) => ({ name: listenerName, host, port })))
    this.isActive = true
    logger.info(
      `[QuorumController id=${config.nodeId}] Becoming the active controller at epoch ${log.epoch}, next write offset ${log.nextOffset}.`,
      LOGGER,
    )
    const { records, message } = activationRecords({
      metadataVersion: this.view.metadataVersion,
      openTransactionAt: this.openTransactionAt,
      bootstrap: this.options.bootstrap,
      minInsyncReplicas: config.get<number>('min.insync.replicas'),
    })
    logger.warn(`[QuorumController id=${config.nodeId}] ${message}`, LOGGER)
    const activated = this.decide(() => ({ records, response: undefined }))
    for (const broker of this.image.brokers.values()) if (!broker.fenced) this.sessions.begin(broker.id, broker.epoch)
    const canRegister = this.view.metadataVersion >= CONTROLLER_REGISTRATION_METADATA_LEVEL
    await Promise.all([activated, canRegister && this.registerSelf(endpoints)])
    this.scheduleNoOp()
  }

  /**
   * Runs one decision. `decide` must not wait for anything; the promise resolves with its response when everything
   * that it saw and everything that it decided is committed.
   */
  async decide<T>(decide: () => Outcome<T>): Promise<T> {
    if (!this.isActive) throw new ApiError(ErrorCode.NOT_CONTROLLER)
    const { records, response } = decide()
    if (records.length > 0) {
      const { firstOffset, committed } = this.log.append(records)
      this.apply(records, firstOffset, this.log.epoch)
      this.decided = committed
    }
    await this.decided
    return response
  }

  /** A block of producer ids. They may be used once the promise has resolved: the record is durable then. */
  allocateProducerIds(brokerId: number, brokerEpoch: number): Promise<{ first: number; count: number }> {
    return this.decide(() => {
      this.brokers.checkEpoch(brokerId, brokerEpoch)
      const first = this.image.nextProducerId
      const nextProducerId = first + PRODUCER_ID_BLOCK_SIZE
      if (!Number.isSafeInteger(nextProducerId)) {
        throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, 'Exhausted all producerIds.')
      }
      const record = metadataRecord(ProducerIdsRecord, 0, { brokerId, brokerEpoch, nextProducerId })
      return { records: [record], response: { first, count: PRODUCER_ID_BLOCK_SIZE } }
    })
  }

  /** How the broker in this process reaches it. */
  channel(): ControllerChannel {
    return localChannel(this)
  }

  /** Logs an error that no answer may show: the asker only learns that there was one. */
  reportUnexpected(apiName: string, error: unknown): void {
    const text = `[QuorumController id=${this.config.nodeId}] Unexpected error handling ${apiName}`
    this.options.logger.error(text, LOGGER, error)
  }

  /** Finishes what is decided. The log stays open. */
  async close(): Promise<void> {
    this.isActive = false
    this.sessions.close()
    this.idleTimer?.cancel()
    await this.decided.catch(this.logFailure)
  }

  onSnapshot({ id, records, controlRecords }: LoadedSnapshot): void {
    noteKRaftVersion(this.image, controlRecords)
    this.apply(records, id.offset - records.length, id.epoch)
    this.image.offset = id.offset - 1
  }

  /** Its own records it has applied when it decided them. */
  onCommit(batches: readonly CommittedBatch[]): void {
    for (const { records, controlRecords, baseOffset, lastOffset, epoch } of batches) {
      noteKRaftVersion(this.image, controlRecords)
      if (this.isActive) continue
      this.apply(records, baseOffset, epoch)
      this.image.offset = lastOffset
    }
  }

  private apply(records: readonly MetadataRecord[], firstOffset: number, epoch: number): void {
    for (const [index, record] of records.entries()) {
      if (record.message === BeginTransactionRecord) this.openTransactionAt = firstOffset + index
      this.image.replay(record, (applied) => this.names.note(applied, this.image))
    }
    if (!this.image.inTransaction) this.openTransactionAt = undefined
    this.image.offset = firstOffset + records.length - 1
    this.image.epoch = epoch
  }

  private async registerSelf(endpoints: readonly Endpoint[]): Promise<void> {
    await this.decide(() =>
      this.brokers.registerController({
        controllerId: this.config.nodeId,
        incarnationId: this.incarnationId,
        zkMigrationReady: false,
        listeners: registeredListeners(endpoints),
        features: registeredFeatures(),
      }),
    )
  }

  /**
   * A NoOpRecord each metadata.max.idle.interval.ms tells followers and observers that the log is alive. This node is
   * its only reader, so none is written unless the setting was made: an idle log does not grow, and the disk may rest.
   */
  private scheduleNoOp(): void {
    const { config, clock, log } = this.options
    const key = 'metadata.max.idle.interval.ms'
    const intervalMs = config.get<number>(key)
    if (!config.originals.has(key) || intervalMs <= 0) return
    const idleMs = clock.now() - log.lastAppendTimeMs
    this.idleTimer = clock.after(Math.max(1, intervalMs - idleMs), () => {
      if (!this.isActive) return
      const isIdle = clock.now() - log.lastAppendTimeMs >= intervalMs
      const records = isIdle ? [metadataRecord(NoOpRecord, 0, {})] : []
      void this.decide(() => ({ records, response: undefined }))
        .then(() => this.scheduleNoOp())
        .catch(this.logFailure)
    })
  }

  private readonly logFailure = (error: unknown): void => {
    this.options.logger.error(`[QuorumController id=${this.config.nodeId}] A decision failed.`, LOGGER, error)
  }
}
