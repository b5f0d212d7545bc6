import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withApiVersions } from '../../../src/broker/apis/18-api-versions.ts'
import { handler } from '../../../src/broker/handler.ts'
import { ApiVersions } from '../../../src/protocol/messages/18-api-versions.ts'
import { ALL_APIS } from '../../../src/protocol/messages/all.ts'
import type { AnyApi } from '../../../src/protocol/schema.ts'
import { framed, RawClient, requestFrame } from '../../support/raw-client.ts'
import { type Harness, startListener, until } from './harness.ts'

/** Every API, answered with its defaults, so that all decoders are in reach. */
const handlers = ALL_APIS.filter(({ key }) => key !== ApiVersions.key).map((api: AnyApi) => handler(api, () => ({})))

/** A well-formed request of any API and version with all fields at their defaults. */
const valid = fc.constantFrom(...withApiVersions('broker', handlers).map(({ api }) => api)).chain((api) =>
  fc.integer({ min: api.versions[0], max: api.versions[1] }).map((version) => {
    try {
      return requestFrame(api, version, {})
    } catch {
      // Some requests have fields without a usable default.
      return requestFrame(ApiVersions, 0, {})
    }
  }),
)

const truncated = fc
  .tuple(valid, fc.nat(200))
  .map(([frame, cut]) => framed(frame.subarray(4, Math.max(4, frame.length - cut))))

const flipped = fc
  .tuple(valid, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }))
  .map(([frame, flips]) => {
    const bytes = Buffer.from(frame)
    for (const [at, value] of flips) bytes[at % bytes.length]! ^= value
    return bytes
  })

const random = fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes))

async function serves({ connect }: Harness): Promise<void> {
  const client = await connect()
  expect((await client.send(ApiVersions, 0, {})).errorCode).toBe(0)
  await client.close()
}

test.each([
  ['random bytes', random],
  ['random bytes in a frame', random.map(framed)],
  ['truncated requests', truncated],
  ['requests with flipped bits', flipped],
])('%s: the connection ends or answers, the listener goes on and holds nothing', async (_, bytes) => {
  const harness = await startListener({ handlers })
  const { listener, network } = harness
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 4 }), async (pieces) => {
      const client = await RawClient.connect(listener.port)
      for (const piece of pieces) client.writeBytes(piece)
      client.socket.end()
      await client.closed
    }),
    { numRuns: 150 },
  )
  await serves(harness)
  await until(() => network.openConnections.size === 0)
  expect(network.memory.used).toBe(0)
})

test('lengths that promise far more than arrives take nothing', async () => {
  const harness = await startListener({ handlers })
  const clients = await Promise.all(Array.from({ length: 100 }, () => harness.connect()))
  const before = process.memoryUsage()
  for (const client of clients)
    client.writeBytes(Buffer.concat([Buffer.from([6, 0x3f, 0xff, 0xff]), Buffer.alloc(500)]))
  await until(() => harness.network.memory.used === 100 * 504)
  const after = process.memoryUsage()
  expect(after.rss - before.rss).toBeLessThan(60 * 1024 * 1024)
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(20 * 1024 * 1024)
  await serves(harness)
})
