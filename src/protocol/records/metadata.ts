import {
  array,
  bool,
  bytes,
  float64,
  int8,
  int16,
  int32,
  int64,
  int64Wide,
  message,
  nullableArray,
  nullableString,
  string,
  uint16,
  uuid,
} from '../schema.ts'

/** A broker registered, with its listeners and features. */
export const RegisterBrokerRecord = message({
  name: 'RegisterBrokerRecord',
  key: 0,
  versions: [0, 4],
  flexibleSince: 0,
  fields: {
    brokerId: int32(),
    isMigratingZkBroker: bool({ since: 2 }), // KIP-866
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
    inControlledShutdown: bool({ since: 1 }), // KIP-841
    logDirs: array(uuid(), { since: 3, tag: 0 }), // KIP-858
    cordonedLogDirs: nullableArray(uuid(), { since: 4, tag: 1, default: null }), // KIP-1066
  },
})

/** A broker is gone for good. */
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

/** A topic was created. */
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

/** A partition, whole: as it was created, or as a snapshot has it. */
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
    leaderRecoveryState: int8({ tag: 0 }), // KIP-704
    leaderEpoch: int32({ default: -1 }),
    partitionEpoch: int32({ default: -1 }),
    directories: array(uuid(), { since: 1 }), // KIP-858
    eligibleLeaderReplicas: nullableArray(int32(), { since: 2, tag: 1, default: null }), // KIP-966
    lastKnownElr: nullableArray(int32(), { since: 2, tag: 2, default: null }), // KIP-966
  },
})

/** A setting of a resource; a null value removes it. */
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

/** What changed of a partition; fields at their default did not. */
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
    leaderRecoveryState: int8({ tag: 5, default: -1 }), // KIP-704
    directories: nullableArray(uuid(), { since: 1, tag: 8, default: null }), // KIP-858
    eligibleLeaderReplicas: nullableArray(int32(), { since: 2, tag: 6, default: null }), // KIP-966
    lastKnownElr: nullableArray(int32(), { since: 2, tag: 7, default: null }), // KIP-966
  },
})

/** A broker was fenced. BrokerRegistrationChangeRecord took its place. */
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

/** A broker was unfenced. BrokerRegistrationChangeRecord took its place. */
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

/** A topic was deleted, with all its partitions. */
export const RemoveTopicRecord = message({
  name: 'RemoveTopicRecord',
  key: 9,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicId: uuid(),
  },
})

/** A delegation token was created or renewed (KIP-48). */
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

/** A SCRAM credential of a user (KIP-554). */
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

/** The finalized level of a feature; 0 removes it. */
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

/** A quota was set or removed. */
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

/** A block of producer ids was given to a broker (KIP-730). */
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

/** What changed of a broker's registration: fencing, controlled shutdown, log directories. */
export const BrokerRegistrationChangeRecord = message({
  name: 'BrokerRegistrationChangeRecord',
  key: 17,
  versions: [0, 3],
  flexibleSince: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
    fenced: int8({ tag: 0 }),
    inControlledShutdown: int8({ since: 1, tag: 1 }), // KIP-841
    logDirs: array(uuid(), { since: 2, tag: 2 }), // KIP-858
    cordonedLogDirs: nullableArray(uuid(), { since: 3, tag: 3, default: null }), // KIP-1066
  },
})

/** An access rule was added. */
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

/** An access rule was removed. */
export const RemoveAccessControlEntryRecord = message({
  name: 'RemoveAccessControlEntryRecord',
  key: 19,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    id: uuid(),
  },
})

/** Written now and then so that the committed offset moves: proof of an active controller (KIP-835). */
export const NoOpRecord = message({
  name: 'NoOpRecord',
  key: 20,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {},
})

/** How far the migration from ZooKeeper came; only older logs and bootstrap records have it (KIP-866). */
export const ZkMigrationStateRecord = message({
  name: 'ZkMigrationStateRecord',
  key: 21,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    zkMigrationState: int8(),
  },
})

/** A SCRAM credential was removed. */
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

/** Begins records that count only together (KIP-868). */
export const BeginTransactionRecord = message({
  name: 'BeginTransactionRecord',
  key: 23,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: nullableString({ tag: 0, default: null }),
  },
})

/** Records since the begin of the transaction count (KIP-868). */
export const EndTransactionRecord = message({
  name: 'EndTransactionRecord',
  key: 24,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {},
})

/** Records since the begin of the transaction do not count (KIP-868). */
export const AbortTransactionRecord = message({
  name: 'AbortTransactionRecord',
  key: 25,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    reason: nullableString({ tag: 0, default: null }),
  },
})

/** A delegation token was removed. */
export const RemoveDelegationTokenRecord = message({
  name: 'RemoveDelegationTokenRecord',
  key: 26,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    tokenId: string(),
  },
})

/** A controller registered (KIP-919). */
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

/** Forgets the eligible leader replicas of a topic, or of all (KIP-966). */
export const ClearElrRecord = message({
  name: 'ClearElrRecord',
  key: 28,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicName: string(),
  },
})
