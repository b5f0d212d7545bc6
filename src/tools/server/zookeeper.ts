import { type Tool, terseExit } from '../../cli/tool.ts'

/** zookeeper-server-start and -stop, which old tutorials type. */
export const run: Tool = () => {
  throw terseExit(
    'Kafka has not needed ZooKeeper since version 4.0: brokers keep the metadata themselves (KRaft).\n' +
      'Leave this step out. Format a data directory once, then start the broker:\n' +
      '  bin/kafka-storage.sh format --standalone -t "$(bin/kafka-storage.sh random-uuid)" -c config/server.properties\n' +
      '  bin/kafka-server-start.sh config/server.properties',
  )
}
