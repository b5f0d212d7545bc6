import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Broker } from '../../broker/broker.ts'
import { systemClock } from '../../broker/clock.ts'
import { type Logger, lineLogger } from '../../broker/logger.ts'
import { KAFKA_VERSION, usageExit } from '../../cli/command-line.ts'
import { parseOptions } from '../../cli/jopt.ts'
import { OutputClosed, type Terminal, type Tool, ToolExit } from '../../cli/tool.ts'
import { type BrokerConfig, brokerConfigFrom, withOverrides } from '../../config/broker-config.ts'
import { JavaError, javaTrace } from '../../config/java-error.ts'
import { loadProperties } from '../property-file.ts'
import { SERVER_OPTIONS } from './options.ts'

const KAFKA = 'kafka.Kafka$'
const KAFKA_EXCEPTION = 'org.apache.kafka.common.KafkaException'
const SIGNAL_HANDLER = 'org.apache.kafka.common.utils.LoggingSignalHandler'
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** kafka-server-start: runs until a signal stops it. */
export const run: Tool = async (argv, terminal) => {
  if (argv[0] === '-daemon') return startDaemon(argv.slice(1))
  const logger = lineLogger((line) => writeLine(terminal, line))
  try {
    return await serve(configOf(argv), logger)
  } catch (error) {
    if (error instanceof ToolExit) throw error
    const phase = error instanceof StartFailure ? ' during startup.' : ''
    logger.error(`Exiting Kafka due to fatal exception${phase}`, KAFKA, trace(error))
    return 1
  }
}

/** What went wrong while the broker's parts were being started; before that Kafka does not say "during startup". */
class StartFailure extends JavaError {
  constructor(cause: Error) {
    super(KAFKA_EXCEPTION, cause.message)
  }
}

function configOf(argv: readonly string[]): BrokerConfig {
  const [file] = argv
  if (file === undefined || argv.includes('--help')) {
    usageExit(SERVER_OPTIONS, 'USAGE: java [options] kafka.Kafka server.properties [--override property=value]*')
  }
  if (argv.includes('--version')) throw new ToolExit(0, { out: `${KAFKA_VERSION}\n` })
  const properties = loadProperties(file)
  const options = parseOptions(SERVER_OPTIONS, argv.slice(1))
  if (options.nonOptions.length > 0) {
    usageExit(SERVER_OPTIONS, `Found non argument parameters: ${options.nonOptions.join(',')}`)
  }
  return brokerConfigFrom(withOverrides(properties, options.values('override')))
}

/**
 * Resolves with 128 + the number of the signal that stopped the broker, as a process ended by it would exit; with 1 when
 * the node cannot go on (its metadata log or last log directory failed), and then without a clean stop.
 */
async function serve(config: BrokerConfig, logger: Logger): Promise<number> {
  // The broker is loaded here: a usage error need not wait for it.
  const { Broker } = await import('../../broker/broker.ts')
  const signalled = signalToStop(logger)
  let starting: Promise<Broker> | undefined
  const failed = new Promise<number>((resolve) => {
    starting = Broker.start({ config, logger, clock: systemClock, onFatal: () => resolve(1) })
  })
  const stopped = signalled.then(async (signal) => {
    await (await starting)?.stop()
    return 128 + constants.signals[signal]
  })
  try {
    await Promise.race([starting, failed])
  } catch (error) {
    throw asKafkaReports(error)
  }
  return Promise.race([stopped, failed])
}

/** The first signal stops cleanly. A second Ctrl-C ends at once, which a restart recovers from; others are ignored. */
function signalToStop(logger: Logger): Promise<(typeof STOP_SIGNALS)[number]> {
  let isStopping = false
  const signalled = new Promise<(typeof STOP_SIGNALS)[number]>((resolve) => {
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        if (isStopping && signal === 'SIGINT') process.exit(128 + constants.signals.SIGINT)
        if (isStopping) return
        isStopping = true
        logger.info(`Terminating process due to signal ${signal}`, SIGNAL_HANDLER)
        resolve(signal)
      })
    }
  })
  logger.info('Registered signal handlers for TERM, INT, HUP', SIGNAL_HANDLER)
  return signalled
}

/** A port in use and a locked directory are found when Kafka starts its parts; unformatted directories before that. */
function asKafkaReports(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const isLocked = error.message.startsWith('Failed to acquire lock on file')
  const isKafkaException = error instanceof JavaError && error.javaClass === KAFKA_EXCEPTION
  return isLocked || isKafkaException ? new StartFailure(error) : error
}

/** As Kafka's log shows an exception. One that is no Kafka error keeps its stack, which is what finds the mistake. */
function trace(error: unknown): string {
  const isOurs = error instanceof Error && !(error instanceof JavaError) && error.constructor !== Error
  return isOurs ? (error.stack ?? error.message) : javaTrace(error).trimEnd()
}

/** A broker goes on when nobody reads its log any more. */
function writeLine(terminal: Terminal, line: string): void {
  try {
    terminal.out(line)
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error
  }
}

/** `-daemon`: the broker runs on in the background, its output in `logs/kafkaServer.out` (or in LOG_DIR). */
function startDaemon(argv: readonly string[]): number {
  const root = join(import.meta.dirname, '..')
  const directory = process.env.LOG_DIR ?? join(root, 'logs')
  mkdirSync(directory, { recursive: true })
  const output = openSync(join(directory, 'kafkaServer.out'), 'w')
  const script = join(root, 'bin', 'kafka-server-start.sh')
  const child = spawn(process.execPath, [script, ...argv], { detached: true, stdio: ['ignore', output, output] })
  child.unref()
  closeSync(output)
  return 0
}
