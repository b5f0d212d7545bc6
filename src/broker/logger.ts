import { log4jTime } from '../config/java-text.ts'

export type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR'

/** Where log lines of the broker go. `source` is the Java logger name that Kafka users filter by. */
export interface Logger {
  debug(message: string, source: string): void
  info(message: string, source: string): void
  warn(message: string, source: string, cause?: unknown): void
  error(message: string, source: string, cause?: unknown): void
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Lines of the shape that Kafka's own log4j2 configuration gives: `[2026-01-31 12:00:00,123] INFO text (logger)`. */
export function lineLogger(write: (line: string) => void, level: LogLevel = 'INFO', now = () => new Date()): Logger {
  const levels: LogLevel[] = ['DEBUG', 'INFO', 'WARN', 'ERROR']
  const log = (lineLevel: LogLevel, message: string, source: string, cause?: unknown) => {
    if (levels.indexOf(lineLevel) < levels.indexOf(level)) return
    const detail =
      cause instanceof Error ? `\n${cause.stack ?? cause.message}` : cause === undefined ? '' : `\n${cause}`
    write(`[${log4jTime(now())}] ${lineLevel} ${message} (${source})${detail}\n`)
  }
  return {
    debug: (message, source) => log('DEBUG', message, source),
    info: (message, source) => log('INFO', message, source),
    warn: (message, source, cause) => log('WARN', message, source, cause),
    error: (message, source, cause) => log('ERROR', message, source, cause),
  }
}
