import type { BrokerConfig, Endpoint } from '../config/broker-config.ts'
import { CORDONED_LOG_DIRS_METADATA_LEVEL } from '../config/metadata-version.ts'
import { ApiError, type ErrorCode, errorName } from '../protocol/error-code.ts'
import { BrokerRegistration } from '../protocol/messages/62-broker-registration.ts'
import { BrokerHeartbeat } from '../protocol/messages/63-broker-heartbeat.ts'
import type { ResponseOf } from '../protocol/schema.ts'
import { randomUuid } from '../storage/uuid.ts'
import type { Clock, Timer } from './clock.ts'
import type { ControllerChannel } from './controller-channel.ts'
import type { Logger } from './logger.ts'
import type { MetadataImage } from './metadata/image.ts'
import { registeredFeatures, registeredListeners } from './metadata/registration.ts'

const LOGGER = 'org.apache.kafka.server.BrokerLifecycleManager'

const REGISTRATION_VERSION = BrokerRegistration.versions[1]
const HEARTBEAT_VERSION = BrokerHeartbeat.versions[1]
/** Pause before a request that failed, or was answered with "not yet", is sent again. */
const RETRY_MS = 50

export type BrokerState =
  | 'NOT_RUNNING'
  | 'STARTING'
  | 'RECOVERY'
  | 'RUNNING'
  | 'PENDING_CONTROLLED_SHUTDOWN'
  | 'SHUTTING_DOWN'

export interface LogDirectory {
  readonly path: string
  readonly directoryId: string
}

export interface LifecycleOptions {
  readonly config: BrokerConfig
  readonly clusterId: string
  readonly clock: Clock
  readonly logger: Logger
  readonly controller: ControllerChannel
  /** What this broker has applied of the metadata log. */
  readonly metadata: MetadataImage
  readonly logDirectories: readonly LogDirectory[]
  /** From the clean-shutdown markers; -1 when there is none, or they differ: then the last stop was unclean. */
  readonly previousBrokerEpoch: number
}

/**
 * A broker's life as the controller knows it, all in Kafka's messages: it registers (and is fenced), catches up with
 * the metadata, is unfenced, says every broker.heartbeat.interval.ms that it lives, and hands over its partitions
 * before it stops.
 */
export class BrokerLifecycle {
  /** Epoch of this registration; -1 before it. */
  brokerEpoch = -1
  readonly incarnationId = randomUuid()
  private readonly options: LifecycleOptions
  private readonly offlineDirectories = new Set<string>()
  private currentState: BrokerState = 'NOT_RUNNING'
  private timer: Timer | undefined

  constructor(options: LifecycleOptions) {
    this.options = options
  }

  get state(): BrokerState {
    return this.currentState
  }

  /**
   * Registers this incarnation. When the promise resolves the broker has applied its own registration, and with it all
   * that the controller decided about its partitions after its last stop. Rejects after
   * initial.broker.registration.timeout.ms. `endpoints` are the advertised listeners.
   */
  async register(endpoints: readonly Endpoint[]): Promise<void> {
    const { config, clusterId, clock, controller, logDirectories, previousBrokerEpoch } = this.options
    const { nodeId } = config
    this.currentState = 'STARTING'
    this.info(`Incarnation ${this.incarnationId} of broker ${nodeId} in cluster ${clusterId} is now STARTING.`)
    const deadline = clock.now() + config.get<number>('initial.broker.registration.timeout.ms')
    for (;;) {
      const { errorCode, brokerEpoch } = await controller.send(BrokerRegistration, REGISTRATION_VERSION, {
        brokerId: nodeId,
        clusterId,
        incarnationId: this.incarnationId,
        listeners: registeredListeners(endpoints),
        features: registeredFeatures(),
        rack: config.rack,
        logDirs: logDirectories.map(({ directoryId }) => directoryId).sort(),
        previousBrokerEpoch,
      })
      if (errorCode === 0) {
        this.brokerEpoch = brokerEpoch
        break
      }
      this.info(`Unable to register broker ${nodeId} because the controller returned error ${errorName(errorCode)}`)
      if (clock.now() >= deadline) {
        throw new ApiError(errorCode as ErrorCode, `Unable to register broker ${nodeId}: ${errorName(errorCode)}`)
      }
      await this.pause(RETRY_MS)
      this.checkOpen()
    }
    this.info(`Successfully registered broker ${nodeId} with broker epoch ${this.brokerEpoch}`)
    this.currentState = 'RECOVERY'
    this.info('The broker has caught up. Transitioning from STARTING to RECOVERY.')
  }

  /** Asks to be unfenced: from then on this broker leads partitions. Its logs must be open. */
  async unfence(): Promise<void> {
    for (;;) {
      const response = await this.heartbeat({ wantFence: false, wantShutDown: false })
      if (response.errorCode === 0 && !response.isFenced) break
      if (response.errorCode !== 0) this.warnAbout(response.errorCode)
      await this.pause(RETRY_MS)
      this.checkOpen()
    }
    this.info('The broker has been unfenced. Transitioning from RECOVERY to RUNNING.')
    this.currentState = 'RUNNING'
    this.schedule(this.options.config.get<number>('broker.heartbeat.interval.ms'))
  }

