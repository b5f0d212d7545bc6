/**
 * Records of `__consumer_offsets`, as Apache Kafka writes them: a key is `type int16 | message`, a value
 * `version int16 | message`, and no value is a tombstone.
 */
import { decode, encode } from '../../protocol/codec.ts'
import { DecodeError, Reader } from '../../protocol/reader.ts'
import {
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataValue,
  ConsumerGroupMetadataKey,
  ConsumerGroupMetadataValue,
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupPartitionMetadataValue,
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
  GroupMetadataKey,
  GroupMetadataValue,
  LegacyOffsetCommitKey,
  LegacyOffsetCommitValue,
  OffsetCommitKey,
  OffsetCommitValue,
  ShareGroupCurrentMemberAssignmentKey,
  ShareGroupCurrentMemberAssignmentValue,
  ShareGroupMemberMetadataKey,
  ShareGroupMemberMetadataValue,
  ShareGroupMetadataKey,
  ShareGroupMetadataValue,
  ShareGroupStatePartitionMetadataKey,
  ShareGroupStatePartitionMetadataValue,
  ShareGroupTargetAssignmentMemberKey,
  ShareGroupTargetAssignmentMemberValue,
  ShareGroupTargetAssignmentMetadataKey,
  ShareGroupTargetAssignmentMetadataValue,
  StreamsGroupCurrentMemberAssignmentKey,
  StreamsGroupCurrentMemberAssignmentValue,
  StreamsGroupMemberMetadataKey,
  StreamsGroupMemberMetadataValue,
  StreamsGroupMetadataKey,
  StreamsGroupMetadataValue,
  StreamsGroupTargetAssignmentMemberKey,
  StreamsGroupTargetAssignmentMemberValue,
  StreamsGroupTargetAssignmentMetadataKey,
  StreamsGroupTargetAssignmentMetadataValue,
  StreamsGroupTopologyKey,
  StreamsGroupTopologyValue,
} from '../../protocol/records/group-coordinator.ts'
import type { DecodedMessage, Message } from '../../protocol/schema.ts'
import { Writer } from '../../protocol/writer.ts'
import { type RecordSerde, UnknownRecordTypeError } from '../coordinator/shard.ts'

const TYPES = {
  legacyOffsetCommit: { key: LegacyOffsetCommitKey, value: LegacyOffsetCommitValue },
  offsetCommit: { key: OffsetCommitKey, value: OffsetCommitValue },
  groupMetadata: { key: GroupMetadataKey, value: GroupMetadataValue },
  consumerGroupMetadata: { key: ConsumerGroupMetadataKey, value: ConsumerGroupMetadataValue },
  consumerGroupPartitionMetadata: {
    key: ConsumerGroupPartitionMetadataKey,
    value: ConsumerGroupPartitionMetadataValue,
  },
  consumerGroupMemberMetadata: { key: ConsumerGroupMemberMetadataKey, value: ConsumerGroupMemberMetadataValue },
  consumerGroupTargetAssignmentMetadata: {
    key: ConsumerGroupTargetAssignmentMetadataKey,
    value: ConsumerGroupTargetAssignmentMetadataValue,
  },
  consumerGroupTargetAssignmentMember: {
    key: ConsumerGroupTargetAssignmentMemberKey,
    value: ConsumerGroupTargetAssignmentMemberValue,
  },
  consumerGroupCurrentMemberAssignment: {
    key: ConsumerGroupCurrentMemberAssignmentKey,
    value: ConsumerGroupCurrentMemberAssignmentValue,
  },
  consumerGroupRegularExpression: {
    key: ConsumerGroupRegularExpressionKey,
    value: ConsumerGroupRegularExpressionValue,
  },
  shareGroupMetadata: { key: ShareGroupMetadataKey, value: ShareGroupMetadataValue },
  shareGroupMemberMetadata: { key: ShareGroupMemberMetadataKey, value: ShareGroupMemberMetadataValue },
  shareGroupTargetAssignmentMetadata: {
    key: ShareGroupTargetAssignmentMetadataKey,
    value: ShareGroupTargetAssignmentMetadataValue,
  },
  shareGroupTargetAssignmentMember: {
    key: ShareGroupTargetAssignmentMemberKey,
    value: ShareGroupTargetAssignmentMemberValue,
  },
  shareGroupCurrentMemberAssignment: {
    key: ShareGroupCurrentMemberAssignmentKey,
    value: ShareGroupCurrentMemberAssignmentValue,
  },
  shareGroupStatePartitionMetadata: {
    key: ShareGroupStatePartitionMetadataKey,
    value: ShareGroupStatePartitionMetadataValue,
  },
  streamsGroupMetadata: { key: StreamsGroupMetadataKey, value: StreamsGroupMetadataValue },
  streamsGroupMemberMetadata: { key: StreamsGroupMemberMetadataKey, value: StreamsGroupMemberMetadataValue },
  streamsGroupTargetAssignmentMetadata: {
    key: StreamsGroupTargetAssignmentMetadataKey,
    value: StreamsGroupTargetAssignmentMetadataValue,
  },
  streamsGroupTargetAssignmentMember: {
    key: StreamsGroupTargetAssignmentMemberKey,
    value: StreamsGroupTargetAssignmentMemberValue,
  },
  streamsGroupCurrentMemberAssignment: {
    key: StreamsGroupCurrentMemberAssignmentKey,
    value: StreamsGroupCurrentMemberAssignmentValue,
  },
  streamsGroupTopology: { key: StreamsGroupTopologyKey, value: StreamsGroupTopologyValue },
} as const

