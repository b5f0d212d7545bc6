import { array, int8, int16, int32, int64, int64Wide, message, string, uuid } from '../schema.ts'

/** Key of a whole delivery state of a share partition. */
export const ShareSnapshotKey = message({
  name: 'ShareSnapshotKey',
  key: 0,
  versions: [0, 0],
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
})

/** The whole delivery state of a share partition (KIP-932). */
export const ShareSnapshotValue = message({
  name: 'ShareSnapshotValue',
  key: 0,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    snapshotEpoch: int32(),
    stateEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64Wide(),
    deliveryCompleteCount: int32({ tag: 0, default: -1 }), // KIP-1226
    createTimestamp: int64(),
    writeTimestamp: int64(),
    stateBatches: array({
      firstOffset: int64Wide(),
      lastOffset: int64Wide(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  },
})

/** Key of a change of the delivery state of a share partition. */
export const ShareUpdateKey = message({
  name: 'ShareUpdateKey',
  key: 1,
  versions: [0, 0],
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
})

/** A change of the delivery state of a share partition, on top of its last snapshot (KIP-932). */
export const ShareUpdateValue = message({
  name: 'ShareUpdateValue',
  key: 1,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64Wide(),
    deliveryCompleteCount: int32({ tag: 0, default: -1 }), // KIP-1226
    stateBatches: array({
      firstOffset: int64Wide(),
      lastOffset: int64Wide(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  },
})
