// BrokerRegistration v0–4 (KIP-631): a broker says that it has started. v2 names its log directories (KIP-858), v3 the
// epoch of its last clean stop (KIP-966).
import { BrokerRegistration } from '../../../protocol/messages/62-broker-registration.ts'
import { controllerHandler, requireOnCluster } from '../context.ts'

export const brokerRegistration = controllerHandler(BrokerRegistration, (request, context) => {
  requireOnCluster(context, 'CLUSTER_ACTION')
  const { controller, apiVersion } = context
  return controller.decide(() => controller.brokers.register(request, apiVersion, controller.log.nextOffset))
})
