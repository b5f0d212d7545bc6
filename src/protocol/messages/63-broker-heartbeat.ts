import { api, array, bool, int16, int32, int64, nullableArray, uuid } from '../schema.ts'

/** A broker tells the controller it is alive and what it wants to be: unfenced, fenced or shut down (KIP-631). */
export const BrokerHeartbeat = api({
  key: 63,
  name: 'BrokerHeartbeat',
  versions: [0, 2],
  flexibleSince: 0,
  listeners: ['controller'],
  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    currentMetadataOffset: int64(),
    wantFence: bool(),
    wantShutDown: bool(),
    offlineLogDirs: array(uuid(), { since: 1, tag: 0 }), // KIP-858
    cordonedLogDirs: nullableArray(uuid(), { since: 2, tag: 1, default: null }), // KIP-1066
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    isCaughtUp: bool(),
    isFenced: bool({ default: true }),
    shouldShutDown: bool(),
  },
})
