import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { errorName } from '../../../src/protocol/error-code.ts'
import { OffsetForLeaderEpoch } from '../../../src/protocol/messages/23-offset-for-leader-epoch.ts'
import { DataBroker } from '../../support/data-broker.ts'

let broker: DataBroker
let dataDir: string
let current: number

/** Epoch 0 holds offsets 0 and 1; the current epoch began with a restart and holds offset 2. */
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'kafka-toolkit-'))
  const first = await DataBroker.start({ dataDir, topics: ['t', 'empty'] })
  await first.write('t', ['a', 'b'])
  await first.stop()
  broker = await DataBroker.start({ dataDir })
  await broker.write('t', ['c'])
  current = (await broker.listOffset('t', -1)).leaderEpoch
})

afterAll(async () => {
  await broker.stop()
  rmSync(dataDir, { recursive: true })
})

async function endOf(leaderEpoch: number, { topic = 't', partition = 0, currentLeaderEpoch = -1, version = 4 } = {}) {
  const { topics } = await broker.client.send(OffsetForLeaderEpoch, version, {
    ...(version >= 3 ? { replicaId: -1 } : {}),
    topics: [{ topic, partitions: [{ partition, leaderEpoch, currentLeaderEpoch }] }],
  })
  const { errorCode, leaderEpoch: epoch, endOffset } = topics[0]!.partitions[0]!
  return [errorName(errorCode), epoch, endOffset]
}

test.each([2, 3, 4])('v%i tells where an epoch ended', async (version) => {
  expect(await endOf(0, { version })).toEqual(['NONE', 0, 2])
  expect(await endOf(current, { version })).toEqual(['NONE', current, 3])
})

test('an epoch that wrote nothing is answered with the one before it', async () => {
  expect(current).toBeGreaterThan(1)
  expect(await endOf(1)).toEqual(['NONE', 0, 2])
})

test('an epoch that is yet to come is not known', async () => {
  expect(await endOf(current + 1)).toEqual(['NONE', -1, -1])
  expect(await endOf(-1)).toEqual(['NONE', -1, -1])
})

test('the client must know the current epoch, if it names one (KIP-320)', async () => {
  expect(await endOf(0, { currentLeaderEpoch: current })).toEqual(['NONE', 0, 2])
  expect(await endOf(0, { currentLeaderEpoch: current - 1 })).toEqual(['FENCED_LEADER_EPOCH', -1, -1])
  expect(await endOf(0, { currentLeaderEpoch: current + 1 })).toEqual(['UNKNOWN_LEADER_EPOCH', -1, -1])
})

test('what is not there is told', async () => {
  const unknown = ['UNKNOWN_TOPIC_OR_PARTITION', -1, -1]
  expect(await endOf(0, { topic: 'nowhere' })).toEqual(unknown)
  expect(await endOf(0, { partition: 1 })).toEqual(unknown)
})
