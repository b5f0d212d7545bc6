/**
 * Apache Kafka 4.3.1 and our broker under the same load, in one run: `npm run bench`. Both run all the time; each figure
 * is measured at one right after the other, and who is first changes from round to round. Figures are medians with their
 * range, ratios are those within a round. Needs Java and Maven; without them only ours is measured.
 * `--rounds N`, `--megabytes N` of each throughput figure, `--skip-restarts`, `--skip-recovery`.
 */
import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { installApacheKafka, whyNoApacheKafka } from '../test/support/apache-kafka.ts'
import {
  apache,
  type Contender,
  cpuSeconds,
  ours,
  type Running,
  residentBytes,
  temporaryDirectory,
} from './support/contenders.ts'
import { Figures } from './support/figures.ts'
import {
  consumeLoad,
  createTopic,
  deleteTopic,
  evenCounts,
  percentile,
  produceLoad,
  produceOne,
} from './support/load.ts'
import { freePortPair } from './support/ports.ts'

const MEGABYTE = 1_000_000
const RECORD_SIZES = [100, 1000]
const BATCH_SIZE = 16_384
const PARTITIONS = 4
const CONNECTIONS = 4
const IN_FLIGHT = 5
const LATENCY_REQUESTS_PER_SECOND = 500
const LATENCY_SECONDS = 5
const IDLE_SECONDS = 3
/** Just below `log.segment.bytes`, so that all of it lies in the active segment. */
const RECOVERY_BYTES = 950 * MEGABYTE
/** A busy machine lets Apache Kafka take a minute to start. */
const GIVE_UP_MS = 180_000

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    megabytes: { type: 'string', default: '300' },
    'skip-restarts': { type: 'boolean', default: false },
    'skip-recovery': { type: 'boolean', default: false },
  },
})
const rounds = Number(options.rounds)
const totalBytes = Number(options.megabytes) * MEGABYTE
const figures = new Figures([apache.name, ours.name])

/** Measures one or more figures at one broker. */
type Measure = (contender: Contender, running: Running, round: number) => Promise<void>

/** Writes a topic as fast as acknowledgements allow, reads it from its beginning, and drops it. */
function throughput(recordSize: number): Measure {
  return async (contender, running, round) => {
    const topic = `load-${recordSize}-${round}`
    await createTopic(running.target, topic, PARTITIONS)
    const { records } = await measured(`produce ${recordSize} B`, contender, running, () =>
      produceLoad(running.target, {
        topic,
        partitions: PARTITIONS,
        recordSize,
        batchSize: BATCH_SIZE,
        totalBytes,
        connections: CONNECTIONS,
        inFlight: IN_FLIGHT,
      }),
    )
    const recordsPerBatch = Math.floor(BATCH_SIZE / (recordSize + 8))
    const counts = evenCounts(records, PARTITIONS, recordsPerBatch)
    await measured(`consume ${recordSize} B`, contender, running, () => consumeLoad(running.target, topic, counts))
    await deleteTopic(running.target, topic)
  }
}

async function measured<T extends { readonly bytes: number; readonly seconds: number }>(
  figure: string,
  contender: Contender,
  running: Running,
  load: () => Promise<T>,
): Promise<T> {
  const delayed = await running.watchLoop()
  const cpuBefore = cpuSeconds(running.pid)
  const done = await load()
  const cpu = cpuSeconds(running.pid) - cpuBefore
  const delay = await delayed()
  figures.add(`${figure}, MB/s`, contender.name, done.bytes / MEGABYTE / done.seconds)
  figures.add(`${figure}, CPU s/GB`, contender.name, cpu / (done.bytes / 1e9))
  if (delay) figures.add(`${figure}, loop delay p99.9, ms`, contender.name, delay.p999)
  return done
}

/** Small requests at a rate that neither broker has trouble with. */
const latency: Measure = async (contender, running, round) => {
  const topic = `latency-${round}`
  await createTopic(running.target, topic, 1)
  const delayed = await running.watchLoop()
  const requests = LATENCY_REQUESTS_PER_SECOND * LATENCY_SECONDS
  const cpuBefore = cpuSeconds(running.pid)
  const { latenciesMs } = await produceLoad(running.target, {
    topic,
    partitions: 1,
    recordSize: 1000,
    batchSize: 1100,
    totalBytes: requests * 1000,
    connections: 1,
    inFlight: 100,
    requestsPerSecond: LATENCY_REQUESTS_PER_SECOND,
  })
  const cpu = cpuSeconds(running.pid) - cpuBefore
  const delay = await delayed()
  figures.add('ack latency p50, ms', contender.name, percentile(latenciesMs, 0.5))
  figures.add('ack latency p99, ms', contender.name, percentile(latenciesMs, 0.99))
  figures.add('ack latency p99.9, ms', contender.name, percentile(latenciesMs, 0.999))
  figures.add('ack latency, CPU µs/request', contender.name, (cpu * 1e6) / requests)
  if (delay) figures.add('ack latency, loop delay p99.9, ms', contender.name, delay.p999)
  await deleteTopic(running.target, topic)
}

