import {
  array,
  bytes,
  int8,
  int16,
  int32,
  int64,
  int64Wide,
  message,
  nullableArray,
  nullableString,
  nullableStruct,
  string,
  uint16,
  uuid,
} from '../schema.ts'

/** Key of a committed offset as it was first written. */
export const LegacyOffsetCommitKey = message({
  name: 'LegacyOffsetCommitKey',
  key: 0,
  versions: [0, 0],
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
})

/** Value of a committed offset as it was first written. */
export const LegacyOffsetCommitValue = message({
  name: 'LegacyOffsetCommitValue',
  key: 0,
  versions: [0, 0],
  fields: {
    offset: int64Wide(),
    metadata: string(),
    commitTimestamp: int64Wide(),
  },
})

/** Key of a committed offset. */
export const OffsetCommitKey = message({
  name: 'OffsetCommitKey',
  key: 1,
  versions: [0, 0],
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
})

/** A committed offset. Which version is written depends on what must be kept, not only on the metadata version. */
export const OffsetCommitValue = message({
  name: 'OffsetCommitValue',
  key: 1,
  versions: [0, 4],
  flexibleSince: 4,
  fields: {
    offset: int64Wide(),
    leaderEpoch: int32({ since: 3, default: -1, ignorable: true }), // KIP-320
    metadata: string(),
    commitTimestamp: int64Wide(),
    expireTimestamp: int64Wide({ since: 1, until: 1, default: -1, ignorable: true }),
    topicId: uuid({ since: 4, tag: 0, ignorable: true }), // KIP-848
  },
})

/** Key of a classic group. */
export const GroupMetadataKey = message({
  name: 'GroupMetadataKey',
  key: 2,
  versions: [0, 0],
  fields: {
    group: string(),
  },
})

const memberMetadata = {
  memberId: string(),
  groupInstanceId: nullableString({ since: 3, default: null, ignorable: true }), // KIP-345
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: int32({ since: 1, default: -1, ignorable: true }), // KIP-62
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes(),
}

/** A classic group: generation, leader, and members with their assignments. */
export const GroupMetadataValue = message({
  name: 'GroupMetadataValue',
  key: 2,
  versions: [0, 4],
  flexibleSince: 4,
  fields: {
    protocolType: string(),
    generation: int32(),
    protocol: nullableString(),
    leader: nullableString(),
    currentStateTimestamp: int64({ since: 2, default: -1, ignorable: true }),
    members: array(memberMetadata),
  },
})

/** Key of the epoch of a consumer group. */
export const ConsumerGroupMetadataKey = message({
  name: 'ConsumerGroupMetadataKey',
  key: 3,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
})

/** Epoch of a consumer group (KIP-848). */
export const ConsumerGroupMetadataValue = message({
  name: 'ConsumerGroupMetadataValue',
  key: 3,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    epoch: int32(),
    metadataHash: int64Wide({ tag: 0 }),
  },
})

/** Key of what a consumer group knew of its topics. */
export const ConsumerGroupPartitionMetadataKey = message({
  name: 'ConsumerGroupPartitionMetadataKey',
  key: 4,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
})

/** What a consumer group knew of its topics. No longer written since 4.1: a hash in the group took its place. */
export const ConsumerGroupPartitionMetadataValue = message({
  name: 'ConsumerGroupPartitionMetadataValue',
  key: 4,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topics: array({
      topicId: uuid(),
      topicName: string(),
      numPartitions: int32(),
      partitionMetadata: array({
        partition: int32(),
        racks: array(string()),
      }),
    }),
  },
})

/** Key of a member of a consumer group. */
export const ConsumerGroupMemberMetadataKey = message({
  name: 'ConsumerGroupMemberMetadataKey',
  key: 5,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

/** A member of a consumer group: its client and subscription (KIP-848). */
export const ConsumerGroupMemberMetadataValue = message({
  name: 'ConsumerGroupMemberMetadataValue',
  key: 5,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    instanceId: nullableString(),
    rackId: nullableString(),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
    subscribedTopicRegex: nullableString(),
    rebalanceTimeoutMs: int32({ default: -1 }),
    serverAssignor: nullableString(),
    classicMemberMetadata: nullableStruct(
      {
        sessionTimeoutMs: int32(),
        supportedProtocols: array({
          name: string(),
          metadata: bytes(),
        }),
      },
      { tag: 0 },
    ),
  },
})

/** Key of the epoch of a target assignment of a consumer group. */
export const ConsumerGroupTargetAssignmentMetadataKey = message({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  key: 6,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
})

/** Epoch for which the target assignment of a consumer group was made (KIP-848). */
export const ConsumerGroupTargetAssignmentMetadataValue = message({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  key: 6,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ tag: 0, ignorable: true }),
  },
})

