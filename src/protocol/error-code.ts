/** Kafka's error codes. */
export const ErrorCode = {
  UNKNOWN_SERVER_ERROR: -1,
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  INVALID_FETCH_SIZE: 4,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  BROKER_NOT_AVAILABLE: 8,
  REPLICA_NOT_AVAILABLE: 9,
  MESSAGE_TOO_LARGE: 10,
  STALE_CONTROLLER_EPOCH: 11,
  OFFSET_METADATA_TOO_LARGE: 12,
  NETWORK_EXCEPTION: 13,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  INVALID_TOPIC_EXCEPTION: 17,
  RECORD_LIST_TOO_LARGE: 18,
  NOT_ENOUGH_REPLICAS: 19,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
  INVALID_REQUIRED_ACKS: 21,
  ILLEGAL_GENERATION: 22,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  INVALID_GROUP_ID: 24,
  UNKNOWN_MEMBER_ID: 25,
  INVALID_SESSION_TIMEOUT: 26,
  REBALANCE_IN_PROGRESS: 27,
  INVALID_COMMIT_OFFSET_SIZE: 28,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  INVALID_TIMESTAMP: 32,
  UNSUPPORTED_SASL_MECHANISM: 33,
  ILLEGAL_SASL_STATE: 34,
  UNSUPPORTED_VERSION: 35,
  TOPIC_ALREADY_EXISTS: 36,
  INVALID_PARTITIONS: 37,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_REPLICA_ASSIGNMENT: 39,
  INVALID_CONFIG: 40,
  NOT_CONTROLLER: 41,
  INVALID_REQUEST: 42,
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 43,
  POLICY_VIOLATION: 44,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  DUPLICATE_SEQUENCE_NUMBER: 46,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  INVALID_PRODUCER_ID_MAPPING: 49,
  INVALID_TRANSACTION_TIMEOUT: 50,
  CONCURRENT_TRANSACTIONS: 51,
  TRANSACTION_COORDINATOR_FENCED: 52,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  SECURITY_DISABLED: 54,
  OPERATION_NOT_ATTEMPTED: 55,
  KAFKA_STORAGE_ERROR: 56,
  LOG_DIR_NOT_FOUND: 57,
  SASL_AUTHENTICATION_FAILED: 58,
  UNKNOWN_PRODUCER_ID: 59,
  REASSIGNMENT_IN_PROGRESS: 60,
  DELEGATION_TOKEN_AUTH_DISABLED: 61,
  DELEGATION_TOKEN_NOT_FOUND: 62,
  DELEGATION_TOKEN_OWNER_MISMATCH: 63,
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: 64,
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: 65,
  DELEGATION_TOKEN_EXPIRED: 66,
  INVALID_PRINCIPAL_TYPE: 67,
  NON_EMPTY_GROUP: 68,
  GROUP_ID_NOT_FOUND: 69,
  FETCH_SESSION_ID_NOT_FOUND: 70,
  INVALID_FETCH_SESSION_EPOCH: 71,
  LISTENER_NOT_FOUND: 72,
  TOPIC_DELETION_DISABLED: 73,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  UNSUPPORTED_COMPRESSION_TYPE: 76,
  STALE_BROKER_EPOCH: 77,
  OFFSET_NOT_AVAILABLE: 78,
  MEMBER_ID_REQUIRED: 79,
  PREFERRED_LEADER_NOT_AVAILABLE: 80,
  GROUP_MAX_SIZE_REACHED: 81,
  FENCED_INSTANCE_ID: 82,
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 83,
  ELECTION_NOT_NEEDED: 84,
  NO_REASSIGNMENT_IN_PROGRESS: 85,
  GROUP_SUBSCRIBED_TO_TOPIC: 86,
  INVALID_RECORD: 87,
  UNSTABLE_OFFSET_COMMIT: 88,
  THROTTLING_QUOTA_EXCEEDED: 89,
  PRODUCER_FENCED: 90,
  RESOURCE_NOT_FOUND: 91,
  DUPLICATE_RESOURCE: 92,
  UNACCEPTABLE_CREDENTIAL: 93,
  INCONSISTENT_VOTER_SET: 94,
  INVALID_UPDATE_VERSION: 95,
  FEATURE_UPDATE_FAILED: 96,
  PRINCIPAL_DESERIALIZATION_FAILURE: 97,
  SNAPSHOT_NOT_FOUND: 98,
  POSITION_OUT_OF_RANGE: 99,
  UNKNOWN_TOPIC_ID: 100,
  DUPLICATE_BROKER_REGISTRATION: 101,
  BROKER_ID_NOT_REGISTERED: 102,
  INCONSISTENT_TOPIC_ID: 103,
  INCONSISTENT_CLUSTER_ID: 104,
  TRANSACTIONAL_ID_NOT_FOUND: 105,
  FETCH_SESSION_TOPIC_ID_ERROR: 106,
  INELIGIBLE_REPLICA: 107,
  NEW_LEADER_ELECTED: 108,
  OFFSET_MOVED_TO_TIERED_STORAGE: 109,
  FENCED_MEMBER_EPOCH: 110,
  UNRELEASED_INSTANCE_ID: 111,
  UNSUPPORTED_ASSIGNOR: 112,
  STALE_MEMBER_EPOCH: 113,
  MISMATCHED_ENDPOINT_TYPE: 114,
  UNSUPPORTED_ENDPOINT_TYPE: 115,
  UNKNOWN_CONTROLLER_ID: 116,
  UNKNOWN_SUBSCRIPTION_ID: 117,
  TELEMETRY_TOO_LARGE: 118,
  INVALID_REGISTRATION: 119,
  TRANSACTION_ABORTABLE: 120,
  INVALID_RECORD_STATE: 121,
  SHARE_SESSION_NOT_FOUND: 122,
  INVALID_SHARE_SESSION_EPOCH: 123,
  FENCED_STATE_EPOCH: 124,
  INVALID_VOTER_KEY: 125,
  DUPLICATE_VOTER: 126,
  VOTER_NOT_FOUND: 127,
  INVALID_REGULAR_EXPRESSION: 128,
  REBOOTSTRAP_REQUIRED: 129,
  STREAMS_INVALID_TOPOLOGY: 130,
  STREAMS_INVALID_TOPOLOGY_EPOCH: 131,
  STREAMS_TOPOLOGY_FENCED: 132,
  SHARE_SESSION_LIMIT_REACHED: 133,
} as const

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode]

