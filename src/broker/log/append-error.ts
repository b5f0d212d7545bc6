import { ApiError, type ErrorCode } from '../../protocol/error-code.ts'

export interface RecordError {
  /** Place of the record in its batch. */
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string | null
}

/** An append that was refused for what is in its records; Produce answers both the text and the record errors. */
export class AppendError extends ApiError {
  readonly recordErrors: RecordError[]

  constructor(code: ErrorCode, message: string, recordErrors: RecordError[] = []) {
    super(code, message)
    this.recordErrors = recordErrors
  }
}
