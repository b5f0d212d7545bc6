// A model of one classic group, written from the protocol's rules, against the coordinator: after every step of a random
// history both must show the same state, and every member must have got the answer the model foretells, or none yet.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeGroups } from '../../../src/broker/apis/15-describe-groups.ts'
import { errorName } from '../../../src/protocol/error-code.ts'
import { beat, join, leave, sync } from '../../support/classic-members.ts'
import { GroupBroker } from '../../support/group-broker.ts'

const REBALANCE_MS = 60_000
const CLIENTS = 4

/** What a request was answered with; undefined while it waits. */
type Answer = string | undefined

interface ModelMember {
  /** `client.n`: a client that comes back as a new member is another one, and the old one may still be in the log. */
  readonly id: string
  readonly client: number
  hasJoined: boolean
  hasSynced: boolean
}

class Model {
  state = 'Dead'
  generation = 0
  members: ModelMember[] = []
  leader: string | undefined
  /** Clients that wait for their assignment. */
  awaitingSync: number[] = []
  /** What a restart goes back to. */
  durable: { generation: number; members: { id: string; client: number }[]; leader: string | undefined } | undefined
  /** Who each client is now. */
  readonly ids = Array.from({ length: CLIENTS }, (_, client) => `${client}.0`)
  /** Generation that each client believes in. */
  readonly known = new Array<number>(CLIENTS).fill(-1)
  readonly joins = new Array<Answer>(CLIENTS).fill('none')
  readonly syncs = new Array<Answer>(CLIENTS).fill('none')

  member(client: number): ModelMember | undefined {
    return this.members.find((each) => each.id === this.ids[client])
  }

  /** A client comes, new or again, with metadata that nobody has seen: always a reason to rebalance. */
  join(client: number): void {
    this.joins[client] = undefined
    if (this.state === 'Dead') {
      this.state = 'Empty'
      this.durable = { generation: 0, members: [], leader: undefined }
    }
    let member = this.member(client)
    if (!member) {
      const id = `${client}.${Number(this.ids[client]!.split('.')[1]) + 1}`
      this.ids[client] = id
      member = { id, client, hasJoined: false, hasSynced: false }
      this.members.push(member)
      this.leader ??= id
    }
    if (this.state !== 'Preparing') this.prepare()
    member.hasJoined = true
    this.completeIfAllJoined()
  }

  rejoinUnknown(client: number): void {
    this.joins[client] = 'UNKNOWN_MEMBER_ID'
  }

  private prepare(): void {
    for (const client of this.awaitingSync) this.syncs[client] = 'REBALANCE_IN_PROGRESS'
    this.awaitingSync = []
    for (const member of this.members) member.hasJoined = false
    this.state = 'Preparing'
  }

  private completeIfAllJoined(): void {
    if (this.members.every((member) => member.hasJoined)) this.complete()
  }

  private complete(): void {
    for (const late of this.members.filter((member) => !member.hasJoined)) this.remove(late)
    this.generation++
    if (this.members.length === 0) {
      this.state = 'Empty'
      this.durable = { generation: this.generation, members: [], leader: undefined }
      return
    }
    this.state = 'Completing'
    for (const member of this.members) {
      member.hasSynced = false
      this.known[member.client] = this.generation
      this.joins[member.client] = `generation ${this.generation}${this.leader === member.id ? ' leader' : ''}`
    }
  }

  private remove({ id }: ModelMember): void {
    this.members = this.members.filter((member) => member.id !== id)
    if (this.leader === id) this.leader = this.members[0]?.id
  }

  sync(client: number): void {
    const member = this.member(client)
    if (!member) this.syncs[client] = 'UNKNOWN_MEMBER_ID'
    else if (this.known[client] !== this.generation) this.syncs[client] = 'ILLEGAL_GENERATION'
    else if (this.state === 'Preparing') this.syncs[client] = 'REBALANCE_IN_PROGRESS'
    else {
      member.hasSynced = true
      this.syncs[client] = undefined
      if (this.state === 'Completing') this.awaitingSync.push(client)
      if (this.leader === member.id && this.state === 'Completing') {
        this.state = 'Stable'
        this.durable = { generation: this.generation, members: [...this.members], leader: this.leader }
      }
      if (this.state === 'Stable') {
        for (const each of new Set([...this.awaitingSync, client])) this.syncs[each] = `assigned in ${this.generation}`
        this.awaitingSync = []
      }
    }
  }

  leave(client: number): string {
    const member = this.member(client)
    if (!member) return 'UNKNOWN_MEMBER_ID'
    if (this.joins[client] === undefined) this.joins[client] = 'UNKNOWN_MEMBER_ID'
    if (this.awaitingSync.includes(client)) this.syncs[client] = 'UNKNOWN_MEMBER_ID'
    this.awaitingSync = this.awaitingSync.filter((each) => each !== client)
    this.remove(member)
    if (this.state !== 'Preparing') this.prepare()
    this.completeIfAllJoined()
    return 'NONE'
  }

  heartbeat(client: number): string {
    if (!this.member(client)) return 'UNKNOWN_MEMBER_ID'
    if (this.known[client] !== this.generation) return 'ILLEGAL_GENERATION'
    return this.state === 'Preparing' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
  }

