import type { MetadataRecord } from '../metadata/record.ts'

/** What the controller decided: records to append as one, and the answer to give once they are committed. */
export interface Outcome<T> {
  readonly records: readonly MetadataRecord[]
  readonly response: T
}
