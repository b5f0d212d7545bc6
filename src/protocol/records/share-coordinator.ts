import { array, int16, int32, int64, int64Wide, int8, message, string, uuid } from '../schema.ts'

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
    deliveryCompleteCount: int32({ tag: 0, default: -1 }),
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

export const ShareUpdateValue = message({
  name: 'ShareUpdateValue',
  key: 1,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64Wide(),
    deliveryCompleteCount: int32({ tag: 0, default: -1 }),
    stateBatches: array({
      firstOffset: int64Wide(),
      lastOffset: int64Wide(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  },
})
