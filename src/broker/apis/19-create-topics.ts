// CreateTopics v2–7: the controller decides; see controller/apis/19-create-topics.ts. When the answer arrives, this
// broker has made the topic's logs.
import { CreateTopics } from '../../protocol/messages/19-create-topics.ts'
import { handler } from '../handler.ts'
import { forward } from './forward.ts'

export const createTopics = handler(CreateTopics, (request, context) => forward(CreateTopics, request, context))
