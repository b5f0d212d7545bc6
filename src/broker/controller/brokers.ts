import { KRAFT_VERSION_FEATURE, METADATA_VERSION_FEATURE } from '../../config/features.ts'
import {
  CONTROLLER_REGISTRATION_METADATA_LEVEL,
  CORDONED_LOG_DIRS_METADATA_LEVEL,
  DIRECTORY_ASSIGNMENT_METADATA_LEVEL,
  recordVersionsAt,
} from '../../config/metadata-version.ts'
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { BrokerRegistration } from '../../protocol/messages/62-broker-registration.ts'
import type { BrokerHeartbeat } from '../../protocol/messages/63-broker-heartbeat.ts'
import type { ControllerRegistration } from '../../protocol/messages/70-controller-registration.ts'
import {
  BrokerRegistrationChangeRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
} from '../../protocol/records/metadata.ts'
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts'
import { isReservedDirectoryId } from '../../storage/uuid.ts'
import type { Logger } from '../logger.ts'
import type { BrokerImage } from '../metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../metadata/record.ts'
import type { BrokerSessions } from './broker-sessions.ts'
import type { ClusterView } from './cluster-view.ts'
import { electWhere, isLeaderless, leadsAny } from './elections.ts'
import type { Outcome } from './outcome.ts'
import { raisedLeaderEpoch } from './partition-change.ts'

const CLUSTER_CONTROL = 'org.apache.kafka.controller.ClusterControlManager'
const HEARTBEATS = 'org.apache.kafka.controller.BrokerHeartbeatManager'
const REPLICATION = 'org.apache.kafka.controller.ReplicationControlManager'

/** From this version on a BrokerRegistration says whether the last stop was clean. */
const PREVIOUS_EPOCH_SINCE = 3

const FENCE = 1
const UNFENCE = -1
const IN_CONTROLLED_SHUTDOWN = 1

export interface BrokerControlOptions {
  readonly view: ClusterView
  readonly clusterId: string
  /** The broker in this very process; absent on a node that is only a controller. */
  readonly localBrokerId: number | undefined
  readonly sessions: BrokerSessions
  readonly logger: Logger
}

type NextState = 'FENCED' | 'UNFENCED' | 'CONTROLLED_SHUTDOWN' | 'SHUTDOWN_NOW'

/** Which brokers there are, which of them may lead, and how they come and go. */
export class BrokerControl {
  private readonly options: BrokerControlOptions
  private readonly view: ClusterView
  private readonly source: string

  constructor(options: BrokerControlOptions) {
    this.options = options
    this.view = options.view
    this.source = `[QuorumController id=${options.view.config.nodeId}]`
  }

  /** `nextOffset` becomes the epoch of a new registration: it only rises, and nobody else can have it. */
  register(
    request: RequestOf<typeof BrokerRegistration>,
    version: number,
    nextOffset: number,
  ): Outcome<ResponseInput<typeof BrokerRegistration>> {
    const { view } = this
    const { brokerId, incarnationId } = request
    this.checkRegistration(request)
    const existing = view.image.brokers.get(brokerId)
    const isNew = existing?.incarnationId !== incarnationId
    const records: MetadataRecord[] = []
    if (isNew) {
      const wasClean = version >= PREVIOUS_EPOCH_SINCE && existing?.epoch === request.previousBrokerEpoch
      records.push(...this.afterStop(brokerId, wasClean))
      this.log(
        existing
          ? `Registering a new incarnation of broker ${brokerId}. Previous incarnation ID was ${existing.incarnationId}; new incarnation ID is ${incarnationId}. Generated ${records.length} record(s) to clean up previous incarnations. Broker epoch will become ${nextOffset}.`
          : `No previous registration found for broker ${brokerId}. New incarnation ID is ${incarnationId}.  Generated ${records.length} record(s) to clean up previous incarnations. New broker epoch is ${nextOffset}.`,
        CLUSTER_CONTROL,
      )
    }
    const brokerEpoch = isNew ? nextOffset : existing!.epoch
    records.push(
      metadataRecord(RegisterBrokerRecord, recordVersionsAt(view.metadataVersion).registerBroker, {
        brokerId,
        incarnationId,
        brokerEpoch,
        endPoints: request.listeners,
        features: request.features,
        rack: request.rack,
        logDirs: view.metadataVersion >= DIRECTORY_ASSIGNMENT_METADATA_LEVEL ? request.logDirs : [],
        fenced: isNew || existing!.fenced,
        inControlledShutdown: !isNew && existing!.inControlledShutdown,
      }),
    )
    this.options.sessions.begin(brokerId, brokerEpoch)
    return { records, response: { brokerEpoch } }
  }

