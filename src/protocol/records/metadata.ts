import {
  array,
  bool,
  bytes,
  float64,
  int16,
  int32,
  int64,
  int64Wide,
  int8,
  message,
  nullableArray,
  nullableString,
  string,
  uint16,
  uuid,
} from '../schema.ts'

export const RegisterBrokerRecord = message({
  name: 'RegisterBrokerRecord',
  key: 0,
  versions: [0, 4],
  flexibleSince: 0,
  fields: {
    brokerId: int32(),
    isMigratingZkBroker: bool({ since: 2 }),
    incarnationId: uuid(),
    brokerEpoch: int64(),
    endPoints: array({
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
    fenced: bool({ default: true }),
    inControlledShutdown: bool({ since: 1 }),
    logDirs: array(uuid(), { since: 3, tag: 0 }),
    cordonedLogDirs: nullableArray(uuid(), { since: 4, tag: 1, default: null }),
  },
})

export const UnregisterBrokerRecord = message({
  name: 'UnregisterBrokerRecord',
  key: 1,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
  },
})

export const TopicRecord = message({
  name: 'TopicRecord',
  key: 2,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: string(),
    topicId: uuid(),
  },
})

export const PartitionRecord = message({
  name: 'PartitionRecord',
  key: 3,
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    replicas: array(int32()),
    isr: array(int32()),
    removingReplicas: array(int32()),
    addingReplicas: array(int32()),
    leader: int32({ default: -1 }),
    leaderRecoveryState: int8({ tag: 0 }),
    leaderEpoch: int32({ default: -1 }),
    partitionEpoch: int32({ default: -1 }),
    directories: array(uuid(), { since: 1 }),
    eligibleLeaderReplicas: nullableArray(int32(), { since: 2, tag: 1, default: null }),
    lastKnownElr: nullableArray(int32(), { since: 2, tag: 2, default: null }),
  },
})

export const ConfigRecord = message({
  name: 'ConfigRecord',
  key: 4,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    resourceType: int8(),
    resourceName: string(),
    name: string(),
    value: nullableString(),
  },
})

export const PartitionChangeRecord = message({
  name: 'PartitionChangeRecord',
  key: 5,
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    isr: nullableArray(int32(), { tag: 0, default: null }),
    leader: int32({ tag: 1, default: -2 }),
    replicas: nullableArray(int32(), { tag: 2, default: null }),
    removingReplicas: nullableArray(int32(), { tag: 3, default: null }),
    addingReplicas: nullableArray(int32(), { tag: 4, default: null }),
    leaderRecoveryState: int8({ tag: 5, default: -1 }),
    directories: nullableArray(uuid(), { since: 1, tag: 8, default: null }),
    eligibleLeaderReplicas: nullableArray(int32(), { since: 2, tag: 6, default: null }),
    lastKnownElr: nullableArray(int32(), { since: 2, tag: 7, default: null }),
  },
})

export const FenceBrokerRecord = message({
  name: 'FenceBrokerRecord',
  key: 7,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    id: int32(),
    epoch: int64(),
  },
})

export const UnfenceBrokerRecord = message({
  name: 'UnfenceBrokerRecord',
  key: 8,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    id: int32(),
    epoch: int64(),
  },
})

export const RemoveTopicRecord = message({
  name: 'RemoveTopicRecord',
  key: 9,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicId: uuid(),
  },
})

export const DelegationTokenRecord = message({
  name: 'DelegationTokenRecord',
  key: 10,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    owner: string(),
    requester: string(),
    renewers: array(string()),
    issueTimestamp: int64Wide(),
    maxTimestamp: int64Wide(),
    expirationTimestamp: int64Wide(),
    tokenId: string(),
  },
})

export const UserScramCredentialRecord = message({
  name: 'UserScramCredentialRecord',
  key: 11,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: string(),
    mechanism: int8(),
    salt: bytes(),
    storedKey: bytes(),
    serverKey: bytes(),
    iterations: int32(),
  },
})

export const FeatureLevelRecord = message({
  name: 'FeatureLevelRecord',
  key: 12,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: string(),
    featureLevel: int16(),
  },
})

export const ClientQuotaRecord = message({
  name: 'ClientQuotaRecord',
  key: 14,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    entity: array({
      entityType: string(),
      entityName: nullableString(),
    }),
    key: string(),
    value: float64(),
    remove: bool(),
  },
})

export const ProducerIdsRecord = message({
  name: 'ProducerIdsRecord',
  key: 15,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    nextProducerId: int64(),
  },
})

export const BrokerRegistrationChangeRecord = message({
  name: 'BrokerRegistrationChangeRecord',
  key: 17,
  versions: [0, 3],
  flexibleSince: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
    fenced: int8({ tag: 0 }),
    inControlledShutdown: int8({ since: 1, tag: 1 }),
    logDirs: array(uuid(), { since: 2, tag: 2 }),
    cordonedLogDirs: nullableArray(uuid(), { since: 3, tag: 3, default: null }),
  },
})

export const AccessControlEntryRecord = message({
  name: 'AccessControlEntryRecord',
  key: 18,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    id: uuid(),
    resourceType: int8(),
    resourceName: string(),
    patternType: int8(),
    principal: string(),
    host: string(),
    operation: int8(),
    permissionType: int8(),
  },
})

export const RemoveAccessControlEntryRecord = message({
  name: 'RemoveAccessControlEntryRecord',
  key: 19,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    id: uuid(),
  },
})

export const NoOpRecord = message({
  name: 'NoOpRecord',
  key: 20,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {},
})

export const ZkMigrationStateRecord = message({
  name: 'ZkMigrationStateRecord',
  key: 21,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    zkMigrationState: int8(),
  },
})

export const RemoveUserScramCredentialRecord = message({
  name: 'RemoveUserScramCredentialRecord',
  key: 22,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: string(),
    mechanism: int8(),
  },
})

export const BeginTransactionRecord = message({
  name: 'BeginTransactionRecord',
  key: 23,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: nullableString({ tag: 0, default: null }),
  },
})

export const EndTransactionRecord = message({
  name: 'EndTransactionRecord',
  key: 24,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {},
})

export const AbortTransactionRecord = message({
  name: 'AbortTransactionRecord',
  key: 25,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    reason: nullableString({ tag: 0, default: null }),
  },
})

export const RemoveDelegationTokenRecord = message({
  name: 'RemoveDelegationTokenRecord',
  key: 26,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    tokenId: string(),
  },
})

export const RegisterControllerRecord = message({
  name: 'RegisterControllerRecord',
  key: 27,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    endPoints: array({
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
  },
})

export const ClearElrRecord = message({
  name: 'ClearElrRecord',
  key: 28,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicName: string(),
  },
})
