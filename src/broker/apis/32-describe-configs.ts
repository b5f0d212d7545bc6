// DescribeConfigs v1–4: settings of topics, brokers, groups and client metrics with where they come from. v3 adds types
// and documentation (KIP-569).
import {
  type DescribedConfig,
  type DescribeOptions,
  type Documentation,
  describeBroker,
  describeClientMetrics,
  describeGroup,
  describeLoggers,
  describeTopic,
  loadDocumentation,
} from '../../config/describe.ts'
import { type BrokerSettings, brokerSettings } from '../../config/dynamic-broker-config.ts'
import { ApiError, ErrorCode, errorFacts } from '../../protocol/error-code.ts'
import { DescribeConfigs } from '../../protocol/messages/32-describe-configs.ts'
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts'
import { CLUSTER_NAME } from '../authorizer.ts'
import { handler } from '../handler.ts'
import { CONFIG_RESOURCE_TYPES, type ConfigResourceType } from '../metadata/configs.ts'
import { invalidTopicName } from '../metadata/topic-name.ts'
import type { RequestContext } from '../request-context.ts'

type Resource = RequestOf<typeof DescribeConfigs>['resources'][number]
type Result = NonNullable<ResponseInput<typeof DescribeConfigs>['results']>[number]

const LOGGER = 'kafka.server.ConfigHelper'
/** There is one level for everything that this broker logs. */
const LOGGER_LEVELS: ReadonlyMap<string, string> = new Map([['root', 'INFO']])

export const describeConfigs = handler(DescribeConfigs, async (request, context) => {
  const resources = request.resources.map((resource) => ({ resource, type: typeOf(resource) }))
  const types = request.includeDocumentation ? [...new Set(resources.map(({ type }) => type))] : []
  const documentation = new Map(
    await Promise.all(types.map(async (type) => [type, await documentationOf(type)] as const)),
  )
  const { config, metadata } = context
  const { configs } = metadata
  const settings = brokerSettings(config, configs.of('BROKER', ''), configs.of('BROKER', String(config.nodeId)))
  return {
    results: resources.map(({ resource, type }) =>
      answer(resource, type, context, settings, {
        names: resource.configurationKeys,
        includeSynonyms: request.includeSynonyms,
        documentation: documentation.get(type),
      }),
    ),
  }
})

/** A type that cannot be described fails the whole request. */
function typeOf({ resourceType, resourceName }: Resource): ConfigResourceType {
  const type = CONFIG_RESOURCE_TYPES.get(resourceType)
  if (type) return type
  throw new ApiError(ErrorCode.INVALID_REQUEST, `Unexpected resource type UNKNOWN for resource ${resourceName}`)
}

async function documentationOf(type: ConfigResourceType): Promise<Documentation | undefined> {
  if (type === 'TOPIC') return loadDocumentation('topic')
  if (type === 'BROKER') return loadDocumentation('broker')
  if (type === 'GROUP') return loadDocumentation('group')
  return type === 'CLIENT_METRICS' ? loadDocumentation('client-metrics') : undefined
}

function answer(
  resource: Resource,
  type: ConfigResourceType,
  context: RequestContext,
  settings: BrokerSettings,
  options: DescribeOptions,
): Result {
  const { resourceType, resourceName } = resource
  const denied = deniedCode(type, resourceName, context)
  if (denied) {
    return { errorCode: denied, errorMessage: errorFacts(denied).message, resourceType, resourceName }
  }
  try {
    const configs = described(type, resourceName, context, settings, options)
    // A topic that is not there has no message.
    if (!configs) {
      return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: '', resourceType, resourceName }
    }
    return { resourceType, resourceName, configs }
  } catch (error) {
    return { ...failureOf(error, context), resourceType, resourceName }
  }
}

/** Undefined for a topic that does not exist. */
function described(
  type: ConfigResourceType,
  name: string,
  { metadata: { configs, topics } }: RequestContext,
  settings: BrokerSettings,
  options: DescribeOptions,
): DescribedConfig[] | undefined {
  switch (type) {
    case 'TOPIC': {
      const invalid = invalidTopicName(name)
      if (invalid) throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, invalid)
      return topics.byName.has(name) ? describeTopic(settings, configs.of('TOPIC', name), options) : undefined
    }
    case 'BROKER':
      return describeBroker(settings, name, options)
    case 'BROKER_LOGGER':
      return describeLoggers(settings, name, LOGGER_LEVELS, options)
    case 'CLIENT_METRICS':
      return describeClientMetrics(name, configs.of('CLIENT_METRICS', name), options)
    case 'GROUP':
      return describeGroup(settings, name, configs.of('GROUP', name), options)
  }
}

function deniedCode(type: ConfigResourceType, name: string, { authorizer }: RequestContext): ErrorCode | undefined {
  if (type === 'TOPIC') {
    return authorizer.allows('DESCRIBE_CONFIGS', 'TOPIC', name) ? undefined : ErrorCode.TOPIC_AUTHORIZATION_FAILED
  }
  if (type === 'GROUP') {
    return authorizer.allows('DESCRIBE_CONFIGS', 'GROUP', name) ? undefined : ErrorCode.GROUP_AUTHORIZATION_FAILED
  }
  const isAllowed = authorizer.allows('DESCRIBE_CONFIGS', 'CLUSTER', CLUSTER_NAME)
  return isAllowed ? undefined : ErrorCode.CLUSTER_AUTHORIZATION_FAILED
}

function failureOf(error: unknown, { logger }: RequestContext): { errorCode: ErrorCode; errorMessage: string | null } {
  if (error instanceof ApiError) return { errorCode: error.code, errorMessage: error.message }
  const { name, message } = error as Error
  if (name === 'InvalidRequestException') return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: message }
  logger.error('Error processing describe configs request', LOGGER, error)
  return { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage: null }
}
