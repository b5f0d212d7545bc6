import { decode } from '../../protocol/codec.ts'
import { Reader } from '../../protocol/reader.ts'
import { ControlType, controlTypeOf, readRecords } from '../../protocol/record-batch.ts'
import { EndTxnMarker } from '../../protocol/records/clients.ts'
import type { TransactionMarker } from './producer-state.ts'

/** The transaction marker of the control batch at `position`; undefined for control records of another kind, or none. */
export function readTransactionMarker(buffer: Buffer, position: number): TransactionMarker | undefined {
  const [record] = readRecords(buffer, position)
  if (!record) return undefined
  const type = controlTypeOf(record.key)
  if (type !== ControlType.COMMIT && type !== ControlType.ABORT) return undefined
  const { coordinatorEpoch } = decode(EndTxnMarker, 0, new Reader(record.value ?? Buffer.alloc(0)))
  return { isCommit: type === ControlType.COMMIT, coordinatorEpoch }
}
