/** Apache Kafka and our broker, each as a process of its own with the same settings. */
import { installApacheKafka, startApacheBroker } from './apache-kafka.ts'
import { startBrokerProcess, temporaryDirectory } from './broker-process.ts'
import { freePort } from './free-port.ts'
import { PairedBrokers } from './paired-brokers.ts'

export interface PairedCluster {
  readonly both: PairedBrokers
  stop(): Promise<void>
}

export async function startPairedCluster(properties: Readonly<Record<string, string>> = {}): Promise<PairedCluster> {
  installApacheKafka()
  const directory = temporaryDirectory()
  const settings = { 'offsets.topic.num.partitions': '1', ...properties }
  const ours = await startBrokerProcess({ directory: directory.path, port: await freePort(), properties: settings })
  const apache = await startApacheBroker({ port: await freePort(), properties: settings })
  const both = new PairedBrokers({ apache: apache.port, ours: ours.port })
  return {
    both,
    async stop() {
      await both.close()
      await Promise.all([apache.stop('SIGKILL'), ours.stop('SIGKILL')])
      directory.remove()
    },
  }
}
