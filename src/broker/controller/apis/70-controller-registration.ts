// ControllerRegistration v0 (KIP-919): a controller tells the active one its listeners and the features it supports.
import { ControllerRegistration } from '../../../protocol/messages/70-controller-registration.ts'
import { controllerHandler, requireOnCluster } from '../context.ts'

export const controllerRegistration = controllerHandler(ControllerRegistration, (request, context) => {
  requireOnCluster(context, 'CLUSTER_ACTION')
  const { controller } = context
  return controller.decide(() => controller.brokers.registerController(request))
})
