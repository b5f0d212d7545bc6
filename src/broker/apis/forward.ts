import type { AnyApi, RequestInput, ResponseOf } from '../../protocol/schema.ts'
import type { ForwardedFor } from '../controller-channel.ts'
import type { RequestContext } from '../request-context.ts'

/** On whose behalf a request goes on to the controller, which is the one to authorize it. */
export function forwardedFor({ principal, authorizer, clientAddress, clientId }: RequestContext): ForwardedFor {
  return { principal, authorizer, clientAddress, clientId }
}

/** Passes a request on to the controller in the version it came in. */
export function forward<A extends AnyApi>(
  api: A,
  request: RequestInput<A>,
  context: RequestContext,
): Promise<ResponseOf<A>> {
  return context.controller.send(api, context.apiVersion, request, forwardedFor(context))
}
