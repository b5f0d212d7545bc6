/** What our broker says of itself and of topics, against Apache Kafka's answers to the same bytes, version by version. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Metadata } from '../../src/protocol/messages/03-metadata.ts'
import { FindCoordinator } from '../../src/protocol/messages/10-find-coordinator.ts'
import { ApiVersions } from '../../src/protocol/messages/18-api-versions.ts'
import { CreateTopics } from '../../src/protocol/messages/19-create-topics.ts'
import { DeleteTopics } from '../../src/protocol/messages/20-delete-topics.ts'
import { DescribeConfigs } from '../../src/protocol/messages/32-describe-configs.ts'
import { CreatePartitions } from '../../src/protocol/messages/37-create-partitions.ts'
import { DescribeCluster } from '../../src/protocol/messages/60-describe-cluster.ts'
import { DescribeTopicPartitions } from '../../src/protocol/messages/75-describe-topic-partitions.ts'
import { ZERO_UUID } from '../../src/storage/uuid.ts'
import { whyNoApacheKafka } from '../support/apache-kafka.ts'
import type { PairedBrokers, SendOptions, Side } from '../support/paired-brokers.ts'
import { type PairedCluster, startPairedCluster } from '../support/paired-cluster.ts'

const reason = whyNoApacheKafka()
if (reason) console.log(`Skipped: Apache Kafka cannot be run here, ${reason}.`)

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAzw'
const BAD_NAMES = ['', '.', '..', 'a b', 'é', 'a/b', 'x'.repeat(249), 'x'.repeat(250)]
const versions = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const named = (...names: string[]) => names.map((name) => ({ name }))

describe.skipIf(reason !== undefined)('Apache Kafka and we answer alike', () => {
  let cluster: PairedCluster
  let both: PairedBrokers

  beforeAll(async () => {
    cluster = await startPairedCluster()
    both = cluster.both
    await both.createTopic('orders', 3, { 'cleanup.policy': 'compact', 'retention.ms': '1000' })
    await both.createTopic('plain')
  })

  afterAll(async () => {
    await cluster?.stop()
    if (both) console.log(`${both.compared} requests`)
  })

  const idOf = async (name: string) => both.untilServed(name)

  test.each(versions(0, 4))('to ApiVersions v%i, where we serve an API', async (version) => {
    const software = version >= 3 ? { clientSoftwareName: 'raw', clientSoftwareVersion: '1' } : {}
    const ours = await both.sendTo('ours', ApiVersions, version, software)
    if (ours === 'closed') throw new Error('the connection was closed')
    const served = new Set(ours.apiKeys.map(({ apiKey }) => apiKey))
    const without: SendOptions['without'] = (answer) => {
      answer.apiKeys = (answer.apiKeys as { apiKey: number }[]).filter(({ apiKey }) => served.has(apiKey))
    }
    await both.send(ApiVersions, version, software, { without })
    if (version < 3) return
    for (const change of [{ clientSoftwareName: '' }, { clientSoftwareVersion: 'a b' }, { clientSoftwareName: '-' }]) {
      await both.send(ApiVersions, version, { ...software, ...change }, { without })
    }
  })

  test.each(versions(0, 13))('to Metadata v%i', async (version) => {
    const noCreation = version >= 4 ? { allowAutoTopicCreation: false } : {}
    const ask = (topics: { name?: string | null; topicId?: string }[] | null, change: object = {}) =>
      both.send(Metadata, version, { topics, ...noCreation, ...change })
    await ask(version === 0 ? [] : null)
    await ask([])
    await ask(named('orders', 'plain', 'orders'))
    await ask(named(...(version >= 4 ? BAD_NAMES : BAD_NAMES.filter((name) => name.length !== 249))))
    if (version >= 4) await ask(named('nowhere', 'orders', '__consumer_offsets', '__transaction_state'))
    if (version >= 8) await ask(named('orders', 'nowhere'), { includeTopicAuthorizedOperations: true })
    if (version >= 8 && version <= 10) await ask([], { includeClusterAuthorizedOperations: true })
    if (version >= 10) {
      const ids = await idOf('orders')
      for (const topics of [
        (side: Side) => [{ name: null, topicId: ids[side] }],
        () => [{ name: null, topicId: UNKNOWN_ID }],
        (side: Side) => [{ name: 'orders', topicId: ids[side] }],
        (side: Side) => [{ name: 'plain', topicId: ids[side] }],
        () => [{ name: null, topicId: ZERO_UUID }],
        (side: Side) => [
          { name: null, topicId: ids[side] },
          { name: 'plain', topicId: ZERO_UUID },
          { name: null, topicId: UNKNOWN_ID },
          { name: null, topicId: ids[side] },
        ],
      ]) {
        await both.send(Metadata, version, (side) => ({ topics: topics(side), ...noCreation }))
      }
    }
    const created = `created-${version}`
    await ask(named(created, 'a b'), version >= 4 ? { allowAutoTopicCreation: true } : {})
    await both.untilServed(created)
    await ask(named(created))
  })

  test('to Metadata for a topic whose name collides with another, and for internal topics', async () => {
    await both.createTopic('col.lision')
    await both.send(Metadata, 12, { topics: named('col_lision') })
    await both.send(Metadata, 12, { topics: named('col_lision') })
    await both.send(Metadata, 12, { topics: named('__consumer_offsets') })
    await both.untilServed('__consumer_offsets')
    await both.send(Metadata, 12, { topics: named('__consumer_offsets') })
  })

  test.each(versions(0, 6))('to FindCoordinator v%i', async (version) => {
    await both.send(Metadata, 12, { topics: named('__consumer_offsets') })
    await both.untilServed('__consumer_offsets')
    const find = (keys: string[], keyType = 0) =>
      both.send(FindCoordinator, version, {
        ...(version >= 4 ? { coordinatorKeys: keys } : { key: keys[0]! }),
        ...(version >= 1 ? { keyType } : {}),
      })
    await find(['group'])
    await find([''])
    if (version >= 4) {
      await find([])
      await find(['a', 'b', 'a'])
    }
    if (version < 1) return
    await find(['group'], 7)
    await find(['group'], -1)
    for (const key of ['group', `group:${UNKNOWN_ID}:x`, `:${UNKNOWN_ID}:0`]) await find([key], 2)
  })

  test.each(versions(2, 7))('to CreateTopics v%i', async (version) => {
    const topic = (suffix: string, change: object = {}) => ({
      name: `topic-${version}-${suffix}`,
      numPartitions: 1,
      replicationFactor: 1,
      ...change,
    })
    const create = (topics: object[], change: object = {}) =>
      both.send(CreateTopics, version, { topics, timeoutMs: 30_000, ...change }, { without: takeTopicIds })
    const setting = (name: string, value: string | null) => ({ configs: [{ name, value }] })
    const assigned = (...brokers: number[][]) => ({
      numPartitions: -1,
      replicationFactor: -1,
      assignments: brokers.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    })
    await create([topic('a'), topic('b', { numPartitions: 3 })])
    await create([topic('a'), topic('c')])
    await create([topic('d'), topic('d'), topic('e')])
    await create([])
    let count = 0
    for (const validateOnly of [true, false]) {
      for (const change of [
        { numPartitions: 0 },
        { numPartitions: -1 },
        { numPartitions: -2 },
        { replicationFactor: 0 },
        { replicationFactor: -1 },
        { replicationFactor: 2 },
        { replicationFactor: -2 },
        { numPartitions: -1, replicationFactor: -1 },
        setting('retention.ms', '5000'),
        setting('retention.ms', null),
        setting('retention.ms', 'soon'),
        setting('retention.ms', '-2'),
        setting('no.such.setting', '1'),
        setting('cleanup.policy', 'compact,delete'),
        setting('cleanup.policy', 'shred'),
        setting('compression.type', 'rar'),
        setting('max.message.bytes', '99999999999'),
        setting('min.cleanable.dirty.ratio', '2'),
        setting('message.timestamp.type', 'LogAppendTime'),
        setting('message.timestamp.type', 'Never'),
        setting('unclean.leader.election.enable', 'perhaps'),
        setting('remote.storage.enable', 'true'),
        setting('segment.bytes', '13'),
        setting('', ''),
        assigned([1]),
        assigned([1], [1]),
        assigned([]),
        assigned([1], []),
        assigned([1, 1]),
        assigned([2]),
        assigned([1, 2]),
        assigned([1], [1, 2]),
        { ...assigned([1]), numPartitions: 1 },
        { ...assigned([1]), replicationFactor: 1 },
        { ...assigned([1]), assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
        { ...assigned([1]), assignments: [0, 0].map((partitionIndex) => ({ partitionIndex, brokerIds: [1] })) },
      ]) {
        await create([topic(`f-${validateOnly}-${++count}`, change)], { validateOnly })
      }
      await create(
        [...BAD_NAMES.filter((name) => name.length !== 249), '__cluster_metadata'].map((name) => ({
          ...topic(''),
          name,
        })),
        { validateOnly },
      )
      await create([{ ...topic(''), name: `topic_${version}.a` }, topic('g')], { validateOnly })
    }
    for (const timeoutMs of [0, -1]) {
      for (const topics of [[topic('h')], [], [topic('a')], [topic('h'), topic('h')]])
        await create(topics, { timeoutMs })
    }
    await create([topic('h')])
    await create([
      topic('i', { configs: [...setting('retention.ms', '1').configs, ...setting('retention.ms', '2').configs] }),
    ])
  })

  function takeTopicIds(answer: Record<string, unknown>): void {
    for (const topic of answer.topics as { topicId: string }[])
      if (topic.topicId !== ZERO_UUID) topic.topicId = 'some id'
  }

  test.each(versions(1, 6))('to DeleteTopics v%i', async (version) => {
    const name = (suffix: string) => `delete-${version}-${suffix}`
    for (const suffix of ['a', 'b', 'c', 'd']) await both.createTopic(name(suffix))
    const remove = (...names: string[]) =>
      both.send(DeleteTopics, version, {
        ...(version >= 6 ? { topics: named(...names) } : { topicNames: names }),
        timeoutMs: 30_000,
      })
    await remove(name('a'))
    await remove(name('a'), name('b'))
    await remove('nowhere', 'a b', '')
    await remove(name('c'), name('c'))
    await remove('__cluster_metadata')
    await remove()
    for (const names of [[name('d')], ['nowhere'], []]) {
      await both.send(DeleteTopics, version, {
        ...(version >= 6 ? { topics: named(...names) } : { topicNames: names }),
        timeoutMs: 0,
      })
    }
    if (version < 6) return
    const ids = await idOf(name('c'))
    const byTopics = (topics: (side: Side) => { name?: string | null; topicId?: string }[]) =>
      both.send(DeleteTopics, version, (side) => ({ topics: topics(side), timeoutMs: 30_000 }))
    await byTopics((side) => [{ name: name('c'), topicId: ids[side] }])
    await byTopics(() => [{ name: null }, { name: null, topicId: UNKNOWN_ID }])
    await byTopics((side) => [{ name: name('c') }, { name: null, topicId: ids[side] }])
    await byTopics((side) => [
      { name: null, topicId: ids[side] },
      { name: null, topicId: ids[side] },
    ])
    await byTopics((side) => [{ name: null, topicId: ids[side] }, { name: name('d') }])
    await both.untilGone(name('d'))
    await both.send(Metadata, 12, { topics: named(name('c'), name('d')), allowAutoTopicCreation: false })
  })

  test.each(versions(0, 3))('to CreatePartitions v%i', async (version) => {
    const name = `grow-${version}`
    await both.createTopic(name, 2)
    const grow = (topics: object[], change: object = {}) =>
      both.send(CreatePartitions, version, { topics: topics as never, timeoutMs: 30_000, ...change })
    const topic = (count: number, brokers?: number[][]) => ({
      name,
      count,
      assignments: brokers ? brokers.map((brokerIds) => ({ brokerIds })) : null,
    })
    for (const validateOnly of [true, false]) {
      for (const topics of [
        [topic(1)],
        [topic(2)],
        [topic(0)],
        [topic(-1)],
        [topic(3, [])],
        [topic(3, [[1], [1]])],
        [topic(3, [[2]])],
        [topic(3, [[]])],
        [topic(3, [[1, 1]])],
        [topic(3, [[1, 2]])],
        [topic(3), topic(4)],
        [{ ...topic(3), name: 'nowhere' }],
        [{ ...topic(3), name: 'a b' }],
        [],
        [topic(3)],
        [topic(4, [[1]])],
      ]) {
        await grow(topics, { validateOnly })
      }
    }
    for (const topics of [[topic(9)], [topic(9), topic(9)], []]) await grow(topics, { timeoutMs: 0 })
    await both.untilServed(name, 4)
    await both.send(Metadata, 12, { topics: named(name) })
  })

  const SITE = /^(listeners|advertised\.listeners|log\.dirs|controller\.quorum\..*)$/

  /** What a place of its own has of its own: paths, ports; and the texts that explain a setting. */
  const withoutSite: SendOptions['without'] = (answer) => {
    for (const result of answer.results as { configs: Record<string, unknown>[] }[]) {
      result.configs = result.configs.filter((config) => !SITE.test(config.name as string))
      for (const config of result.configs) config.documentation = typeof config.documentation
    }
  }

  test.each(versions(1, 4))('to DescribeConfigs v%i', async (version) => {
    const describeIt = (resources: { type: number; name: string; keys?: string[] | null }[], change: object = {}) =>
      both.send(
        DescribeConfigs,
        version,
        {
          resources: resources.map(({ type, name, keys = null }) => ({
            resourceType: type,
            resourceName: name,
            configurationKeys: keys,
          })),
          ...change,
        },
        { without: withoutSite },
      )
    const [topic, broker, logger, metrics, group] = [2, 4, 8, 16, 32] as const
    const everything = { includeSynonyms: true, ...(version >= 3 ? { includeDocumentation: true } : {}) }
    for (const change of [{}, everything]) {
      await describeIt([{ type: topic, name: 'orders' }], change)
      await describeIt([{ type: topic, name: 'plain', keys: ['retention.ms', 'nothing', 'segment.bytes'] }], change)
      await describeIt([{ type: broker, name: '' }], change)
      await describeIt([{ type: broker, name: '1' }], change)
      await describeIt([{ type: group, name: 'group' }], change)
      await describeIt([{ type: metrics, name: 'metrics' }], change)
    }
    await describeIt([{ type: topic, name: 'orders', keys: [] }])
    await describeIt([{ type: broker, name: '1', keys: ['log.retention.ms', 'log.retention.hours', 'x'] }], everything)
    await describeIt([
      { type: topic, name: 'nowhere' },
      { type: topic, name: 'plain', keys: ['retention.ms'] },
    ])
    await describeIt([
      { type: topic, name: 'a b' },
      { type: topic, name: '' },
    ])
    await describeIt([
      { type: broker, name: '2' },
      { type: broker, name: 'x' },
    ])
    await describeIt([
      { type: group, name: '' },
      { type: metrics, name: '' },
    ])
    await describeIt([
      { type: logger, name: '' },
      { type: logger, name: '2' },
    ])
    await describeIt([{ type: 3, name: 'x' }])
    await describeIt([{ type: 1, name: 'x' }])
    await describeIt([])
  })

  test.each(versions(0, 2))('to DescribeCluster v%i', async (version) => {
    for (const includeClusterAuthorizedOperations of [false, true]) {
      for (const endpointType of version >= 1 ? [1, 2, 0, 9] : [1]) {
        for (const includeFencedBrokers of version >= 2 ? [true, false] : [false]) {
          await both.send(DescribeCluster, version, {
            includeClusterAuthorizedOperations,
            ...(version >= 1 ? { endpointType } : {}),
            ...(version >= 2 ? { includeFencedBrokers } : {}),
          })
        }
      }
    }
  })

  test('to DescribeTopicPartitions v0', async () => {
    for (const name of ['dtp-a', 'dtp-b', 'dtp-c']) await both.createTopic(name, 3)
    const all = named('dtp-c', 'dtp-a', 'dtp-b', 'nowhere', 'a b', 'dtp-a')
    const at = (topicName: string, partitionIndex: number) => ({ cursor: { topicName, partitionIndex } })
    for (const request of [
      { topics: all },
      { topics: named('dtp-a'), responsePartitionLimit: 2 },
      { topics: all, responsePartitionLimit: 4 },
      { topics: all, responsePartitionLimit: 3 },
      { topics: all, responsePartitionLimit: 0 },
      { topics: all, responsePartitionLimit: -1 },
      { topics: all, ...at('dtp-b', 1) },
      { topics: all, ...at('dtp-b', 1), responsePartitionLimit: 2 },
      { topics: all, ...at('dtp-b', 9) },
      { topics: all, ...at('nowhere', 0) },
      { topics: named('dtp-a'), ...at('dtp-b', 0) },
      { topics: all, ...at('dtp-b', -1) },
      { topics: [], responsePartitionLimit: 1 },
      { topics: [], ...at('orders', 1), responsePartitionLimit: 3 },
      { topics: [], ...at('dtp-aa', 0), responsePartitionLimit: 3 },
      { topics: [] },
    ]) {
      await both.send(DescribeTopicPartitions, 0, request, { without: takeTopicIds })
    }
  })

  test('enough was compared', () => expect(both.compared).toBeGreaterThan(300))
})
