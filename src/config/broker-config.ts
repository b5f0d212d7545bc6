import { checkGroupLimits, checkNode, checkShareLimits } from './broker-checks.ts'
import { BROKER_CONFIG } from './broker-def.ts'
import { type ConfigDef, type ConfigValue, HIDDEN, javaText, parseType } from './config-def.ts'
import { ConfigException } from './java-error.ts'
import { javaTrim } from './java-text.ts'
import {
  type Endpoint,
  interBrokerListener,
  parseEndpoints,
  type SecurityProtocol,
  type SecurityProtocolMap,
  securityProtocolMap,
} from './listeners.ts'
import { type HostPort, parseQuorumBootstrapServers, parseVoters } from './quorum-addresses.ts'

export type { Endpoint, SecurityProtocol } from './listeners.ts'

export type ProcessRole = 'broker' | 'controller'

/** Something Kafka logs about a configuration that it nevertheless accepts. */
export interface ConfigRemark {
  readonly level: 'WARN' | 'ERROR'
  readonly message: string
}

/**
 * The settings of one node, parsed and checked. Immutable: a change of settings makes a new one.
 *
 * `get` gives any known key; the named fields are what most of the broker needs, with units in their names.
 */
export class BrokerConfig {
  /** Every known key, also internal ones, parsed. */
  readonly values: ReadonlyMap<string, ConfigValue>
  /** What the user wrote, with `node.id` and `broker.id` standing in for each other. Includes unknown keys. */
  readonly originals: ReadonlyMap<string, string>
  readonly nodeId: number
  readonly roles: ReadonlySet<ProcessRole>
  readonly protocols: SecurityProtocolMap
  /** All listeners to bind, controller listeners included. */
  readonly listeners: readonly Endpoint[]
  readonly controllerListenerNames: readonly string[]
  /** Listeners for clients and other brokers. */
  readonly brokerListeners: readonly Endpoint[]
  readonly controllerListeners: readonly Endpoint[]
  /** What clients are told; host '' and port 0 are resolved after binding (see resolvedEndpoints). */
  readonly advertisedListeners: readonly Endpoint[]
  readonly advertisedControllerListeners: readonly Endpoint[]
  readonly interBrokerListenerName: string
  readonly interBrokerSecurityProtocol: SecurityProtocol
  readonly logDirs: readonly string[]
  readonly metadataLogDir: string
  /** Static quorum: node id → address. Empty with a dynamic quorum. */
  readonly controllerQuorumVoters: ReadonlyMap<number, HostPort>
  readonly controllerQuorumBootstrapServers: readonly HostPort[]
  readonly rack: string | null
  readonly remarks: readonly ConfigRemark[]

  constructor(properties: ReadonlyMap<string, string>) {
    this.originals = withNodeIdSynonyms(properties)
    this.values = BROKER_CONFIG.parse(this.originals)
    this.nodeId = this.get<number>('node.id')
    this.roles = new Set(this.get<ProcessRole[]>('process.roles'))
    checkGroupLimits(this)
    checkShareLimits(this)

    this.controllerListenerNames = this.get<string[]>('controller.listener.names')
    this.protocols = securityProtocolMap({
      map: this.get<string | null>('listener.security.protocol.map') ?? '',
      isSet: this.originals.has('listener.security.protocol.map'),
      listeners: this.get<string[]>('listeners'),
      controllerListenerNames: this.controllerListenerNames,
    })
    const isController = (one: Endpoint) => this.controllerListenerNames.includes(one.listenerName)
    this.listeners = parseEndpoints(this.get<string[]>('listeners'), this.protocols)
    this.brokerListeners = this.listeners.filter((one) => !isController(one))
    this.controllerListeners = this.listeners.filter(isController)

    const advertised = this.get<string[] | null>('advertised.listeners')
    const advertisedEndpoints = lazily(() =>
      advertised === null ? undefined : parseEndpoints(advertised, this.protocols, { distinctPorts: false }),
    )
    const interBroker = lazily(() =>
      interBrokerListener({
        name: this.get<string | null>('inter.broker.listener.name'),
        protocol: this.get<string>('security.inter.broker.protocol'),
        isProtocolSet: this.originals.has('security.inter.broker.protocol'),
        protocols: this.protocols,
      }),
    )
    this.logDirs = this.get<string[] | null>('log.dirs') ?? this.get<string[]>('log.dir')
    this.metadataLogDir = this.get<string | null>('metadata.log.dir') ?? this.logDirs[0] ?? ''
    this.rack = this.get<string | null>('broker.rack')
    const voterEntries = this.get<string[]>('controller.quorum.voters')
    this.controllerQuorumVoters = parseVoters(voterEntries, { requireRoutable: false })
    this.controllerQuorumBootstrapServers = parseQuorumBootstrapServers(
      this.get<string[]>('controller.quorum.bootstrap.servers'),
    )
    const advertisedBroker = lazily(() => (advertisedEndpoints() ?? this.listeners).filter((one) => !isController(one)))
    const advertisedController = lazily(() =>
      advertisedControllerEndpoints(this, (advertisedEndpoints() ?? []).filter(isController)),
    )
    this.remarks = [
      ...duplicateRemarks(this),
      ...checkNode({ config: this, advertisedBroker, advertisedController, interBroker }),
    ]

    this.advertisedListeners = advertisedBroker()
    this.advertisedControllerListeners = advertisedController()
    this.interBrokerListenerName = interBroker().listenerName
    this.interBrokerSecurityProtocol = interBroker().securityProtocol
  }

