import { expect, test } from 'vitest'
import { ASSIGNORS, type Subscriber } from '../../../src/client/consumer/assignors.ts'
import {
  assignedPartitions,
  encodeAssignment,
  encodeSubscription,
  subscriberOf,
} from '../../../src/client/consumer/group-protocol.ts'

function member(memberId: string, topics: string[], owned: [string, number[]][] = []): Subscriber {
  return { memberId, groupInstanceId: null, topics, owned: new Map(owned) }
}

function assign(name: string, counts: Record<string, number>, members: Subscriber[]) {
  const assignment = ASSIGNORS.get(name)!(new Map(Object.entries(counts)), members)
  return Object.fromEntries([...assignment].map(([id, topics]) => [id, Object.fromEntries(topics)]))
}

test('range gives each member neighbouring partitions of every topic, the first ones one more', () => {
  const members = [member('b', ['t', 'u']), member('a', ['t', 'u'])]

  expect(assign('range', { t: 3, u: 2 }, members)).toEqual({ a: { t: [0, 1], u: [0] }, b: { t: [2], u: [1] } })
})

test('range asks only members that read the topic', () => {
  expect(assign('range', { t: 2 }, [member('a', ['other']), member('b', ['t'])])).toEqual({ a: {}, b: { t: [0, 1] } })
})

test('roundrobin deals partitions one by one', () => {
  expect(assign('roundrobin', { t: 3 }, [member('a', ['t']), member('b', ['t'])])).toEqual({
    a: { t: [0, 2] },
    b: { t: [1] },
  })
})

test('sticky leaves members what they have, and gives the rest to who has least', () => {
  const members = [member('a', ['t'], [['t', [0, 1, 2, 3]]]), member('b', ['t'])]

  expect(assign('sticky', { t: 4 }, members)).toEqual({ a: { t: [0, 1] }, b: { t: [2, 3] } })
})

test('cooperative-sticky withholds a partition until its owner has given it up (KIP-429)', () => {
  const members = [member('a', ['t'], [['t', [0, 1, 2, 3]]]), member('b', ['t'])]

  expect(assign('cooperative-sticky', { t: 4 }, members)).toEqual({ a: { t: [0, 1] }, b: {} })
})

test.each([...ASSIGNORS.keys()])('%s gives every partition to exactly one reader of its topic', (name) => {
  const members = ['a', 'b', 'c'].map((id, i) => member(id, i === 2 ? ['t'] : ['t', 'u']))
  const assignment = assign(name, { t: 7, u: 5 }, members)
  const all = Object.values(assignment).flatMap((topics) =>
    Object.entries(topics).flatMap(([topic, list]) => list.map((partition) => `${topic}-${partition}`)),
  )

  expect(all.sort()).toEqual(
    [...Array(7).keys()].map((p) => `t-${p}`).concat([...Array(5).keys()].map((p) => `u-${p}`)),
  )
  expect(assignment.c).not.toHaveProperty('u')
})

test('subscriptions and assignments survive the wire', () => {
  const joined = { memberId: 'm', groupInstanceId: null, metadata: encodeSubscription(['a', 'b']) }
  expect(subscriberOf(joined)).toMatchObject({ memberId: 'm', topics: ['a', 'b'] })
  expect(assignedPartitions(encodeAssignment(new Map([['t', [1, 2]]])))).toEqual([
    { topic: 't', partition: 1 },
    { topic: 't', partition: 2 },
  ])
})