  /** What a broker says about itself every so often; the answer tells it what it may do. */
  heartbeat(
    request: RequestOf<typeof BrokerHeartbeat>,
    nextOffset: number,
  ): Outcome<ResponseInput<typeof BrokerHeartbeat>> {
    const { view } = this
    const { brokerId, brokerEpoch, currentMetadataOffset } = request
    const broker = this.checkEpoch(brokerId, brokerEpoch)
    const current = stateOf(broker)
    const next = this.nextState(broker, current, request)
    const records: MetadataRecord[] = []
    if (next !== current) {
      if (next === 'UNFENCED') records.push(...this.unfence(broker))
      else if (next === 'CONTROLLED_SHUTDOWN') records.push(...this.beginControlledShutdown(broker))
      else records.push(...this.fence(broker))
    }
    this.options.sessions.touch(brokerId, brokerEpoch, currentMetadataOffset)
    if (next === 'CONTROLLED_SHUTDOWN' && records.length > 0) {
      this.options.sessions.setControlledShutdownOffset(brokerId, nextOffset + records.length - 1)
    }
    if (view.metadataVersion >= DIRECTORY_ASSIGNMENT_METADATA_LEVEL) {
      records.push(...this.directoriesOffline(broker, request.offlineLogDirs))
    }
    if (view.metadataVersion >= CORDONED_LOG_DIRS_METADATA_LEVEL) {
      records.push(...this.directoriesCordoned(broker, request.cordonedLogDirs))
    }
    return {
      records,
      response: {
        isCaughtUp: currentMetadataOffset >= brokerEpoch,
        isFenced: next === 'FENCED' || next === 'SHUTDOWN_NOW',
        shouldShutDown: next === 'SHUTDOWN_NOW',
      },
    }
  }

  /** Fences a broker that has not been heard of for broker.session.timeout.ms. */
  expire(brokerId: number, brokerEpoch: number): Outcome<undefined> {
    const broker = this.view.image.brokers.get(brokerId)
    if (!broker || broker.epoch !== brokerEpoch || broker.fenced) return { records: [], response: undefined }
    this.log(`Fencing broker ${brokerId} at epoch ${brokerEpoch} because its session has timed out.`, REPLICATION)
    return { records: this.fence(broker), response: undefined }
  }

  registerController(
    request: RequestOf<typeof ControllerRegistration>,
  ): Outcome<ResponseInput<typeof ControllerRegistration>> {
    if (this.view.metadataVersion < CONTROLLER_REGISTRATION_METADATA_LEVEL) {
      throw new ApiError(
        ErrorCode.UNSUPPORTED_VERSION,
        'The current MetadataVersion is too old to support controller registrations.',
      )
    }
    const { controllerId, incarnationId, listeners, features } = request
    const record = metadataRecord(RegisterControllerRecord, 0, {
      controllerId,
      incarnationId,
      endPoints: listeners,
      features,
    })
    return { records: [record], response: {} }
  }

  /** Throws STALE_BROKER_EPOCH unless the request comes from the broker's present registration. */
  checkEpoch(brokerId: number, brokerEpoch: number): BrokerImage {
    const broker = this.view.image.brokers.get(brokerId)
    if (!broker) {
      throw new ApiError(ErrorCode.STALE_BROKER_EPOCH, `No broker registration found for broker id ${brokerId}`)
    }
    if (broker.epoch === brokerEpoch) return broker
    throw new ApiError(
      ErrorCode.STALE_BROKER_EPOCH,
      `Expected broker epoch ${broker.epoch}, but got broker epoch ${brokerEpoch}`,
    )
  }

  private checkRegistration(request: RequestOf<typeof BrokerRegistration>): void {
    const { view } = this
    const { clusterId, localBrokerId, sessions } = this.options
    const { brokerId } = request
    if (request.clusterId !== clusterId) {
      throw new ApiError(
        ErrorCode.INCONSISTENT_CLUSTER_ID,
        `Expected cluster ID ${clusterId}, but got cluster ID ${request.clusterId}`,
      )
    }
    const existing = view.image.brokers.get(brokerId)
    // The broker in this process registers anew only after its predecessor has let go of the directory lock: it need
    // not wait for a session to expire.
    const mayBeAlive = existing && brokerId !== localBrokerId && sessions.isValid(brokerId, existing.epoch)
    if (mayBeAlive && existing.incarnationId !== request.incarnationId) {
      throw new ApiError(
        ErrorCode.DUPLICATE_BROKER_REGISTRATION,
        "Another broker is registered with that broker id. If the broker was recently restarted this should self-resolve once the heartbeat manager expires the broker's session.",
      )
    }
    if (request.isMigratingZkBroker) {
      throw new ApiError(ErrorCode.BROKER_ID_NOT_REGISTERED, 'Controller does not support registering ZK brokers.')
    }
    if (view.metadataVersion >= DIRECTORY_ASSIGNMENT_METADATA_LEVEL) this.checkDirectories(request)
    this.checkFeatures(request)
  }

