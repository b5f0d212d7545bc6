import { ApiError, ErrorCode } from '../../protocol/error-code.ts'

/** A broker that may be given replicas. */
export interface UsableBroker {
  readonly id: number
  readonly rack: string | null
  readonly fenced: boolean
}

/** Random whole number below `bound`; tests give their own. */
export type RandomInt = (bound: number) => number

export const randomInt: RandomInt = (bound) => Math.floor(Math.random() * bound)

/** Brokers in a circle, begun at another place in each round. */
class BrokerCircle {
  private readonly brokers: number[] = []
  private index = 0
  private start = 0
  private round = 0

  add(broker: number): void {
    this.brokers.push(broker)
  }

  initialize(random: RandomInt): void {
    this.brokers.sort((a, b) => a - b)
    if (this.brokers.length > 0) this.start = random(this.brokers.length)
  }

  shuffle(random: RandomInt): void {
    shuffle(this.brokers, random)
  }

  /** Undefined when the round has seen all. */
  next(round: number): number | undefined {
    if (this.brokers.length === 0) return undefined
    if (this.round !== round) {
      this.round = round
      this.index = 0
      this.start = (this.start + 1) % this.brokers.length
    }
    if (this.index >= this.brokers.length) return undefined
    return this.brokers[(this.index++ + this.start) % this.brokers.length]
  }
}

interface Rack {
  readonly name: string | null
  readonly fenced: BrokerCircle
  readonly unfenced: BrokerCircle
}

function shuffle<T>(values: T[], random: RandomInt): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random(i + 1)
    ;[values[i], values[j]] = [values[j] as T, values[i] as T]
  }
}

/**
 * Kafka's placement of replicas: partitions go round the racks and, within a rack, round its brokers; the first
 * replica, which will lead, is on an unfenced broker, and replicas of one partition are on different brokers, spread
 * over racks. Throws INVALID_REPLICATION_FACTOR with Kafka's texts.
 */
export function placeReplicas(
  partitionCount: number,
  replicationFactor: number,
  usable: readonly UsableBroker[],
  random: RandomInt = randomInt,
): number[][] {
  const unfencedCount = usable.filter(({ fenced }) => !fenced).length
  checkPlaceable(replicationFactor, usable.length, unfencedCount)
  const racks = racksOf(usable, random)
  let offset = random(racks.length)
  let round = 0
  const placements: number[][] = []
  for (let partition = 0; partition < partitionCount; partition++) {
    // After as many rounds as there are brokers the same assignments would come again.
    if (round === unfencedCount && unfencedCount > 1) {
      shuffle(racks, random)
      for (const rack of racks) {
        rack.fenced.shuffle(random)
        rack.unfenced.shuffle(random)
      }
      round = 0
    }
    offset %= racks.length
    placements.push(placeOne(replicationFactor, racks, offset, round))
    round++
    offset++
  }
  return placements
}

function placeOne(replicationFactor: number, racks: readonly Rack[], offset: number, round: number): number[] {
  const replicas: number[] = []
  let first = offset
  for (;;) {
    const leader = racks[first]!.unfenced.next(round)
    if (leader !== undefined) {
      replicas.push(leader)
      break
    }
    first = (first + 1) % racks.length
  }
  let rack = offset
  let leaderRack: number | undefined = first
  while (replicas.length < replicationFactor) {
    let broker: number | undefined
    while (broker === undefined) {
      // The rack of the leader is left out once.
      if (rack === leaderRack) leaderRack = undefined
      else broker = racks[rack]!.unfenced.next(round) ?? racks[rack]!.fenced.next(round)
      rack = (rack + 1) % racks.length
    }
    replicas.push(broker)
  }
  return replicas
}

function racksOf(usable: readonly UsableBroker[], random: RandomInt): Rack[] {
  const racks = new Map<string | null, Rack>()
  for (const { id, rack: name, fenced } of usable) {
    let rack = racks.get(name)
    if (!rack) racks.set(name, (rack = { name, fenced: new BrokerCircle(), unfenced: new BrokerCircle() }))
    rack[fenced ? 'fenced' : 'unfenced'].add(id)
  }
  for (const rack of racks.values()) {
    rack.fenced.initialize(random)
    rack.unfenced.initialize(random)
  }
  return [...racks.values()].sort((a, b) => (a.name === b.name ? 0 : (a.name ?? '') < (b.name ?? '') ? -1 : 1))
}

function checkPlaceable(replicationFactor: number, brokerCount: number, unfencedCount: number): void {
  const refuse = (text: string) => new ApiError(ErrorCode.INVALID_REPLICATION_FACTOR, text)
  if (replicationFactor <= 0) {
    throw refuse(`Invalid replication factor ${replicationFactor}: the replication factor must be positive.`)
  }
  if (unfencedCount === 0) {
    throw refuse('All brokers are currently fenced, or have all their log directories cordoned.')
  }
  if (replicationFactor > brokerCount) {
    throw refuse(
      `The target replication factor of ${replicationFactor} cannot be reached because only ${brokerCount} broker(s) are registered or some brokers have all their log directories cordoned.`,
    )
  }
}
