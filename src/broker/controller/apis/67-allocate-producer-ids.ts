// AllocateProducerIds v0 (KIP-730): a broker gets a block of producer ids that nobody else has or will get.
import { AllocateProducerIds } from '../../../protocol/messages/67-allocate-producer-ids.ts'
import { controllerHandler, requireOnCluster } from '../context.ts'

export const allocateProducerIds = controllerHandler(
  AllocateProducerIds,
  async ({ brokerId, brokerEpoch }, context) => {
    requireOnCluster(context, 'CLUSTER_ACTION')
    const { first, count } = await context.controller.allocateProducerIds(brokerId, brokerEpoch)
    return { producerIdStart: first, producerIdLen: count }
  },
)
