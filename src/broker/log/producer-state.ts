import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import type { BatchHeader } from '../../protocol/record-batch.ts'
import type { AbortedTransaction } from '../../storage/transaction-index.ts'
import { NO_EPOCH, NO_OFFSET, NO_SEQUENCE, ProducerEntry, type WrittenBatch } from './producer-entry.ts'

/** Where a batch comes from, which decides what is checked. `replay`: it is in the log already. */
export type BatchOrigin = 'client' | 'coordinator' | 'raft' | 'replay'

/** The marker at the end of a transaction, as a control batch holds it. */
export interface TransactionMarker {
  readonly isCommit: boolean
  readonly coordinatorEpoch: number
}

const MAX_EPOCH = 0x7fff

interface OpenTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

interface CompletedTransaction extends OpenTransaction {
  /** Offset of the marker. */
  readonly lastOffset: number
}

/**
 * Producers of one log: their sequences, epochs and transactions (KIP-98), built from the batches in it alone.
 * Invariants: `endOffset` is the offset up to which batches are included; open transactions are ordered by their first
 * offset. Expired producers are forgotten, so that an old one may begin with any sequence.
 */
export class ProducerState {
  private readonly partition: string
  private readonly producers = new Map<number, ProducerEntry>()
  /** By first offset, which rises. */
  private readonly open = new Map<number, OpenTransaction>()
  /** Ended, but their marker is not below the high watermark yet: they still hold back the last stable offset. */
  private uncommitted: CompletedTransaction[] = []
  endOffset = 0

  /** `partition`: for texts, such as `orders-0`. */
  constructor(partition: string) {
    this.partition = partition
  }

  get active(): ReadonlyMap<number, ProducerEntry> {
    return this.producers
  }

  /** First offset that readers of committed records must not pass; undefined when no transaction holds them back. */
  get firstUnstableOffset(): number | undefined {
    let first: number | undefined
    for (const { firstOffset } of this.open.values()) {
      first = firstOffset
      break
    }
    for (const { firstOffset } of this.uncommitted) if (first === undefined || firstOffset < first) first = firstOffset
    return first
  }

  duplicateOf(header: BatchHeader): WrittenBatch | undefined {
    return this.producers.get(header.producerId)?.duplicateOf(header)
  }

  /**
   * Checks a batch of a producer against what is known and takes it in. `baseOffset` is its place in the log. Answers the
   * aborted transaction that an abort marker ended, for the transaction index. Throws an `ApiError`, changing nothing.
   */
  append(
    header: BatchHeader,
    baseOffset: number,
    origin: BatchOrigin,
    marker: TransactionMarker | undefined,
    transactionVersion = 0,
  ): AbortedTransaction | undefined {
    const known = this.producers.get(header.producerId)
    if (header.isControl) {
      if (!marker) return undefined
      const entry = known ?? new ProducerEntry(header.producerId)
      this.checkMarker(entry, header, baseOffset, origin, marker, transactionVersion)
      this.producers.set(header.producerId, entry)
      return this.endTransaction(entry, header, baseOffset, marker)
    }
    const entry = known ?? new ProducerEntry(header.producerId)
    if (origin !== 'replay') this.checkData(entry, header, baseOffset, origin)
    this.producers.set(header.producerId, entry)
    entry.addBatch(header.producerEpoch, {
      firstSequence: header.baseSequence,
      lastSequence: header.lastSequence,
      firstOffset: baseOffset,
      lastOffset: baseOffset + header.lastOffsetDelta,
      timestamp: header.maxTimestamp,
    })
    if (header.isTransactional && entry.currentTransactionFirstOffset === NO_OFFSET) {
      entry.currentTransactionFirstOffset = baseOffset
      this.open.set(baseOffset, { producerId: header.producerId, firstOffset: baseOffset })
    }
    return undefined
  }

  /** Entries as they are now of the producers named, to `restore` when a later batch of the same append is refused. */
  save(producerIds: Iterable<number>): () => void {
    const saved = new Map([...producerIds].map((id) => [id, this.producers.get(id)?.copy()]))
    const open = new Map(this.open)
    const uncommitted = [...this.uncommitted]
    return () => {
      for (const [id, entry] of saved) {
        if (entry) this.producers.set(id, entry)
        else this.producers.delete(id)
      }
      this.open.clear()
      for (const [offset, transaction] of open) this.open.set(offset, transaction)
      this.uncommitted = uncommitted
    }
  }

  highWatermarkMoved(highWatermark: number): void {
    if (this.uncommitted.length === 0) return
    this.uncommitted = this.uncommitted.filter(({ lastOffset }) => lastOffset >= highWatermark)
  }

  logStartMoved(logStartOffset: number): void {
    this.highWatermarkMoved(logStartOffset)
    if (this.endOffset < logStartOffset) this.endOffset = logStartOffset
  }

  /** Forgets producers without an open transaction that wrote nothing for `expirationMs`. */
  removeExpired(nowMs: number, expirationMs: number): void {
    for (const [id, entry] of this.producers) if (isExpired(entry, nowMs, expirationMs)) this.producers.delete(id)
  }

  clear(endOffset: number): void {
    this.producers.clear()
    this.open.clear()
    this.uncommitted = []
    this.endOffset = endOffset
  }

