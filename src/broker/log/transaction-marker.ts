import { decode } from '../../protocol/codec.ts'
import { DecodeError, Reader } from '../../protocol/reader.ts'
import { ControlType, controlTypeOf, readRecords } from '../../protocol/record-batch.ts'
import { EndTxnMarker } from '../../protocol/records/clients.ts'
import type { TransactionMarker } from './producer-state.ts'

/** Value of a marker: `version int16 | coordinatorEpoch int32`, more in later versions. */
const VERSION = 0

/** The transaction marker of the control batch at `position`; undefined for control records of another kind, or none. */
export function readTransactionMarker(buffer: Buffer, position: number): TransactionMarker | undefined {
  const [record] = readRecords(buffer, position)
  if (!record) return undefined
  const type = controlTypeOf(record.key)
  if (type !== ControlType.COMMIT && type !== ControlType.ABORT) return undefined
  const reader = new Reader(record.value ?? Buffer.alloc(0))
  const version = reader.int16()
  if (version < VERSION) throw new DecodeError(`Invalid version ${version} of an end transaction marker`)
  const { coordinatorEpoch } = decode(EndTxnMarker, VERSION, reader)
  return { isCommit: type === ControlType.COMMIT, coordinatorEpoch }
}