interface ErrorFacts {
  /** What a tool prints when the server sent no text of its own. */
  readonly message: string
  readonly retriable: boolean
  /** Simple name of the Java exception, which the tools print. */
  readonly exception: string
}

const facts: Readonly<Record<number, ErrorFacts>> = {
  [ErrorCode.UNKNOWN_SERVER_ERROR]: {
    message: 'The server experienced an unexpected error when processing the request.',
    retriable: false,
    exception: 'UnknownServerException',
  },
  [ErrorCode.OFFSET_OUT_OF_RANGE]: {
    message: 'The requested offset is not within the range of offsets maintained by the server.',
    retriable: false,
    exception: 'OffsetOutOfRangeException',
  },
  [ErrorCode.CORRUPT_MESSAGE]: {
    message:
      'This message has failed its CRC checksum, exceeds the valid size, has a null key for a compacted topic, or is otherwise corrupt.',
    retriable: true,
    exception: 'CorruptRecordException',
  },
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]: {
    message: 'This server does not host this topic-partition.',
    retriable: true,
    exception: 'UnknownTopicOrPartitionException',
  },
  [ErrorCode.INVALID_FETCH_SIZE]: {
    message: 'The requested fetch size is invalid.',
    retriable: false,
    exception: 'InvalidFetchSizeException',
  },
  [ErrorCode.LEADER_NOT_AVAILABLE]: {
    message: 'There is no leader for this topic-partition as we are in the middle of a leadership election.',
    retriable: true,
    exception: 'LeaderNotAvailableException',
  },
  [ErrorCode.NOT_LEADER_OR_FOLLOWER]: {
    message:
      'For requests intended only for the leader, this error indicates that the broker is not the current leader. For requests intended for any replica, this error indicates that the broker is not a replica of the topic partition.',
    retriable: true,
    exception: 'NotLeaderOrFollowerException',
  },
  [ErrorCode.REQUEST_TIMED_OUT]: {
    message: 'The request timed out.',
    retriable: true,
    exception: 'TimeoutException',
  },
  [ErrorCode.BROKER_NOT_AVAILABLE]: {
    message: 'The broker is not available.',
    retriable: false,
    exception: 'BrokerNotAvailableException',
  },
  [ErrorCode.REPLICA_NOT_AVAILABLE]: {
    message:
      'The replica is not available for the requested topic-partition. Produce/Fetch requests and other requests intended only for the leader or follower return NOT_LEADER_OR_FOLLOWER if the broker is not a replica of the topic-partition.',
    retriable: true,
    exception: 'ReplicaNotAvailableException',
  },
  [ErrorCode.MESSAGE_TOO_LARGE]: {
    message: 'The request included a message larger than the max message size the server will accept.',
    retriable: false,
    exception: 'RecordTooLargeException',
  },
  [ErrorCode.STALE_CONTROLLER_EPOCH]: {
    message: 'The controller moved to another broker.',
    retriable: false,
    exception: 'ControllerMovedException',
  },
  [ErrorCode.OFFSET_METADATA_TOO_LARGE]: {
    message: 'The metadata field of the offset request was too large.',
    retriable: false,
    exception: 'OffsetMetadataTooLarge',
  },
  [ErrorCode.NETWORK_EXCEPTION]: {
    message: 'The server disconnected before a response was received.',
    retriable: true,
    exception: 'NetworkException',
  },
  [ErrorCode.COORDINATOR_LOAD_IN_PROGRESS]: {
    message: "The coordinator is loading and hence can't process requests.",
    retriable: true,
    exception: 'CoordinatorLoadInProgressException',
  },
  [ErrorCode.COORDINATOR_NOT_AVAILABLE]: {
    message: 'The coordinator is not available.',
    retriable: true,
    exception: 'CoordinatorNotAvailableException',
  },
  [ErrorCode.NOT_COORDINATOR]: {
    message: 'This is not the correct coordinator.',
    retriable: true,
    exception: 'NotCoordinatorException',
  },
  [ErrorCode.INVALID_TOPIC_EXCEPTION]: {
    message: 'The request attempted to perform an operation on an invalid topic.',
    retriable: false,
    exception: 'InvalidTopicException',
  },
  [ErrorCode.RECORD_LIST_TOO_LARGE]: {
    message: 'The request included message batch larger than the configured segment size on the server.',
    retriable: false,
    exception: 'RecordBatchTooLargeException',
  },
  [ErrorCode.NOT_ENOUGH_REPLICAS]: {
    message: 'Messages are rejected since there are fewer in-sync replicas than required.',
    retriable: true,
    exception: 'NotEnoughReplicasException',
  },
  [ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND]: {
    message: 'Messages are written to the log, but to fewer in-sync replicas than required.',
    retriable: true,
    exception: 'NotEnoughReplicasAfterAppendException',
  },
  [ErrorCode.INVALID_REQUIRED_ACKS]: {
    message: 'Produce request specified an invalid value for required acks.',
    retriable: false,
    exception: 'InvalidRequiredAcksException',
  },
  [ErrorCode.ILLEGAL_GENERATION]: {
    message: 'Specified group generation id is not valid.',
    retriable: false,
    exception: 'IllegalGenerationException',
  },
  [ErrorCode.INCONSISTENT_GROUP_PROTOCOL]: {
    message:
      "The group member's supported protocols are incompatible with those of existing members or first group member tried to join with empty protocol type or empty protocol list.",
    retriable: false,
    exception: 'InconsistentGroupProtocolException',
  },
  [ErrorCode.INVALID_GROUP_ID]: {
    message: 'The group id is invalid.',
    retriable: false,
    exception: 'InvalidGroupIdException',
  },
  [ErrorCode.UNKNOWN_MEMBER_ID]: {
    message: 'The coordinator is not aware of this member.',
    retriable: false,
    exception: 'UnknownMemberIdException',
  },
  [ErrorCode.INVALID_SESSION_TIMEOUT]: {
    message:
      'The session timeout is not within the range allowed by the broker (as configured by group.min.session.timeout.ms and group.max.session.timeout.ms).',
    retriable: false,
    exception: 'InvalidSessionTimeoutException',
  },
  [ErrorCode.REBALANCE_IN_PROGRESS]: {
    message: 'The group is rebalancing, so a rejoin is needed.',
    retriable: false,
    exception: 'RebalanceInProgressException',
  },
  [ErrorCode.INVALID_COMMIT_OFFSET_SIZE]: {
    message: 'The committing offset data size is not valid.',
    retriable: false,
    exception: 'InvalidCommitOffsetSizeException',
  },
  [ErrorCode.TOPIC_AUTHORIZATION_FAILED]: {
    message: 'Topic authorization failed.',
    retriable: false,
    exception: 'TopicAuthorizationException',
  },
  [ErrorCode.GROUP_AUTHORIZATION_FAILED]: {
    message: 'Group authorization failed.',
    retriable: false,
    exception: 'GroupAuthorizationException',
  },
  [ErrorCode.CLUSTER_AUTHORIZATION_FAILED]: {
    message: 'Cluster authorization failed.',
    retriable: false,
    exception: 'ClusterAuthorizationException',
  },
  [ErrorCode.INVALID_TIMESTAMP]: {
    message: 'The timestamp of the message is out of acceptable range.',
    retriable: false,
    exception: 'InvalidTimestampException',
  },
  [ErrorCode.UNSUPPORTED_SASL_MECHANISM]: {
    message: 'The broker does not support the requested SASL mechanism.',
    retriable: false,
    exception: 'UnsupportedSaslMechanismException',
  },
  [ErrorCode.ILLEGAL_SASL_STATE]: {
    message: 'Request is not valid given the current SASL state.',
    retriable: false,
    exception: 'IllegalSaslStateException',
  },
  [ErrorCode.UNSUPPORTED_VERSION]: {
    message: 'The version of API is not supported.',
    retriable: false,
    exception: 'UnsupportedVersionException',
  },
  [ErrorCode.TOPIC_ALREADY_EXISTS]: {
    message: 'Topic with this name already exists.',
    retriable: false,
    exception: 'TopicExistsException',
  },
  [ErrorCode.INVALID_PARTITIONS]: {
    message: 'Number of partitions is below 1.',
    retriable: false,
    exception: 'InvalidPartitionsException',
  },
  [ErrorCode.INVALID_REPLICATION_FACTOR]: {
    message: 'Replication factor is below 1 or larger than the number of available brokers.',
    retriable: false,
    exception: 'InvalidReplicationFactorException',
  },
  [ErrorCode.INVALID_REPLICA_ASSIGNMENT]: {
    message: 'Replica assignment is invalid.',
    retriable: false,
    exception: 'InvalidReplicaAssignmentException',
  },
  [ErrorCode.INVALID_CONFIG]: {
    message: 'Configuration is invalid.',
    retriable: false,
    exception: 'InvalidConfigurationException',
  },
  [ErrorCode.NOT_CONTROLLER]: {
    message: 'This is not the correct controller for this cluster.',
    retriable: true,
    exception: 'NotControllerException',
  },
  [ErrorCode.INVALID_REQUEST]: {
    message:
      'This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.',
    retriable: false,
    exception: 'InvalidRequestException',
  },
  [ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT]: {
    message: 'The message format version on the broker does not support the request.',
    retriable: false,
    exception: 'UnsupportedForMessageFormatException',
  },
  [ErrorCode.POLICY_VIOLATION]: {
    message: 'Request parameters do not satisfy the configured policy.',
    retriable: false,
    exception: 'PolicyViolationException',
  },
  [ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER]: {
    message: 'The broker received an out of order sequence number.',
    retriable: false,
    exception: 'OutOfOrderSequenceException',
  },
  [ErrorCode.DUPLICATE_SEQUENCE_NUMBER]: {
    message: 'The broker received a duplicate sequence number.',
    retriable: false,
    exception: 'DuplicateSequenceException',
  },
  [ErrorCode.INVALID_PRODUCER_EPOCH]: {
    message: 'Producer attempted to produce with an old epoch.',
    retriable: false,
    exception: 'InvalidProducerEpochException',
  },
  [ErrorCode.INVALID_TXN_STATE]: {
    message: 'The producer attempted a transactional operation in an invalid state.',
    retriable: false,
    exception: 'InvalidTxnStateException',
  },
  [ErrorCode.INVALID_PRODUCER_ID_MAPPING]: {
    message: 'The producer attempted to use a producer id which is not currently assigned to its transactional id.',
    retriable: false,
    exception: 'InvalidPidMappingException',
  },
  [ErrorCode.INVALID_TRANSACTION_TIMEOUT]: {
    message:
      'The transaction timeout is larger than the maximum value allowed by the broker (as configured by transaction.max.timeout.ms).',
    retriable: false,
    exception: 'InvalidTxnTimeoutException',
  },
  [ErrorCode.CONCURRENT_TRANSACTIONS]: {
    message:
      'The producer attempted to update a transaction while another concurrent operation on the same transaction was ongoing.',
    retriable: true,
    exception: 'ConcurrentTransactionsException',
  },
  [ErrorCode.TRANSACTION_COORDINATOR_FENCED]: {
    message:
      'Indicates that the transaction coordinator sending a WriteTxnMarker is no longer the current coordinator for a given producer.',
    retriable: false,
    exception: 'TransactionCoordinatorFencedException',
  },
  [ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED]: {
    message: 'Transactional Id authorization failed.',
    retriable: false,
    exception: 'TransactionalIdAuthorizationException',
  },
  [ErrorCode.SECURITY_DISABLED]: {
    message: 'Security features are disabled.',
    retriable: false,
    exception: 'SecurityDisabledException',
  },
  [ErrorCode.OPERATION_NOT_ATTEMPTED]: {
    message:
      'The broker did not attempt to execute this operation. This may happen for batched RPCs where some operations in the batch failed, causing the broker to respond without trying the rest.',
    retriable: false,
    exception: 'OperationNotAttemptedException',
  },
  [ErrorCode.KAFKA_STORAGE_ERROR]: {
    message: 'Disk error when trying to access log file on the disk.',
    retriable: true,
    exception: 'KafkaStorageException',
  },
  [ErrorCode.LOG_DIR_NOT_FOUND]: {
    message: 'The user-specified log directory is not found in the broker config.',
    retriable: false,
    exception: 'LogDirNotFoundException',
  },
  [ErrorCode.SASL_AUTHENTICATION_FAILED]: {
    message: 'SASL Authentication failed.',
    retriable: false,
    exception: 'SaslAuthenticationException',
  },
  [ErrorCode.UNKNOWN_PRODUCER_ID]: {
    message:
      "This exception is raised by the broker if it could not locate the producer metadata associated with the producerId in question. This could happen if, for instance, the producer's records were deleted because their retention time had elapsed. Once the last records of the producerId are removed, the producer's metadata is removed from the broker, and future appends by the producer will return this exception.",
    retriable: false,
    exception: 'UnknownProducerIdException',
  },
  [ErrorCode.REASSIGNMENT_IN_PROGRESS]: {
    message: 'A partition reassignment is in progress.',
    retriable: false,
    exception: 'ReassignmentInProgressException',
  },
  [ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED]: {
    message: 'Delegation Token feature is not enabled.',
    retriable: false,
    exception: 'DelegationTokenDisabledException',
  },
  [ErrorCode.DELEGATION_TOKEN_NOT_FOUND]: {
    message: 'Delegation Token is not found on server.',
    retriable: false,
    exception: 'DelegationTokenNotFoundException',
  },
  [ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH]: {
    message: 'Specified Principal is not valid Owner/Renewer.',
    retriable: false,
    exception: 'DelegationTokenOwnerMismatchException',
  },
  [ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED]: {
    message:
      'Delegation Token requests are not allowed on PLAINTEXT/1-way SSL channels and on delegation token authenticated channels.',
    retriable: false,
    exception: 'UnsupportedByAuthenticationException',
  },
  [ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED]: {
    message: 'Delegation Token authorization failed.',
    retriable: false,
    exception: 'DelegationTokenAuthorizationException',
  },
  [ErrorCode.DELEGATION_TOKEN_EXPIRED]: {
    message: 'Delegation Token is expired.',
    retriable: false,
    exception: 'DelegationTokenExpiredException',
  },
  [ErrorCode.INVALID_PRINCIPAL_TYPE]: {
    message: 'Supplied principalType is not supported.',
    retriable: false,
    exception: 'InvalidPrincipalTypeException',
  },
  [ErrorCode.NON_EMPTY_GROUP]: {
    message: 'The group is not empty.',
    retriable: false,
    exception: 'GroupNotEmptyException',
  },
  [ErrorCode.GROUP_ID_NOT_FOUND]: {
    message: 'The group id does not exist.',
    retriable: false,
    exception: 'GroupIdNotFoundException',
  },
  [ErrorCode.FETCH_SESSION_ID_NOT_FOUND]: {
    message: 'The fetch session ID was not found.',
    retriable: true,
    exception: 'FetchSessionIdNotFoundException',
  },
  [ErrorCode.INVALID_FETCH_SESSION_EPOCH]: {
    message: 'The fetch session epoch is invalid.',
    retriable: true,
    exception: 'InvalidFetchSessionEpochException',
  },
  [ErrorCode.LISTENER_NOT_FOUND]: {
    message:
      'There is no listener on the leader broker that matches the listener on which metadata request was processed.',
    retriable: true,
    exception: 'ListenerNotFoundException',
  },
  [ErrorCode.TOPIC_DELETION_DISABLED]: {
    message: 'Topic deletion is disabled.',
    retriable: false,
    exception: 'TopicDeletionDisabledException',
  },
  [ErrorCode.FENCED_LEADER_EPOCH]: {
    message: 'The leader epoch in the request is older than the epoch on the broker.',
    retriable: true,
    exception: 'FencedLeaderEpochException',
  },
  [ErrorCode.UNKNOWN_LEADER_EPOCH]: {
    message: 'The leader epoch in the request is newer than the epoch on the broker.',
    retriable: true,
    exception: 'UnknownLeaderEpochException',
  },
  [ErrorCode.UNSUPPORTED_COMPRESSION_TYPE]: {
    message: 'The requesting client does not support the compression type of given partition.',
    retriable: false,
    exception: 'UnsupportedCompressionTypeException',
  },
  [ErrorCode.STALE_BROKER_EPOCH]: {
    message: 'Broker epoch has changed.',
    retriable: false,
    exception: 'StaleBrokerEpochException',
  },
  [ErrorCode.OFFSET_NOT_AVAILABLE]: {
    message:
      'The leader high watermark has not caught up from a recent leader election so the offsets cannot be guaranteed to be monotonically increasing.',
    retriable: true,
    exception: 'OffsetNotAvailableException',
  },
  [ErrorCode.MEMBER_ID_REQUIRED]: {
    message: 'The group member needs to have a valid member id before actually entering a consumer group.',
    retriable: false,
    exception: 'MemberIdRequiredException',
  },
  [ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE]: {
    message: 'The preferred leader was not available.',
    retriable: true,
    exception: 'PreferredLeaderNotAvailableException',
  },
  [ErrorCode.GROUP_MAX_SIZE_REACHED]: {
    message: 'The group has reached its maximum size.',
    retriable: false,
    exception: 'GroupMaxSizeReachedException',
  },
  [ErrorCode.FENCED_INSTANCE_ID]: {
    message:
      'The broker rejected this static consumer since another consumer with the same group.instance.id has registered with a different member.id.',
    retriable: false,
    exception: 'FencedInstanceIdException',
  },
  [ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE]: {
    message: 'Eligible topic partition leaders are not available.',
    retriable: true,
    exception: 'EligibleLeadersNotAvailableException',
  },
  [ErrorCode.ELECTION_NOT_NEEDED]: {
    message: 'Leader election not needed for topic partition.',
    retriable: true,
    exception: 'ElectionNotNeededException',
  },
  [ErrorCode.NO_REASSIGNMENT_IN_PROGRESS]: {
    message: 'No partition reassignment is in progress.',
    retriable: false,
    exception: 'NoReassignmentInProgressException',
  },
  [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]: {
    message: 'Deleting offsets of a topic is forbidden while the consumer group is actively subscribed to it.',
    retriable: false,
    exception: 'GroupSubscribedToTopicException',
  },
  [ErrorCode.INVALID_RECORD]: {
    message: 'This record has failed the validation on broker and hence will be rejected.',
    retriable: false,
    exception: 'InvalidRecordException',
  },
  [ErrorCode.UNSTABLE_OFFSET_COMMIT]: {
    message: 'There are unstable offsets that need to be cleared.',
    retriable: true,
    exception: 'UnstableOffsetCommitException',
  },
  [ErrorCode.THROTTLING_QUOTA_EXCEEDED]: {
    message: 'The throttling quota has been exceeded.',
    retriable: true,
    exception: 'ThrottlingQuotaExceededException',
  },
  [ErrorCode.PRODUCER_FENCED]: {
    message: 'There is a newer producer with the same transactionalId which fences the current one.',
    retriable: false,
    exception: 'ProducerFencedException',
  },
  [ErrorCode.RESOURCE_NOT_FOUND]: {
    message: 'A request illegally referred to a resource that does not exist.',
    retriable: false,
    exception: 'ResourceNotFoundException',
  },
  [ErrorCode.DUPLICATE_RESOURCE]: {
    message: 'A request illegally referred to the same resource twice.',
    retriable: false,
    exception: 'DuplicateResourceException',
  },
  [ErrorCode.UNACCEPTABLE_CREDENTIAL]: {
    message: 'Requested credential would not meet criteria for acceptability.',
    retriable: false,
    exception: 'UnacceptableCredentialException',
  },
  [ErrorCode.INCONSISTENT_VOTER_SET]: {
    message:
      'Indicates that the either the sender or recipient of a voter-only request is not one of the expected voters.',
    retriable: false,
    exception: 'InconsistentVoterSetException',
  },
  [ErrorCode.INVALID_UPDATE_VERSION]: {
    message: 'The given update version was invalid.',
    retriable: false,
    exception: 'InvalidUpdateVersionException',
  },
  [ErrorCode.FEATURE_UPDATE_FAILED]: {
    message: 'Unable to update finalized features due to an unexpected server error.',
    retriable: false,
    exception: 'FeatureUpdateFailedException',
  },
  [ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE]: {
    message:
      'Request principal deserialization failed during forwarding. This indicates an internal error on the broker cluster security setup.',
    retriable: false,
    exception: 'PrincipalDeserializationException',
  },
  [ErrorCode.SNAPSHOT_NOT_FOUND]: {
    message: 'Requested snapshot was not found.',
    retriable: false,
    exception: 'SnapshotNotFoundException',
  },
  [ErrorCode.POSITION_OUT_OF_RANGE]: {
    message: 'Requested position is not greater than or equal to zero, and less than the size of the snapshot.',
    retriable: false,
    exception: 'PositionOutOfRangeException',
  },
  [ErrorCode.UNKNOWN_TOPIC_ID]: {
    message: 'This server does not host this topic ID.',
    retriable: true,
    exception: 'UnknownTopicIdException',
  },
  [ErrorCode.DUPLICATE_BROKER_REGISTRATION]: {
    message: 'This broker ID is already in use.',
    retriable: false,
    exception: 'DuplicateBrokerRegistrationException',
  },
  [ErrorCode.BROKER_ID_NOT_REGISTERED]: {
    message: 'The given broker ID was not registered.',
    retriable: false,
    exception: 'BrokerIdNotRegisteredException',
  },
  [ErrorCode.INCONSISTENT_TOPIC_ID]: {
    message: "The log's topic ID did not match the topic ID in the request.",
    retriable: true,
    exception: 'InconsistentTopicIdException',
  },
  [ErrorCode.INCONSISTENT_CLUSTER_ID]: {
    message: 'The clusterId in the request does not match that found on the server.',
    retriable: false,
    exception: 'InconsistentClusterIdException',
  },
  [ErrorCode.TRANSACTIONAL_ID_NOT_FOUND]: {
    message: 'The transactionalId could not be found.',
    retriable: false,
    exception: 'TransactionalIdNotFoundException',
  },
  [ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR]: {
    message: 'The fetch session encountered inconsistent topic ID usage.',
    retriable: true,
    exception: 'FetchSessionTopicIdException',
  },
  [ErrorCode.INELIGIBLE_REPLICA]: {
    message: 'The new ISR contains at least one ineligible replica.',
    retriable: false,
    exception: 'IneligibleReplicaException',
  },
  [ErrorCode.NEW_LEADER_ELECTED]: {
    message: 'The AlterPartition request successfully updated the partition state but the leader has changed.',
    retriable: false,
    exception: 'NewLeaderElectedException',
  },
  [ErrorCode.OFFSET_MOVED_TO_TIERED_STORAGE]: {
    message: 'The requested offset is moved to tiered storage.',
    retriable: false,
    exception: 'OffsetMovedToTieredStorageException',
  },
  [ErrorCode.FENCED_MEMBER_EPOCH]: {
    message:
      'The member epoch is fenced by the group coordinator. The member must abandon all its partitions and rejoin.',
    retriable: false,
    exception: 'FencedMemberEpochException',
  },
  [ErrorCode.UNRELEASED_INSTANCE_ID]: {
    message: 'The instance ID is still used by another member in the consumer group. That member must leave first.',
    retriable: false,
    exception: 'UnreleasedInstanceIdException',
  },
  [ErrorCode.UNSUPPORTED_ASSIGNOR]: {
    message: 'The assignor or its version range is not supported by the consumer group.',
    retriable: false,
    exception: 'UnsupportedAssignorException',
  },
  [ErrorCode.STALE_MEMBER_EPOCH]: {
    message:
      'The member epoch is stale. The member must retry after receiving its updated member epoch via the ConsumerGroupHeartbeat API.',
    retriable: false,
    exception: 'StaleMemberEpochException',
  },
  [ErrorCode.MISMATCHED_ENDPOINT_TYPE]: {
    message: 'The request was sent to an endpoint of the wrong type.',
    retriable: false,
    exception: 'MismatchedEndpointTypeException',
  },
  [ErrorCode.UNSUPPORTED_ENDPOINT_TYPE]: {
    message: 'This endpoint type is not supported yet.',
    retriable: false,
    exception: 'UnsupportedEndpointTypeException',
  },
  [ErrorCode.UNKNOWN_CONTROLLER_ID]: {
    message: 'This controller ID is not known.',
    retriable: false,
    exception: 'UnknownControllerIdException',
  },
  [ErrorCode.UNKNOWN_SUBSCRIPTION_ID]: {
    message: 'Client sent a push telemetry request with an invalid or outdated subscription ID.',
    retriable: false,
    exception: 'UnknownSubscriptionIdException',
  },
  [ErrorCode.TELEMETRY_TOO_LARGE]: {
    message: 'Client sent a push telemetry request larger than the maximum size the broker will accept.',
    retriable: false,
    exception: 'TelemetryTooLargeException',
  },
  [ErrorCode.INVALID_REGISTRATION]: {
    message: 'The controller has considered the broker registration to be invalid.',
    retriable: false,
    exception: 'InvalidRegistrationException',
  },
  [ErrorCode.TRANSACTION_ABORTABLE]: {
    message:
      'The server encountered an error with the transaction. The client can abort the transaction to continue using this transactional ID.',
    retriable: false,
    exception: 'TransactionAbortableException',
  },
  [ErrorCode.INVALID_RECORD_STATE]: {
    message: 'The record state is invalid. The acknowledgement of delivery could not be completed.',
    retriable: false,
    exception: 'InvalidRecordStateException',
  },
  [ErrorCode.SHARE_SESSION_NOT_FOUND]: {
    message: 'The share session was not found.',
    retriable: true,
    exception: 'ShareSessionNotFoundException',
  },
  [ErrorCode.INVALID_SHARE_SESSION_EPOCH]: {
    message: 'The share session epoch is invalid.',
    retriable: true,
    exception: 'InvalidShareSessionEpochException',
  },
  [ErrorCode.FENCED_STATE_EPOCH]: {
    message: 'The share coordinator rejected the request because the share-group state epoch did not match.',
    retriable: false,
    exception: 'FencedStateEpochException',
  },
  [ErrorCode.INVALID_VOTER_KEY]: {
    message: "The voter key doesn't match the receiving replica's key.",
    retriable: false,
    exception: 'InvalidVoterKeyException',
  },
  [ErrorCode.DUPLICATE_VOTER]: {
    message: 'The voter is already part of the set of voters.',
    retriable: false,
    exception: 'DuplicateVoterException',
  },
  [ErrorCode.VOTER_NOT_FOUND]: {
    message: 'The voter is not part of the set of voters.',
    retriable: false,
    exception: 'VoterNotFoundException',
  },
  [ErrorCode.INVALID_REGULAR_EXPRESSION]: {
    message: 'The regular expression is not valid.',
    retriable: false,
    exception: 'InvalidRegularExpression',
  },
  [ErrorCode.REBOOTSTRAP_REQUIRED]: {
    message: 'Client metadata is stale. The client should rebootstrap to obtain new metadata.',
    retriable: false,
    exception: 'RebootstrapRequiredException',
  },
  [ErrorCode.STREAMS_INVALID_TOPOLOGY]: {
    message: 'The supplied topology is invalid.',
    retriable: false,
    exception: 'StreamsInvalidTopologyException',
  },
  [ErrorCode.STREAMS_INVALID_TOPOLOGY_EPOCH]: {
    message: 'The supplied topology epoch is invalid.',
    retriable: false,
    exception: 'StreamsInvalidTopologyEpochException',
  },
  [ErrorCode.STREAMS_TOPOLOGY_FENCED]: {
    message: 'The supplied topology epoch is outdated.',
    retriable: false,
    exception: 'StreamsTopologyFencedException',
  },
  [ErrorCode.SHARE_SESSION_LIMIT_REACHED]: {
    message: 'The limit of share sessions has been reached.',
    retriable: true,
    exception: 'ShareSessionLimitReachedException',
  },
}

const names = new Map<number, string>(Object.entries(ErrorCode).map(([name, code]) => [code, name]))

/** `UNKNOWN_TOPIC_OR_PARTITION` for 3; a code we do not know reads as UNKNOWN_SERVER_ERROR, as Kafka takes it. */
export function errorName(code: number): string {
  return names.get(code) ?? 'UNKNOWN_SERVER_ERROR'
}

export function errorFacts(code: number): ErrorFacts {
  return facts[code] ?? facts[ErrorCode.UNKNOWN_SERVER_ERROR]!
}

/**
 * A whole request that fails, or one item of it where its owner catches it. `dispatch` turns it into the API's error
 * answer. The text is Kafka's own for the code unless a more exact one is given.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message?: string) {
    super(message ?? errorFacts(code).message)
    this.code = code
  }
}
