// DeleteTopics v1–6: the controller decides; see controller/apis/20-delete-topics.ts.
import { DeleteTopics } from '../../protocol/messages/20-delete-topics.ts'
import { handler } from '../handler.ts'
import { forward } from './forward.ts'

export const deleteTopics = handler(DeleteTopics, (request, context) => forward(DeleteTopics, request, context))
