/** Names of the files of a log segment: the base offset in 20 digits, and what the file holds. */

export const LOG_SUFFIX = '.log'
export const INDEX_SUFFIX = '.index'
export const TIME_INDEX_SUFFIX = '.timeindex'
export const TRANSACTION_INDEX_SUFFIX = '.txnindex'
export const SNAPSHOT_SUFFIX = '.snapshot'
/** To be removed after file.delete.delay.ms; removed at load. */
export const DELETED_SUFFIX = '.deleted'
/** A compaction's unfinished result; removed at load. */
export const CLEANED_SUFFIX = '.cleaned'
/** A compaction's finished result, about to take the place of what it covers; renamed in at load. */
export const SWAP_SUFFIX = '.swap'

export type SegmentFileKind = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot'

export interface SegmentFileName {
  readonly baseOffset: number
  readonly kind: SegmentFileKind
  /** What follows, such as `.deleted`; empty for a file in use. */
  readonly suffix: string
}

export function segmentFileName(baseOffset: number, kind: SegmentFileKind, suffix = ''): string {
  return `${String(baseOffset).padStart(20, '0')}.${kind}${suffix}`
}

/** Undefined for a file that belongs to no segment. */
export function parseSegmentFileName(name: string): SegmentFileName | undefined {
  const match = /^(\d+)\.(log|index|timeindex|txnindex|snapshot)((?:\.[^.]+)*)$/.exec(name)
  if (!match) return undefined
  const baseOffset = Number(match[1])
  if (!Number.isSafeInteger(baseOffset)) return undefined
  return { baseOffset, kind: match[2] as SegmentFileKind, suffix: match[3]! }
}
