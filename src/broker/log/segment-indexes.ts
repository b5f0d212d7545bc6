import { join } from 'node:path'
import type { FileLayer } from '../../storage/file-layer.ts'
import { isNotFound, unlinkIfExists, writeFully } from '../../storage/file-layer.ts'
import type { IndexEntries } from '../../storage/index-entries.ts'
import { OFFSET_INDEX_ENTRY_SIZE, OffsetIndex } from '../../storage/offset-index.ts'
import { segmentFileName } from '../../storage/segment-files.ts'
import { TIME_INDEX_ENTRY_SIZE, TimeIndex, type TimestampOffset } from '../../storage/time-index.ts'
import {
  type AbortedTransaction,
  decodeTransactionIndex,
  encodeAbortedTransaction,
} from '../../storage/transaction-index.ts'

/**
 * The three indexes of a segment and their files. Offset and time index are loaded at first use. While the segment is
 * active new entries stay in memory until a flush; the files have their full, sparse size as Apache's have, and are
 * trimmed to their entries when the segment is sealed or the log is closed.
 */
export class SegmentIndexes {
  readonly baseOffset: number
  private readonly files: FileLayer
  private readonly directory: { readonly path: string }
  private offsets: OffsetIndex | undefined
  private times: TimeIndex | undefined
  private loading: Promise<void> | undefined
  /** Transactions whose abort marker is in the segment; they are few, and always in memory. */
  private abortedTransactions: AbortedTransaction[] = []
  private persistedAborted = 0
  private hasTransactionFile = false
  /** Written since the last fsync. */
  private readonly changed = new Set<IndexKind>()
  /** What follows the names of the files, such as `.deleted`. */
  suffix = ''
  /** Size that the files of an active segment have; 0 while they are trimmed. */
  private fullBytes = 0

  constructor(files: FileLayer, directory: { readonly path: string }, baseOffset: number) {
    this.files = files
    this.directory = directory
    this.baseOffset = baseOffset
  }

  /** Makes the files of a new segment, empty. `maxBytes`: segment.index.bytes. */
  create(maxBytes: number): void {
    this.offsets = new OffsetIndex(this.baseOffset)
    this.times = new TimeIndex(this.baseOffset)
    this.abortedTransactions = []
    this.persistedAborted = 0
    unlinkIfExists(this.path('txnindex'), this.files)
    this.resize('index', fullSize(maxBytes, OFFSET_INDEX_ENTRY_SIZE), 'w')
    this.resize('timeindex', fullSize(maxBytes, TIME_INDEX_ENTRY_SIZE), 'w')
    this.fullBytes = maxBytes
  }

  /** Gives the files of a segment that is appended to again their full size, so that they look as Apache's do. */
  reopen(maxBytes: number): void {
    if (this.fullBytes > 0) return
    // Read before the files get zeros behind their entries.
    this.loadNow()
    this.resize('index', fullSize(maxBytes, OFFSET_INDEX_ENTRY_SIZE), 'r+')
    this.resize('timeindex', fullSize(maxBytes, TIME_INDEX_ENTRY_SIZE), 'r+')
    this.fullBytes = maxBytes
  }

  /** Forgets all entries, to build them anew from the log; the files follow when the segment is trimmed. */
  reset(): void {
    this.offsets = new OffsetIndex(this.baseOffset)
    this.times = new TimeIndex(this.baseOffset)
    if (this.hasTransactionFile) unlinkIfExists(this.path('txnindex'), this.files)
    this.hasTransactionFile = false
    this.abortedTransactions = []
    this.persistedAborted = 0
    this.fullBytes = 0
  }

  private get isLoaded(): boolean {
    return this.offsets !== undefined && this.times !== undefined
  }

  /** Memory taken by loaded indexes, in bytes. */
  get memoryBytes(): number {
    return (this.offsets?.entries.capacity ?? 0) + (this.times?.entries.capacity ?? 0)
  }

  /** Read from its file now unless it is loaded; whoever serves readers awaits `load` before. */
  get offset(): OffsetIndex {
    this.offsets ??= new OffsetIndex(this.baseOffset, this.readOrEmpty('index'))
    return this.offsets
  }

  /** As `offset`. */
  get time(): TimeIndex {
    this.times ??= new TimeIndex(this.baseOffset, this.readOrEmpty('timeindex'))
    return this.times
  }

  get aborted(): readonly AbortedTransaction[] {
    return this.abortedTransactions
  }

  private loadNow(): void {
    this.offsets ??= new OffsetIndex(this.baseOffset, this.readOrEmpty('index'))
    this.times ??= new TimeIndex(this.baseOffset, this.readOrEmpty('timeindex'))
  }

  /** Loads without blocking; undefined when there is nothing to wait for. */
  load(): Promise<void> | undefined {
    if (this.isLoaded) return undefined
    this.loading ??= this.loadAwaited().finally(() => {
      this.loading = undefined
    })
    return this.loading
  }

  /** Lets go of the memory; entries that are not in the files keep their index loaded. */
  unload(): void {
    if (this.fullBytes > 0 || !this.offsets || !this.times) return
    if (this.offsets.entries.unpersisted().length > 0 || this.times.entries.unpersisted().length > 0) return
    this.offsets = undefined
    this.times = undefined
  }

  /** Throws when the file holds what cannot be: the segment is then recovered. */
  loadTransactionIndex(): void {
    this.hasTransactionFile = true
    const bytes = this.readOrEmpty('txnindex')
    this.abortedTransactions = decodeTransactionIndex(bytes, this.baseOffset)
    this.persistedAborted = this.abortedTransactions.length
  }

