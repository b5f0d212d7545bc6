/**
 * Apache Kafka 4.3.1 and our broker under the same load, in one run: `npm run bench`. Rounds alternate between the two;
 * figures are medians with their range. Needs Java and Maven. `--rounds N`, `--megabytes N`, `--skip-recovery`.
 */
import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { installApacheKafka, whyNoApacheKafka } from '../test/support/apache-kafka.ts'
import { freePort } from '../test/support/free-port.ts'
import {
  apache,
  type Contender,
  cpuSeconds,
  ours,
  type Running,
  residentBytes,
  temporaryDirectory,
} from './support/contenders.ts'
import { consumeLoad, createTopic, evenCounts, percentile, produceLoad } from './support/load.ts'

const MEGABYTE = 1_000_000
const BATCH_SIZE = 16_384
const PARTITIONS = 4
const CONNECTIONS = 4
const IN_FLIGHT = 5
const LATENCY_REQUESTS_PER_SECOND = 500
const RECOVERY_BYTES = 950 * MEGABYTE

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    megabytes: { type: 'string', default: '300' },
    'skip-recovery': { type: 'boolean', default: false },
  },
})
const rounds = Number(options.rounds)
const totalBytes = Number(options.megabytes) * MEGABYTE

/** Figure → contender → one value a round. */
const figures = new Map<string, Map<string, number[]>>()

function record(figure: string, contender: Contender, value: number): void {
  let byContender = figures.get(figure)
  if (!byContender) figures.set(figure, (byContender = new Map()))
  const values = byContender.get(contender.name)
  if (values) values.push(value)
  else byContender.set(contender.name, [value])
}

