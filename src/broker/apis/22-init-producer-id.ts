// InitProducerId v0–5: hands out a producer id for idempotent writing (KIP-98). Transactional ids wait for the
// transaction coordinator: docs/compatibility.md.
import { ApiError, ErrorCode } from '../../protocol/error-code.ts'
import { InitProducerId } from '../../protocol/messages/22-init-producer-id.ts'
import { CLUSTER_NAME } from '../authorizer.ts'
import { handler } from '../handler.ts'

const NONE = -1

export const initProducerId = handler(InitProducerId, async (request, { authorizer, producerIds }) => {
  const { transactionalId, producerId, producerEpoch } = request
  if (transactionalId !== null) {
    if (!authorizer.allows('WRITE', 'TRANSACTIONAL_ID', transactionalId)) {
      throw new ApiError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    }
    throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, 'Transactions are not served by this broker yet.')
  }
  if (!authorizer.allows('IDEMPOTENT_WRITE', 'CLUSTER', CLUSTER_NAME) && !authorizer.allowsAny('WRITE', 'TOPIC')) {
    throw new ApiError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
  }
  if ((producerId === NONE) !== (producerEpoch === NONE)) throw new ApiError(ErrorCode.INVALID_REQUEST)
  return { producerId: await producerIds.next(), producerEpoch: 0 }
})
