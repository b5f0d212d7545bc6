import { array, int16, int32, int64, int64Wide, message, uint32 } from '../schema.ts'

/** The file `<offset>.snapshot`: the producers that a partition remembers, up to that offset. */
export const ProducerSnapshot = message({
  name: 'ProducerSnapshot',
  versions: [1, 1],
  fields: {
    crc: uint32(),
    producerEntries: array({
      producerId: int64(),
      epoch: int16(),
      lastSequence: int32(),
      lastOffset: int64(),
      offsetDelta: int32(),
      timestamp: int64Wide(),
      coordinatorEpoch: int32(),
      currentTxnFirstOffset: int64(),
    }),
  },
})
