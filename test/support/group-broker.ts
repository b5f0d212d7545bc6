/**
 * A group coordinator with its handlers, on logs in memory and a clock that tests move. Requests and responses pass
 * through their bytes, so that what an API version cannot carry shows.
 */
import type { AclOperation, Authorizer, ResourceType } from '../../src/broker/authorizer.ts'
import { ManualClock } from '../../src/broker/clock.ts'
import { errorResponse } from '../../src/broker/error-responses.ts'
import { GroupCoordinator } from '../../src/broker/groups/group-coordinator.ts'
import { type GroupRecord, groupRecordSerde } from '../../src/broker/groups/records.ts'
import type { Handler } from '../../src/broker/handler.ts'
import { silentLogger } from '../../src/broker/logger.ts'
import { MetadataImage } from '../../src/broker/metadata/image.ts'
import type { PartitionImage } from '../../src/broker/metadata/topics.ts'
import type { RequestContext } from '../../src/broker/request-context.ts'
import { decodeExactly, encodeToBuffer } from '../../src/protocol/codec.ts'
import { ApiError } from '../../src/protocol/error-code.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../../src/protocol/schema.ts'
import { groupSettings } from './group-settings.ts'
import { MemoryCoordinatorLog } from './memory-coordinator-log.ts'

export interface SendOptions {
  readonly clientId?: string
  /** Newest when left out. */
  readonly version?: number
}

export class GroupBroker {
  readonly clock = new ManualClock()
  readonly metadata = new MetadataImage()
  readonly logs: MemoryCoordinatorLog[]
  readonly warnings: string[] = []
  readonly errors: string[] = []
  /** What is refused, as `READ TOPIC orders`. */
  readonly denied = new Set<string>()
  readonly services: Record<string, unknown> = {}
  groups: GroupCoordinator
  private readonly settings: Record<string, number>
  private nextId = 1

  constructor(options: { settings?: Record<string, number>; partitions?: number } = {}) {
    this.settings = options.settings ?? {}
    this.logs = Array.from({ length: options.partitions ?? 1 }, () => new MemoryCoordinatorLog())
    this.groups = this.startCoordinator()
  }

  /** One whose logs are loaded. */
  static async start(options: { settings?: Record<string, number>; partitions?: number } = {}): Promise<GroupBroker> {
    const broker = new GroupBroker(options)
    broker.lead()
    await broker.settled()
    return broker
  }

  private startCoordinator(): GroupCoordinator {
    return new GroupCoordinator({
      clock: this.clock,
      config: groupSettings(this.settings),
      logger: {
        ...silentLogger,
        warn: (message) => this.warnings.push(message),
        error: (message) => this.errors.push(message),
      },
      log: (partition) => this.logs[partition],
      partitionCount: () => this.logs.length,
      newId: () => `id${this.nextId++}`,
    })
  }

  lead(): void {
    for (let partition = 0; partition < this.logs.length; partition++) this.groups.onLeader(partition, 0)
  }

  /** As after kill -9: another coordinator on the same logs. */
  async restart(): Promise<void> {
    for (let partition = 0; partition < this.logs.length; partition++) this.groups.onResigned(partition)
    this.groups = this.startCoordinator()
    this.lead()
    await this.settled()
  }

  addTopic(name: string, id: string, partitionCount: number): void {
    this.metadata.topics.addTopic(name, id)
    const partitions = this.metadata.topics.byId.get(id)!.partitions
    for (let partition = 0; partition < partitionCount; partition++) {
      const image = { partition, replicas: [1], isr: [1], leader: 1, leaderEpoch: 0, partitionEpoch: 0 }
      partitions[partition] = image as unknown as PartitionImage
    }
  }

  /** Lets everything happen that does not wait for the clock. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  async advance(ms: number): Promise<void> {
    await this.settled()
    await this.clock.advance(ms)
    await this.settled()
  }

  /** Records of all logs, in order; key types we do not know left out. */
  records(): GroupRecord[] {
    return this.logs.flatMap((log) => log.records().map(({ key, value }) => groupRecordSerde.deserialize(key, value)))
  }

  async send<A extends AnyApi>(
    handler: Handler<A, RequestContext>,
    request: RequestInput<A>,
    { clientId = 'client', version = handler.api.versions[1] }: SendOptions = {},
  ): Promise<ResponseOf<A>> {
    const { api } = handler
    const decoded = decodeExactly(api.request, version, encodeToBuffer(api.request, version, request as never))
    const authorizer: Authorizer = {
      allows: (operation: AclOperation, type: ResourceType, name: string) =>
        !this.denied.has(`${operation} ${type} ${name}`),
      allowsAny: () => true,
    }
    const context = {
      apiKey: api.key,
      apiVersion: version,
      clientId,
      clientAddress: '127.0.0.1',
      listenerName: 'PLAINTEXT',
      authorizer,
      groups: this.groups,
      metadata: this.metadata,
      logger: silentLogger,
      ...this.services,
    } as unknown as RequestContext
    let response: unknown
    try {
      response = await handler.handle(decoded as never, context)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      response = errorResponse(api, version, decoded, error)
    }
    return decodeExactly(
      api.response,
      version,
      encodeToBuffer(api.response, version, response as never),
    ) as ResponseOf<A>
  }
}
