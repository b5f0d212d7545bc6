/** Brings a shard to the state its log holds. */
import { ControlType, controlTypeOf, readBatches, readRecords } from '../../protocol/record-batch.ts'
import type { CoordinatorLog } from './coordinator-log.ts'
import { type CoordinatorShard, type RecordSerde, UnknownRecordTypeError } from './shard.ts'

export interface LoadOptions<R> {
  readonly serde: RecordSerde<R>
  /** How much is read and replayed between two turns of the event loop, in bytes. */
  readonly bufferBytes: number
  readonly onUnknownType: (type: number) => void
  /** Loading goes on only while this holds. */
  readonly isWanted: () => boolean
}

/**
 * Replays the whole log, also what is not committed yet, and returns the offset after its last record. Records of a key
 * type we do not know are skipped (they stay in the log: a newer Kafka, or a later one of ours, may know them). Throws on
 * anything else that cannot be read: half a state would be worse than none.
 */
export async function loadShard<R>(
  log: CoordinatorLog,
  shard: CoordinatorShard<R>,
  options: LoadOptions<R>,
): Promise<number> {
  let offset = log.logStartOffset
  while (offset < log.logEndOffset && options.isWanted()) {
    const before = offset
    for (const buffer of await log.read(offset, options.bufferBytes))
      offset = replayBatches(buffer, offset, shard, options)
    if (offset === before) break
    await new Promise((resolve) => setImmediate(resolve))
  }
  return Math.max(offset, log.logEndOffset)
}

/** Returns the offset after the last batch; records below `fromOffset` were replayed before. */
function replayBatches<R>(
  buffer: Buffer,
  fromOffset: number,
  shard: CoordinatorShard<R>,
  options: LoadOptions<R>,
): number {
  let next = fromOffset
  for (const { header, position } of readBatches(buffer)) {
    const { producerId, producerEpoch } = header
    for (const { offset, key, value } of readRecords(buffer, position)) {
      if (offset < fromOffset) continue
      if (header.isControl) {
        const type = controlTypeOf(key)
        if (type === ControlType.COMMIT || type === ControlType.ABORT) {
          shard.replayEndTransaction(producerId, producerEpoch, type === ControlType.COMMIT)
        }
        continue
      }
      const record = known(() => options.serde.deserialize(key, value), options)
      if (record === undefined) continue
      // A batch outside a transaction changes the state itself, whoever wrote it.
      shard.replay(record, { offset, producerId: header.isTransactional ? producerId : -1, producerEpoch })
    }
    next = Math.max(next, header.nextOffset)
  }
  return next
}

function known<R>(read: () => R, options: LoadOptions<R>): R | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof UnknownRecordTypeError)) throw error
    options.onUnknownType(error.type)
    return undefined
  }
}
