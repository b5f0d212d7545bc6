import { withApiVersions } from '../apis/18-api-versions.ts'
import type { AnyHandler } from '../handler.ts'
import { createTopicsOnController } from './apis/19-create-topics.ts'
import { deleteTopicsOnController } from './apis/20-delete-topics.ts'
import { createPartitionsOnController } from './apis/37-create-partitions.ts'
import { describeQuorum } from './apis/55-describe-quorum.ts'
import { describeClusterOnController } from './apis/60-describe-cluster.ts'
import { brokerRegistration } from './apis/62-broker-registration.ts'
import { brokerHeartbeat } from './apis/63-broker-heartbeat.ts'
import { allocateProducerIds } from './apis/67-allocate-producer-ids.ts'
import { controllerRegistration } from './apis/70-controller-registration.ts'

const HANDLERS: readonly AnyHandler[] = [
  createTopicsOnController,
  deleteTopicsOnController,
  createPartitionsOnController,
  describeQuorum,
  describeClusterOnController,
  brokerRegistration,
  brokerHeartbeat,
  allocateProducerIds,
  controllerRegistration,
]

/** The APIs of the controller's listeners. This is their only registration. */
export const CONTROLLER_APIS: readonly AnyHandler[] = withApiVersions('controller', HANDLERS)

/** The same by key, for requests that come from within the process. */
export const CONTROLLER_HANDLERS: ReadonlyMap<number, AnyHandler> = new Map(
  CONTROLLER_APIS.map((handler) => [handler.api.key, handler]),
)
