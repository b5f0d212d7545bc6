import type {
  BrokerRegistrationChangeRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
} from '../../protocol/records/metadata.ts'
import type { DecodedMessage } from '../../protocol/schema.ts'

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

/** Security protocols by their id in records. */
export const SECURITY_PROTOCOLS: readonly SecurityProtocol[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']

export interface EndpointImage {
  /** Listener name. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: SecurityProtocol
}

export interface FeatureRange {
  readonly name: string
  readonly minSupportedVersion: number
  readonly maxSupportedVersion: number
}

/** A registered broker. Never changed in place: each change makes a new one. */
export interface BrokerImage {
  readonly id: number
  /** Counts registrations of all brokers: requests of an older one are stale. */
  readonly epoch: number
  /** Chosen anew by each run of the broker. */
  readonly incarnationId: string
  readonly endpoints: readonly EndpointImage[]
  readonly features: readonly FeatureRange[]
  readonly rack: string | null
  /** A fenced broker leads nothing and is not told to clients. */
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  /** Directory ids of its online log directories. */
  readonly logDirs: readonly string[]
  /** Directories that take no new replicas; null below metadata.version 4.3-IV0. */
  readonly cordonedLogDirs: readonly string[] | null
  readonly isMigratingZkBroker: boolean
}

export interface ControllerImage {
  readonly id: number
  readonly incarnationId: string
  readonly zkMigrationReady: boolean
  readonly endpoints: readonly EndpointImage[]
  readonly features: readonly FeatureRange[]
}

interface RecordEndpoint {
  name: string
  host: string
  port: number
  securityProtocol: number
}

function endpointsOf(endPoints: readonly RecordEndpoint[]): EndpointImage[] {
  return endPoints.map(({ name, host, port, securityProtocol }) => {
    const protocol = SECURITY_PROTOCOLS[securityProtocol]
    if (!protocol) throw new Error(`Listener ${name} has the unknown security protocol ${securityProtocol}.`)
    return { name, host, port, securityProtocol: protocol }
  })
}

/** The brokers and controllers that have registered. */
export class ClusterImage {
  readonly brokers = new Map<number, BrokerImage>()
  readonly controllers = new Map<number, ControllerImage>()

  registerBroker(record: DecodedMessage<typeof RegisterBrokerRecord>): void {
    this.brokers.set(record.brokerId, {
      id: record.brokerId,
      epoch: record.brokerEpoch,
      incarnationId: record.incarnationId,
      endpoints: endpointsOf(record.endPoints),
      features: record.features,
      rack: record.rack,
      fenced: record.fenced,
      inControlledShutdown: record.inControlledShutdown,
      logDirs: record.logDirs,
      cordonedLogDirs: record.cordonedLogDirs,
      isMigratingZkBroker: record.isMigratingZkBroker,
    })
  }

  unregisterBroker(id: number, epoch: number): void {
    this.brokerOf(id, epoch, 'unregister')
    this.brokers.delete(id)
  }

  setFenced(id: number, epoch: number, fenced: boolean): void {
    this.brokers.set(id, { ...this.brokerOf(id, epoch, fenced ? 'fence' : 'unfence'), fenced })
  }

  changeBroker(record: DecodedMessage<typeof BrokerRegistrationChangeRecord>): void {
    const before = this.brokerOf(record.brokerId, record.brokerEpoch, 'change')
    if (Math.abs(record.fenced) > 1) throw new Error(`Unknown value for fenced field: ${record.fenced}`)
    if (record.inControlledShutdown < 0 || record.inControlledShutdown > 1) {
      throw new Error(`Unknown value for inControlledShutdown field: ${record.inControlledShutdown}`)
    }
    this.brokers.set(record.brokerId, {
      ...before,
      fenced: record.fenced === 0 ? before.fenced : record.fenced === 1,
      inControlledShutdown: record.inControlledShutdown === 1 || before.inControlledShutdown,
      logDirs: record.logDirs.length > 0 ? record.logDirs : before.logDirs,
      cordonedLogDirs: record.cordonedLogDirs ?? before.cordonedLogDirs,
    })
  }

  registerController(record: DecodedMessage<typeof RegisterControllerRecord>): void {
    this.controllers.set(record.controllerId, {
      id: record.controllerId,
      incarnationId: record.incarnationId,
      zkMigrationReady: record.zkMigrationReady,
      endpoints: endpointsOf(record.endPoints),
      features: record.features,
    })
  }

  private brokerOf(id: number, epoch: number, action: string): BrokerImage {
    const broker = this.brokers.get(id)
    if (!broker) throw new Error(`Tried to ${action} broker ${id}, but that broker was not registered.`)
    if (broker.epoch === epoch) return broker
    throw new Error(
      `Tried to ${action} broker ${id}, but the given epoch, ${epoch}, did not match the current broker epoch, ${broker.epoch}`,
    )
  }
}