  /** A log directory is lost: the controller elects other leaders for its partitions. */
  async directoryFailed(directoryId: string): Promise<void> {
    this.offlineDirectories.add(directoryId)
    if (this.currentState !== 'RUNNING') return
    try {
      const { errorCode } = await this.heartbeat({ wantFence: false, wantShutDown: false })
      if (errorCode !== 0) this.warnAbout(errorCode)
    } catch (error) {
      const text = `Could not tell the controller that directory ${directoryId} has failed: ${(error as Error).message}`
      this.options.logger.warn(`${this.prefix} ${text}`, LOGGER)
    }
  }

  /**
   * Lets the controller take leadership away, so that the next start is a clean one. Resolves when the broker may
   * stop: at once when it never ran, and also when the controller cannot be reached any more.
   */
  async controlledShutdown(): Promise<void> {
    this.timer?.cancel()
    if (this.currentState !== 'RUNNING' || !this.options.config.get<boolean>('controlled.shutdown.enable')) {
      this.info(`Skipping controlled shutdown because we are in state ${this.currentState}.`)
      this.currentState = 'SHUTTING_DOWN'
      return
    }
    this.info('Beginning controlled shutdown.')
    this.currentState = 'PENDING_CONTROLLED_SHUTDOWN'
    try {
      for (let isFirst = true; ; isFirst = false) {
        const response = await this.heartbeat({ wantFence: false, wantShutDown: true })
        if (response.errorCode !== 0) this.warnAbout(response.errorCode)
        else if (response.shouldShutDown) break
        else if (isFirst) continue
        this.info('The broker is in PENDING_CONTROLLED_SHUTDOWN state, still waiting for the active controller.')
        await this.pause(RETRY_MS)
        this.checkOpen()
      }
      this.info('The controller has asked us to exit controlled shutdown.')
    } catch (error) {
      this.options.logger.warn(`${this.prefix} Giving up on controlled shutdown: ${(error as Error).message}`, LOGGER)
    }
    this.currentState = 'SHUTTING_DOWN'
  }

  /** Stops heartbeats, and whoever waits for the controller: it will not answer any more. */
  close(): void {
    this.currentState = 'SHUTTING_DOWN'
    this.timer?.cancel()
  }

  /** What is asked again until the controller agrees must end when there is no controller left. */
  private checkOpen(): void {
    if (this.currentState === 'SHUTTING_DOWN') throw new Error('The broker is shutting down.')
  }

  private heartbeat(wants: { wantFence: boolean; wantShutDown: boolean }): Promise<ResponseOf<typeof BrokerHeartbeat>> {
    const { config, controller, metadata } = this.options
    const knowsCordoning = metadata.features.metadataVersion >= CORDONED_LOG_DIRS_METADATA_LEVEL
    return controller.send(BrokerHeartbeat, HEARTBEAT_VERSION, {
      brokerId: config.nodeId,
      brokerEpoch: this.brokerEpoch,
      currentMetadataOffset: metadata.offset,
      ...wants,
      offlineLogDirs: [...this.offlineDirectories],
      cordonedLogDirs: knowsCordoning ? this.cordonedDirectories() : null,
    })
  }

  private cordonedDirectories(): string[] {
    const { config, logDirectories } = this.options
    const cordoned = config.get<readonly string[] | null>('cordoned.log.dirs') ?? []
    if (cordoned.includes('*')) return logDirectories.map(({ directoryId }) => directoryId)
    return logDirectories.filter(({ path }) => cordoned.includes(path)).map(({ directoryId }) => directoryId)
  }

  private schedule(delayMs: number): void {
    if (this.currentState !== 'RUNNING') return
    this.timer = this.options.clock.after(delayMs, () => {
      this.heartbeat({ wantFence: false, wantShutDown: false })
        .then(({ errorCode }) => {
          if (errorCode !== 0) this.warnAbout(errorCode)
        })
        .catch((error: Error) => this.options.logger.warn(`${this.prefix} ${error.message}`, LOGGER))
        .finally(() => this.schedule(this.options.config.get<number>('broker.heartbeat.interval.ms')))
    })
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.options.clock.after(ms, resolve))
  }

  private get prefix(): string {
    return `[BrokerLifecycleManager id=${this.options.config.nodeId}]`
  }

  private info(text: string): void {
    this.options.logger.info(`${this.prefix} ${text}`, LOGGER)
  }

  private warnAbout(errorCode: number): void {
    const text = `Broker ${this.options.config.nodeId} sent a heartbeat request but received error ${errorName(errorCode)}.`
    this.options.logger.warn(`${this.prefix} ${text}`, LOGGER)
  }
}