/** Seconds from `began` until a record is acknowledged. */
async function untilAcknowledged(running: Running, topic: string, began: number): Promise<number> {
  for (;;) {
    try {
      await createTopic(running.target, `${topic}-${performance.now().toFixed(0)}`, 1)
      return (performance.now() - began) / 1000
    } catch {
      // Not serving yet; that is what is being timed.
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

async function throughput(contender: Contender, running: Running, recordSize: number, round: number): Promise<void> {
  const topic = `load-${recordSize}-${round}`
  await createTopic(running.target, topic, PARTITIONS)
  const cpuBefore = cpuSeconds(running.pid)
  await running.loopDelay()
  const produced = await produceLoad(running.target, {
    topic,
    partitions: PARTITIONS,
    recordSize,
    batchSize: BATCH_SIZE,
    totalBytes,
    connections: CONNECTIONS,
    inFlight: IN_FLIGHT,
  })
  const gigabytes = produced.bytes / 1e9
  const cpuBetween = cpuSeconds(running.pid)
  const delay = await running.loopDelay()
  record(`produce ${recordSize} B, MB/s`, contender, produced.bytes / MEGABYTE / produced.seconds)
  record(`produce ${recordSize} B, CPU s/GB`, contender, (cpuBetween - cpuBefore) / gigabytes)
  if (delay) record(`produce ${recordSize} B, loop delay p99.9 ms`, contender, delay.p999)
  const perBatch = Math.floor(BATCH_SIZE / (recordSize + 8))
  const consumed = await consumeLoad(running.target, topic, evenCounts(produced.records, PARTITIONS, perBatch))
  const consumeDelay = await running.loopDelay()
  record(`consume ${recordSize} B, MB/s`, contender, consumed.bytes / MEGABYTE / consumed.seconds)
  record(
    `consume ${recordSize} B, CPU s/GB`,
    contender,
    (cpuSeconds(running.pid) - cpuBetween) / (consumed.bytes / 1e9),
  )
  if (consumeDelay) record(`consume ${recordSize} B, loop delay p99.9 ms`, contender, consumeDelay.p999)
}

async function latency(contender: Contender, running: Running, round: number): Promise<void> {
  const topic = `latency-${round}`
  await createTopic(running.target, topic, 1)
  const { latenciesMs } = await produceLoad(running.target, {
    topic,
    partitions: 1,
    recordSize: 1000,
    batchSize: 1100,
    totalBytes: LATENCY_REQUESTS_PER_SECOND * 5 * 1000,
    connections: 1,
    inFlight: 100,
    requestsPerSecond: LATENCY_REQUESTS_PER_SECOND,
  })
  record('ack latency p50, ms', contender, percentile(latenciesMs, 0.5))
  record('ack latency p99, ms', contender, percentile(latenciesMs, 0.99))
  record('ack latency p99.9, ms', contender, percentile(latenciesMs, 0.999))
}

/** Start of an empty directory, restart after kill -9, and after kill -9 with about 1 GB unflushed. */
async function restarts(contender: Contender, round: number): Promise<void> {
  const directory = temporaryDirectory('bench')
  try {
    const formatted = await contender.start(directory, await freePort())
    await untilAcknowledged(formatted, 'format', performance.now())
    await formatted.stop('SIGTERM')
    let began = performance.now()
    let running = await contender.start(directory, await freePort())
    record('start, s', contender, await untilAcknowledged(running, 'start', began))
    await running.stop('SIGKILL')
    began = performance.now()
    running = await contender.start(directory, await freePort())
    record('restart after kill -9, s', contender, await untilAcknowledged(running, 'killed', began))
    if (!options['skip-recovery'] && round === 0) {
      await createTopic(running.target, 'large', 1)
      await produceLoad(running.target, {
        topic: 'large',
        partitions: 1,
        recordSize: 1000,
        batchSize: BATCH_SIZE,
        totalBytes: RECOVERY_BYTES,
        connections: 1,
        inFlight: IN_FLIGHT,
      })
      await running.stop('SIGKILL')
      began = performance.now()
      running = await contender.start(directory, await freePort())
      record(
        'restart after kill -9 with 0.95 GB unflushed, s',
        contender,
        await untilAcknowledged(running, 'big', began),
      )
    }
    await running.stop('SIGKILL')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function print(): void {
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
  const show = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2))
  const cell = (values: number[] | undefined) =>
    values ? `${show(median(values))} (${show(Math.min(...values))}–${show(Math.max(...values))})` : '–'
  console.log(`\n| figure | ${apache.name} | ${ours.name} | ratio |\n| --- | --- | --- | --- |`)
  for (const [figure, byContender] of figures) {
    const theirs = byContender.get(apache.name)
    const mine = byContender.get(ours.name)
    const ratio = theirs && mine ? `${(median(mine) / median(theirs)).toFixed(2)}×` : '–'
    console.log(`| ${figure} | ${cell(theirs)} | ${cell(mine)} | ${ratio} |`)
  }
}

async function main(): Promise<void> {
  const reason = whyNoApacheKafka()
  const contenders = reason ? [ours] : [apache, ours]
  if (reason) console.log(`Apache Kafka is left out: ${reason}`)
  else installApacheKafka()
  const directories: string[] = []
  const running = new Map<Contender, Running>()
  try {
    for (const contender of contenders) {
      const directory = temporaryDirectory('bench')
      directories.push(directory)
      const started = await contender.start(directory, await freePort())
      running.set(contender, started)
      await untilAcknowledged(started, 'first', performance.now())
    }
    // The first round warms both up and is not counted.
    for (let round = -1; round < rounds; round++) {
      for (const contender of contenders) {
        const broker = running.get(contender)!
        for (const recordSize of [100, 1000]) await throughput(contender, broker, recordSize, round)
        await latency(contender, broker, round)
        record('memory, MB resident', contender, residentBytes(broker.pid) / MEGABYTE)
      }
      if (round === -1) figures.clear()
      else console.log(`round ${round + 1} of ${rounds}`)
    }
    for (const broker of running.values()) await broker.stop('SIGTERM')
    running.clear()
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) await restarts(contender, round)
    }
  } finally {
    for (const broker of running.values()) await broker.stop('SIGKILL')
    for (const directory of directories) rmSync(directory, { recursive: true, force: true })
  }
  print()
}

await main()
