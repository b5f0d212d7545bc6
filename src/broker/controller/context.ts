import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { AnyApi } from '../../protocol/schema.ts'
import { type AclOperation, CLUSTER_NAME } from '../authorizer.ts'
import { type Handler, handler } from '../handler.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { RequestInfo } from '../request-context.ts'
import type { Controller } from './controller.ts'

/** What a controller is made of, as its handlers see it. */
export interface ControllerServices {
  readonly controller: Controller
  /** The controller's image: it may be ahead of what is committed. */
  readonly metadata: MetadataImage
}

export interface ControllerContext extends RequestInfo, ControllerServices {}

export function controllerServices(controller: Controller): ControllerServices {
  return { controller, metadata: controller.image }
}

export function controllerHandler<A extends AnyApi>(
  api: A,
  handle: Handler<A, ControllerContext>['handle'],
): Handler<A, ControllerContext> {
  return handler<A, ControllerContext>(api, handle)
}

/** Throws CLUSTER_AUTHORIZATION_FAILED unless the operation on the cluster is allowed. */
export function requireOnCluster({ authorizer }: RequestInfo, operation: AclOperation): void {
  if (authorizer.allows(operation, 'CLUSTER', CLUSTER_NAME)) return
  throw new ApiError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
}

/**
 * Throws REQUEST_TIMED_OUT when a request leaves no time at all. As in Apache Kafka it then changes nothing: its time is
 * over before its turn comes.
 */
export function requireTime(timeoutMs: number): void {
  if (timeoutMs <= 0) throw new ApiError(ErrorCode.REQUEST_TIMED_OUT)
}
