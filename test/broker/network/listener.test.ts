import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/broker/clock.ts'
import { handler } from '../../../src/broker/handler.ts'
import { lineLogger } from '../../../src/broker/logger.ts'
import { noMetrics } from '../../../src/broker/metrics.ts'
import { BindError, SocketListener } from '../../../src/broker/network/listener.ts'
import { Network } from '../../../src/broker/network/network.ts'
import type { RequestInfo } from '../../../src/broker/request-context.ts'
import { Fetch } from '../../../src/protocol/messages/01-fetch.ts'
import { ApiVersions } from '../../../src/protocol/messages/18-api-versions.ts'
import { RawClient } from '../../support/raw-client.ts'
import { SETTINGS, startListener, until } from './harness.ts'

let parked = 0
/** A Fetch that parks until its signal is aborted, as a long poll does. */
const longPoll = handler<typeof Fetch, RequestInfo>(Fetch, async (_, { signal }) => {
  parked++
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  return { errorCode: 0 }
})

test('says in the words of Kafka that a port is taken', async () => {
  const log: string[] = []
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const logger = lineLogger((line) => log.push(line))
  const network = new Network({ settings: SETTINGS, clock: systemClock, logger, metrics: noMetrics })
  const endpoint = { listenerName: 'CONTROLLER', securityProtocol: 'PLAINTEXT' as const, host: '127.0.0.1', port }
  try {
    await expect(SocketListener.bind(endpoint, network, undefined as never)).rejects.toThrow(
      new BindError(`Socket server failed to bind to 127.0.0.1:${port}: Address already in use.`),
    )
    expect(log[0]).toContain('ERROR Unable to start acceptor for CONTROLLER (kafka.network.DataPlaneAcceptor)')
  } finally {
    other.close()
  }
})

test('binds a free port for port 0 and says where it waits', async () => {
  const { listener, log } = await startListener()
  expect(listener.port).toBeGreaterThan(0)
  expect(log.join('')).toContain(
    `INFO Awaiting socket connections on 127.0.0.1:${listener.port}. (kafka.network.DataPlaneAcceptor)`,
  )
})

test('serves many connections', async () => {
  const { connect, network } = await startListener()
  const clients = await Promise.all(Array.from({ length: 300 }, () => connect()))
  const answers = await Promise.all(clients.map((client) => client.send(ApiVersions, 0, {})))
  expect(answers.every(({ errorCode }) => errorCode === 0)).toBe(true)
  expect(network.openConnections.size).toBe(300)
  expect(new Set([...network.openConnections].map(({ id }) => id)).size).toBe(300)
})

test('beyond max.connections a connection waits until another one ends', async () => {
  const { connect, network } = await startListener({ settings: { maxConnections: 1 } })
  const first = await connect()
  await first.send(ApiVersions, 0, {})
  const second = await connect()
  const answer = second.send(ApiVersions, 0, {})
  expect(network.openConnections.size).toBe(1)
  await first.close()
  expect((await answer).errorCode).toBe(0)
  await second.close()
  await until(() => network.limits.connections === 0)
})

test('beyond max.connections.per.ip a connection is closed, with the log line of Kafka', async () => {
  const { connect, log } = await startListener({ settings: { maxConnectionsPerIp: 1 } })
  const first = await connect()
  await first.send(ApiVersions, 0, {})
  const second = await connect()
  await second.closed
  expect(log.join('')).toContain(
    'INFO Rejected connection from /127.0.0.1, address already has the configured maximum of 1 connections. ' +
      '(kafka.network.DataPlaneAcceptor)',
  )
  expect((await first.send(ApiVersions, 0, {})).errorCode).toBe(0)
})

test('an override of max.connections.per.ip wins for its address', async () => {
  const { connect } = await startListener({
    settings: { maxConnectionsPerIp: 0, maxConnectionsPerIpOverrides: new Map([['127.0.0.1', 2]]) },
  })
  const [first, second, third] = [await connect(), await connect(), await connect()]
  await Promise.all([first.send(ApiVersions, 0, {}), second.send(ApiVersions, 0, {})])
  await third.closed
})

test('close answers 100 idle long polls, then ends their connections in good order, within two seconds', async () => {
  const { connect, listener } = await startListener({ handlers: [longPoll] })
  const clients = await Promise.all(Array.from({ length: 100 }, () => connect()))
  const polls = clients.map((client) => client.send(Fetch, 12, { maxWaitMs: 60_000, minBytes: 1 }))
  await until(() => parked === 100)
  const startMs = Date.now()
  await listener.close()
  expect(Date.now() - startMs).toBeLessThan(2000)
  expect((await Promise.all(polls)).every(({ errorCode }) => errorCode === 0)).toBe(true)
  expect((await Promise.all(clients.map(({ closed }) => closed))).every((error) => error === undefined)).toBe(true)
  expect(clients.every(({ ended }) => ended)).toBe(true)
  await expect(RawClient.connect(listener.port)).rejects.toThrow()
})

test('close drops requests that have not begun', async () => {
  let begun = 0
  const counting = handler<typeof Fetch, RequestInfo>(Fetch, (request, context) => {
    begun++
    return longPoll.handle(request, context)
  })
  const { connect, listener } = await startListener({ handlers: [counting] })
  const client = await connect()
  for (let i = 0; i < 3; i++) client.write(Fetch, 12, { maxWaitMs: 60_000, minBytes: 1 })
  await until(() => begun === 1)
  await listener.close()
  await client.closed
  expect([begun, client.unread]).toEqual([1, 1])
})

test('close ends connections whose handlers do not heed it, after a while', async () => {
  let begun = 0
  const stuck = handler<typeof Fetch, RequestInfo>(Fetch, () => {
    begun++
    return new Promise<undefined>(() => {})
  })
  const { connect, listener } = await startListener({ handlers: [stuck] })
  const client = await connect()
  client.write(Fetch, 12, {})
  await until(() => begun === 1)
  await listener.close()
  await client.closed
})

test('connections made before accept are served after it', async () => {
  const network = new Network({
    settings: SETTINGS,
    clock: systemClock,
    logger: lineLogger(() => {}),
    metrics: noMetrics,
  })
  let begun = 0
  const dispatcher = {
    listenerType: 'BROKER',
    authorizerFor: () => undefined as never,
    begin: () => {
      begun++
      throw new Error('enough')
    },
  }
  const endpoint = { listenerName: 'PLAINTEXT', securityProtocol: 'PLAINTEXT' as const, host: '', port: 0 }
  const listener = await SocketListener.bind(endpoint, network, dispatcher)
  const client = await RawClient.connect(listener.port)
  client.write(ApiVersions, 0, {})
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toBe(0)
  listener.accept()
  await client.closed
  expect(begun).toBe(1)
  await listener.close()
})
