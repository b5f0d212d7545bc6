import type { ApiError } from '../../protocol/error-code.ts'

/** What the metadata log needs of the log in `__cluster_metadata-0`; PartitionLog is one. */
export interface RaftLog {
  readonly logStartOffset: number
  readonly logEndOffset: number
  latestEpoch(): number | undefined
  appendAsLeader(
    entries: { readonly records: Buffer; readonly origin: 'raft' }[],
    leaderEpoch: number,
    nowMs: number,
  ): ({ readonly firstOffset: number } | ApiError)[]
  read(
    fetchOffset: number,
    options: { readonly maxBytes: number; readonly minOneMessage: boolean; readonly upTo: 'logEnd' },
  ): { readonly records: readonly Buffer[] } | Promise<{ readonly records: readonly Buffer[] }>
  updateHighWatermark(offset: number): void
  truncateFullyAndStartAt(offset: number): void
  /** Makes everything appended so far durable. */
  flush(): Promise<void>
  close(): Promise<void>
}