  /** Takes over what a snapshot at `endOffset` holds. */
  load(entries: Iterable<ProducerEntry>, endOffset: number, nowMs: number, expirationMs: number): void {
    this.clear(endOffset)
    const open: OpenTransaction[] = []
    for (const entry of entries) {
      if (isExpired(entry, nowMs, expirationMs)) continue
      this.producers.set(entry.producerId, entry)
      const { producerId, currentTransactionFirstOffset: firstOffset } = entry
      if (firstOffset !== NO_OFFSET) open.push({ producerId, firstOffset })
    }
    open.sort((a, b) => a.firstOffset - b.firstOffset)
    for (const transaction of open) this.open.set(transaction.firstOffset, transaction)
  }

  private checkData(entry: ProducerEntry, header: BatchHeader, offset: number, origin: BatchOrigin): void {
    const { producerId, producerEpoch, baseSequence } = header
    if (producerEpoch < entry.epoch) throw this.staleEpoch(entry, producerEpoch, offset, 0)
    if (origin === 'client') this.checkSequence(entry, producerEpoch, baseSequence, offset)
    if (entry.currentTransactionFirstOffset !== NO_OFFSET && !header.isTransactional) {
      throw new ApiError(
        ErrorCode.INVALID_TXN_STATE,
        `Expected transactional write from producer ${producerId} at offset ${offset} in partition ${this.partition}`,
      )
    }
  }

  private checkSequence(entry: ProducerEntry, epoch: number, sequence: number, offset: number): void {
    // A producer we know nothing of (its records were deleted, or it expired) may begin anywhere (KAFKA-6817).
    if (entry.epoch === NO_EPOCH) return
    const at = `producer ${entry.producerId} at offset ${offset} in partition ${this.partition}: `
    if (epoch !== entry.epoch) {
      if (sequence === 0) return
      throw new ApiError(
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `Invalid sequence number for new epoch of ${at}${epoch} (request epoch), ${sequence} (seq. number), ` +
          `${entry.epoch} (current producer epoch)`,
      )
    }
    const last = entry.lastSequence
    if (sequence === last + 1 || (sequence === 0 && last === 0x7fff_ffff)) return
    throw new ApiError(
      ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
      `Out of order sequence number for ${at}${sequence} (incoming seq. number), ` +
        `${last === NO_SEQUENCE ? NO_SEQUENCE : last} (current end sequence number)`,
    )
  }

  private checkMarker(
    entry: ProducerEntry,
    { producerId, producerEpoch }: BatchHeader,
    offset: number,
    origin: BatchOrigin,
    marker: TransactionMarker,
    transactionVersion: number,
  ): void {
    if (origin === 'replay') return
    const isStale = transactionVersion >= 2 ? producerEpoch <= entry.epoch : producerEpoch < entry.epoch
    // A marker of transaction version 2 that comes again after it was written is harmless (KAFKA-19999).
    const isRetry =
      transactionVersion >= 2 &&
      producerEpoch === entry.epoch &&
      (entry.currentTransactionFirstOffset === NO_OFFSET || producerEpoch === MAX_EPOCH)
    if (isStale && !isRetry) throw this.staleEpoch(entry, producerEpoch, offset, transactionVersion)
    if (entry.coordinatorEpoch > marker.coordinatorEpoch) {
      throw new ApiError(
        ErrorCode.TRANSACTION_COORDINATOR_FENCED,
        `Invalid coordinator epoch for producerId ${producerId} at offset ${offset} in partition ${this.partition}: ` +
          `${marker.coordinatorEpoch} (zombie), ${entry.coordinatorEpoch} (current)`,
      )
    }
  }

  private endTransaction(
    entry: ProducerEntry,
    { producerId, producerEpoch, maxTimestamp }: BatchHeader,
    offset: number,
    { isCommit, coordinatorEpoch }: TransactionMarker,
  ): AbortedTransaction | undefined {
    const firstOffset = entry.currentTransactionFirstOffset
    entry.setEpoch(producerEpoch)
    entry.coordinatorEpoch = coordinatorEpoch
    entry.lastTimestamp = maxTimestamp
    entry.currentTransactionFirstOffset = NO_OFFSET
    // A marker without records before it concerns no reader.
    if (firstOffset === NO_OFFSET) return undefined
    this.open.delete(firstOffset)
    this.uncommitted.push({ producerId, firstOffset, lastOffset: offset })
    if (isCommit) return undefined
    let lastStableOffset = offset + 1
    for (const other of this.open.values()) {
      lastStableOffset = other.firstOffset
      break
    }
    return { producerId, firstOffset, lastOffset: offset, lastStableOffset }
  }

  private staleEpoch(entry: ProducerEntry, epoch: number, offset: number, transactionVersion: number): ApiError {
    return new ApiError(
      ErrorCode.INVALID_PRODUCER_EPOCH,
      `Epoch of producer ${entry.producerId} at offset ${offset} in ${this.partition} is ${epoch}, which is ` +
        `${transactionVersion >= 2 ? '<=' : '<'} the last seen epoch ${entry.epoch} (TV${transactionVersion})`,
    )
  }
}

function isExpired(entry: ProducerEntry, nowMs: number, expirationMs: number): boolean {
  return (
    entry.currentTransactionFirstOffset === NO_OFFSET && BigInt(nowMs) - BigInt(entry.lastTimestamp) >= expirationMs
  )
}