const atRest: Measure = async (contender, running) => {
  figures.add('memory, MB resident', contender.name, residentBytes(running.pid).now / MEGABYTE)
  figures.add('memory, MB at most', contender.name, residentBytes(running.pid).peak / MEGABYTE)
  const cpuBefore = cpuSeconds(running.pid)
  await pause(IDLE_SECONDS * 1000)
  figures.add('idle, CPU ms/s', contender.name, ((cpuSeconds(running.pid) - cpuBefore) * 1000) / IDLE_SECONDS)
}

/** Seconds from `began` until a record of a new topic is acknowledged. */
async function untilAcknowledged(running: Running, topic: string, began: number): Promise<number> {
  const { target } = running
  for (let attempt = 0; ; attempt++) {
    try {
      await createTopic(target, `${topic}-${attempt}`, 1)
      await produceOne(target, `${topic}-${attempt}`)
      return (performance.now() - began) / 1000
    } catch (error) {
      // Not serving yet: that is what is being timed.
      if (running.hasExited() || performance.now() - began > GIVE_UP_MS) {
        const log = running.log().slice(-2000)
        throw new Error(`the broker on port ${target.port} does not serve:\n${log}`, { cause: error })
      }
      await pause(5)
    }
  }
}

/** Start of a cleanly stopped broker, and again after kill -9, with little in its directory. */
async function restart(contender: Contender, round: number): Promise<void> {
  await withDirectory(async (directory) => {
    const formatted = await contender.start(directory, await freePortPair())
    await untilAcknowledged(formatted, 'format', performance.now())
    await formatted.stop('SIGTERM')
    const started = await timedStart(contender, directory, `start-${round}`, 'start, s')
    await started.stop('SIGKILL')
    const again = await timedStart(contender, directory, `again-${round}`, 'restart after kill -9, s')
    await again.stop('SIGKILL')
  })
}

/** Start after kill -9 with an active segment that was never flushed. */
async function recovery(contender: Contender): Promise<void> {
  await withDirectory(async (directory) => {
    const writing = await contender.start(directory, await freePortPair())
    await untilAcknowledged(writing, 'format', performance.now())
    await createTopic(writing.target, 'large', 1)
    await produceLoad(writing.target, {
      topic: 'large',
      partitions: 1,
      recordSize: 1000,
      batchSize: BATCH_SIZE,
      totalBytes: RECOVERY_BYTES,
      connections: 1,
      inFlight: IN_FLIGHT,
    })
    await writing.stop('SIGKILL')
    const figure = 'restart after kill -9 with 0.95 GB unflushed, s'
    const recovered = await timedStart(contender, directory, 'recovered', figure)
    await recovered.stop('SIGKILL')
  })
}

async function timedStart(contender: Contender, directory: string, topic: string, figure: string): Promise<Running> {
  const port = await freePortPair()
  const began = performance.now()
  const running = await contender.start(directory, port)
  figures.add(figure, contender.name, await untilAcknowledged(running, topic, began))
  return running
}

async function withDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = temporaryDirectory('bench')
  try {
    await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Who is measured first changes from round to round. */
function inTurn(contenders: readonly Contender[], round: number): readonly Contender[] {
  return round % 2 === 0 ? contenders : contenders.toReversed()
}

async function underLoad(contenders: readonly Contender[]): Promise<void> {
  const running = new Map<Contender, Running>()
  const directories: string[] = []
  try {
    for (const contender of contenders) {
      const directory = temporaryDirectory('bench')
      directories.push(directory)
      const started = await contender.start(directory, await freePortPair())
      running.set(contender, started)
      await untilAcknowledged(started, 'first', performance.now())
    }
    const measures = [...RECORD_SIZES.map(throughput), latency, atRest]
    // Two rounds warm both up and are not counted: it takes a JIT compiler that long.
    for (let round = -2; round < rounds; round++) {
      if (round === 0) figures.clear()
      console.error(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`)
      for (const measure of measures) {
        for (const contender of inTurn(contenders, round)) await measure(contender, running.get(contender)!, round)
      }
    }
  } finally {
    for (const broker of running.values()) await broker.stop('SIGKILL')
    for (const directory of directories) rmSync(directory, { recursive: true, force: true })
  }
}

async function main(): Promise<void> {
  const reason = whyNoApacheKafka()
  if (reason) console.error(`Apache Kafka is left out: ${reason}`)
  else installApacheKafka()
  const contenders = reason ? [ours] : [apache, ours]
  try {
    await underLoad(contenders)
    await restarts(contenders)
  } finally {
    // What was measured before a failure still counts.
    console.log(figures.table())
  }
}

async function restarts(contenders: readonly Contender[]): Promise<void> {
  for (let round = 0; round < rounds && !options['skip-restarts']; round++) {
    console.error(`restarts ${round + 1} of ${rounds}`)
    for (const contender of inTurn(contenders, round)) await restart(contender, round)
    // Three rounds of a gigabyte each are enough.
    if (options['skip-recovery'] || round >= 3) continue
    for (const contender of inTurn(contenders, round)) await recovery(contender)
  }
}

await main()