type Types = typeof TYPES
export type GroupRecordType = keyof Types

/** One record; `value` is null in a tombstone, `version` is the value's. */
export type GroupRecordOf<T extends GroupRecordType> = {
  readonly type: T
  readonly key: DecodedMessage<Types[T]['key']>
  readonly value: DecodedMessage<Types[T]['value']> | null
  readonly version: number
}

export type GroupRecord = { [T in GroupRecordType]: GroupRecordOf<T> }[GroupRecordType]

export type OffsetCommitRecord = GroupRecordOf<'offsetCommit'>
export type GroupMetadataRecord = GroupRecordOf<'groupMetadata'>

const typesById = new Map<number, GroupRecordType>(
  Object.entries(TYPES).map(([type, { key }]) => [(key as Message).key!, type as GroupRecordType]),
)

export const groupRecordSerde: RecordSerde<GroupRecord> = {
  serialize(record) {
    const { key, value } = TYPES[record.type] as { key: Message; value: Message }
    return {
      key: prefixed(key.key!, key, 0, record.key),
      value: record.value && prefixed(record.version, value, record.version, record.value),
    }
  },

  deserialize(key, value) {
    if (key === null || key.length < 2) throw new DecodeError("Could not read version from key's buffer.")
    const reader = new Reader(key)
    const id = reader.int16()
    const type = typesById.get(id)
    if (type === undefined) throw new UnknownRecordTypeError(id)
    const messages = TYPES[type] as { key: Message; value: Message }
    const decodedKey = decode(messages.key, 0, reader)
    if (value === null) return { type, key: decodedKey, value: null, version: 0 } as unknown as GroupRecord
    if (value.length < 2) throw new DecodeError("Could not read version from value's buffer.")
    const valueReader = new Reader(value)
    const version = valueReader.int16()
    const [oldest, newest] = messages.value.versions
    if (version < oldest || version > newest) {
      throw new DecodeError(`Found an unknown record version ${version} for ${id} type`)
    }
    return {
      type,
      key: decodedKey,
      value: decode(messages.value, version, valueReader),
      version,
    } as unknown as GroupRecord
  },
}

function prefixed(prefix: number, message: Message, version: number, value: object): Buffer {
  const writer = new Writer()
  writer.int16(prefix)
  encode(message, version, value, writer)
  return writer.toBuffer()
}

/** Versions of the values that Apache Kafka 4.3 writes. */
const GROUP_METADATA_VERSION = 3
const OFFSET_COMMIT_VERSION = 4
/** The only version with an expiry of its own, which OffsetCommit up to v4 may ask for. */
const OFFSET_COMMIT_VERSION_WITH_EXPIRY = 1

export function groupMetadataRecord(groupId: string, value: GroupMetadataRecord['value']): GroupMetadataRecord {
  return { type: 'groupMetadata', key: { group: groupId }, value, version: GROUP_METADATA_VERSION }
}

export type OffsetCommitValueFields = NonNullable<OffsetCommitRecord['value']>

export function offsetCommitRecord(
  groupId: string,
  topic: string,
  partition: number,
  value: OffsetCommitValueFields,
): OffsetCommitRecord {
  const version = value.expireTimestamp === -1 ? OFFSET_COMMIT_VERSION : OFFSET_COMMIT_VERSION_WITH_EXPIRY
  return { type: 'offsetCommit', key: { group: groupId, topic, partition }, value, version }
}

export function offsetTombstone(groupId: string, topic: string, partition: number): OffsetCommitRecord {
  return { type: 'offsetCommit', key: { group: groupId, topic, partition }, value: null, version: 0 }
}