/** Key of the target assignment of a member of a consumer group. */
export const ConsumerGroupTargetAssignmentMemberKey = message({
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  key: 7,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

/** The partitions that a member of a consumer group shall own (KIP-848). */
export const ConsumerGroupTargetAssignmentMemberValue = message({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  key: 7,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicPartitions: array({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
})

/** Key of the current assignment of a member of a consumer group. */
export const ConsumerGroupCurrentMemberAssignmentKey = message({
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  key: 8,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

const consumerGroupCurrentMemberAssignmentTopicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
  assignmentEpochs: nullableArray(int32(), { tag: 0 }),
}

/** The partitions that a member of a consumer group owns and those it has to give up (KIP-848). */
export const ConsumerGroupCurrentMemberAssignmentValue = message({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  key: 8,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array(consumerGroupCurrentMemberAssignmentTopicPartitions),
    partitionsPendingRevocation: array(consumerGroupCurrentMemberAssignmentTopicPartitions),
  },
})

/** Key of a member of a share group. */
export const ShareGroupMemberMetadataKey = message({
  name: 'ShareGroupMemberMetadataKey',
  key: 10,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

/** A member of a share group: its client and subscription (KIP-932). */
export const ShareGroupMemberMetadataValue = message({
  name: 'ShareGroupMemberMetadataValue',
  key: 10,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    rackId: nullableString(),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
  },
})

/** Key of the epoch of a share group. */
export const ShareGroupMetadataKey = message({
  name: 'ShareGroupMetadataKey',
  key: 11,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
})

/** Epoch of a share group (KIP-932). */
export const ShareGroupMetadataValue = message({
  name: 'ShareGroupMetadataValue',
  key: 11,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    epoch: int32(),
    metadataHash: int64Wide(),
  },
})

/** Key of the epoch of a target assignment of a share group. */
export const ShareGroupTargetAssignmentMetadataKey = message({
  name: 'ShareGroupTargetAssignmentMetadataKey',
  key: 12,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
})

/** Epoch for which the target assignment of a share group was made (KIP-932). */
export const ShareGroupTargetAssignmentMetadataValue = message({
  name: 'ShareGroupTargetAssignmentMetadataValue',
  key: 12,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ tag: 0, ignorable: true }),
  },
})

/** Key of the target assignment of a member of a share group. */
export const ShareGroupTargetAssignmentMemberKey = message({
  name: 'ShareGroupTargetAssignmentMemberKey',
  key: 13,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

/** The partitions that a member of a share group shall read (KIP-932). */
export const ShareGroupTargetAssignmentMemberValue = message({
  name: 'ShareGroupTargetAssignmentMemberValue',
  key: 13,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicPartitions: array({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
})

/** Key of the current assignment of a member of a share group. */
export const ShareGroupCurrentMemberAssignmentKey = message({
  name: 'ShareGroupCurrentMemberAssignmentKey',
  key: 14,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

const shareGroupCurrentMemberAssignmentTopicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
}

/** The partitions that a member of a share group reads (KIP-932). */
export const ShareGroupCurrentMemberAssignmentValue = message({
  name: 'ShareGroupCurrentMemberAssignmentValue',
  key: 14,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array(shareGroupCurrentMemberAssignmentTopicPartitions),
  },
})

/** Key of the progress of a share group with its share partitions. */
export const ShareGroupStatePartitionMetadataKey = message({
  name: 'ShareGroupStatePartitionMetadataKey',
  key: 15,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
})

const topicPartitionsInfo = {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
}

const shareGroupStatePartitionMetadataTopicInfo = {
  topicId: uuid(),
  topicName: string(),
}

/** Share partitions of a group that are being initialized, are initialized, or are being deleted (KIP-932). */
export const ShareGroupStatePartitionMetadataValue = message({
  name: 'ShareGroupStatePartitionMetadataValue',
  key: 15,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    initializingTopics: array(topicPartitionsInfo),
    initializedTopics: array(topicPartitionsInfo),
    deletingTopics: array(shareGroupStatePartitionMetadataTopicInfo),
  },
})

/** Key of a regular expression that members of a consumer group subscribe to. */
export const ConsumerGroupRegularExpressionKey = message({
  name: 'ConsumerGroupRegularExpressionKey',
  key: 16,
  versions: [0, 0],
  fields: {
    groupId: string(),
    regularExpression: string(),
  },
})

/** The topics that a regular expression matched, and when (KIP-848). */
export const ConsumerGroupRegularExpressionValue = message({
  name: 'ConsumerGroupRegularExpressionValue',
  key: 16,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topics: array(string()),
    version: int64(),
    timestamp: int64(),
  },
})

/** Key of the epoch of a streams group. */
export const StreamsGroupMetadataKey = message({
  name: 'StreamsGroupMetadataKey',
  key: 17,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
})

const lastAssignmentConfig = {
  key: string(),
  value: string(),
}

/** Epoch of a streams group, and what its last assignment was made from (KIP-1071). */
export const StreamsGroupMetadataValue = message({
  name: 'StreamsGroupMetadataValue',
  key: 17,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    epoch: int32(),
    metadataHash: int64Wide(),
    validatedTopologyEpoch: int32({ tag: 0, default: -1 }),
    lastAssignmentConfigs: nullableArray(lastAssignmentConfig, { tag: 1 }),
  },
})

/** Key of a member of a streams group. */
export const StreamsGroupMemberMetadataKey = message({
  name: 'StreamsGroupMemberMetadataKey',
  key: 19,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

const endpoint = {
  host: string(),
  port: uint16(),
}

const keyValue = {
  key: string(),
  value: string(),
}

/** A member of a streams group: its client, process and endpoint (KIP-1071). */
export const StreamsGroupMemberMetadataValue = message({
  name: 'StreamsGroupMemberMetadataValue',
  key: 19,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    instanceId: nullableString(),
    rackId: nullableString(),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topologyEpoch: int32(),
    processId: string(),
    userEndpoint: nullableStruct(endpoint, { default: null }),
    clientTags: array(keyValue),
  },
})

/** Key of the epoch of a target assignment of a streams group. */
export const StreamsGroupTargetAssignmentMetadataKey = message({
  name: 'StreamsGroupTargetAssignmentMetadataKey',
  key: 20,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
})

/** Epoch for which the target assignment of a streams group was made (KIP-1071). */
export const StreamsGroupTargetAssignmentMetadataValue = message({
  name: 'StreamsGroupTargetAssignmentMetadataValue',
  key: 20,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ tag: 0, ignorable: true }),
  },
})

