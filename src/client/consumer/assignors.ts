/** Partitions by topic. */
export type Assignment = ReadonlyMap<string, readonly number[]>

export interface Subscriber {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
  /** What the member says it has, from before this rebalance. */
  readonly owned: Assignment
}

export type Assignor = (
  partitionCounts: ReadonlyMap<string, number>,
  members: readonly Subscriber[],
) => Map<string, Map<string, number[]>>

/** The assignors that Kafka's consumers have, by the name they vote with. */
export const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map<string, Assignor>([
  ['range', range],
  ['roundrobin', roundRobin],
  ['sticky', sticky],
  ['cooperative-sticky', cooperativeSticky],
])

/** Of each topic, a range of partitions to each member; the first members get one more where it does not divide. */
function range(counts: ReadonlyMap<string, number>, members: readonly Subscriber[]) {
  const result = emptyFor(members)
  for (const [topic, count] of counts) {
    const readers = sorted(members.filter((member) => member.topics.includes(topic)))
    const each = Math.floor(count / readers.length)
    const more = count % readers.length
    let next = 0
    for (const [index, { memberId }] of readers.entries()) {
      const size = each + (index < more ? 1 : 0)
      if (size > 0) result.get(memberId)!.set(topic, sequence(next, size))
      next += size
    }
  }
  return result
}

/** Partitions one by one to the members in turn, passing over those that do not read the topic. */
function roundRobin(counts: ReadonlyMap<string, number>, members: readonly Subscriber[]) {
  const result = emptyFor(members)
  const order = sorted(members)
  let turn = 0
  for (const [topic, partition] of allPartitions(counts)) {
    const readers = order.filter((member) => member.topics.includes(topic))
    if (readers.length === 0) continue
    while (!order[turn % order.length]!.topics.includes(topic)) turn++
    give(result, order[turn++ % order.length]!.memberId, topic, partition)
  }
  return result
}

/** Everyone keeps what it has, up to a fair share; the rest goes to whoever has least. */
function sticky(counts: ReadonlyMap<string, number>, members: readonly Subscriber[]) {
  const result = emptyFor(members)
  const order = sorted(members)
  const load = new Map(order.map(({ memberId }) => [memberId, 0]))
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const fairShare = Math.ceil(total / Math.max(1, members.length))
  const free = new Map(
    allPartitions(counts).map(([topic, partition]) => [`${topic}-${partition}`, { topic, partition }]),
  )
  const assign = (memberId: string, topic: string, partition: number) => {
    give(result, memberId, topic, partition)
    load.set(memberId, load.get(memberId)! + 1)
    free.delete(`${topic}-${partition}`)
  }
  for (const { memberId, owned, topics } of order) {
    for (const [topic, partitions] of owned) {
      for (const partition of partitions) {
        const isFree = free.has(`${topic}-${partition}`) && topics.includes(topic)
        if (isFree && load.get(memberId)! < fairShare) assign(memberId, topic, partition)
      }
    }
  }
  for (const { topic, partition } of [...free.values()]) {
    const readers = order.filter((member) => member.topics.includes(topic))
    const least = readers.reduce<Subscriber | undefined>(
      (best, member) => (best && load.get(best.memberId)! <= load.get(member.memberId)! ? best : member),
      undefined,
    )
    if (least) assign(least.memberId, topic, partition)
  }
  return result
}

/**
 * The sticky assignment, but a partition that somebody still has is given to nobody else in this round: its owner gives
 * it up and joins again (KIP-429).
 */
function cooperativeSticky(counts: ReadonlyMap<string, number>, members: readonly Subscriber[]) {
  const result = sticky(counts, members)
  const owners = new Map<string, string>()
  for (const { memberId, owned } of members) {
    for (const [topic, partitions] of owned) {
      for (const partition of partitions) owners.set(`${topic}-${partition}`, memberId)
    }
  }
  for (const [memberId, topics] of result) {
    for (const [topic, partitions] of topics) {
      const kept = partitions.filter((partition) => {
        const owner = owners.get(`${topic}-${partition}`)
        return owner === undefined || owner === memberId
      })
      if (kept.length > 0) topics.set(topic, kept)
      else topics.delete(topic)
    }
  }
  return result
}

function emptyFor(members: readonly Subscriber[]): Map<string, Map<string, number[]>> {
  return new Map(members.map(({ memberId }) => [memberId, new Map()]))
}

/** Static members by their instance id before the others by their member id, as Kafka orders them. */
function sorted(members: readonly Subscriber[]): Subscriber[] {
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return [...members].sort((a, b) => {
    if (a.groupInstanceId !== null && b.groupInstanceId !== null) return compare(a.groupInstanceId, b.groupInstanceId)
    if (a.groupInstanceId !== null) return -1
    if (b.groupInstanceId !== null) return 1
    return compare(a.memberId, b.memberId)
  })
}

function allPartitions(counts: ReadonlyMap<string, number>): [topic: string, partition: number][] {
  return [...counts.keys()]
    .sort()
    .flatMap((topic) => sequence(0, counts.get(topic)!).map((p) => [topic, p] as [string, number]))
}

function sequence(first: number, size: number): number[] {
  return Array.from({ length: size }, (_, index) => first + index)
}

function give(result: Map<string, Map<string, number[]>>, memberId: string, topic: string, partition: number): void {
  const topics = result.get(memberId)!
  const partitions = topics.get(topic)
  if (partitions) partitions.push(partition)
  else topics.set(topic, [partition])
}
