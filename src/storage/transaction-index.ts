/**
 * `.txnindex`: the aborted transactions whose abort marker lies in the segment, in order of the marker.
 *
 *     version int16 (0) | producerId int64 | firstOffset int64 | lastOffset int64 | lastStableOffset int64
 */

export const ABORTED_TRANSACTION_SIZE = 34

const VERSION = 0

export interface AbortedTransaction {
  readonly producerId: number
  /** First offset of the transaction. */
  readonly firstOffset: number
  /** Offset of the abort marker. */
  readonly lastOffset: number
  /** The last stable offset that the marker led to. */
  readonly lastStableOffset: number
}

/** Throws when an entry is of an unknown version or lies below `baseOffset`: the index is then rebuilt from the log. */
export function decodeTransactionIndex(bytes: Buffer, baseOffset: number): AbortedTransaction[] {
  const entries: AbortedTransaction[] = []
  for (let at = 0; at + ABORTED_TRANSACTION_SIZE <= bytes.length; at += ABORTED_TRANSACTION_SIZE) {
    const version = bytes.readInt16BE(at)
    if (version > VERSION) {
      throw new Error(`Unexpected aborted transaction version ${version}, current version is ${VERSION}`)
    }
    const field = (index: number) => Number(bytes.readBigInt64BE(at + 2 + index * 8))
    const entry = { producerId: field(0), firstOffset: field(1), lastOffset: field(2), lastStableOffset: field(3) }
    if (entry.lastOffset < baseOffset) {
      throw new Error(
        `Last offset of aborted transaction ${JSON.stringify(entry)} is less than start offset ${baseOffset}`,
      )
    }
    entries.push(entry)
  }
  return entries
}

export function encodeAbortedTransaction(entry: AbortedTransaction): Buffer {
  const bytes = Buffer.alloc(ABORTED_TRANSACTION_SIZE)
  bytes.writeInt16BE(VERSION)
  const fields = [entry.producerId, entry.firstOffset, entry.lastOffset, entry.lastStableOffset]
  for (const [index, value] of fields.entries()) bytes.writeBigInt64BE(BigInt(value), 2 + index * 8)
  return bytes
}
