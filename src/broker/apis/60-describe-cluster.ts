// DescribeCluster v0–2 (KIP-700): the brokers on this listener. v1 lets a client say whether it thinks to speak with a
// broker or a controller (KIP-919), v2 includes fenced brokers (KIP-1073).
import { ErrorCode } from '../../protocol/error-code.ts'
import { DescribeCluster } from '../../protocol/messages/60-describe-cluster.ts'
import { authorizedOperations } from '../authorized-operations.ts'
import { CLUSTER_NAME } from '../authorizer.ts'
import { handler } from '../handler.ts'
import { endpointOf, someAliveBroker } from '../metadata/partition-view.ts'

const BROKERS = 1
const CONTROLLERS = 2

export const describeCluster = handler(DescribeCluster, (request, context) => {
  const { apiVersion, authorizer, clusterId, listenerName, metadata } = context
  if (request.endpointType !== BROKERS) {
    const isKnown = request.endpointType === CONTROLLERS
    const code = isKnown ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE
    return {
      errorCode: apiVersion === 0 ? ErrorCode.INVALID_REQUEST : code,
      errorMessage: isKnown
        ? 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER'
        : `Unsupported endpoint type ${request.endpointType}`,
    }
  }
  const brokers = [...metadata.brokers.values()].flatMap(({ id, rack, fenced }) => {
    const endpoint = endpointOf(metadata, id, listenerName)
    if (!endpoint || (fenced && !request.includeFencedBrokers)) return []
    return [{ brokerId: id, host: endpoint.host, port: endpoint.port, rack, isFenced: fenced }]
  })
  const controllerId = someAliveBroker(metadata)
  const mayDescribe = () => authorizer.allows('DESCRIBE', 'CLUSTER', CLUSTER_NAME)
  return {
    endpointType: BROKERS,
    clusterId,
    controllerId: brokers.some(({ brokerId }) => brokerId === controllerId) ? controllerId : -1,
    brokers,
    ...(request.includeClusterAuthorizedOperations
      ? { clusterAuthorizedOperations: mayDescribe() ? authorizedOperations(authorizer, 'CLUSTER', CLUSTER_NAME) : 0 }
      : undefined),
  }
})
