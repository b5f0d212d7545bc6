/**
 * An error that Kafka reports by its Java class. Tools print `javaClass: message` where Kafka's log shows a stack
 * trace, so users (and their scripts) find the words they know.
 */
export class JavaError extends Error {
  readonly javaClass: string

  constructor(javaClass: string, message: string) {
    super(message)
    this.javaClass = javaClass
    this.name = javaClass.slice(javaClass.lastIndexOf('.') + 1)
  }
}

/** A setting that cannot be used: bad type, out of range, missing. */
export class ConfigException extends JavaError {
  constructor(message: string) {
    super('org.apache.kafka.common.config.ConfigException', message)
  }

  /** Kafka's sentence for one bad value; `value` is shown as Java would print it. */
  static of(name: string, value: string | null, reason?: string): ConfigException {
    return new ConfigException(`Invalid value ${value} for configuration ${name}${reason ? `: ${reason}` : ''}`)
  }
}

/** Settings that contradict each other, thrown by Kafka's `require` without a prefix (Java) or with one (Scala). */
export class IllegalArgumentException extends JavaError {
  constructor(message: string) {
    super('java.lang.IllegalArgumentException', message)
  }
}

/** A topic or group configuration that a request asked for and that is refused (INVALID_CONFIG on the wire). */
export class InvalidConfigurationException extends JavaError {
  constructor(message: string) {
    super('org.apache.kafka.common.errors.InvalidConfigurationException', message)
  }
}

/** A dynamic change that may not be made (INVALID_REQUEST on the wire). */
export class InvalidRequestException extends JavaError {
  constructor(message: string) {
    super('org.apache.kafka.common.errors.InvalidRequestException', message)
  }
}

/** Scala's `require`: its message carries the words "requirement failed". */
export function requireScala(condition: boolean, message: string): void {
  if (!condition) throw new IllegalArgumentException(`requirement failed: ${message}`)
}

/** Kafka's own Java `Utils.require`: the bare message. */
export function requireJava(condition: boolean, message: string): void {
  if (!condition) throw new IllegalArgumentException(message)
}

/** Java's `Throwable.toString`: the class, and the message where there is one. */
export function javaToString(error: unknown): string {
  const javaClass = error instanceof JavaError ? error.javaClass : 'java.lang.RuntimeException'
  const message = error instanceof Error ? error.message : String(error)
  return message === '' ? javaClass : `${javaClass}: ${message}`
}

/**
 * The lines of Java's `printStackTrace` that carry information: the error, then `Caused by: …` for each cause, each
 * with its line feed. Frames are left out: they would name our functions, not Kafka's.
 */
export function javaTrace(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return `${javaToString(error)}\n${cause === undefined ? '' : `Caused by: ${javaTrace(cause)}`}`
}
