// BrokerHeartbeat v0–2 (KIP-631): a broker is alive, and learns whether it is fenced or may shut down. v1 names failed
// log directories (KIP-858), v2 cordoned ones (KIP-1066).
import { BrokerHeartbeat } from '../../../protocol/messages/63-broker-heartbeat.ts'
import { controllerHandler, requireOnCluster } from '../context.ts'

export const brokerHeartbeat = controllerHandler(BrokerHeartbeat, (request, context) => {
  requireOnCluster(context, 'CLUSTER_ACTION')
  const { controller } = context
  return controller.decide(() => controller.brokers.heartbeat(request, controller.log.nextOffset))
})
