import type { ProducerIdsRecord } from '../../protocol/records/metadata.ts'
import type { DecodedMessage } from '../../protocol/schema.ts'

/** Which producer ids are given out. */
export class ProducerIdsImage {
  /** First id of the next block. */
  nextProducerId = 0

  apply(record: DecodedMessage<typeof ProducerIdsRecord>): void {
    this.nextProducerId = record.nextProducerId
  }
}