  private checkDirectories({ brokerId, logDirs }: RequestOf<typeof BrokerRegistration>): void {
    const refuse = (text: string) => new ApiError(ErrorCode.INVALID_REGISTRATION, text)
    if (logDirs.length === 0) throw refuse('No directories specified in request')
    if (logDirs.some(isReservedDirectoryId)) throw refuse('Reserved directory ID in request')
    if (new Set(logDirs).size !== logDirs.length) throw refuse('Duplicate directory ID in request')
    for (const other of this.view.image.brokers.values()) {
      if (other.id === brokerId) continue
      const shared = logDirs.find((directory) => other.logDirs.includes(directory))
      if (shared) throw refuse(`Broker ${other.id} is already registered with directory ${shared}`)
    }
  }

  /** A broker must support every feature at the level the cluster has finalized. */
  private checkFeatures({ features }: RequestOf<typeof BrokerRegistration>): void {
    const { levels, kraftVersion } = this.view.image.features
    const finalized = new Map([...levels, [KRAFT_VERSION_FEATURE, kraftVersion]])
    const supported = new Map(features.map((feature) => [feature.name, feature]))
    const check = (name: string, min: number, max: number) => {
      const level = finalized.get(name) ?? 0
      if (level >= min && level <= max) return
      throw new ApiError(
        ErrorCode.UNSUPPORTED_VERSION,
        `Unable to register because the broker does not support finalized version ${level} of ${name}. The broker wants a version between ${min} and ${max}, inclusive.`,
      )
    }
    for (const { name, minSupportedVersion, maxSupportedVersion } of features) {
      check(name, minSupportedVersion, maxSupportedVersion)
    }
    if (!supported.has(METADATA_VERSION_FEATURE)) {
      throw new ApiError(
        ErrorCode.INVALID_REGISTRATION,
        `Request features do not contain '${METADATA_VERSION_FEATURE}'`,
      )
    }
    for (const [name, level] of finalized) if (level !== 0 && !supported.has(name)) check(name, 0, 0)
  }

  /**
   * What the stop of a broker's last incarnation means for its partitions.
   *
   * Where this broker holds the only replica nobody else could lead, so after an unclean stop its partitions only get a
   * new leader epoch: clients and followers look again where the log ends. Apache Kafka takes the longer way there,
   * through an empty ISR and an unclean election; its own controller reads either.
   */
  private afterStop(brokerId: number, wasClean: boolean): MetadataRecord[] {
    const { view } = this
    const isAlone = ({ replicas }: { replicas: readonly number[] }) =>
      brokerId === this.options.localBrokerId && replicas.length === 1
    const records: MetadataRecord[] = []
    for (const topic of view.image.topics.byId.values()) {
      for (const partition of topic.partitions) {
        if (partition.leader === brokerId && isAlone(partition)) {
          records.push(raisedLeaderEpoch(topic.id, partition, view.metadataVersion))
        }
      }
    }
    const inIsr = (partition: { isr: readonly number[]; replicas: readonly number[] }) =>
      partition.isr.includes(brokerId) && !isAlone(partition)
    if (wasClean || !view.elrEnabled) {
      records.push(...electWhere(view, inIsr, { removed: brokerId }))
    } else {
      const isConcerned = (partition: {
        isr: readonly number[]
        elr: readonly number[]
        replicas: readonly number[]
      }) => inIsr(partition) || (partition.elr.includes(brokerId) && !isAlone(partition))
      records.push(...electWhere(view, isConcerned, { unclean: brokerId }))
    }
    return records
  }