  /** The parsed value of any key Kafka knows; asking for another one is a mistake of the caller. */
  get<T extends ConfigValue>(key: string): T {
    const value = this.values.get(key)
    if (value === undefined) throw new ConfigException(`Unknown configuration '${key}'`)
    return value as T
  }

  /** The exact text of a value as Kafka would show it (lists joined by commas), null when unset; secrets in clear. */
  text(key: string): string | null {
    const definition = BROKER_CONFIG.keys.get(key)
    return definition ? BROKER_CONFIG.textOf(definition, this.originals.get(key)) : (this.originals.get(key) ?? null)
  }

  /** Other settings for the same node, as after a change while it runs. */
  replaced(properties: ReadonlyMap<string, string>): BrokerConfig {
    return new BrokerConfig(properties)
  }

  hasRole(role: ProcessRole): boolean {
    return this.roles.has(role)
  }

  get numPartitions(): number {
    return this.get('num.partitions')
  }

  get defaultReplicationFactor(): number {
    return this.get('default.replication.factor')
  }

  get autoCreateTopics(): boolean {
    return this.get('auto.create.topics.enable')
  }

  get deleteTopicEnable(): boolean {
    return this.get('delete.topic.enable')
  }

  get minInsyncReplicas(): number {
    return this.get('min.insync.replicas')
  }

  get requestTimeoutMs(): number {
    return this.get('request.timeout.ms')
  }

  get socketRequestMaxBytes(): number {
    return this.get('socket.request.max.bytes')
  }

  get connectionsMaxIdleMs(): number {
    return this.get('connections.max.idle.ms')
  }

  get brokerHeartbeatIntervalMs(): number {
    return this.get('broker.heartbeat.interval.ms')
  }

  get brokerSessionTimeoutMs(): number {
    return this.get('broker.session.timeout.ms')
  }

  get fetchMaxBytes(): number {
    return this.get('fetch.max.bytes')
  }

  /** `log.retention.ms`, else minutes, else hours; every negative value means "for ever" (-1). */
  get logRetentionMs(): number {
    const minutes = this.get<number | null>('log.retention.minutes')
    const ms =
      this.get<number | null>('log.retention.ms') ??
      (minutes === null ? this.get<number>('log.retention.hours') * 3_600_000 : minutes * 60_000)
    return ms < 0 ? -1 : ms
  }

  get logRollMs(): number {
    return this.get<number | null>('log.roll.ms') ?? this.get<number>('log.roll.hours') * 3_600_000
  }

  get logRollJitterMs(): number {
    return this.get<number | null>('log.roll.jitter.ms') ?? this.get<number>('log.roll.jitter.hours') * 3_600_000
  }

  get logFlushIntervalMs(): number {
    return this.get<number | null>('log.flush.interval.ms') ?? this.get<number>('log.flush.scheduler.interval.ms')
  }
}

