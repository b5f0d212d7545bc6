import type { BrokerConfig } from '../config/broker-config.ts'
import type { Authorizer } from './authorizer.ts'
import type { Clock } from './clock.ts'
import type { ControllerChannel } from './controller-channel.ts'
import type { FetchSessions } from './fetch-sessions.ts'
import type { GroupCoordinator } from './groups/group-coordinator.ts'
import type { Logger } from './logger.ts'
import type { MetadataImage } from './metadata/image.ts'
import type { Partitions } from './partitions.ts'
import type { Principal } from './principal.ts'
import type { ProducerIds } from './producer-ids.ts'
import type { Quotas } from './quotas.ts'

/** What one broker is made of, as its handlers see it. Two brokers in one process share none of it. */
export interface BrokerServices {
  readonly config: BrokerConfig
  readonly clusterId: string
  readonly clock: Clock
  readonly logger: Logger
  /** The newest metadata this broker has applied. */
  readonly metadata: MetadataImage
  readonly partitions: Partitions
  readonly groups: GroupCoordinator
  readonly controller: ControllerChannel
  readonly producerIds: ProducerIds
  readonly fetchSessions: FetchSessions
  readonly quotas: Quotas
}

/** What is known about one request besides its fields. */
export interface RequestInfo {
  readonly apiKey: number
  readonly apiVersion: number
  /** Never null on a request from a connection: as in Kafka, a client that names none has the id ''. */
  readonly clientId: string | null
  /** `127.0.0.1`, as ACLs and group descriptions show it after a slash. */
  readonly clientAddress: string
  /** Name of the listener it came in on, such as `PLAINTEXT`. */
  readonly listenerName: string
  readonly principal: Principal
  readonly authorizer: Authorizer
  /** Identifies the connection: fetch sessions and group members end with it. */
  readonly connectionId: string
  /** Aborted when the connection closes or the broker stops: parked work must answer or give up. */
  readonly signal: AbortSignal
  /** Says that everything this Produce appends is queued: a Produce behind it on the connection may begin. */
  appendsQueued(): void
  /**
   * How many bytes an answer should have at most so that peers that do not read cannot fill the broker's memory.
   * A Fetch answers with fewer records then (but with one batch at least, so that it makes progress).
   */
  readonly responseBytesLeft: number
  /**
   * Puts up to `bytes` of what is left for answers aside for this one, before it reads what it answers with, and says
   * how many: many requests may read at the same time. What was claimed is given back when the answer leaves.
   */
  claimResponseBytes(bytes: number): number
  /** Gives back what a claim turned out not to need; a negative number claims what was read beyond it. */
  returnResponseBytes(bytes: number): void
  /**
   * Calls `task` when the answer has been handed to the kernel: then nothing looks at its bytes any more. Never when the
   * connection closes before.
   */
  whenSent(task: () => void): void
}

export interface RequestContext extends RequestInfo, BrokerServices {}
