import {
  array,
  bool,
  int16,
  int32,
  int64Wide,
  message,
  nullableBytes,
  nullableString,
  string,
  struct,
  uint16,
  uuid,
} from '../schema.ts'

/** What the embedded consumer protocol puts into the assignment of a classic group member. */
export const ConsumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  fields: {
    assignedPartitions: array({
      topic: string(),
      partitions: array(int32()),
    }),
    userData: nullableBytes({ default: null }),
  },
})

/** What the embedded consumer protocol puts into the metadata of a classic group member. */
export const ConsumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  fields: {
    topics: array(string()),
    userData: nullableBytes({ default: null }),
    // KIP-429
    ownedPartitions: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      { since: 1, ignorable: true },
    ),
    generationId: int32({ since: 2, default: -1, ignorable: true }), // KIP-792
    rackId: nullableString({ since: 3, default: null, ignorable: true }), // KIP-881
  },
})

/** Key of a control record. */
export const ControlRecordTypeSchema = message({
  name: 'ControlRecordTypeSchema',
  versions: [0, 0],
  fields: {
    type: int16(),
  },
})

/** A principal as Envelope carries it (KIP-590). */
export const DefaultPrincipalData = message({
  name: 'DefaultPrincipalData',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    type: string(),
    name: string(),
    tokenAuthenticated: bool(),
  },
})

/** Value of the control record that commits or aborts a transaction (KIP-98). */
export const EndTxnMarker = message({
  name: 'EndTxnMarker',
  versions: [0, 0],
  fields: {
    coordinatorEpoch: int32(),
  },
})

/** Control record: the kraft.version from here on (KIP-853). */
export const KRaftVersionRecord = message({
  name: 'KRaftVersionRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    version: int16(),
    kRaftVersion: int16(),
  },
})

const voter = {
  voterId: int32(),
  voterDirectoryId: uuid({ since: 1 }), // KIP-853
}

/** Control record with which every KRaft leader begins its epoch (KIP-595). */
export const LeaderChangeMessage = message({
  name: 'LeaderChangeMessage',
  versions: [0, 1],
  flexibleSince: 0,
  fields: {
    version: int16(),
    leaderId: int32(),
    voters: array(voter),
    grantingVoters: array(voter),
  },
})

/** Control record that ends a snapshot (KIP-630). */
export const SnapshotFooterRecord = message({
  name: 'SnapshotFooterRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    version: int16(),
  },
})

/** Control record that begins a snapshot (KIP-630). */
export const SnapshotHeaderRecord = message({
  name: 'SnapshotHeaderRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    version: int16(),
    lastContainedLogTimestamp: int64Wide(),
  },
})

/** Control record: the voters of the quorum from here on (KIP-853). */
export const VotersRecord = message({
  name: 'VotersRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    version: int16(),
    voters: array({
      voterId: int32(),
      voterDirectoryId: uuid(), // KIP-853
      endpoints: array({
        name: string(),
        host: string(),
        port: uint16(),
      }),
      kRaftVersionFeature: struct({
        minSupportedVersion: int16(),
        maxSupportedVersion: int16(),
      }),
    }),
  },
})
