import { expect, test } from 'vitest'
import {
  type ChangeContext,
  type PartitionChange,
  partitionChange,
} from '../../../src/broker/controller/partition-change.ts'
import type { PartitionImage } from '../../../src/broker/metadata/image.ts'
import { applyPartitionChange } from '../../../src/broker/metadata/topics.ts'

const TOPIC = 'dG9waWMwMDAwMDAwMDAwMQ'
const WITH_ELR = { metadataVersion: 30, elrEnabled: true }
const WITHOUT_ELR = { metadataVersion: 20, elrEnabled: false }

function partitionOf(more: Partial<PartitionImage>): PartitionImage {
  const replicas = more.replicas ?? [1, 2, 3]
  return {
    partition: 0,
    replicas,
    directories: replicas.map(() => 'ZGlyZWN0b3J5MDAwMDAwMQ'),
    isr: replicas,
    elr: [],
    lastKnownElr: [],
    leader: replicas[0]!,
    leaderEpoch: 5,
    partitionEpoch: 9,
    leaderRecoveryState: 0,
    addingReplicas: [],
    removingReplicas: [],
    ...more,
  }
}

interface Situation {
  before: Partial<PartitionImage>
  change: PartitionChange
  /** Brokers that may lead. */
  alive: number[]
  minIsr?: number
  context?: Pick<ChangeContext, 'metadataVersion' | 'elrEnabled'>
}

function outcome({ before, change, alive, minIsr = 1, context = WITH_ELR }: Situation) {
  const partition = partitionOf(before)
  const mayLead = (broker: number) => alive.includes(broker)
  const record = partitionChange(TOPIC, partition, change, { ...context, minIsr, mayLead })
  return { record, after: record ? applyPartitionChange(partition, record.value) : partition }
}

const LEADERLESS = { isr: [], leader: -1, replicas: [1] }

test.each<[string, Situation, Partial<PartitionImage> | undefined]>([
  [
    'the leader leaves: the next in-sync replica leads',
    { before: {}, change: { targetIsr: [2, 3] }, alive: [2, 3] },
    { leader: 2, isr: [2, 3], elr: [], leaderEpoch: 6 },
  ],
  [
    'a follower leaves: the leader stays',
    { before: {}, change: { targetIsr: [1, 2] }, alive: [1, 2] },
    { leader: 1, isr: [1, 2], leaderEpoch: 5, partitionEpoch: 10 },
  ],
  [
    'below min.insync.replicas who leaves stays eligible',
    { before: {}, change: { targetIsr: [1] }, alive: [1], minIsr: 2 },
    { leader: 1, isr: [1], elr: [2, 3] },
  ],
  [
    'the only replica leaves by a clean stop: it stays eligible',
    { before: { replicas: [1] }, change: { targetIsr: [] }, alive: [] },
    { leader: -1, isr: [], elr: [1], lastKnownElr: [1], leaderEpoch: 6 },
  ],
  [
    'the only replica comes back: it leads again',
    { before: { ...LEADERLESS, elr: [1], lastKnownElr: [1] }, change: { targetIsr: [] }, alive: [1] },
    { leader: 1, isr: [1], elr: [], lastKnownElr: [], leaderRecoveryState: 0 },
  ],
  [
    'the only replica leaves by an unclean stop: it is remembered as the last leader',
    { before: { replicas: [1] }, change: { targetIsr: [], uncleanReplicas: [1] }, alive: [] },
    { leader: -1, isr: [], elr: [], lastKnownElr: [1] },
  ],
  [
    'the last leader comes back when nobody is eligible: elected, but it may have lost records',
    { before: { ...LEADERLESS, lastKnownElr: [1] }, change: { targetIsr: [] }, alive: [1] },
    { leader: 1, isr: [1], elr: [], lastKnownElr: [], leaderRecoveryState: 1 },
  ],
  [
    'somebody else than the last leader is not elected',
    { before: { replicas: [1, 2], isr: [], leader: -1, lastKnownElr: [1] }, change: { targetIsr: [] }, alive: [2] },
    undefined,
  ],
  [
    'unless unclean elections are allowed',
    {
      before: { replicas: [1, 2], isr: [], leader: -1, lastKnownElr: [1] },
      change: { targetIsr: [], election: 'UNCLEAN' },
      alive: [2],
    },
    { leader: 2, isr: [2], leaderRecoveryState: 1, lastKnownElr: [] },
  ],
  [
    'ISR, ELR and lastKnownElr are never all empty, whatever an older controller left out',
    { before: { ...LEADERLESS, elr: [1] }, change: { targetIsr: [], uncleanReplicas: [1] }, alive: [] },
    { leader: -1, isr: [], elr: [], lastKnownElr: [1] },
  ],
  [
    'without ELR the last replica stays in the ISR',
    { before: { replicas: [1] }, change: { targetIsr: [] }, alive: [], context: WITHOUT_ELR },
    { leader: -1, isr: [1], elr: [], lastKnownElr: [] },
  ],
  [
    'without ELR it leads again from there',
    { before: { replicas: [1], leader: -1 }, change: { targetIsr: [1] }, alive: [1], context: WITHOUT_ELR },
    { leader: 1, isr: [1], lastKnownElr: [] },
  ],
  [
    'before 3.6 a smaller ISR is a new leader epoch (KAFKA-15021)',
    { before: {}, change: { targetIsr: [1, 2] }, alive: [1, 2], context: { metadataVersion: 9, elrEnabled: false } },
    { leader: 1, isr: [1, 2], leaderEpoch: 6 },
  ],
  ['nothing to do', { before: {}, change: { targetIsr: [1, 2, 3] }, alive: [1, 2, 3] }, undefined],
])('%s', (_, situation, expected) => {
  const { record, after } = outcome(situation)
  if (!expected) expect(record).toBeUndefined()
  else expect(after).toMatchObject(expected)
})

test.each([
  [30, 2],
  [19, 1],
  [14, 0],
])('at metadata.version %i the record has version %i', (metadataVersion, version) => {
  const { record } = outcome({
    before: {},
    change: { targetIsr: [2, 3] },
    alive: [2, 3],
    context: { metadataVersion, elrEnabled: false },
  })
  expect(record!.version).toBe(version)
})
