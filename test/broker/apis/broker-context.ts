/** Calls a handler as a client on the broker's listener would, on a controller without sockets. */
import type { AclOperation, Authorizer, ResourceType } from '../../../src/broker/authorizer.ts'
import { ManualClock } from '../../../src/broker/clock.ts'
import type { Handler } from '../../../src/broker/handler.ts'
import { silentLogger } from '../../../src/broker/logger.ts'
import { ANONYMOUS } from '../../../src/broker/principal.ts'
import type { RequestContext } from '../../../src/broker/request-context.ts'
import { decodeExactly, encodeToBuffer } from '../../../src/protocol/codec.ts'
import type { AnyApi, RequestInput, ResponseInput, ResponseOf } from '../../../src/protocol/schema.ts'
import { CLUSTER_ID, type TestNode } from '../controller/harness.ts'

export interface CallOptions {
  readonly version?: number
  readonly authorizer?: Authorizer
  readonly listenerName?: string
}

/** Everything a handler asks for, `operation resourceType name`, and what it is answered. */
export class RecordingAuthorizer implements Authorizer {
  readonly asked: string[] = []
  private readonly granted: (question: string) => boolean

  constructor(granted: (question: string) => boolean = () => true) {
    this.granted = granted
  }

  allows(operation: AclOperation, type: ResourceType, name: string): boolean {
    const question = `${operation} ${type} ${name}`
    if (!this.asked.includes(question)) this.asked.push(question)
    return this.granted(question)
  }

  allowsAny(operation: AclOperation, type: ResourceType): boolean {
    return this.allows(operation, type, '*')
  }
}

/** The answer as a client of that version reads it. */
export async function call<A extends AnyApi>(
  node: TestNode,
  { api, handle }: Handler<A>,
  request: RequestInput<A>,
  { version = api.versions[1], authorizer = new RecordingAuthorizer(), listenerName = 'PLAINTEXT' }: CallOptions = {},
): Promise<ResponseOf<A>> {
  const context: Partial<RequestContext> = {
    apiKey: api.key,
    apiVersion: version,
    clientId: 'client',
    clientAddress: '127.0.0.1',
    listenerName,
    principal: ANONYMOUS,
    authorizer,
    config: node.config,
    clusterId: CLUSTER_ID,
    clock: new ManualClock(),
    logger: silentLogger,
    metadata: node.loader.image,
    controller: node.channel,
  }
  const decoded = decodeExactly(api.request, version, encodeToBuffer(api.request, version, request))
  const response = (await handle(decoded as never, context as RequestContext)) as ResponseInput<A>
  return decodeExactly(api.response, version, encodeToBuffer(api.response, version, response)) as ResponseOf<A>
}
