// DescribeCluster v1–2 on a controller (KIP-919): the controllers that have registered, on this listener.
import { CONTROLLER_REGISTRATION_METADATA_LEVEL } from '../../../config/metadata-version.ts'
import { ApiError, ErrorCode } from '../../../protocol/error-code.ts'
import { DescribeCluster } from '../../../protocol/messages/60-describe-cluster.ts'
import { authorizedOperations } from '../../authorized-operations.ts'
import { CLUSTER_NAME } from '../../authorizer.ts'
import { controllerHandler, requireOnCluster } from '../context.ts'

const CONTROLLERS = 2

export const describeClusterOnController = controllerHandler(DescribeCluster, (request, context) => {
  const { controller, metadata, listenerName, authorizer } = context
  if (metadata.features.metadataVersion < CONTROLLER_REGISTRATION_METADATA_LEVEL) {
    throw new ApiError(
      ErrorCode.UNSUPPORTED_VERSION,
      'Direct-to-controller communication is not supported with the current MetadataVersion.',
    )
  }
  requireOnCluster(context, 'ALTER')
  if (request.endpointType !== CONTROLLERS) {
    const isKnown = request.endpointType === 1
    return {
      errorCode: isKnown ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
      errorMessage: isKnown
        ? 'The request was sent to an endpoint of type CONTROLLER, but we wanted an endpoint of type BROKER'
        : `Unsupported endpoint type ${request.endpointType}`,
    }
  }
  const brokers = [...metadata.controllers.values()].flatMap(({ id, endpoints }) => {
    const endpoint = endpoints.find(({ name }) => name === listenerName)
    return endpoint ? [{ brokerId: id, host: endpoint.host, port: endpoint.port }] : []
  })
  return {
    endpointType: CONTROLLERS,
    clusterId: controller.clusterId,
    controllerId: controller.config.nodeId,
    brokers,
    ...(request.includeClusterAuthorizedOperations
      ? { clusterAuthorizedOperations: authorizedOperations(authorizer, 'CLUSTER', CLUSTER_NAME) }
      : {}),
  }
})
