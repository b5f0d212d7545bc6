import { afterAll, beforeAll, expect, test } from 'vitest'
import { errorName } from '../../../src/protocol/error-code.ts'
import { InitProducerId } from '../../../src/protocol/messages/22-init-producer-id.ts'
import { DataBroker } from '../../support/data-broker.ts'

let broker: DataBroker

beforeAll(async () => {
  broker = await DataBroker.start({})
})
afterAll(() => broker.stop())

const init = (request: object = {}, version = 5) =>
  broker.client.send(InitProducerId, version, { transactionalId: null, transactionTimeoutMs: 1000, ...request })

test.each([0, 1, 2, 3, 4, 5])('v%i hands out a new producer id of epoch 0', async (version) => {
  const first = await init({}, version)
  const second = await init({}, version)
  expect([first.errorCode, first.producerEpoch]).toEqual([0, 0])
  expect(second.producerId).toBeGreaterThan(first.producerId)
})

test('ids are never given twice, beyond a block of them (1000) and over many connections', async () => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => broker.connect()))
  const answers = await Promise.all(
    Array.from({ length: 2100 }, (_, i) =>
      clients[i % 4]!.send(InitProducerId, 5, { transactionalId: null, transactionTimeoutMs: 1000 }),
    ),
  )
  expect(new Set(answers.map(({ producerId }) => producerId)).size).toBe(2100)
})

test.each([{ producerId: 5 }, { producerEpoch: 5 }])('an id and an epoch go together: %o', async (request) => {
  const answer = await init(request)
  expect([errorName(answer.errorCode), answer.producerId, answer.producerEpoch]).toEqual(['INVALID_REQUEST', -1, -1])
})

test('a producer without transactions that names its old id gets a new one (KIP-360)', async () => {
  const { producerId, producerEpoch } = await init()
  const again = await init({ producerId, producerEpoch })
  expect(again.producerId).toBeGreaterThan(producerId)
  expect(again.producerEpoch).toBe(0)
})

test('there are no transactions yet', async () => {
  expect(errorName((await init({ transactionalId: 'tx' })).errorCode)).toBe('UNSUPPORTED_VERSION')
})
