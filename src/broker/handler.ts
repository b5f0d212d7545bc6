import type { AnyApi, RequestOf, ResponseInput } from '../protocol/schema.ts'
import type { RequestContext } from './request-context.ts'

/**
 * Serves one API. It gets the decoded request and answers with the response; fields left out take the schema's
 * default. `undefined` means that no answer is sent (Produce with acks=0). Throwing an `ApiError` fails the whole
 * request; throwing `CloseConnection` ends the connection without an answer.
 */
export interface Handler<A extends AnyApi = AnyApi, Context = RequestContext> {
  readonly api: A
  readonly handle: (
    request: RequestOf<A>,
    context: Context,
  ) => ResponseInput<A> | undefined | Promise<ResponseInput<A> | undefined>
}

export function handler<A extends AnyApi, Context = RequestContext>(
  api: A,
  handle: Handler<A, Context>['handle'],
): Handler<A, Context> {
  return { api, handle }
}

/** Any handler, when neither its API nor what it needs of a context matters: an entry of a table of handlers. */
export interface AnyHandler {
  readonly api: AnyApi
  readonly handle: (request: never, context: never) => unknown
}

/** Ends the connection, as Kafka does after a failed Produce with acks=0: its sender expects no answer. */
export class CloseConnection extends Error {
  override readonly name = 'CloseConnection'
}
