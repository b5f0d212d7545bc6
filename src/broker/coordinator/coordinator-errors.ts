import { ApiError, ErrorCode } from '../../protocol/error-code.ts'

/**
 * What a client hears when an operation failed with `error`: failures of the log in terms that make clients look up the
 * coordinator again, or retry, as Kafka maps them.
 */
export function asCoordinatorError(error: unknown): ApiError {
  if (!(error instanceof ApiError)) return new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)
  switch (error.code) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case ErrorCode.REQUEST_TIMED_OUT:
      return new ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return new ApiError(ErrorCode.NOT_COORDINATOR)
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)
    default:
      return error
  }
}
