/**
 * `<offset>.snapshot`: what the log knew of its producers at that offset. `version int16 (1) | crc uint32 | producers…`;
 * the CRC-32C covers what follows it.
 */
import { decodeExactly, encodeToBuffer } from '../protocol/codec.ts'
import { crc32c } from '../protocol/crc32c.ts'
import { ProducerSnapshot } from '../protocol/records/storage.ts'
import { type FileLayer, nodeFiles, writeFully } from './file-layer.ts'

const VERSION = 1
const CRC_AT = 2
const PRODUCERS_AT = 6

export interface ProducerSnapshotEntry {
  readonly producerId: number
  readonly epoch: number
  /** -1 (as `lastOffset`) when only a control batch of the producer is known. */
  readonly lastSequence: number
  readonly lastOffset: number
  /** Last offset minus first of the last batch. */
  readonly offsetDelta: number
  readonly timestamp: number | bigint
  readonly coordinatorEpoch: number
  /** -1 when no transaction is open. */
  readonly currentTxnFirstOffset: number
}

/** A snapshot that cannot be trusted; the log deletes it and takes the one before. */
export class CorruptSnapshotError extends Error {
  override readonly name = 'CorruptSnapshotError'
}

export function readProducerSnapshot(path: string, files: FileLayer = nodeFiles): ProducerSnapshotEntry[] {
  return decodeProducerSnapshot(files.readFile(path))
}

export function decodeProducerSnapshot(bytes: Buffer): ProducerSnapshotEntry[] {
  if (bytes.length < PRODUCERS_AT) throw new CorruptSnapshotError(`Snapshot of ${bytes.length} bytes`)
  const version = bytes.readInt16BE(0)
  if (version !== VERSION) throw new CorruptSnapshotError(`Snapshot contained an unknown file version ${version}`)
  const stored = bytes.readUInt32BE(CRC_AT)
  const computed = crc32c(bytes, PRODUCERS_AT)
  if (stored !== computed) {
    throw new CorruptSnapshotError(
      `Snapshot is corrupt (CRC is no longer valid). Stored crc: ${stored}. Computed crc: ${computed}`,
    )
  }
  try {
    return decodeExactly(ProducerSnapshot, version, bytes.subarray(CRC_AT)).producerEntries
  } catch (error) {
    throw new CorruptSnapshotError(`Snapshot failed schema validation: ${(error as Error).message}`)
  }
}

export function encodeProducerSnapshot(producerEntries: readonly ProducerSnapshotEntry[]): Buffer {
  const body = encodeToBuffer(ProducerSnapshot, VERSION, { crc: 0, producerEntries: [...producerEntries] })
  const bytes = Buffer.alloc(CRC_AT + body.length)
  bytes.writeInt16BE(VERSION)
  body.copy(bytes, CRC_AT)
  bytes.writeUInt32BE(crc32c(bytes, PRODUCERS_AT), CRC_AT)
  return bytes
}

/**
 * Written under its own name at once: a torn one is recognised by its checksum and deleted at load. At a roll the caller
 * makes it durable later, together with the segment; at a clean stop `sync` does.
 */
export function writeProducerSnapshot(
  path: string,
  entries: readonly ProducerSnapshotEntry[],
  { sync }: { sync: boolean },
  files: FileLayer = nodeFiles,
): void {
  const fd = files.open(path, 'w')
  try {
    writeFully(files, fd, [encodeProducerSnapshot(entries)], 0)
    if (sync) files.fsyncSync(fd)
  } finally {
    files.close(fd)
  }
}
