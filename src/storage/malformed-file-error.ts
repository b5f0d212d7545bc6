/** A file that is there but cannot be what it should be; the text names it, as Kafka's does. */
export class MalformedFileError extends Error {
  override readonly name = 'MalformedFileError'
}
