import { join } from 'node:path'
import type { FileLayer } from '../../storage/file-layer.ts'
import {
  type EpochStart,
  LEADER_EPOCH_CHECKPOINT,
  readLeaderEpochs,
  writeLeaderEpochs,
} from '../../storage/leader-epoch-checkpoint.ts'

const UNDEFINED = -1

/**
 * Where each leader epoch of a log begins (KIP-101). Invariant: epochs and start offsets rise strictly. Changes are in the
 * checkpoint file when the call returns, and durable with the next flush: what is lost before is found again in the batches.
 */
export class LeaderEpochs {
  private readonly files: FileLayer
  private readonly directory: { readonly path: string }
  private starts: EpochStart[] = []
  /** Entries that the file lacks, and that it has but perhaps not durably. */
  private isUnwritten = false
  private isUnsynced = false

  constructor(files: FileLayer, directory: { readonly path: string }) {
    this.files = files
    this.directory = directory
  }

  /** Throws `MalformedFileError` when the file is malformed: its directory must go offline rather than lose epochs. */
  load(): void {
    this.starts = []
    for (const entry of readLeaderEpochs(this.path, this.files)) this.insert(entry)
  }

  get all(): readonly EpochStart[] {
    return this.starts
  }

  get latest(): number | undefined {
    return this.starts.at(-1)?.epoch
  }

  /** Notes that `epoch` begins at `startOffset`, unless it began before; drops what contradicts it. */
  assign(epoch: number, startOffset: number): void {
    if (this.insert({ epoch, startOffset })) this.write()
  }

  /** As `assign`, for recovery, which writes the file with the next change or flush. */
  assignUnwritten(epoch: number, startOffset: number): void {
    if (this.insert({ epoch, startOffset })) this.isUnwritten = true
  }

  /** Makes all changes durable. */
  sync(): void {
    if (this.isUnwritten || this.isUnsynced) this.write({ sync: true })
  }

  /** The epoch of the record at `offset`. */
  epochOf(offset: number): number | undefined {
    return this.starts.findLast((entry) => entry.startOffset <= offset)?.epoch
  }

  /**
   * The largest epoch not above `epoch`, and where it ended: where the next one began, or the log end for the latest.
   * -1 for both when `epoch` is newer than any here.
   */
  endOffsetFor(epoch: number, logEndOffset: number): { leaderEpoch: number; endOffset: number } {
    if (epoch === UNDEFINED) return { leaderEpoch: UNDEFINED, endOffset: UNDEFINED }
    if (epoch === this.latest) return { leaderEpoch: epoch, endOffset: logEndOffset }
    const next = this.starts.find((entry) => entry.epoch > epoch)
    if (!next) return { leaderEpoch: UNDEFINED, endOffset: UNDEFINED }
    const own = this.starts.findLast((entry) => entry.epoch <= epoch)
    return { leaderEpoch: own?.epoch ?? epoch, endOffset: next.startOffset }
  }

  /** The log now ends at `offset`. */
  truncateFromEnd(offset: number): void {
    if (this.dropFrom(offset)) this.write()
  }

  /** The log as it was loaded goes from `startOffset` to `endOffset`. Written with the next change or flush. */
  fitTo(startOffset: number, endOffset: number): void {
    if (this.dropFrom(endOffset)) this.isUnwritten = true
    if (this.dropBefore(startOffset)) this.isUnwritten = true
  }

  /** The log now begins at `offset`: the epoch of that record begins there. */
  truncateFromStart(offset: number): void {
    if (this.dropBefore(offset)) this.write()
  }

  clear(): void {
    if (this.starts.length === 0) return
    this.starts = []
    this.write()
  }

  private write({ sync = false } = {}): void {
    writeLeaderEpochs(this.path, this.starts, { sync }, this.files)
    this.isUnwritten = false
    this.isUnsynced = !sync
  }

  private get path(): string {
    return join(this.directory.path, LEADER_EPOCH_CHECKPOINT)
  }

  private dropFrom(offset: number): boolean {
    const kept = this.starts.filter((entry) => entry.startOffset < offset)
    if (kept.length === this.starts.length) return false
    this.starts = kept
    return true
  }

  private dropBefore(offset: number): boolean {
    const first = this.starts.findLastIndex((entry) => entry.startOffset <= offset)
    if (first < 0 || (first === 0 && this.starts[0]!.startOffset === offset)) return false
    this.starts = [{ epoch: this.starts[first]!.epoch, startOffset: offset }, ...this.starts.slice(first + 1)]
    return true
  }

  /** Whether the entries changed. */
  private insert(entry: EpochStart): boolean {
    const last = this.starts.at(-1)
    if (last && last.epoch === entry.epoch && entry.startOffset >= last.startOffset) return false
    if (entry.epoch < 0 || entry.startOffset < 0) return false
    // A later epoch cannot begin earlier: entries of that kind come from a leader that was truncated away.
    this.starts = this.starts.filter((other) => other.epoch < entry.epoch && other.startOffset < entry.startOffset)
    this.starts.push(entry)
    return true
  }
}
