/**
 * Apache Kafka 4.3.1 itself, as the reference of conformance tests and benchmarks: installed once through Maven into
 * the user's cache directory, run as child processes that end with the caller.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

export const APACHE_VERSION = '4.3.1'

const HOME =
  process.env.APACHE_KAFKA_HOME ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kafka-toolkit', `apache-kafka-${APACHE_VERSION}`)

const ARTIFACTS = [
  ['org.apache.kafka', 'kafka_2.13', APACHE_VERSION],
  ['org.apache.kafka', 'kafka-tools', APACHE_VERSION],
  ['org.apache.kafka', 'kafka-shell', APACHE_VERSION],
  ['org.apache.logging.log4j', 'log4j-slf4j-impl', '2.25.1'],
]

const LOG4J2 = `<Configuration status="OFF"><Appenders><Console name="err" target="SYSTEM_ERR">
<PatternLayout pattern="[%d] %p %m (%c)%n"/></Console></Appenders>
<Loggers><Root level="\${sys:LL:-WARN}"><AppenderRef ref="err"/></Root></Loggers></Configuration>
`

const TOOL_CLASSES: Readonly<Record<string, string>> = {
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-storage': 'kafka.tools.StorageTool',
  'kafka-server-start': 'kafka.Kafka',
  'kafka-dump-log': 'org.apache.kafka.tools.DumpLogSegments',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
}

function has(command: string): boolean {
  return spawnSync(command, ['-version'], { stdio: 'ignore' }).status === 0
}

/** Why Apache Kafka cannot be run here, or undefined. */
export function whyNoApacheKafka(): string | undefined {
  if (!has('java')) return 'java is not installed'
  if (!existsSync(join(HOME, 'libs', '.complete')) && !has('mvn')) return 'mvn is not installed'
  return undefined
}

/** Installs Apache Kafka unless it is there. Throws when Maven cannot. */
export function installApacheKafka(): void {
  mkdirSync(HOME, { recursive: true })
  writeFileSync(join(HOME, 'log4j2.xml'), LOG4J2)
  if (existsSync(join(HOME, 'libs', '.complete'))) return
  const dependencies = ARTIFACTS.map(
    ([group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  )
  writeFileSync(
    join(HOME, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>local</groupId>
<artifactId>apache-kafka</artifactId><version>1</version><dependencies>${dependencies.join('\n')}</dependencies></project>\n`,
  )
  const result = spawnSync(
    'mvn',
    [
      '-q',
      '-B',
      '-f',
      join(HOME, 'pom.xml'),
      'dependency:copy-dependencies',
      `-DoutputDirectory=${join(HOME, 'libs')}`,
    ],
    { encoding: 'utf8' },
  )
  if (result.status !== 0) throw new Error(`Maven could not install Apache Kafka:\n${result.stdout}${result.stderr}`)
  writeFileSync(join(HOME, 'libs', '.complete'), '')
}

function javaArguments(tool: string, args: readonly string[], heap: string, logLevel: string): string[] {
  return [
    `-Xmx${heap}`,
    `-Xms${heap}`,
    '-XX:+UseG1GC',
    `-DLL=${logLevel}`,
    `-Dlog4j2.configurationFile=${join(HOME, 'log4j2.xml')}`,
    '-cp',
    join(HOME, 'libs', '*'),
    TOOL_CLASSES[tool] ?? tool,
    ...args,
  ]
}

export interface ToolResult {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs one of Apache's tools to its end. */
export async function runApacheTool(
  tool: string,
  args: readonly string[],
  { stdin = '', timeoutMs = 60_000 }: { stdin?: string; timeoutMs?: number } = {},
): Promise<ToolResult> {
  const child = spawn('java', javaArguments(tool, args, '256m', 'WARN'), { stdio: 'pipe' })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk) => out.push(chunk))
  child.stderr.on('data', (chunk) => err.push(chunk))
  child.stdin.on('error', () => child.stdin.destroy())
  child.stdin.end(stdin)
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const [status] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  return { status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}

export interface ApacheBroker {
  readonly bootstrapServers: string
  readonly port: number
  readonly dataDir: string
  readonly process: ChildProcess
  log(): string
  /** Stops the process: SIGTERM lets it stop cleanly, SIGKILL does not. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

export interface ApacheBrokerOptions {
  /** Directory of a data directory and config; a new one under the system's temporary directory when left out. */
  readonly directory?: string
  readonly port: number
  readonly properties?: Readonly<Record<string, string>>
  /** False: resolve as soon as the process runs. */
  readonly waitUntilServing?: boolean
}

/** Formats `directory` when it is new, starts a combined broker and controller, and waits until it serves. */
export async function startApacheBroker({
  directory,
  port,
  properties = {},
  waitUntilServing = true,
}: ApacheBrokerOptions): Promise<ApacheBroker> {
  const home = directory ?? mkdtempSync(join(tmpdir(), 'apache-kafka-'))
  mkdirSync(home, { recursive: true })
  const dataDir = join(home, 'data')
  const configFile = join(home, 'server.properties')
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `localhost:${port + 1}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': dataDir,
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    ...properties,
  }
  writeFileSync(
    configFile,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  if (!existsSync(join(dataDir, 'meta.properties'))) {
    const clusterId = (await runApacheTool('kafka-storage', ['random-uuid'])).stdout.trim()
    const formatted = await runApacheTool('kafka-storage', [
      'format',
      '--standalone',
      '-t',
      clusterId,
      '-c',
      configFile,
    ])
    if (formatted.status !== 0) throw new Error(`kafka-storage format failed: ${formatted.stderr}`)
  }
  const child = spawn('java', javaArguments('kafka-server-start', [configFile], '1G', 'INFO'), { stdio: 'pipe' })
  let log = ''
  const started = new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      log += chunk
      if (log.includes('Kafka Server started')) resolve()
    }
    child.stdout.on('data', onData)
    child.stderr.on('data', onData)
    child.once('exit', (code) => reject(new Error(`Apache Kafka exited with ${code}:\n${log.slice(-4000)}`)))
  })
  if (waitUntilServing) await started
  else started.catch(() => undefined)
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    port,
    dataDir,
    process: child,
    log: () => log,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        child.kill(signal)
        await exited
      }
      if (directory === undefined) rmSync(home, { recursive: true, force: true })
    },
  }
}
