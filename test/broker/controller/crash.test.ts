// A process may end between any two file operations. Whatever it had answered must hold after the next start.
import { cpSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CreateTopics } from '../../../src/protocol/messages/19-create-topics.ts'
import { AllocateProducerIds } from '../../../src/protocol/messages/67-allocate-producer-ids.ts'
import { FastFiles, formattedDirectory, TestNode, temporaryDirectory } from './harness.ts'

class Crash extends Error {}

/** Lets so many operations that change something through, and refuses all later ones: the process is gone. */
class CrashingFiles extends FastFiles {
  operations = 0
  private readonly limit: number

  constructor(limit: number) {
    super()
    this.limit = limit
  }

  get hasCrashed(): boolean {
    return this.operations >= this.limit
  }

  private count(): void {
    if (this.hasCrashed) throw new Crash('the process is gone')
    this.operations++
  }

  override open(...args: Parameters<FastFiles['open']>): number {
    if (args[1] !== 'r') this.count()
    return super.open(...args)
  }
  override writevSync(...args: Parameters<FastFiles['writevSync']>): number {
    this.count()
    return super.writevSync(...args)
  }
  override async fsync(): Promise<void> {
    this.count()
  }
  override ftruncate(...args: Parameters<FastFiles['ftruncate']>): void {
    this.count()
    super.ftruncate(...args)
  }
  override rename(...args: Parameters<FastFiles['rename']>): void {
    this.count()
    super.rename(...args)
  }
  override unlink(...args: Parameters<FastFiles['unlink']>): void {
    this.count()
    super.unlink(...args)
  }
  override mkdir(...args: Parameters<FastFiles['mkdir']>): void {
    this.count()
    super.mkdir(...args)
  }
}

/** What the process has answered before it ended. */
interface Answered {
  epoch: number
  topics: string[]
  nextProducerId: number
  brokerEpoch: number
}

async function live(files: CrashingFiles, dir: string, answered: Answered, topic: string): Promise<void> {
  const node = await TestNode.start({ dir, files })
  answered.epoch = node.log.epoch
  const lifecycle = await node.register()
  answered.brokerEpoch = lifecycle.brokerEpoch
  await lifecycle.unfence()
  const topics = [{ name: topic, numPartitions: 3, replicationFactor: 1 }]
  const created = await node.channel.send(CreateTopics, 7, { topics })
  if (created.topics[0]!.errorCode === 0) answered.topics.push(topic)
  const ids = await node.channel.send(AllocateProducerIds, 0, { brokerId: 1, brokerEpoch: lifecycle.brokerEpoch })
  if (ids.errorCode === 0) answered.nextProducerId = ids.producerIdStart + ids.producerIdLen
  await node.stop()
}

test('the controller keeps its word after an end between any two file operations', async () => {
  const template = formattedDirectory()
  let limit = 0
  for (let isWhole = false; !isWhole; limit++) {
    const dir = temporaryDirectory()
    cpSync(template, dir, { recursive: true })
    const answered: Answered = { epoch: 0, topics: [], nextProducerId: 0, brokerEpoch: -1 }
    const files = new CrashingFiles(limit)
    await live(files, dir, answered, 'first').catch(() => {})
    isWhole = !files.hasCrashed

    // A second process ends somewhere on its way as well; a third one has to cope with what both left.
    await live(new CrashingFiles(limit % 17), dir, answered, 'second').catch(() => {})
    const node = await TestNode.running({ dir })
    const { image } = node.loader
    expect(node.log.epoch, `after ${limit} operations`).toBeGreaterThan(answered.epoch)
    expect(node.lifecycle!.brokerEpoch).toBeGreaterThan(answered.brokerEpoch)
    expect([...image.topics.byName.keys()]).toEqual(expect.arrayContaining(answered.topics))
    expect(image.nextProducerId).toBeGreaterThanOrEqual(answered.nextProducerId)
    expect(image.features.levels.get('transaction.version')).toBe(2)
    for (const { partitions } of image.topics.byName.values()) {
      expect(partitions.map(({ leader, isr }) => [leader, isr])).toEqual(new Array(3).fill([1, [1]]))
    }
    await node.stop()
  }
  expect(limit).toBeGreaterThan(20)
})
