import type { Principal } from './principal.ts'

export type AclOperation =
  | 'READ'
  | 'WRITE'
  | 'CREATE'
  | 'DELETE'
  | 'ALTER'
  | 'DESCRIBE'
  | 'CLUSTER_ACTION'
  | 'DESCRIBE_CONFIGS'
  | 'ALTER_CONFIGS'
  | 'IDEMPOTENT_WRITE'
  | 'CREATE_TOKENS'
  | 'DESCRIBE_TOKENS'
  | 'TWO_PHASE_COMMIT'

export type ResourceType = 'TOPIC' | 'GROUP' | 'CLUSTER' | 'TRANSACTIONAL_ID' | 'DELEGATION_TOKEN' | 'USER'

/** Name of the one cluster resource in ACLs. */
export const CLUSTER_NAME = 'kafka-cluster'

/** Answers for one principal on one connection. Every API asks, with the operation and resource Kafka asks for. */
export interface Authorizer {
  allows(operation: AclOperation, resourceType: ResourceType, resourceName: string): boolean
  /** Whether there is any resource of the type on which the operation is allowed. */
  allowsAny(operation: AclOperation, resourceType: ResourceType): boolean
}

/** Decides for everybody; builds the view a request gets. */
export interface AuthorizerFactory {
  forPrincipal(principal: Principal, clientAddress: string): Authorizer
}

const allowAll: Authorizer = { allows: () => true, allowsAny: () => true }

/** No `authorizer.class.name`: everything is allowed. */
export const allowAllAuthorizer: AuthorizerFactory = { forPrincipal: () => allowAll }