  addAborted(transaction: AbortedTransaction): void {
    this.abortedTransactions.push(transaction)
    // At once, as Kafka does: it is little, and a reader of the directory may look for it.
    this.persistAborted()
  }

  isFull(maxBytes: number): boolean {
    return (
      this.offset.count >= Math.floor(maxBytes / OFFSET_INDEX_ENTRY_SIZE) ||
      this.time.count >= Math.floor(maxBytes / TIME_INDEX_ENTRY_SIZE) - 1
    )
  }

  /** Largest timestamp of a sealed segment: the last entry of the time index, read alone unless it is loaded. */
  lastTimestamp(): TimestampOffset {
    return this.time.last
  }

  /** Drops entries of offsets from `offset` on. */
  truncateTo(offset: number): void {
    this.offset.truncateTo(offset)
    this.time.truncateTo(offset)
    this.abortedTransactions = this.abortedTransactions.filter((entry) => entry.lastOffset < offset)
    if (this.abortedTransactions.length < this.persistedAborted) {
      this.persistedAborted = this.abortedTransactions.length
      this.resize('txnindex', this.persistedAborted * 34, 'r+')
    }
    this.trim()
  }

  /** Writes what only memory holds. Not fsynced. */
  private persist(): void {
    if (this.offsets) this.persistEntries('index', this.offsets.entries)
    if (this.times) this.persistEntries('timeindex', this.times.entries)
  }

  /** Writes everything and cuts the files to their entries. */
  trim(): void {
    this.writeTrimmed('index', this.offset.entries)
    this.writeTrimmed('timeindex', this.time.entries)
    this.fullBytes = 0
  }

  /** Writes what only memory holds, and names the files that were written since the last call: they want an fsync. */
  takeChanged(): string[] {
    this.persist()
    const paths = [...this.changed].map((kind) => this.path(kind))
    this.changed.clear()
    return paths
  }

  private writeTrimmed(kind: 'index' | 'timeindex', entries: IndexEntries): void {
    this.changed.add(kind)
    const fd = this.openOrMake(kind)
    try {
      const bytes = entries.unpersisted()
      if (bytes.length > 0) writeFully(this.files, fd, [bytes], entries.persistedCount * entries.entrySize)
      entries.persistedCount = entries.count
      if (this.files.size(fd) !== entries.sizeInBytes) this.files.ftruncate(fd, entries.sizeInBytes)
    } finally {
      this.files.close(fd)
    }
  }

  private persistEntries(kind: 'index' | 'timeindex', entries: IndexEntries): void {
    const bytes = entries.unpersisted()
    if (bytes.length === 0) return
    this.changed.add(kind)
    const fd = this.files.open(this.path(kind), 'r+')
    try {
      writeFully(this.files, fd, [bytes], entries.persistedCount * entries.entrySize)
      entries.persistedCount = entries.count
    } finally {
      this.files.close(fd)
    }
  }

  private persistAborted(): void {
    this.changed.add('txnindex')
    this.hasTransactionFile = true
    const bytes = this.abortedTransactions.slice(this.persistedAborted).map(encodeAbortedTransaction)
    const fd = this.files.open(this.path('txnindex'), this.persistedAborted === 0 ? 'w' : 'r+')
    try {
      writeFully(this.files, fd, bytes, this.persistedAborted * 34)
      this.persistedAborted = this.abortedTransactions.length
    } finally {
      this.files.close(fd)
    }
  }

  private resize(kind: IndexKind, size: number, flags: 'w' | 'r+'): void {
    this.changed.add(kind)
    const fd = flags === 'w' ? this.files.open(this.path(kind), flags) : this.openOrMake(kind)
    try {
      if (flags !== 'w' || size > 0) this.files.ftruncate(fd, size)
    } finally {
      this.files.close(fd)
    }
  }

  private openOrMake(kind: IndexKind): number {
    try {
      return this.files.open(this.path(kind), 'r+')
    } catch (error) {
      if (isNotFound(error)) return this.files.open(this.path(kind), 'w')
      throw error
    }
  }

  private readOrEmpty(kind: IndexKind): Buffer {
    try {
      return this.files.readFile(this.path(kind))
    } catch (error) {
      if (isNotFound(error)) return Buffer.alloc(0)
      throw error
    }
  }

  private async loadAwaited(): Promise<void> {
    const [offsets, times] = await Promise.all([this.readAwaited('index'), this.readAwaited('timeindex')])
    this.offsets ??= new OffsetIndex(this.baseOffset, offsets)
    this.times ??= new TimeIndex(this.baseOffset, times)
  }

  private async readAwaited(kind: IndexKind): Promise<Buffer> {
    const fd = this.files.open(this.path(kind), 'r')
    try {
      const bytes = Buffer.allocUnsafeSlow(this.files.size(fd))
      const length = await this.files.read(fd, bytes, 0, bytes.length, 0)
      return bytes.subarray(0, length)
    } finally {
      this.files.close(fd)
    }
  }

  private path(kind: IndexKind): string {
    return join(this.directory.path, segmentFileName(this.baseOffset, kind, this.suffix))
  }
}

type IndexKind = 'index' | 'timeindex' | 'txnindex'

/** segment.index.bytes, rounded down to whole entries. */
function fullSize(maxBytes: number, entrySize: number): number {
  return Math.floor(maxBytes / entrySize) * entrySize
}
