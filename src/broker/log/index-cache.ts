import type { SegmentIndexes } from './segment-indexes.ts'

/** Memory that the loaded indexes of sealed segments may take unless told otherwise, in bytes. */
export const DEFAULT_INDEX_CACHE_BYTES = 16 * 1024 * 1024

/** Keeps the indexes of lately read segments in memory, within a bound for all logs of a broker. */
export class IndexCache {
  private readonly limitBytes: number
  /** In order of their last use. */
  private readonly loaded = new Map<SegmentIndexes, number>()
  private heldBytes = 0

  constructor(limitBytes = DEFAULT_INDEX_CACHE_BYTES) {
    this.limitBytes = limitBytes
  }

  /** Notes the use of loaded indexes; others are let go when there are too many. */
  used(indexes: SegmentIndexes): void {
    this.heldBytes += indexes.memoryBytes - (this.loaded.get(indexes) ?? 0)
    this.loaded.delete(indexes)
    this.loaded.set(indexes, indexes.memoryBytes)
    for (const [oldest, bytes] of this.loaded) {
      if (this.heldBytes <= this.limitBytes || oldest === indexes) return
      oldest.unload()
      this.loaded.delete(oldest)
      this.heldBytes -= bytes
    }
  }
}
