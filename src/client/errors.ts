import { JavaError, javaToString } from '../config/java-error.ts'
import { ErrorCode, errorFacts } from '../protocol/error-code.ts'

const ERRORS = 'org.apache.kafka.common.errors.'

/**
 * What a broker answered, or what kept a client from getting an answer. Printed as Kafka's tools print an
 * ApiException: class and text, never a stack.
 */
export class ClientError extends JavaError {
  readonly code: ErrorCode
  /** Trying again, after new metadata, may help. */
  readonly retriable: boolean

  constructor(javaClass: string, message: string, code: ErrorCode, retriable: boolean, cause?: unknown) {
    super(javaClass, message)
    this.code = code
    this.retriable = retriable
    if (cause !== undefined) this.cause = cause
  }
}

/** The error that an error code stands for; `message` is the server's own text where it sent one. */
export function apiError(code: number, message?: string | null): ClientError {
  const facts = errorFacts(code)
  // The one exception of them that lives elsewhere.
  const javaPackage = code === ErrorCode.INVALID_RECORD ? 'org.apache.kafka.common.' : ERRORS
  return new ClientError(javaPackage + facts.exception, message ?? facts.message, code as ErrorCode, facts.retriable)
}

/** Throws unless the code says that all went well. */
export function throwIfFailed(errorCode: number, errorMessage?: string | null): void {
  if (errorCode !== ErrorCode.NONE) throw apiError(errorCode, errorMessage)
}

export function timeoutError(message: string | null, cause?: unknown): ClientError {
  return new ClientError(`${ERRORS}TimeoutException`, message ?? '', ErrorCode.REQUEST_TIMED_OUT, true, cause)
}

/** The connection ended before the answer came. */
export function disconnectError(message = ''): ClientError {
  return new ClientError(`${ERRORS}DisconnectException`, message, ErrorCode.NETWORK_EXCEPTION, true)
}

/** The answer did not come in time, so the connection was closed. */
export function lateAnswerError(): ClientError {
  return new ClientError(`${ERRORS}DisconnectException`, '', ErrorCode.REQUEST_TIMED_OUT, true)
}

export function unsupportedVersionError(message: string): ClientError {
  return new ClientError(`${ERRORS}UnsupportedVersionException`, message, ErrorCode.UNSUPPORTED_VERSION, false)
}

/** An error of Kafka's that does carry a stack: one that the client itself found. */
export function kafkaError(message: string, cause?: unknown): JavaError {
  return withCause(new JavaError('org.apache.kafka.common.KafkaException', message), cause)
}

/** How Java reports that an asynchronous call failed. */
export function executionError(cause: unknown): JavaError {
  return withCause(new JavaError('java.util.concurrent.ExecutionException', javaToString(cause)), cause)
}

export function withCause<E extends Error>(error: E, cause: unknown): E {
  if (cause !== undefined) error.cause = cause
  return error
}

export function isRetriable(error: unknown): boolean {
  return error instanceof ClientError && error.retriable
}
