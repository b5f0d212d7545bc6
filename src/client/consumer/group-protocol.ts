import { decode, encodeToBuffer } from '../../protocol/codec.ts'
import { Reader } from '../../protocol/reader.ts'
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from '../../protocol/records/clients.ts'
import type { Assignment, Subscriber } from './assignors.ts'
import type { JoinedMember } from './group-member.ts'

const SUBSCRIPTION_VERSION = ConsumerProtocolSubscription.versions[1]
const ASSIGNMENT_VERSION = ConsumerProtocolAssignment.versions[1]

/** What a member votes with: the topics it reads. */
export function encodeSubscription(topics: readonly string[]): Buffer {
  const subscription = { topics, userData: null, ownedPartitions: [], generationId: -1, rackId: null }
  return withVersion(
    SUBSCRIPTION_VERSION,
    encodeToBuffer(ConsumerProtocolSubscription, SUBSCRIPTION_VERSION, subscription),
  )
}

/** What the leader gives to a member. */
export function encodeAssignment(partitions: Assignment): Buffer {
  const assignedPartitions = [...partitions].map(([topic, list]) => ({ topic, partitions: list }))
  const body = encodeToBuffer(ConsumerProtocolAssignment, ASSIGNMENT_VERSION, { assignedPartitions, userData: null })
  return withVersion(ASSIGNMENT_VERSION, body)
}

/** A member as the leader sees it. A newer member may say more than we know, which is left unread. */
export function subscriberOf({ memberId, groupInstanceId, metadata }: JoinedMember): Subscriber {
  const reader = new Reader(metadata)
  const version = Math.min(reader.int16(), SUBSCRIPTION_VERSION)
  const { topics, ownedPartitions } = decode(ConsumerProtocolSubscription, version, reader)
  const owned = new Map(ownedPartitions.map(({ topic, partitions }) => [topic, partitions]))
  return { memberId, groupInstanceId, topics, owned }
}

/** The partitions of an assignment as a leader sent it. */
export function assignedPartitions(assignment: Buffer): { topic: string; partition: number }[] {
  const reader = new Reader(assignment)
  const version = Math.min(reader.int16(), ASSIGNMENT_VERSION)
  return decode(ConsumerProtocolAssignment, version, reader).assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}

/** Subscriptions and assignments begin with their version. */
function withVersion(version: number, body: Buffer): Buffer {
  const prefix = Buffer.alloc(2)
  prefix.writeInt16BE(version)
  return Buffer.concat([prefix, body])
}
