import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BROKER_APIS } from '../../../src/broker/apis.ts'
import { handler } from '../../../src/broker/handler.ts'
import { ErrorCode } from '../../../src/protocol/error-code.ts'
import { ApiVersions } from '../../../src/protocol/messages/18-api-versions.ts'
import { ALL_APIS } from '../../../src/protocol/messages/all.ts'
import type { AnyApi } from '../../../src/protocol/schema.ts'
import { decodeResponse, requestFrame } from '../../support/raw-client.ts'
import { NO_METADATA, startListener } from '../network/harness.ts'

/** What Apache Kafka 4.3.1 answers on its two listeners with every feature at its newest level. */
const apache = JSON.parse(
  readFileSync(new URL('../../fixtures/api-versions/apache-kafka-4.3.1.json', import.meta.url), 'utf8'),
)

const SOFTWARE = { clientSoftwareName: 'raw-client', clientSoftwareVersion: '1.0' }

function handlersOf(role: 'broker' | 'controller') {
  const served = ALL_APIS.filter((api: AnyApi) => api.listeners.includes(role) && api.key !== ApiVersions.key)
  return served.map((api: AnyApi) => handler(api, () => ({})))
}

function sorted<T extends { name: string }>(features: T[]): T[] {
  return [...features].sort((a, b) => a.name.localeCompare(b.name))
}

const LEVELS = { 'metadata.version': 30, 'group.version': 1, 'transaction.version': 2, 'share.version': 1 }
const metadata = {
  offset: 19,
  features: {
    kraftVersion: 1,
    levels: new Map(Object.entries({ ...LEVELS, 'streams.version': 1, 'eligible.leader.replicas.version': 1 })),
  },
}

/** Served by Apache Kafka only where client metrics are collected. */
const TELEMETRY = [71, 72]

test.each(['broker', 'controller'] as const)(
  'a %s that served every API would advertise what Apache Kafka does',
  async (role) => {
    const handlers = handlersOf(role).filter(({ api }) => !TELEMETRY.includes(api.key))
    const { connect } = await startListener({ handlers, role, services: { metadata } })
    const client = await connect()
    const { apiKeys, ...features } = await client.send(ApiVersions, 4, SOFTWARE)
    expect(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion])).toEqual(
      apache[role].apiKeys,
    )
    expect(sorted(features.supportedFeatures)).toEqual(sorted(apache[role].supportedFeatures))
    expect(sorted(features.finalizedFeatures)).toEqual(sorted(apache[role].finalizedFeatures))
    expect([features.finalizedFeaturesEpoch, features.zkMigrationReady]).toEqual([19, false])
    const older = await client.send(ApiVersions, 3, SOFTWARE)
    expect(older.supportedFeatures).toEqual(apache[role].supportedFeaturesV3)
  },
)

test('every API of the broker is advertised with a range that Apache Kafka has, and no other is', async () => {
  const { connect } = await startListener({ handlers: BROKER_APIS.filter(({ api }) => api.key !== ApiVersions.key) })
  const { apiKeys } = await (await connect()).send(ApiVersions, 0, {})
  expect(apiKeys.map(({ apiKey }) => apiKey)).toEqual(BROKER_APIS.map(({ api }) => api.key).sort((a, b) => a - b))
  const ranges = new Map(apache.broker.apiKeys.map(([key, min, max]: number[]) => [key, [min, max]]))
  for (const { apiKey, minVersion, maxVersion } of apiKeys) expect([minVersion, maxVersion]).toEqual(ranges.get(apiKey))
})

test('before any metadata is known the epoch of finalized features is -1', async () => {
  const { connect } = await startListener({ services: { metadata: NO_METADATA } })
  const { finalizedFeatures, finalizedFeaturesEpoch } = await (await connect()).send(ApiVersions, 4, SOFTWARE)
  expect([finalizedFeatures, finalizedFeaturesEpoch]).toEqual([[], -1])
})

test.each([5, 99, 32767, -1])('version %i is answered in v0 with the versions there are (KIP-511)', async (version) => {
  const { connect } = await startListener()
  const client = await connect()
  const frame = requestFrame(ApiVersions, version < 0 ? 0 : 4, SOFTWARE, { correlationId: 7 })
  frame.writeInt16BE(version, 6)
  client.writeBytes(frame)
  const { correlationId, response } = decodeResponse(ApiVersions, 0, await client.receiveFrame())
  expect(correlationId).toBe(7)
  expect(response.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION)
  expect(response.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }])
  expect((await client.send(ApiVersions, 4, SOFTWARE)).errorCode).toBe(ErrorCode.NONE)
})

test.each(['', '-x', 'x-', 'a b', 'ünï', 'x_y'])(
  'a client software name or version like "%s" is INVALID_REQUEST from v3 on (KIP-511)',
  async (text) => {
    const { connect } = await startListener()
    const client = await connect()
    for (const request of [
      { clientSoftwareName: text, clientSoftwareVersion: '1' },
      { clientSoftwareName: 'x', clientSoftwareVersion: text },
    ]) {
      const { errorCode, apiKeys } = await client.send(ApiVersions, 3, request)
      expect([errorCode, apiKeys]).toEqual([ErrorCode.INVALID_REQUEST, []])
    }
    expect((await client.send(ApiVersions, 2, {})).errorCode).toBe(ErrorCode.NONE)
  },
)