/**
 * Parses and checks the settings of a node in Kafka's order, so that of several mistakes the same one is reported.
 * Throws a JavaError: ConfigException, or IllegalArgumentException where Kafka "requires" something.
 */
export function brokerConfigFrom(properties: ReadonlyMap<string, string>): BrokerConfig {
  return new BrokerConfig(properties)
}

/** `--override key=value`, repeatable, over the file. Without `=` the whole is a key with an empty value, as in Kafka. */
export function withOverrides(
  properties: ReadonlyMap<string, string>,
  overrides: readonly string[],
): Map<string, string> {
  const merged = new Map(properties)
  for (const override of overrides) {
    const equals = override.indexOf('=')
    const [key, value] = equals < 0 ? [override, ''] : [override.slice(0, equals), override.slice(equals + 1)]
    merged.set(javaTrim(key), javaTrim(value))
  }
  return merged
}

/**
 * The block that Kafka logs as `KafkaConfig values: `: every known key in alphabetical order, one line each, secrets
 * hidden. It is what users paste into bug reports.
 */
export function configDump(config: BrokerConfig): string {
  return valuesDump('KafkaConfig', BROKER_CONFIG, config.originals)
}

/** The dump of any set of settings (`ProducerConfig values: ` …), as Kafka's AbstractConfig logs it. */
export function valuesDump(title: string, definition: ConfigDef, originals: ReadonlyMap<string, string>): string {
  const lines = [...definition.keys.values()]
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map((one) => {
      const value = definition.parseValue(one, originals.get(one.name))
      const text = javaText(one.type, value, originals.get(one.name) ?? one.defaultText ?? '')
      const shown = one.type === 'CLASS' && value !== null ? `class ${text}` : text
      return `\t${one.name} = ${one.type === 'PASSWORD' && value !== null ? HIDDEN : shown}\n`
    })
  return `${title} values: \n${lines.join('')}`
}

/** Kafka drops repeated entries of most lists, and says so. */
function duplicateRemarks(config: BrokerConfig): ConfigRemark[] {
  return [...config.originals].flatMap(([name, text]): ConfigRemark[] => {
    const key = BROKER_CONFIG.keys.get(name)
    if (!key?.validator?.dropsDuplicates) return []
    const [given, kept] = [parseType(name, text, 'LIST') as string[], config.get<string[]>(name)]
    if (given.length === kept.length) return []
    const message =
      `Configuration key "${name}" contains duplicate values. Duplicates will be removed. ` +
      `The original value is: [${given.join(', ')}], the updated value is: [${kept.join(', ')}]`
    return [{ level: 'WARN', message }]
  })
}

function withNodeIdSynonyms(properties: ReadonlyMap<string, string>): Map<string, string> {
  const all = new Map(properties)
  const [brokerId, nodeId] = [all.get('broker.id'), all.get('node.id')]
  if (brokerId === undefined && nodeId !== undefined) all.set('broker.id', nodeId)
  if (nodeId === undefined && brokerId !== undefined) all.set('node.id', brokerId)
  return all
}

/**
 * What the controller listeners are advertised as: the advertised one of that name, else the listener itself. The
 * first one, when bound to all interfaces, takes this node's address from `controller.quorum.voters`.
 */
function advertisedControllerEndpoints(config: BrokerConfig, advertised: readonly Endpoint[]): Endpoint[] {
  return config.controllerListenerNames.flatMap((name, index) => {
    const isNamed = (one: Endpoint) => one.listenerName === name.toUpperCase()
    const explicit = advertised.find(isNamed)
    if (explicit) return [explicit]
    const listener = config.controllerListeners.find(isNamed)
    if (!listener) return []
    const isWildcard = listener.host === '' || listener.host === '0.0.0.0'
    if (!isWildcard) return [listener]
    const voters = index === 0 ? parseVoters(config.get<string[]>('controller.quorum.voters')) : undefined
    const voter = voters?.get(config.nodeId)
    return [{ ...listener, ...(voter ?? { host: '' }) }]
  })
}

/** Computes at first use and remembers: Kafka meets the errors of these parts in the middle of its checks. */
function lazily<T>(compute: () => T): () => T {
  let known: { value: T } | undefined
  return () => {
    known ??= { value: compute() }
    return known.value
  }
}
