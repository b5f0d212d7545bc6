import { once } from 'node:events'
import { existsSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startBrokerProcess, temporaryDirectory } from '../../support/broker-process.ts'
import { createTopic, produce } from '../../support/plain-client.ts'
import { RawClient } from '../../support/raw-client.ts'

/** A device on Linux to which every write fails with ENOSPC. */
const FULL_DISK = '/dev/full'

test.skipIf(!existsSync(FULL_DISK))('kafka-server-start ends with 1 when its only disk is full', async () => {
  const { path: directory, remove } = temporaryDirectory()
  onTestFinished(remove)
  const first = await startBrokerProcess({ directory })
  const client = await RawClient.connect(first.port)
  await createTopic(client, 'orders')
  await client.close()
  await first.stop()
  const log = join(first.dataDir, 'orders-0', '00000000000000000000.log')
  rmSync(log)
  symlinkSync(FULL_DISK, log)

  const broker = await startBrokerProcess({ directory })
  onTestFinished(async () => {
    await broker.stop('SIGKILL')
  })
  const exited = once(broker.process, 'exit')
  const producer = await RawClient.connect(broker.port)
  await expect(produce(producer, { topic: 'orders', values: ['too much'] })).rejects.toThrow()
  expect(await exited).toEqual([1, null])
  await producer.close()
  expect(broker.log()).toContain(`ERROR Stopping serving logs in dir ${broker.dataDir} (kafka.log.LogManager)`)
  expect(broker.log()).toContain(`Shutdown broker because all log dirs in ${broker.dataDir} have failed`)
  expect(existsSync(join(broker.dataDir, '.kafka_cleanshutdown'))).toBe(false)
})
