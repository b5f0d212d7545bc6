import type { LogConfig } from '../../config/topic-config.ts'
import type { Segment } from './segment.ts'

export interface RetentionView {
  readonly segments: readonly Segment[]
  readonly config: LogConfig
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number
  readonly nowMs: number
}

export type RetentionReason = 'log start offset' | 'retention size' | 'retention time'

/**
 * The oldest segments that may go now, and why. Never one that reaches the high watermark: the log start offset must not
 * pass it. Without `delete` in cleanup.policy only what DeleteRecords has cut off goes.
 */
export function deletableSegments(view: RetentionView): { segments: Segment[]; reason: RetentionReason } | undefined {
  const rules: [RetentionReason, (segment: Segment, next: Segment | undefined) => boolean][] = [
    ['log start offset', (_, next) => next !== undefined && next.baseOffset <= view.logStartOffset],
  ]
  const { config, nowMs } = view
  if (config.delete) {
    if (config.retentionBytes >= 0) {
      let excess = view.segments.reduce((size, segment) => size + segment.sizeInBytes, 0) - config.retentionBytes
      rules.push([
        'retention size',
        ({ sizeInBytes }) => {
          if (excess - sizeInBytes < 0) return false
          excess -= sizeInBytes
          return true
        },
      ])
    }
    if (config.retentionMs >= 0) {
      rules.push(['retention time', (segment) => nowMs - Number(segment.retentionTime()) > config.retentionMs])
    }
  }
  for (const [reason, isBreached] of rules) {
    const segments = oldestWhere(view, isBreached)
    if (segments.length > 0) return { segments, reason }
  }
  return undefined
}

function oldestWhere(
  { segments, logEndOffset, highWatermark }: RetentionView,
  isBreached: (segment: Segment, next: Segment | undefined) => boolean,
): Segment[] {
  const deletable: Segment[] = []
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1]
    if ((next?.baseOffset ?? logEndOffset) > highWatermark) break
    if (!next && segment.sizeInBytes === 0) break
    if (!isBreached(segment, next)) break
    deletable.push(segment)
  }
  return deletable
}
