import { describe, expect, test } from 'vitest'
import { describeGroups } from '../../../src/broker/apis/15-describe-groups.ts'
import { ErrorCode, errorName } from '../../../src/protocol/error-code.ts'
import { beat, enter, join, leave, stableGroup, subscription, sync } from '../../support/classic-members.ts'
import { GroupBroker } from '../../support/group-broker.ts'

const SESSION_MS = 10_000
const REBALANCE_MS = 60_000

async function stateOf(broker: GroupBroker): Promise<string> {
  return (await broker.send(describeGroups, { groups: ['g'] })).groups[0]!.groupState
}

describe('joining', () => {
  test('gives a new member its id first, and takes it in when it comes back with it (KIP-394)', async () => {
    const broker = await GroupBroker.start()
    const first = await join(broker, {}, { clientId: 'app' })
    expect(first).toMatchObject({ errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId: 'app-id1', protocolName: null })

    const joining = join(broker, { memberId: 'app-id1' })
    await broker.advance(0)
    expect(await joining).toMatchObject({
      errorCode: 0,
      generationId: 1,
      leader: 'app-id1',
      protocolType: 'consumer',
      protocolName: 'range',
      members: [{ memberId: 'app-id1', metadata: subscription('orders') }],
    })
  })

  test('takes a member of an old client in at once', async () => {
    const broker = await GroupBroker.start()
    const joining = join(broker, {}, { version: 3 })
    await broker.advance(0)
    expect(await joining).toMatchObject({ errorCode: 0, generationId: 1, memberId: 'client-id1' })
  })

  test('refuses an unknown member id', async () => {
    const broker = await GroupBroker.start()
    const answer = await join(broker, { memberId: 'nobody' })
    expect(answer).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId: 'nobody' })
    expect(broker.records()).toEqual([])
  })

  test.each([[5999], [1_800_001]])('refuses a session timeout of %i ms', async (sessionTimeoutMs) => {
    const broker = await GroupBroker.start()
    expect(errorName((await join(broker, { sessionTimeoutMs })).errorCode)).toBe('INVALID_SESSION_TIMEOUT')
  })

  test('refuses an empty group id', async () => {
    const broker = await GroupBroker.start()
    expect(errorName((await join(broker, { groupId: '' })).errorCode)).toBe('INVALID_GROUP_ID')
  })

  test.each([
    ['another protocol type', { protocolType: 'connect' }],
    ['no protocol in common', { protocols: [{ name: 'sticky', metadata: Buffer.alloc(0) }] }],
  ])('refuses a member with %s', async (_, request) => {
    const broker = await GroupBroker.start()
    await stableGroup(broker, 1)
    expect(errorName((await join(broker, request)).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
  })

  test.each([
    ['no protocol type', { protocolType: '' }],
    ['no protocols', { protocols: [] }],
  ])('refuses the first member with %s', async (_, request) => {
    const broker = await GroupBroker.start()
    expect(errorName((await join(broker, request)).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
  })

  test('selects the protocol that most members vote for among those all support', async () => {
    const broker = await GroupBroker.start()
    const protocols = (...names: string[]) => names.map((name) => ({ name, metadata: Buffer.from(name) }))
    const members = [protocols('a', 'b', 'c'), protocols('only', 'c', 'b'), protocols('c', 'b')]
    const ids = await Promise.all(members.map((each) => join(broker, { protocols: each })))
    const joining = ids.map(({ memberId }, i) => join(broker, { memberId, protocols: members[i] }))
    await broker.advance(0)
    const joined = await Promise.all(joining)
    expect(joined.map((member) => member.protocolName)).toEqual(['c', 'c', 'c'])
    expect(joined[0]!.members.map((member) => member.metadata.toString())).toEqual(['c', 'c', 'c'])
    expect(joined[1]!.members).toEqual([])
  })

  test('waits group.initial.rebalance.delay.ms for more members, and again for each that comes (KIP-134)', async () => {
    const broker = await GroupBroker.start({ settings: { 'group.initial.rebalance.delay.ms': 3000 } })
    const answered: string[] = []
    const note = (name: string) => () => answered.push(name)
    enter(broker).then(note('a'))
    await broker.advance(2000)
    enter(broker).then(note('b'))
    await broker.advance(1500)
    expect(answered).toEqual([])
    await broker.advance(3000)
    expect(answered).toEqual(['a', 'b'])
  })

  test('ends the initial wait at the rebalance timeout though members keep coming', async () => {
    const broker = await GroupBroker.start({ settings: { 'group.initial.rebalance.delay.ms': 3000 } })
    let answered = 0
    for (let i = 0; i < 5; i++) {
      enter(broker, { rebalanceTimeoutMs: 7000 }).then(() => answered++)
      await broker.advance(1500)
    }
    expect(answered).toBe(5)
  })

  test('turns members away above group.max.size', async () => {
    const broker = await GroupBroker.start({ settings: { 'group.max.size': 2 } })
    await stableGroup(broker, 2)
    const answer = await join(broker)
    expect(answer).toMatchObject({ errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED, memberId: '' })
  })

  test('answers a client that asks twice on both connections', async () => {
    const broker = await GroupBroker.start()
    const [member] = await stableGroup(broker, 2)
    const first = join(broker, { memberId: member!.memberId })
    await broker.settled()
    const second = join(broker, { memberId: member!.memberId })
    await broker.advance(REBALANCE_MS)
    expect(await second).toEqual(await first)
    expect(await first).toMatchObject({ errorCode: 0, generationId: 2 })
  })

  test('uses the session timeout as rebalance timeout in version 0', async () => {
    const broker = await GroupBroker.start()
    const joining = join(broker, { rebalanceTimeoutMs: undefined, sessionTimeoutMs: 7000 }, { version: 0 })
    await broker.advance(0)
    await sync(broker, await joining)
    const record = broker.records().findLast((each) => each.type === 'groupMetadata')
    expect(record?.value).toMatchObject({ members: [{ rebalanceTimeout: 7000, sessionTimeout: 7000 }] })
  })

  test('settles 50 members that join at once in one generation', async () => {
    const broker = await GroupBroker.start({ settings: { 'group.initial.rebalance.delay.ms': 3000 } })
    const joining = Array.from({ length: 50 }, () => enter(broker))
    await broker.advance(9000)
    const joined = await Promise.all(joining)
    expect(new Set(joined.map((member) => member.generationId))).toEqual(new Set([1]))
    const synced = await Promise.all(joined.map((member) => sync(broker, member)))
    expect(synced.map((each) => each.assignment.toString())).toEqual(joined.map((member) => `to ${member.memberId}`))
  })
})

describe('syncing', () => {
  test('gives every member what the leader assigned, once it is in the log', async () => {
    const broker = await GroupBroker.start()
    const ids = [(await join(broker)).memberId, (await join(broker)).memberId]
    const joining = ids.map((memberId) => join(broker, { memberId }))
    await broker.advance(0)
    const [leader, follower] = await Promise.all(joining)
    let answered = false
    const waiting = sync(broker, follower!).finally(() => {
      answered = true
    })
    await broker.settled()
    expect(answered).toBe(false)

    broker.logs[0]!.commitsAtOnce = false
    const leading = sync(broker, leader!)
    await broker.settled()
    expect(answered).toBe(false)
    broker.logs[0]!.commit()
    expect((await waiting).assignment.toString()).toBe(`to ${follower!.memberId}`)
    expect(await leading).toMatchObject({ errorCode: 0, protocolType: 'consumer', protocolName: 'range' })
  })

  test('gives members that the leader forgot an empty assignment', async () => {
    const broker = await GroupBroker.start()
    const [leader, follower] = await stableGroup(broker, 2)
    const rejoining = [leader!, follower!].map(({ memberId }) => join(broker, { memberId }))
    await broker.settled()
    const joined = await Promise.all(rejoining)
    const [, synced] = await Promise.all([sync(broker, { ...joined[0]!, members: [] }), sync(broker, joined[1]!)])
    expect(synced).toMatchObject({ errorCode: 0, assignment: Buffer.alloc(0) })
  })

  test.each([
    ['an old generation', { generationId: 0 }, 'ILLEGAL_GENERATION'],
    ['an unknown member', { memberId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
  ])('refuses %s', async (_, change, error) => {
    const broker = await GroupBroker.start()
    const [member] = await stableGroup(broker, 1)
    expect(errorName((await sync(broker, { ...member!, ...change })).errorCode)).toBe(error)
  })

  test('drops members that do not ask for their assignment within the rebalance timeout', async () => {
    const broker = await GroupBroker.start()
    const ids = [(await join(broker)).memberId, (await join(broker)).memberId]
    const joining = ids.map((memberId) => join(broker, { memberId, sessionTimeoutMs: 1_000_000 }))
    await broker.advance(0)
    const [leader, silent] = await Promise.all(joining)
    await sync(broker, leader!)
    expect(await beat(broker, silent!)).toBe('NONE')
    await broker.advance(REBALANCE_MS)
    expect(await beat(broker, silent!)).toBe('UNKNOWN_MEMBER_ID')
    expect(await beat(broker, leader!)).toBe('REBALANCE_IN_PROGRESS')
  })

  test('tells waiting members to join again when another one comes', async () => {
    const broker = await GroupBroker.start()
    const ids = [(await join(broker)).memberId, (await join(broker)).memberId]
    const joining = ids.map((memberId) => join(broker, { memberId }))
    await broker.advance(0)
    const [, follower] = await Promise.all(joining)
    const waiting = sync(broker, follower!)
    await broker.settled()
    void enter(broker)
    expect(errorName((await waiting).errorCode)).toBe('REBALANCE_IN_PROGRESS')
  })

  test('fails only the sync whose assignment is larger than a batch, and rebalances', async () => {
    const broker = await GroupBroker.start()
    const [member] = await stableGroup(broker, 1)
    const rejoined = join(broker, { memberId: member!.memberId })
    await broker.settled()
    broker.logs[0]!.maxBatchBytes = 2000
    const answer = await sync(broker, await rejoined, { assign: () => 'x'.repeat(3000) })
    expect(errorName(answer.errorCode)).toBe('UNKNOWN_SERVER_ERROR')
    expect(await stateOf(broker)).toBe('PreparingRebalance')
    expect(broker.errors).toEqual([])
  })
})

describe('rebalancing', () => {
  test('starts the next generation when everybody has joined again', async () => {
    const broker = await GroupBroker.start()
    const [a, b] = await stableGroup(broker, 2)
    const newcomer = enter(broker)
    await broker.settled()
    expect(await beat(broker, a!)).toBe('REBALANCE_IN_PROGRESS')
    const rejoining = [a!, b!].map(({ memberId }) => join(broker, { memberId }))
    const joined = await Promise.all([...rejoining, newcomer])
    expect(joined.map((member) => member.generationId)).toEqual([2, 2, 2])
    expect(joined.map((member) => member.leader)).toEqual([a!.memberId, a!.memberId, a!.memberId])
  })

  test('goes on without dynamic members that do not join in time, and elects another leader', async () => {
    const broker = await GroupBroker.start()
    const [leader, follower] = await stableGroup(broker, 2, { sessionTimeoutMs: 100_000 })
    const rejoining = join(broker, {
      memberId: follower!.memberId,
      protocols: [{ name: 'range', metadata: subscription('x') }],
    })
    await broker.advance(REBALANCE_MS)
    expect(await rejoining).toMatchObject({ generationId: 2, leader: follower!.memberId })
    expect(await beat(broker, leader!)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('is not caused by a follower that joins with nothing new', async () => {
    const broker = await GroupBroker.start()
    const [leader, follower] = await stableGroup(broker, 2)
    const answer = await join(broker, { memberId: follower!.memberId })
    expect(answer).toMatchObject({ errorCode: 0, generationId: 1, leader: leader!.memberId, members: [] })
    expect(await stateOf(broker)).toBe('Stable')
  })

  test('is caused by the leader joining, which may know of new partitions', async () => {
    const broker = await GroupBroker.start()
    const [leader] = await stableGroup(broker, 2)
    void join(broker, { memberId: leader!.memberId })
    await broker.settled()
    expect(await stateOf(broker)).toBe('PreparingRebalance')
  })

  test('turns a group whose last member left Empty, and keeps that in the log', async () => {
    const broker = await GroupBroker.start()
    const [member] = await stableGroup(broker, 1)
    expect(await leave(broker, member!.memberId)).toBe('NONE')
    expect(await stateOf(broker)).toBe('Empty')
    expect(broker.records().at(-1)).toMatchObject({
      type: 'groupMetadata',
      version: 3,
      value: { protocolType: 'consumer', generation: 2, protocol: null, leader: null, members: [] },
    })
  })
})

describe('sessions', () => {
  test('end when a member is silent for its session timeout', async () => {
    const broker = await GroupBroker.start()
    const [silent, alive] = await stableGroup(broker, 2)
    await broker.advance(SESSION_MS - 1)
    expect(await beat(broker, alive!)).toBe('NONE')
    await broker.advance(1)
    expect(await beat(broker, alive!)).toBe('REBALANCE_IN_PROGRESS')
    expect(await beat(broker, silent!)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('go on while the member heartbeats', async () => {
    const broker = await GroupBroker.start()
    const [member] = await stableGroup(broker, 1)
    for (let i = 0; i < 10; i++) {
      await broker.advance(SESSION_MS - 1)
      expect(await beat(broker, member!)).toBe('NONE')
    }
  })

  test('do not end while the member waits for others to join', async () => {
    const broker = await GroupBroker.start()
    const [patient, late] = await stableGroup(broker, 2, { sessionTimeoutMs: SESSION_MS })
    const waiting = join(broker, { memberId: patient!.memberId })
    for (let i = 0; i < 5; i++) {
      await broker.advance(SESSION_MS - 1)
      await beat(broker, late!)
    }
    void join(broker, { memberId: late!.memberId })
    expect(await waiting).toMatchObject({ errorCode: 0, generationId: 2 })
  })

  test('of an id that was given out but never used end, too, and the others need not wait for it', async () => {
    const broker = await GroupBroker.start()
    const [member] = await stableGroup(broker, 1, { sessionTimeoutMs: 100_000 })
    await join(broker, { sessionTimeoutMs: 6000 })
    const rejoining = join(broker, { memberId: member!.memberId })
    let isAnswered = false
    void rejoining.then(() => {
      isAnswered = true
    })
    await broker.advance(5999)
    expect(isAnswered).toBe(false)
    await broker.advance(1)
    expect(await rejoining).toMatchObject({ generationId: 2 })
  })

  test('of a new member that waits end after five minutes, so that dead clients do not pile up', async () => {
    const broker = await GroupBroker.start()
    const [member] = await stableGroup(broker, 1, { sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 1_000_000 })
    const waiting = enter(broker)
    await broker.advance(5 * 60_000)
    expect(errorName((await waiting).errorCode)).toBe('UNKNOWN_MEMBER_ID')
    expect(await beat(broker, member!)).toBe('REBALANCE_IN_PROGRESS')
  })

  test('go on in a restarted broker for the members in the log', async () => {
    const broker = await GroupBroker.start()
    const [a, b] = await stableGroup(broker, 2)
    await broker.restart()
    expect(await beat(broker, a!)).toBe('NONE')
    expect((await sync(broker, b!)).assignment.toString()).toBe(`to ${b!.memberId}`)
    await broker.advance(SESSION_MS)
    expect(await stateOf(broker)).toBe('Empty')
  })
})

describe('leaving', () => {
  test('makes the others join again', async () => {
    const broker = await GroupBroker.start()
    const [a, b] = await stableGroup(broker, 2)
    expect(await leave(broker, a!.memberId)).toBe('NONE')
    expect(await leave(broker, a!.memberId)).toBe('UNKNOWN_MEMBER_ID')
    expect(await beat(broker, b!)).toBe('REBALANCE_IN_PROGRESS')
  })

  test('answers a member that waits to join', async () => {
    const broker = await GroupBroker.start()
    const [a] = await stableGroup(broker, 2)
    const waiting = join(broker, { memberId: a!.memberId })
    await broker.settled()
    await leave(broker, a!.memberId)
    expect(errorName((await waiting).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('of an unknown group is an unknown member', async () => {
    const broker = await GroupBroker.start()
    expect(await leave(broker, 'nobody')).toBe('UNKNOWN_MEMBER_ID')
  })
})

describe('static members (KIP-345)', () => {
  const i1 = { groupInstanceId: 'i1' }

  async function stableWithStatic(broker: GroupBroker) {
    const joining = [join(broker, i1), join(broker, { groupInstanceId: 'i2' })]
    await broker.advance(0)
    const joined = await Promise.all(joining)
    await Promise.all([sync(broker, joined[0]!, i1), sync(broker, joined[1]!, { groupInstanceId: 'i2' })])
    return joined as [Awaited<ReturnType<typeof join>>, Awaited<ReturnType<typeof join>>]
  }

  test('join without being given an id first, named after their instance', async () => {
    const broker = await GroupBroker.start()
    const [member] = await stableWithStatic(broker)
    expect(member.memberId).toBe('i1-id1')
  })

  test('take their place again after a restart without a rebalance, and leave the assignment alone (KIP-814)', async () => {
    const broker = await GroupBroker.start()
    const [leader, other] = await stableWithStatic(broker)
    const back = await join(broker, i1)
    expect(back).toMatchObject({ errorCode: 0, generationId: 1, leader: back.memberId, skipAssignment: true })
    expect(back.memberId).not.toBe(leader.memberId)
    expect(back.members.map((member) => member.memberId)).toEqual([back.memberId, other.memberId])
    expect(await beat(broker, other, 'i2')).toBe('NONE')
    expect((await sync(broker, back, i1)).assignment.toString()).toBe(`to ${leader.memberId}`)
  })

  test('are told the old leader in versions that cannot skip the assignment', async () => {
    const broker = await GroupBroker.start()
    const [leader] = await stableWithStatic(broker)
    const back = await join(broker, i1, { version: 8 })
    expect(back).toMatchObject({ errorCode: 0, leader: leader.memberId, members: [] })
  })

  test('keep their new id across a restart of the broker', async () => {
    const broker = await GroupBroker.start()
    const [leader] = await stableWithStatic(broker)
    const back = await join(broker, i1)
    await broker.restart()
    expect(await beat(broker, back, 'i1')).toBe('NONE')
    expect(await beat(broker, leader, 'i1')).toBe('FENCED_INSTANCE_ID')
  })

  test('fence whoever uses their instance id with another member id', async () => {
    const broker = await GroupBroker.start()
    const [leader] = await stableWithStatic(broker)
    await join(broker, i1)
    expect(await beat(broker, leader, 'i1')).toBe('FENCED_INSTANCE_ID')
    expect(errorName((await sync(broker, leader, i1)).errorCode)).toBe('FENCED_INSTANCE_ID')
    expect(errorName((await join(broker, { ...i1, memberId: leader.memberId })).errorCode)).toBe('FENCED_INSTANCE_ID')
  })

  test('fence the one that still waits under the old id', async () => {
    const broker = await GroupBroker.start()
    await stableWithStatic(broker)
    void enter(broker)
    await broker.settled()
    const waiting = join(broker, i1)
    await broker.settled()
    void join(broker, i1)
    expect(errorName((await waiting).errorCode)).toBe('FENCED_INSTANCE_ID')
  })

  test('stay in the group when they miss a rebalance, until their session ends', async () => {
    const broker = await GroupBroker.start()
    const [, other] = await stableWithStatic(broker)
    const newcomer = enter(broker, { sessionTimeoutMs: 1_000_000, rebalanceTimeoutMs: 5000 })
    await broker.settled()
    const rejoining = join(broker, { groupInstanceId: 'i2', memberId: other.memberId, rebalanceTimeoutMs: 5000 })
    await broker.advance(SESSION_MS - 1)
    expect(await stateOf(broker)).toBe('PreparingRebalance')
    await broker.advance(1)
    // The silent member's session ended first, before the rebalance timeout it had asked for.
    expect((await newcomer).generationId).toBe(2)
    expect((await rejoining).generationId).toBe(2)
  })

  test('are removed by their instance id alone', async () => {
    const broker = await GroupBroker.start()
    const [leader] = await stableWithStatic(broker)
    expect(await leave(broker, '', 'i1')).toBe('NONE')
    expect(await leave(broker, '', 'i1')).toBe('UNKNOWN_MEMBER_ID')
    expect(await beat(broker, leader, 'i1')).toBe('UNKNOWN_MEMBER_ID')
  })

  test('are put back when the record of their return is too large', async () => {
    const broker = await GroupBroker.start()
    const [leader] = await stableWithStatic(broker)
    broker.logs[0]!.maxBatchBytes = 100
    expect(errorName((await join(broker, i1)).errorCode)).toBe('UNKNOWN_SERVER_ERROR')
    expect(await beat(broker, leader, 'i1')).toBe('NONE')
  })
})
