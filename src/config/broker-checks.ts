import type { BrokerConfig, ConfigRemark } from './broker-config.ts'
import { ConfigException, IllegalArgumentException, JavaError, requireJava, requireScala } from './java-error.ts'
import { parseJavaInteger } from './java-text.ts'
import { type Endpoint, parseCsvMap } from './listeners.ts'

const atLeastOther = (config: BrokerConfig, one: string, other: string) =>
  requireJava(config.get<number>(one) >= config.get<number>(other), `${one} must be greater than or equal to ${other}`)

const atMostOther = (config: BrokerConfig, one: string, other: string) =>
  requireJava(config.get<number>(one) <= config.get<number>(other), `${one} must be less than or equal to ${other}`)

/** `setting` lies between its own `min` and `max` keys. */
function checkBounds(config: BrokerConfig, prefix: string, setting: string): void {
  const [own, min, max] = [`${prefix}.${setting}`, `${prefix}.min.${setting}`, `${prefix}.max.${setting}`]
  atLeastOther(config, max, min)
  atLeastOther(config, own, min)
  atMostOther(config, own, max)
}

function checkCompressionId(config: BrokerConfig, key: string): void {
  const id = config.get<number>(key)
  requireJava(id >= 0 && id <= 4, `Unknown compression type id: ${id}`)
}

/** Only the assignors that come with Kafka exist here. */
function checkAssignors(config: BrokerConfig, key: string, known: readonly string[]): void {
  const unknown = config.get<string[]>(key).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new JavaError('org.apache.kafka.common.KafkaException', `Class ${unknown} cannot be found`)
}

/** Limits of the group coordinator that contradict each other. */
export function checkGroupLimits(config: BrokerConfig): void {
  const assignor = (name: string) => `org.apache.kafka.coordinator.group.assignor.${name}`
  checkAssignors(config, 'group.consumer.assignors', [
    'uniform',
    'range',
    assignor('UniformAssignor'),
    assignor('RangeAssignor'),
  ])
  checkCompressionId(config, 'offsets.topic.compression.codec')
  checkAssignors(config, 'group.share.assignors', ['simple', assignor('SimpleAssignor')])
  for (const kind of ['consumer', 'share', 'streams']) {
    const prefix = `group.${kind}`
    checkBounds(config, prefix, 'heartbeat.interval.ms')
    checkBounds(config, prefix, 'session.timeout.ms')
    const [heartbeat, session] = [`${prefix}.heartbeat.interval.ms`, `${prefix}.session.timeout.ms`]
    requireJava(
      config.get<number>(heartbeat) < config.get<number>(session),
      `${heartbeat} must be less than ${session}`,
    )
    if (kind === 'share') {
      const count = config.get<string[]>('group.share.assignors').length
      requireJava(count === 1, `group.share.assignors must contain exactly one assignor, but found ${count}`)
    }
    checkBounds(config, prefix, 'assignment.interval.ms')
  }
  atMostOther(config, 'group.streams.num.standby.replicas', 'group.streams.max.standby.replicas')
}

/** Limits of share groups that contradict each other. */
export function checkShareLimits(config: BrokerConfig): void {
  atLeastOther(config, 'group.share.max.delivery.count.limit', 'group.share.delivery.count.limit')
  atLeastOther(config, 'group.share.delivery.count.limit', 'group.share.min.delivery.count.limit')
  atLeastOther(config, 'group.share.max.partition.max.record.locks', 'group.share.partition.max.record.locks')
  atLeastOther(config, 'group.share.partition.max.record.locks', 'group.share.min.partition.max.record.locks')
  atLeastOther(config, 'group.share.record.lock.duration.ms', 'group.share.min.record.lock.duration.ms')
  atLeastOther(config, 'group.share.max.record.lock.duration.ms', 'group.share.record.lock.duration.ms')
  atLeastOther(config, 'group.share.max.share.sessions', 'group.share.max.size')
  checkCompressionId(config, 'share.coordinator.state.topic.compression.codec')
}

/** Parts of the configuration that are computed, and may fail, in the middle of the checks. */
export interface NodeParts {
  readonly config: BrokerConfig
  readonly advertisedBroker: () => readonly Endpoint[]
  readonly advertisedController: () => readonly Endpoint[]
  readonly interBroker: () => { listenerName: string; securityProtocol: string }
}

