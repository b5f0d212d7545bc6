import { api, array, bool, int16, int32, int64, nullableString, string, uint16, uuid } from '../schema.ts'

/** A starting broker registers with the controller and receives its epoch (KIP-631). */
export const BrokerRegistration = api({
  key: 62,
  name: 'BrokerRegistration',
  versions: [0, 4],
  flexibleSince: 0,
  listeners: ['controller'],
  request: {
    brokerId: int32(),
    clusterId: string(),
    incarnationId: uuid(),
    listeners: array({
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: array({
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
    rack: nullableString(),
    isMigratingZkBroker: bool({ since: 1 }), // KIP-866
    logDirs: array(uuid(), { since: 2, ignorable: true }), // KIP-858
    previousBrokerEpoch: int64({ since: 3, default: -1, ignorable: true }), // of a clean shutdown, KIP-966
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    brokerEpoch: int64({ default: -1 }),
  },
})
