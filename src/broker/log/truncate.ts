/** Shortening a log, from its end or its start. */

import { loadProducersUpTo } from './loader.ts'
import { LOG, type LogState, rollLog } from './log-state.ts'
import { runNow } from './recovery.ts'
import { deletableSegments } from './retention.ts'
import { Segment } from './segment.ts'

/**
 * Drops all records from `offset` on, and the whole batch that `offset` may lie in: the log then ends where that began, so
 * that it is the same after a restart. Answers segments whose files are renamed and may be removed.
 */
export function truncateLog(state: LogState, offset: number, nowMs: number): Segment[] {
  if (offset >= state.logEndOffset) return []
  if (state.segments.first.baseOffset > offset) return restartLog(state, offset, nowMs)
  state.truncations++
  state.logger.info(`[UnifiedLog partition=${state.partition}] Truncating to offset ${offset}`, LOG)
  const { segments, epochs, snapshots, producers, tail, producerIdExpirationMs, logger } = state
  tail.clear()
  const dropped = segments.all.filter(({ baseOffset }) => baseOffset > offset)
  // The last first: what is left after a kill in between has no gap.
  for (const segment of [...dropped].reverse()) segment.renameToDeleted()
  segments.remove(dropped)
  const endOffset = segments.active.truncateTo(offset)
  state.logEndOffset = endOffset
  state.recoveryPoint = Math.min(state.recoveryPoint, endOffset)
  state.highWatermark = Math.min(state.highWatermark, endOffset)
  state.logStartOffset = Math.min(state.logStartOffset, endOffset)
  epochs.truncateFromEnd(endOffset)
  snapshots.deleteWhere((taken) => taken > endOffset || taken <= state.logStartOffset)
  runNow(
    loadProducersUpTo(
      { nowMs, producerIdExpirationMs, logger },
      { segments, producers, snapshots },
      state.logStartOffset,
      endOffset,
    ),
  )
  return dropped
}

/** Drops everything; the next record gets `offset`. */
export function restartLog(state: LogState, offset: number, nowMs: number): Segment[] {
  state.truncations++
  state.logger.info(`[UnifiedLog partition=${state.partition}] Truncate and start at offset ${offset}`, LOG)
  const { segments, epochs, snapshots, producers, tail } = state
  tail.clear()
  const dropped = [...segments.all]
  for (const segment of [...dropped].reverse()) segment.renameToDeleted()
  segments.remove(dropped)
  state.hasNewNames = true
  segments.add(Segment.create(state.home, offset, nowMs, state.config))
  epochs.clear()
  snapshots.deleteWhere(() => true)
  producers.clear(offset)
  state.logStartOffset = offset
  state.logEndOffset = offset
  state.highWatermark = offset
  state.recoveryPoint = Math.min(state.recoveryPoint, offset)
  return dropped
}

/** The records before `offset` may no longer be read; whole segments of them go at the next retention check. */
export function moveLogStart(state: LogState, offset: number): void {
  if (offset <= state.logStartOffset) return
  state.logStartOffset = offset
  state.epochs.truncateFromStart(offset)
  state.producers.logStartMoved(offset)
}

/** Drops what retention or DeleteRecords allow. Answers segments whose files are renamed and may be removed. */
export function deleteOldSegments(state: LogState, nowMs: number): Segment[] {
  const all: Segment[] = []
  for (;;) {
    const { segments, config, logStartOffset, logEndOffset, highWatermark } = state
    const found = deletableSegments({
      segments: segments.all,
      config,
      logStartOffset,
      logEndOffset,
      highWatermark,
      nowMs,
    })
    if (!found) return all
    state.logger.info(
      `[UnifiedLog partition=${state.partition}] Deleting segments ` +
        `${found.segments.map(({ baseOffset }) => baseOffset).join(', ')} due to ${found.reason} breach`,
      LOG,
    )
    // There is always an active segment.
    if (found.segments.length === segments.count) rollLog(state, nowMs)
    const next = segments.at(found.segments.length)!
    moveLogStart(state, Math.max(logStartOffset, next.baseOffset))
    segments.remove(found.segments)
    // The oldest first: what is left after a kill in between has no gap.
    for (const segment of found.segments) {
      state.snapshots.renameToDeleted(segment.baseOffset)
      segment.renameToDeleted()
    }
    all.push(...found.segments)
  }
}
