// DescribeQuorum v0–2: the controller answers; see controller/apis/55-describe-quorum.ts.
import { DescribeQuorum } from '../../protocol/messages/55-describe-quorum.ts'
import { handler } from '../handler.ts'
import { forward } from './forward.ts'

export const describeQuorum = handler(DescribeQuorum, (request, context) => forward(DescribeQuorum, request, context))