/** The checks across settings that Kafka makes once all of them are parsed, in its order. Returns what it only logs. */
export function checkNode(parts: NodeParts): ConfigRemark[] {
  const { config } = parts
  const remarks: ConfigRemark[] = []
  checkEarlyStartListeners(config)
  checkRebalanceProtocols(config, remarks)
  checkNumbers(config, remarks)
  const advertisedNames = new Set(parts.advertisedBroker().map((one) => one.listenerName))
  checkRoles(parts, remarks)
  if (config.roles.has('broker')) {
    checkBrokerListeners(parts, advertisedNames)
    checkCordonedLogDirs(config)
  }
  checkRoutable(parts.advertisedBroker())
  checkRoutable(parts.advertisedController())
  checkConnections(parts)
  return remarks
}

function checkEarlyStartListeners(config: BrokerConfig): void {
  for (const name of config.get<string[] | null>('early.start.listeners') ?? []) {
    if (config.listeners.some((one) => one.listenerName === name)) continue
    const places = 'listeners or controller.listener.names'
    throw new ConfigException(`early.start.listeners contains listener ${name}, but this is not contained in ${places}`)
  }
}

const PROTOCOLS = 'group.coordinator.rebalance.protocols'

function checkRebalanceProtocols(config: BrokerConfig, remarks: ConfigRemark[]): void {
  const protocols = config.get<string[]>(PROTOCOLS)
  if (!protocols.includes('classic')) throw new ConfigException("Disabling the 'classic' protocol is not supported.")
  const warn = (message: string) => remarks.push({ level: 'WARN', message })
  if (protocols.includes('share')) {
    warn(
      `'share' in \`${PROTOCOLS}\` is deprecated. Share groups are controlled by the 'share.version' feature. ` +
        'This config will be removed in Kafka 5.0.',
    )
  }
  if (!config.originals.has(PROTOCOLS)) return
  const missing = ['classic', 'consumer', 'streams'].filter((one) => !protocols.includes(one))
  const deprecated = `The config \`${PROTOCOLS}\` is deprecated and will be removed in Kafka 5.0. `
  if (missing.length === 0) {
    warn(`${deprecated}Please remove the configuration to prepare for the upgrade.`)
  } else {
    warn(
      `${deprecated}The following protocol(s) are currently disabled: ${missing.join(', ')}. ` +
        'In Kafka 5.0, all protocols will always be enabled and controlled solely by feature versions ' +
        '(group.version, streams.version, share.version) via kafka-features.sh. ' +
        'Please remove the configuration, which will restore all protocols to the default enabled state, to prepare for the upgrade.',
    )
  }
}

function checkNumbers(config: BrokerConfig, remarks: ConfigRemark[]): void {
  const number = (key: string) => config.get<number>(key)
  if (config.nodeId !== number('broker.id')) {
    throw new ConfigException('You must set `node.id` to the same value as `broker.id`.')
  }
  requireScala(config.logRollMs >= 1, 'log.roll.ms must be greater than or equal to 1')
  requireScala(config.logRollJitterMs >= 0, 'log.roll.jitter.ms must be greater than or equal to 0')
  requireScala(
    config.logRetentionMs >= 1 || config.logRetentionMs === -1,
    'log.retention.ms must be unlimited (-1) or, greater than or equal to 1',
  )
  requireScala(config.logDirs.length > 0, 'At least one log directory must be defined via log.dirs or log.dir.')
  if (number('log.cleaner.threads') === 0) throw new JavaError('java.lang.ArithmeticException', '/ by zero')
  requireScala(
    Math.trunc(number('log.cleaner.dedupe.buffer.size') / number('log.cleaner.threads')) > 1024 * 1024,
    'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.',
  )
  requireScala(
    number('replica.fetch.wait.max.ms') <= number('replica.socket.timeout.ms'),
    'replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket timeouts',
  )
  requireScala(
    number('replica.fetch.wait.max.ms') <= number('replica.lag.time.max.ms'),
    'replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent changes in ISR',
  )
  const [heartbeat, session] = [number('broker.heartbeat.interval.ms'), number('broker.session.timeout.ms')]
  if (heartbeat * 2 > session) {
    remarks.push({
      level: 'ERROR',
      message:
        `broker.heartbeat.interval.ms (${heartbeat} ms) must be less than or equal to half of the broker.session.timeout.ms (${session} ms). ` +
        'The broker.session.timeout.ms is configured on controller. The broker.heartbeat.interval.ms is configured on broker. ' +
        "If a broker doesn't send heartbeat request within broker.session.timeout.ms, it loses broker lease. " +
        'Please increase broker.session.timeout.ms or decrease broker.heartbeat.interval.ms.',
    })
  }
}

