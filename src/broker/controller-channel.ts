import type { AnyApi, RequestInput, ResponseOf } from '../protocol/schema.ts'
import type { Authorizer } from './authorizer.ts'
import type { Principal } from './principal.ts'

/** On whose behalf a request is forwarded (what Kafka puts into an Envelope). */
export interface ForwardedFor {
  readonly principal: Principal
  readonly authorizer: Authorizer
  readonly clientAddress: string
  readonly clientId: string | null
}

/**
 * How the broker half reaches the active controller: only in Kafka's own messages. In one process they are passed
 * directly, else over the wire. By the time an answer arrives, the broker has applied the metadata it speaks of.
 */
export interface ControllerChannel {
  send<A extends AnyApi>(
    api: A,
    version: number,
    request: RequestInput<A>,
    forwardedFor?: ForwardedFor,
  ): Promise<ResponseOf<A>>
}
