import { join } from 'node:path'
import { type FileLayer, unlinkIfExists } from '../../storage/file-layer.ts'
import {
  CorruptSnapshotError,
  type ProducerSnapshotEntry,
  readProducerSnapshot,
  writeProducerSnapshot,
} from '../../storage/producer-snapshot.ts'
import { DELETED_SUFFIX, segmentFileName } from '../../storage/segment-files.ts'

/** The `.snapshot` files of one log. */
export class ProducerSnapshots {
  private readonly files: FileLayer
  private readonly directory: { readonly path: string }
  /** Offsets of the files, rising. */
  private offsets: number[] = []

  constructor(files: FileLayer, directory: { readonly path: string }) {
    this.files = files
    this.directory = directory
  }

  /** Takes over the snapshots that a listing of the directory showed. */
  found(offsets: Iterable<number>): void {
    this.offsets = [...offsets].sort((a, b) => a - b)
  }

  get all(): readonly number[] {
    return this.offsets
  }

  get latest(): number | undefined {
    return this.offsets.at(-1)
  }

  pathOf(offset: number): string {
    return join(this.directory.path, segmentFileName(offset, 'snapshot'))
  }

  /** The latest readable snapshot; corrupt ones are deleted, and `warn` is told. */
  readLatest(warn: (message: string) => void): { offset: number; entries: ProducerSnapshotEntry[] } | undefined {
    for (;;) {
      const offset = this.latest
      if (offset === undefined) return undefined
      try {
        return { offset, entries: readProducerSnapshot(this.pathOf(offset), this.files) }
      } catch (error) {
        if (!(error instanceof CorruptSnapshotError)) throw error
        warn(`Failed to load producer snapshot from '${this.pathOf(offset)}': ${error.message}`)
        this.delete(offset)
      }
    }
  }

  write(offset: number, entries: readonly ProducerSnapshotEntry[], options: { sync: boolean }): void {
    writeProducerSnapshot(this.pathOf(offset), entries, options, this.files)
    if (!this.offsets.includes(offset)) this.offsets = [...this.offsets, offset].sort((a, b) => a - b)
  }

  deleteWhere(condition: (offset: number) => boolean): void {
    for (const offset of this.offsets.filter(condition)) this.delete(offset)
  }

  /** Renames the snapshot of a segment that is about to be deleted; true when there was one. */
  renameToDeleted(offset: number): boolean {
    if (!this.offsets.includes(offset)) return false
    this.offsets = this.offsets.filter((other) => other !== offset)
    const path = this.pathOf(offset)
    if (!this.files.stat(path)) return false
    this.files.rename(path, path + DELETED_SUFFIX)
    return true
  }

  deleteRenamed(offset: number): void {
    unlinkIfExists(this.pathOf(offset) + DELETED_SUFFIX, this.files)
  }

  /**
   * Deletes what serves no recovery: all that are at no segment's base offset but the last one, if it lies behind the last
   * segment's base.
   */
  deleteStray(segmentBases: readonly number[]): void {
    const bases = new Set(segmentBases)
    const strays = this.offsets.filter((offset) => !bases.has(offset))
    const last = strays.at(-1)
    this.deleteWhere((offset) => !bases.has(offset) && (offset !== last || offset < (segmentBases.at(-1) ?? 0)))
  }

  private delete(offset: number): void {
    unlinkIfExists(this.pathOf(offset), this.files)
    this.offsets = this.offsets.filter((other) => other !== offset)
  }
}