const NAMES = 'controller.listener.names'

function checkRoles(parts: NodeParts, remarks: ConfigRemark[]): void {
  const { config } = parts
  const voterIds = [...config.controllerQuorumVoters.keys()].sort((one, other) => one - other)
  if (voterIds.length === 0 && config.controllerQuorumBootstrapServers.length === 0) {
    throw new ConfigException(
      'If using process.roles, either controller.quorum.bootstrap.servers must contain the set of bootstrap controllers ' +
        'or controller.quorum.voters must contain a parseable set of controllers.',
    )
  }
  // Scala prints sets of up to four members as Set and larger ones as HashSet (in an order of its own, here ascending).
  const voters = `controller.quorum.voters=${voterIds.length > 4 ? 'HashSet' : 'Set'}(${voterIds.join(', ')})`
  if (!config.roles.has('controller')) {
    requireScala(
      !voterIds.includes(config.nodeId),
      `If process.roles contains just the 'broker' role, the node id ${config.nodeId} must not be included in the set of voters ${voters}`,
    )
    checkBrokerOnly(config, remarks)
    return
  }
  if (!config.roles.has('broker')) checkControllerOnly(parts)
  requireScala(
    voterIds.length === 0 || voterIds.includes(config.nodeId),
    `If process.roles contains the 'controller' role, the node id ${config.nodeId} must be included in the set of voters ${voters}`,
  )
  requireScala(
    parts.advertisedController().length > 0,
    `${NAMES} must contain at least one value appearing in the 'listeners' configuration when running the KRaft controller role`,
  )
  const names = config.listeners.map((one) => one.listenerName)
  requireScala(
    config.controllerListenerNames.every((name) => names.includes(name)),
    `${NAMES} must only contain values appearing in the 'listeners' configuration when running the KRaft controller role`,
  )
}

function checkBrokerOnly(config: BrokerConfig, remarks: ConfigRemark[]): void {
  const warn = (message: string) => remarks.push({ level: 'WARN', message })
  requireScala(
    config.controllerListeners.length === 0,
    `${NAMES} must not contain a value appearing in the 'listeners' configuration when running KRaft with just the broker role`,
  )
  for (const name of config.controllerListenerNames) {
    const listener = name.toUpperCase()
    if (config.protocols.has(listener)) continue
    const map = 'listener.security.protocol.map'
    throw new ConfigException(
      `Controller listener with name ${listener} defined in ${NAMES} not found in ${map}  ` +
        `(an explicit security mapping for each controller listener is required if ${map} is non-empty, ` +
        'or if there are security protocols other than PLAINTEXT in use)',
    )
  }
  requireScala(
    !config.get<boolean>('controller.quorum.auto.join.enable'),
    "controller.quorum.auto.join.enable is only supported when process.roles contains the 'controller' role.",
  )
  if (config.controllerListenerNames.length > 1) {
    const all = `[${config.controllerListenerNames.join(', ')}]`
    warn(`${NAMES} has multiple entries; only the first will be used since process.roles=broker: ${all}`)
  }
  for (const key of ['create.topic.policy.class.name', 'alter.config.policy.class.name']) {
    if (config.originals.has(key)) {
      warn(`${key} is defined in broker. It should be defined in the controller role.`)
    }
  }
  for (const key of ['num.partitions', 'default.replication.factor']) {
    if (!config.originals.has(key)) continue
    warn(
      `${key} is defined in the broker role. This configuration will be ignored in 5.0. ` +
        `Please set ${key} in the controller role instead.`,
    )
  }
}

