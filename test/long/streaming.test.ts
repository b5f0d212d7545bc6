/** A file of 1 GB through the console producer and out of the console consumer: identical, in bounded memory. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, createReadStream, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BrokerProcess, ROOT, startBrokerProcess, temporaryDirectory } from '../support/broker-process.ts'

const GIGABYTE = 1_000_000_000
const LINE_SIZE = 100
const LIMIT_MB = 200

const hasProc = existsSync('/proc/self/status')
if (!hasProc) console.log('Skipped: peak memory of a process is read from /proc, which this system does not have.')

/** Highest resident memory of a process so far, MB. */
function peakMegabytes(child: ChildProcess): number {
  const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
  return Number(match?.[1] ?? 0) / 1000
}

/** Waits for the end of a tool and returns the highest memory seen while it ran. */
async function finish(child: ChildProcess): Promise<{ status: number | null; peakMb: number }> {
  let peakMb = 0
  const sampler = setInterval(() => {
    if (child.exitCode === null) peakMb = Math.max(peakMb, peakMegabytes(child))
  }, 200)
  const [status] = (await once(child, 'close')) as [number | null]
  clearInterval(sampler)
  return { status, peakMb }
}

function writeLines(path: string): number {
  const file = openSync(path, 'w')
  const perBlock = 10_000
  const count = GIGABYTE / LINE_SIZE
  for (let at = 0; at < count; at += perBlock) {
    let block = ''
    for (let i = at; i < at + perBlock; i++) block += `${String(i).padStart(LINE_SIZE - 1, '.')}\n`
    writeSync(file, block)
  }
  closeSync(file)
  return count
}

describe.skipIf(!hasProc)('1 GB through the console tools', () => {
  const directory = temporaryDirectory()
  const input = join(directory.path, 'input.txt')
  let broker: BrokerProcess
  let count: number

  beforeAll(async () => {
    count = writeLines(input)
    broker = await startBrokerProcess({ directory: directory.path })
  })

  afterAll(async () => {
    await broker?.stop('SIGKILL')
    directory.remove()
  })

  const tool = (name: string, ...args: string[]) =>
    spawn(
      process.execPath,
      [join(ROOT, 'bin', `${name}.sh`), '--bootstrap-server', broker.bootstrapServers, '--topic', 'big', ...args],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )

  test(`the producer takes it in under ${LIMIT_MB} MB`, async () => {
    const producer = tool('kafka-console-producer')
    const finished = finish(producer)
    producer.stdout!.resume()
    await pipeline(createReadStream(input), producer.stdin!)
    const { status, peakMb } = await finished
    expect(status).toBe(0)
    expect(peakMb).toBeLessThan(LIMIT_MB)
  })

  test(`the consumer gives it back, identical, in under ${LIMIT_MB} MB`, async () => {
    const consumer = tool('kafka-console-consumer', '--from-beginning', '--max-messages', String(count))
    const finished = finish(consumer)
    const copied = createHash('sha256')
    consumer.stdout!.on('data', (chunk) => copied.update(chunk))
    const { status, peakMb } = await finished
    const original = createHash('sha256')
    await pipeline(createReadStream(input), original)
    expect(status).toBe(0)
    expect(copied.digest('hex')).toBe(original.digest('hex'))
    expect(peakMb).toBeLessThan(LIMIT_MB)
  })
})