/** Key of the target assignment of a member of a streams group. */
export const StreamsGroupTargetAssignmentMemberKey = message({
  name: 'StreamsGroupTargetAssignmentMemberKey',
  key: 21,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

const streamsGroupTargetAssignmentMemberTaskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
}

/** The tasks that a member of a streams group shall run (KIP-1071). */
export const StreamsGroupTargetAssignmentMemberValue = message({
  name: 'StreamsGroupTargetAssignmentMemberValue',
  key: 21,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    activeTasks: array(streamsGroupTargetAssignmentMemberTaskIds),
    standbyTasks: array(streamsGroupTargetAssignmentMemberTaskIds),
    warmupTasks: array(streamsGroupTargetAssignmentMemberTaskIds),
  },
})

/** Key of the current assignment of a member of a streams group. */
export const StreamsGroupCurrentMemberAssignmentKey = message({
  name: 'StreamsGroupCurrentMemberAssignmentKey',
  key: 22,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
})

const streamsGroupCurrentMemberAssignmentTaskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
  assignmentEpochs: nullableArray(int32(), { tag: 0 }),
}

/** The tasks that a member of a streams group runs and those it has to give up (KIP-1071). */
export const StreamsGroupCurrentMemberAssignmentValue = message({
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  key: 22,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    activeTasks: array(streamsGroupCurrentMemberAssignmentTaskIds),
    standbyTasks: array(streamsGroupCurrentMemberAssignmentTaskIds),
    warmupTasks: array(streamsGroupCurrentMemberAssignmentTaskIds),
    activeTasksPendingRevocation: array(streamsGroupCurrentMemberAssignmentTaskIds),
    standbyTasksPendingRevocation: array(streamsGroupCurrentMemberAssignmentTaskIds),
    warmupTasksPendingRevocation: array(streamsGroupCurrentMemberAssignmentTaskIds),
  },
})

/** Key of the topology of a streams group. */
export const StreamsGroupTopologyKey = message({
  name: 'StreamsGroupTopologyKey',
  key: 23,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
})

const topicConfig = {
  key: string(),
  value: string(),
}

const streamsGroupTopologyTopicInfo = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(topicConfig),
}

/** The subtopologies of a streams group, with their source, sink, repartition and changelog topics (KIP-1071). */
export const StreamsGroupTopologyValue = message({
  name: 'StreamsGroupTopologyValue',
  key: 23,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    epoch: int32(),
    subtopologies: array({
      subtopologyId: string(),
      sourceTopics: array(string()),
      sourceTopicRegex: array(string()),
      stateChangelogTopics: array(streamsGroupTopologyTopicInfo),
      repartitionSinkTopics: array(string()),
      repartitionSourceTopics: array(streamsGroupTopologyTopicInfo),
      copartitionGroups: array({
        sourceTopics: array(int16()),
        sourceTopicRegex: array(int16()),
        repartitionSourceTopics: array(int16()),
      }),
    }),
  },
})
