// CreatePartitions v0–3: the controller decides; see controller/apis/37-create-partitions.ts.
import { CreatePartitions } from '../../protocol/messages/37-create-partitions.ts'
import { handler } from '../handler.ts'
import { forward } from './forward.ts'

export const createPartitions = handler(CreatePartitions, (request, context) =>
  forward(CreatePartitions, request, context),
)
