import { addToSequence } from '../../protocol/record-batch.ts'
import type { ProducerSnapshotEntry } from '../../storage/producer-snapshot.ts'

/** Batches of a producer that are remembered, to recognise them when they are sent again. */
const REMEMBERED_BATCHES = 5

export const NO_EPOCH = -1
export const NO_SEQUENCE = -1
/** `currentTransactionFirstOffset` when no transaction is open. */
export const NO_OFFSET = -1

/** What is remembered of a batch. */
export interface WrittenBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly timestamp: number | bigint
}

/** What a log knows of one producer id. */
export class ProducerEntry {
  readonly producerId: number
  epoch: number = NO_EPOCH
  /** Of the last transaction marker; -1 before the first. */
  coordinatorEpoch = -1
  lastTimestamp: number | bigint = -1
  currentTransactionFirstOffset: number = NO_OFFSET
  /** The last ones of the current epoch, oldest first. */
  batches: WrittenBatch[] = []

  constructor(producerId: number) {
    this.producerId = producerId
  }

  static fromSnapshot(stored: ProducerSnapshotEntry): ProducerEntry {
    const entry = new ProducerEntry(stored.producerId)
    entry.epoch = stored.epoch
    entry.coordinatorEpoch = stored.coordinatorEpoch
    entry.lastTimestamp = stored.timestamp
    entry.currentTransactionFirstOffset = stored.currentTxnFirstOffset >= 0 ? stored.currentTxnFirstOffset : NO_OFFSET
    if (stored.lastOffset >= 0) {
      entry.batches.push({
        // Sequences go round after 2^31 - 1.
        firstSequence: addToSequence(stored.lastSequence, -stored.offsetDelta) & 0x7fff_ffff,
        lastSequence: stored.lastSequence,
        firstOffset: stored.lastOffset - stored.offsetDelta,
        lastOffset: stored.lastOffset,
        timestamp: stored.timestamp,
      })
    }
    return entry
  }

  toSnapshot(): ProducerSnapshotEntry {
    const last = this.batches.at(-1)
    return {
      producerId: this.producerId,
      epoch: this.epoch,
      lastSequence: last?.lastSequence ?? NO_SEQUENCE,
      lastOffset: last?.lastOffset ?? NO_OFFSET,
      offsetDelta: last ? last.lastOffset - last.firstOffset : 0,
      timestamp: this.lastTimestamp,
      coordinatorEpoch: this.coordinatorEpoch,
      currentTxnFirstOffset: this.currentTransactionFirstOffset,
    }
  }

  copy(): ProducerEntry {
    const copy = new ProducerEntry(this.producerId)
    Object.assign(copy, this)
    copy.batches = [...this.batches]
    return copy
  }

  get lastSequence(): number {
    return this.batches.at(-1)?.lastSequence ?? NO_SEQUENCE
  }

  /** A new epoch forgets the batches of the old one. */
  setEpoch(epoch: number): void {
    if (epoch === this.epoch) return
    this.batches = []
    this.epoch = epoch
  }

  addBatch(epoch: number, batch: WrittenBatch): void {
    this.setEpoch(epoch)
    if (this.batches.length === REMEMBERED_BATCHES) this.batches.shift()
    this.batches.push(batch)
    this.lastTimestamp = batch.timestamp
  }

  /** The remembered batch with the same epoch and sequences. */
  duplicateOf(batch: { producerEpoch: number; baseSequence: number; lastSequence: number }): WrittenBatch | undefined {
    if (batch.producerEpoch !== this.epoch) return undefined
    return this.batches.find(
      (known) => known.firstSequence === batch.baseSequence && known.lastSequence === batch.lastSequence,
    )
  }
}
