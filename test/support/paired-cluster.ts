/** Apache Kafka and our broker, each as a process of its own with the same settings. */
import { join } from 'node:path'
import { installApacheKafka, startApacheBroker } from './apache-kafka.ts'
import { startBrokerProcess, temporaryDirectory } from './broker-process.ts'
import { freePort } from './free-port.ts'
import { PairedBrokers } from './paired-brokers.ts'

export interface PairedCluster {
  readonly both: PairedBrokers
  /** Stops both cleanly and starts them again on the same data and ports. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startPairedCluster(properties: Readonly<Record<string, string>> = {}): Promise<PairedCluster> {
  installApacheKafka()
  const home = temporaryDirectory()
  const settings = { 'offsets.topic.num.partitions': '1', ...properties }
  const ports = { apache: await freePort(), ours: await freePort() }
  const start = () =>
    Promise.all([
      startApacheBroker({ directory: join(home.path, 'apache'), port: ports.apache, properties: settings }),
      startBrokerProcess({ directory: join(home.path, 'ours'), port: ports.ours, properties: settings }),
    ])
  let running = await start()
  const both = new PairedBrokers(ports)
  const stop = async (signal: 'SIGTERM' | 'SIGKILL') => {
    await both.close()
    await Promise.all(running.map((broker) => broker.stop(signal)))
  }
  return {
    both,
    async restart() {
      await stop('SIGTERM')
      running = await start()
    },
    async stop() {
      await stop('SIGKILL')
      home.remove()
    },
  }
}
