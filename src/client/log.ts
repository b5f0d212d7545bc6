import { javaTrace } from '../config/java-error.ts'
import { log4jTime } from '../config/java-text.ts'

/** Where a client tells what it could not do. `logger` is the Java class whose name Kafka's line ends with. */
export interface ClientLog {
  warn(text: string, logger: string, error?: unknown): void
  error(text: string, logger: string, error?: unknown): void
}

/** Lines as the distribution's log4j2 configuration writes them for tools: to stderr, from WARN up. */
export function lineLog(write: (line: string) => void, now: () => Date = () => new Date()): ClientLog {
  const line = (level: string) => (text: string, logger: string, error?: unknown) => {
    const trace = error === undefined ? '' : javaTrace(error)
    write(`[${log4jTime(now())}] ${level} ${text} (${logger})\n${trace}`)
  }
  return { warn: line('WARN'), error: line('ERROR') }
}

/** The same log, with the words that name one client before each text. */
export function withPrefix(log: ClientLog, prefix: string): ClientLog {
  return {
    warn: (text, logger, error) => log.warn(`${prefix}${text}`, logger, error),
    error: (text, logger, error) => log.error(`${prefix}${text}`, logger, error),
  }
}