function checkControllerOnly({ config, advertisedController, interBroker }: NodeParts): void {
  requireScala(
    advertisedController().length === config.listeners.length,
    `The listeners config must only contain KRaft controller listeners from ${NAMES} when process.roles=controller`,
  )
  if (config.get<string | null>('inter.broker.listener.name') === null) return
  requireScala(
    !config.controllerListenerNames.includes(interBroker().listenerName),
    `${NAMES} must not contain an explicitly set inter.broker.listener.name configuration value when process.roles=controller'`,
  )
}

function checkBrokerListeners({ config, interBroker }: NodeParts, advertised: ReadonlySet<string>): void {
  const names = config.listeners.map((one) => one.listenerName)
  requireScala(
    advertised.size > 0,
    `There must be at least one broker advertised listener. Perhaps all listeners appear in ${NAMES}?`,
  )
  requireScala(
    advertised.has(interBroker().listenerName),
    'inter.broker.listener.name must be a listener name defined in advertised.listeners. ' +
      `The valid options based on currently configured listeners are ${[...advertised].join(',')}`,
  )
  requireScala(
    [...advertised].every((name) => names.includes(name)),
    'advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. ' +
      `Found ${[...advertised].join(',')}. The valid options based on the current configuration are ${names.join(',')}`,
  )
}

function checkCordonedLogDirs(config: BrokerConfig): void {
  const cordoned = config.get<string[]>('cordoned.log.dirs')
  if (cordoned.includes('*')) {
    requireScala(cordoned.length === 1, 'When cordoned.log.dirs is set to *, it must not contain other values')
    return
  }
  const unknown = cordoned.filter((dir) => !config.logDirs.includes(dir))
  requireScala(
    unknown.length === 0,
    `All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : ${unknown.join(', ')}`,
  )
}

function checkRoutable(endpoints: readonly Endpoint[]): void {
  requireScala(
    !endpoints.some((one) => one.host === '0.0.0.0'),
    'advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.',
  )
}

const OVERRIDES = 'max.connections.per.ip.overrides'

function checkConnections({ config, interBroker }: NodeParts): void {
  const number = (key: string) => config.get<number>(key)
  const { listenerName, securityProtocol } = interBroker()
  if (securityProtocol.startsWith('SASL')) {
    const own = config.originals.get(`listener.name.${listenerName.toLowerCase()}.sasl.enabled.mechanisms`)
    const enabled = own === undefined ? config.get<string[]>('sasl.enabled.mechanisms') : own.split(/\s*,\s*/)
    requireScala(
      enabled.includes(config.get<string>('sasl.mechanism.inter.broker.protocol')),
      'sasl.mechanism.inter.broker.protocol must be included in sasl.enabled.mechanisms when SASL is used for inter-broker communication',
    )
  }
  const queued = number('queued.max.request.bytes')
  requireScala(
    queued <= 0 || queued >= number('socket.request.max.bytes'),
    'queued.max.request.bytes must be larger or equal to socket.request.max.bytes',
  )
  const overrides = connectionOverrides(config)
  if (number('max.connections.per.ip') === 0) {
    requireScala(overrides.size > 0, `max.connections.per.ip can be set to zero only if ${OVERRIDES} property is set.`)
  }
  const invalid = [...overrides.keys()].filter((address) => !/^[0-9a-zA-Z\-%._:]*$/.test(address))
  if (invalid.length > 0) {
    throw new IllegalArgumentException(`${OVERRIDES} contains invalid addresses : ${invalid.join(',')}`)
  }
  const [delay, idle] = [number('connection.failed.authentication.delay.ms'), number('connections.max.idle.ms')]
  requireScala(
    idle < 0 || delay < idle,
    `connection.failed.authentication.delay.ms=${delay} should always be less than connections.max.idle.ms=${idle} ` +
      'to prevent failed authentication responses from timing out',
  )
}

/** `max.connections.per.ip.overrides`: address or host name → limit. */
export function connectionOverrides(config: BrokerConfig): Map<string, number> {
  const limits = new Map<string, number>()
  for (const [address, limit] of parseCsvMap(OVERRIDES, config.get<string>(OVERRIDES))) {
    const count = parseJavaInteger(limit, 32)
    if (count === undefined) throw new JavaError('java.lang.NumberFormatException', `For input string: "${limit}"`)
    limits.set(address, count)
  }
  return limits
}
