import type { DelegationTokenRecord } from '../../protocol/records/metadata.ts'
import type { DecodedMessage } from '../../protocol/schema.ts'

export type DelegationTokenImage = DecodedMessage<typeof DelegationTokenRecord>

/** Delegation tokens by their id. */
export class DelegationTokensImage {
  readonly byId = new Map<string, DelegationTokenImage>()

  add(record: DelegationTokenImage): void {
    this.byId.set(record.tokenId, record)
  }

  remove(tokenId: string): void {
    this.byId.delete(tokenId)
  }
}
