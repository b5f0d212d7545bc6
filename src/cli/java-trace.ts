import { JavaError } from '../config/java-error.ts'

/** The Java class that Kafka's tools would name for an error. */
export function javaClassOf(error: unknown): string {
  return error instanceof JavaError ? error.javaClass : 'java.lang.RuntimeException'
}

/**
 * The lines of a Java stack trace that carry information: `class: message`, then `Caused by: …` for each cause. Frames
 * are left out: they would name our functions, not Kafka's. Each line ends with a line feed.
 */
export function javaTrace(error: unknown): string {
  let text = ''
  for (let each: unknown = error, prefix = ''; each !== undefined; prefix = 'Caused by: ') {
    const message = each instanceof Error ? each.message : String(each)
    text += `${prefix}${javaClassOf(each)}${message === '' ? '' : `: ${message}`}\n`
    each = each instanceof Error ? each.cause : undefined
  }
  return text
}
