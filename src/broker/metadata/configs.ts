import type { ConfigRecord } from '../../protocol/records/metadata.ts'
import type { DecodedMessage } from '../../protocol/schema.ts'

export type ConfigResourceType = 'TOPIC' | 'BROKER' | 'BROKER_LOGGER' | 'CLIENT_METRICS' | 'GROUP'

/** Config resource types by their id in requests and records. */
export const CONFIG_RESOURCE_TYPES: ReadonlyMap<number, ConfigResourceType> = new Map([
  [2, 'TOPIC'],
  [4, 'BROKER'],
  [8, 'BROKER_LOGGER'],
  [16, 'CLIENT_METRICS'],
  [32, 'GROUP'],
])

export function configResourceTypeId(type: ConfigResourceType): number {
  for (const [id, name] of CONFIG_RESOURCE_TYPES) if (name === type) return id
  throw new Error(`Unknown config resource type ${type}`)
}

const NO_CONFIGS: ReadonlyMap<string, string> = new Map()

/** Dynamic configs of topics, brokers, groups and client metrics. */
export class ConfigsImage {
  private readonly byType = new Map<ConfigResourceType, Map<string, Map<string, string>>>()

  /** What was set on one resource. The name '' of type BROKER is the cluster-wide default of all brokers. */
  of(type: ConfigResourceType, name: string): ReadonlyMap<string, string> {
    return this.byType.get(type)?.get(name) ?? NO_CONFIGS
  }

  /** Names of the resources of a type that have configs of their own. */
  names(type: ConfigResourceType): Iterable<string> {
    return this.byType.get(type)?.keys() ?? []
  }

  /** Every resource that has configs of its own. */
  resources(): { type: ConfigResourceType; name: string }[] {
    return [...this.byType].flatMap(([type, resources]) => [...resources.keys()].map((name) => ({ type, name })))
  }

  /** Sets one config; null removes it. */
  apply(record: DecodedMessage<typeof ConfigRecord>): void {
    const type = CONFIG_RESOURCE_TYPES.get(record.resourceType)
    if (!type) throw new Error(`Unknown config resource type ${record.resourceType}`)
    let resources = this.byType.get(type)
    if (!resources) this.byType.set(type, (resources = new Map()))
    let configs = resources.get(record.resourceName)
    if (!configs) resources.set(record.resourceName, (configs = new Map()))
    if (record.value === null) {
      configs.delete(record.name)
      if (configs.size === 0) resources.delete(record.resourceName)
    } else {
      configs.set(record.name, record.value)
    }
  }

  /** Configs end with their topic. */
  removeTopic(name: string): void {
    this.byType.get('TOPIC')?.delete(name)
  }
}
