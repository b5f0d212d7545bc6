import { javaStackTrace } from './errors.ts'

/** Where a client tells what it could not do. `logger` is the Java class whose name Kafka's line ends with. */
export interface ClientLog {
  warn(text: string, logger: string, error?: unknown): void
  error(text: string, logger: string, error?: unknown): void
}

/** Lines as the distribution's log4j2 configuration writes them for tools: to stderr, from WARN up. */
export function lineLog(write: (line: string) => void, now: () => Date = () => new Date()): ClientLog {
  const line = (level: string) => (text: string, logger: string, error?: unknown) => {
    const trace = error === undefined ? '' : javaStackTrace(error)
    write(`[${logTimestamp(now())}] ${level} ${text} (${logger})\n${trace}`)
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

/** Local time as `yyyy-MM-dd HH:mm:ss,SSS`. */
export function logTimestamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${time},${String(date.getMilliseconds()).padStart(3, '0')}`
}
