import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { vi } from 'vitest'
import { AdminClient } from '../../src/client/admin-client.ts'
import { describeConsumerGroup, listGroupOffsets, logEndOffsets } from '../../src/client/admin-groups.ts'

/** The recording waited for the first commit of a consumer, which comes after 5 s; here it comes at once. */
const COMMIT_SOON = ['--command-property', 'auto.commit.interval.ms=100']
const PATIENCE_MS = 20_000

/** A console consumer that runs beside the cases: a group with an active member. */
export class BackgroundConsumer {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /** Resolves when the group has its assignment and has committed all there is to read. */
  static async start(script: readonly string[], bootstrap: string): Promise<BackgroundConsumer> {
    const group = script[script.indexOf('--group') + 1]!
    const child = spawn(process.execPath, [...script, ...COMMIT_SOON], { stdio: 'ignore' })
    await hasCaughtUp(group, bootstrap)
    return new BackgroundConsumer(child)
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, 'exit')
    if (this.#process.kill('SIGTERM')) await exited
  }
}

async function hasCaughtUp(group: string, bootstrap: string): Promise<void> {
  const log = { warn: () => {}, error: () => {} }
  const admin = await AdminClient.create({ properties: new Map([['bootstrap.servers', bootstrap]]), log })
  const check = async () => {
    const { state } = await describeConsumerGroup(admin, group)
    if (state !== 'Stable') throw new Error(`group ${group} is ${state}`)
    const committed = await listGroupOffsets(admin, group)
    const ends = await logEndOffsets(admin, committed)
    const isBehind = committed.some(({ topic, partition, offset }) => offset !== ends.get(`${topic}-${partition}`))
    if (committed.length === 0 || isBehind) throw new Error(`group ${group} has not committed what it read`)
  }
  await vi.waitFor(check, { timeout: PATIENCE_MS }).finally(() => admin.close())
}
