import { decodeExactly, encodeToBuffer } from '../../protocol/codec.ts'
import { ApiError, ErrorCode, errorFacts } from '../../protocol/error-code.ts'
import type { AnyApi, RequestInput, ResponseInput, ResponseOf } from '../../protocol/schema.ts'
import { allowAllAuthorizer } from '../authorizer.ts'
import type { ControllerChannel, ForwardedFor } from '../controller-channel.ts'
import { errorResponse } from '../error-responses.ts'
import { ANONYMOUS } from '../principal.ts'
import type { RequestInfo } from '../request-context.ts'
import { CONTROLLER_HANDLERS } from './apis.ts'
import { type ControllerContext, controllerServices } from './context.ts'
import type { Controller } from './controller.ts'

/**
 * The way from a broker to the controller in its own process. Messages are encoded and decoded as on a wire, so that
 * the halves share no objects and a version means the same as between two nodes.
 */
export function localChannel(controller: Controller): ControllerChannel {
  return {
    async send<A extends AnyApi>(
      api: A,
      version: number,
      request: RequestInput<A>,
      forwardedFor?: ForwardedFor,
    ): Promise<ResponseOf<A>> {
      const handler = CONTROLLER_HANDLERS.get(api.key)
      if (!handler) throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, `The controller does not serve ${api.name}.`)
      const decoded = decodeExactly(api.request, version, encodeToBuffer(api.request, version, request))
      const context: ControllerContext = {
        ...infoOf(api, version, controller, forwardedFor),
        ...controllerServices(controller),
      }
      let response: ResponseInput<A> | undefined
      try {
        response = (await handler.handle(decoded as never, context as never)) as ResponseInput<A>
      } catch (error) {
        // No answer, as from a controller that is gone: nobody should ask again.
        if (controller.log.hasFailed) throw error
        const code = error instanceof ApiError ? error.code : ErrorCode.UNKNOWN_SERVER_ERROR
        if (!(error instanceof ApiError)) controller.reportUnexpected(api.name, error)
        const message = error instanceof ApiError ? error.message : errorFacts(code).message
        response = errorResponse(api, version, decoded, { code, message })
      }
      return decodeExactly(
        api.response,
        version,
        encodeToBuffer(api.response, version, response as ResponseInput<A>),
      ) as ResponseOf<A>
    },
  }
}

function infoOf(api: AnyApi, version: number, controller: Controller, forwardedFor?: ForwardedFor): RequestInfo {
  const principal = forwardedFor?.principal ?? ANONYMOUS
  const clientAddress = forwardedFor?.clientAddress ?? '127.0.0.1'
  return {
    apiKey: api.key,
    apiVersion: version,
    clientId: forwardedFor?.clientId ?? null,
    clientAddress,
    listenerName: controller.config.controllerListenerNames[0] ?? 'CONTROLLER',
    principal,
    // A broker itself has CLUSTER_ACTION.
    authorizer: forwardedFor?.authorizer ?? allowAllAuthorizer.forPrincipal(principal, clientAddress),
    connectionId: 'local',
    signal: new AbortController().signal,
    appendsQueued: () => {},
    whenSent: () => {},
    responseBytesLeft: Number.MAX_SAFE_INTEGER,
    claimResponseBytes: (bytes) => bytes,
    returnResponseBytes: () => {},
  }
}