  private nextState(broker: BrokerImage, current: NextState, request: RequestOf<typeof BrokerHeartbeat>): NextState {
    const { id } = broker
    const { wantFence, wantShutDown, currentMetadataOffset } = request
    if (current === 'FENCED') {
      if (wantShutDown) {
        this.log(`Fenced broker ${id} has requested and been granted an immediate shutdown.`, HEARTBEATS)
        return 'SHUTDOWN_NOW'
      }
      if (wantFence || currentMetadataOffset < broker.epoch) return 'FENCED'
      this.log(
        `The request from broker ${id} to unfence has been granted because it has caught up with the offset of its register broker record ${broker.epoch}.`,
        HEARTBEATS,
      )
      return 'UNFENCED'
    }
    if (current === 'UNFENCED') {
      if (wantFence) {
        this.log(`Unfenced broker ${id} has requested and been granted fencing`, HEARTBEATS)
        return wantShutDown ? 'SHUTDOWN_NOW' : 'FENCED'
      }
      if (!wantShutDown) return 'UNFENCED'
      const isControlled = leadsAny(this.view, id)
      const granted = isControlled ? 'a controlled shutdown' : 'an immediate shutdown'
      this.log(`Unfenced broker ${id} has requested and been granted ${granted}.`, HEARTBEATS)
      return isControlled ? 'CONTROLLED_SHUTDOWN' : 'SHUTDOWN_NOW'
    }
    if (leadsAny(this.view, id)) return 'CONTROLLED_SHUTDOWN'
    // Whoever takes over must have heard of it before the old leader goes.
    const shutdownOffset = this.options.sessions.controlledShutdownOffset(id)
    const lowestOffset = this.options.sessions.lowestOffset((other) => other !== id && this.view.isActive(other))
    if (shutdownOffset > lowestOffset) return 'CONTROLLED_SHUTDOWN'
    this.log(
      `The request from broker ${id} to shut down has been granted since the lowest active offset ${lowestOffset} is now greater than the broker's controlled shutdown offset ${shutdownOffset}.`,
      HEARTBEATS,
    )
    return 'SHUTDOWN_NOW'
  }

  private fence({ id, epoch }: BrokerImage): MetadataRecord[] {
    const elections = electWhere(this.view, ({ isr }) => isr.includes(id), { removed: id })
    return [...elections, registrationChange(0, { brokerId: id, brokerEpoch: epoch, fenced: FENCE })]
  }

  private unfence({ id, epoch }: BrokerImage): MetadataRecord[] {
    const change = registrationChange(0, { brokerId: id, brokerEpoch: epoch, fenced: UNFENCE })
    return [change, ...electWhere(this.view, isLeaderless, { added: id })]
  }

  private beginControlledShutdown({ id, epoch }: BrokerImage): MetadataRecord[] {
    const change = registrationChange(1, {
      brokerId: id,
      brokerEpoch: epoch,
      inControlledShutdown: IN_CONTROLLED_SHUTDOWN,
    })
    return [change, ...electWhere(this.view, ({ isr }) => isr.includes(id), { removed: id })]
  }

  private directoriesOffline(broker: BrokerImage, offline: readonly string[]): MetadataRecord[] {
    const { id, epoch, logDirs } = broker
    const lost = logDirs.filter((directory) => offline.includes(directory))
    if (lost.length === 0) return []
    const remaining = logDirs.filter((directory) => !offline.includes(directory))
    const elections = electWhere(
      this.view,
      ({ replicas, directories }) => lost.includes(directories[replicas.indexOf(id)] ?? ''),
      { removed: id },
    )
    this.options.logger.warn(
      `${this.source} Directories [${lost.join(', ')}] in broker ${id} marked offline, remaining directories: [${remaining.join(', ')}]`,
      REPLICATION,
    )
    return [...elections, registrationChange(2, { brokerId: id, brokerEpoch: epoch, logDirs: remaining })]
  }

  /** Null until the broker knows its newest settings. */
  private directoriesCordoned(broker: BrokerImage, cordoned: readonly string[] | null): MetadataRecord[] {
    const { id, epoch, cordonedLogDirs } = broker
    if (cordoned === null) return []
    const isSame =
      cordonedLogDirs?.length === cordoned.length && cordoned.every((directory) => cordonedLogDirs.includes(directory))
    return isSame ? [] : [registrationChange(3, { brokerId: id, brokerEpoch: epoch, cordonedLogDirs: [...cordoned] })]
  }

  private log(text: string, logger: string): void {
    this.options.logger.info(`${this.source} ${text}`, logger)
  }
}

function stateOf({ fenced, inControlledShutdown }: BrokerImage): NextState {
  if (fenced) return 'FENCED'
  return inControlledShutdown ? 'CONTROLLED_SHUTDOWN' : 'UNFENCED'
}

/** Written in the oldest version that has the field, as Kafka does. */
function registrationChange(
  version: 0 | 1 | 2 | 3,
  value: Parameters<typeof metadataRecord<typeof BrokerRegistrationChangeRecord>>[2],
): MetadataRecord {
  return metadataRecord(BrokerRegistrationChangeRecord, version, value)
}