  /** The rebalance timeout passes: who has not joined, or not asked for an assignment, is out. */
  timeOut(): void {
    if (this.state === 'Preparing') this.complete()
    else if (this.state === 'Completing' || this.state === 'Stable') {
      const silent = this.members.filter((member) => !member.hasSynced)
      if (silent.length === 0) return
      for (const member of silent) this.remove(member)
      this.prepare()
      this.completeIfAllJoined()
    }
  }

  restart(): void {
    for (let client = 0; client < CLIENTS; client++) {
      this.joins[client] ??= 'NOT_COORDINATOR'
      this.syncs[client] ??= 'NOT_COORDINATOR'
    }
    this.awaitingSync = []
    if (!this.durable) return
    const { generation, members, leader } = this.durable
    this.generation = generation
    this.leader = leader
    this.members = members.map(({ id, client }) => ({ id, client, hasJoined: false, hasSynced: true }))
    this.state = members.length > 0 ? 'Stable' : 'Empty'
  }
}

/** The same clients against a broker. */
class Real {
  readonly ids: (string | undefined)[] = new Array(CLIENTS)
  private readonly incarnations = new Map<string, string>()
  private readonly counts = new Array<number>(CLIENTS).fill(0)
  readonly generations = new Array<number>(CLIENTS).fill(-1)
  readonly joins = new Array<Answer>(CLIENTS).fill('none')
  readonly syncs = new Array<Answer>(CLIENTS).fill('none')
  private readonly members: { memberId: string }[][] = Array.from({ length: CLIENTS }, () => [])
  private metadataCount = 0
  readonly broker: GroupBroker

  constructor(broker: GroupBroker) {
    this.broker = broker
  }

  /** `asNew`: forgets the member id it had. */
  async join(client: number, asNew: boolean): Promise<void> {
    const request = {
      sessionTimeoutMs: 1_800_000,
      rebalanceTimeoutMs: REBALANCE_MS,
      protocols: [{ name: 'range', metadata: Buffer.from([this.metadataCount++]) }],
    }
    this.joins[client] = undefined
    if (asNew) {
      const { memberId: id } = await join(this.broker, request)
      this.ids[client] = id
      this.incarnations.set(id, `${client}.${++this.counts[client]!}`)
    }
    const memberId = this.ids[client]!
    void join(this.broker, { ...request, memberId }).then((joined) => {
      if (joined.errorCode) {
        this.joins[client] = errorName(joined.errorCode)
        return
      }
      const isLeader = joined.leader === memberId
      expect(joined.members.length > 0).toBe(isLeader)
      this.joins[client] = `generation ${joined.generationId}${isLeader ? ' leader' : ''}`
      this.generations[client] = joined.generationId
      this.members[client] = joined.members
    })
  }

  sync(client: number): void {
    const memberId = this.ids[client]!
    const generationId = this.generations[client]!
    this.syncs[client] = undefined
    const members = this.members[client] as never
    const request = { assign: (id: string) => `${id} in ${generationId}` }
    void sync(this.broker, { memberId, generationId, members }, request).then((synced) => {
      const assigned = synced.assignment.toString().replace(memberId, 'assigned')
      this.syncs[client] = synced.errorCode ? errorName(synced.errorCode) : assigned
    })
  }

  async look(): Promise<{ state: string; members: (string | undefined)[] }> {
    const { groups } = await this.broker.send(describeGroups, { groups: ['g'] })
    const [group] = groups
    const members = group!.members.map((member) => this.incarnations.get(member.memberId))
    return { state: group!.groupState.replace('Rebalance', ''), members }
  }
}

const step = fc.record({
  kind: fc.constantFrom('join', 'join', 'join', 'sync', 'sync', 'sync', 'leave', 'heartbeat', 'time out', 'restart'),
  client: fc.nat(CLIENTS - 1),
})

async function play(steps: readonly { kind: string; client: number }[]): Promise<void> {
  const broker = await GroupBroker.start()
  const model = new Model()
  const real = new Real(broker)
  for (const { kind, client } of steps) {
    const memberId = real.ids[client]
    // A client does one thing at a time.
    const isBusy = real.joins[client] === undefined || real.syncs[client] === undefined
    if (kind === 'time out') {
      await broker.advance(REBALANCE_MS)
      model.timeOut()
    } else if (kind === 'restart') {
      await broker.restart()
      model.restart()
    } else if (kind === 'leave') {
      if (memberId === undefined) continue
      expect(await leave(broker, memberId)).toBe(model.leave(client))
    } else if (kind === 'heartbeat') {
      if (memberId === undefined) continue
      const generationId = real.generations[client]!
      expect(await beat(broker, { memberId, generationId })).toBe(model.heartbeat(client))
    } else if (isBusy) continue
    else if (kind === 'join') {
      const isStale = memberId !== undefined && !model.member(client)
      // One that has learned that it is unknown comes back as a new member; the others find out.
      if (isStale && model.joins[client] !== 'UNKNOWN_MEMBER_ID') {
        await real.join(client, false)
        model.rejoinUnknown(client)
      } else {
        await real.join(client, !model.member(client))
        model.join(client)
      }
    } else {
      if (memberId === undefined) continue
      real.sync(client)
      model.sync(client)
    }
    await broker.advance(0)
    expect(await real.look()).toEqual({ state: model.state, members: model.members.map((member) => member.id) })
    expect(real.joins).toEqual(model.joins)
    expect(real.syncs).toEqual(model.syncs)
    expect(broker.errors).toEqual([])
  }
  await broker.groups.close()
}

test('a classic group does what its model does, whatever its members do', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), play), { numRuns: 150 })
})
