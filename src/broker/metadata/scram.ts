import type { RemoveUserScramCredentialRecord, UserScramCredentialRecord } from '../../protocol/records/metadata.ts'
import type { DecodedMessage } from '../../protocol/schema.ts'

export type ScramCredentialImage = DecodedMessage<typeof UserScramCredentialRecord>

/** SCRAM credentials by mechanism id (1 SHA-256, 2 SHA-512) and user. */
export class ScramImage {
  readonly byMechanism = new Map<number, Map<string, ScramCredentialImage>>()

  add(record: ScramCredentialImage): void {
    let users = this.byMechanism.get(record.mechanism)
    if (!users) this.byMechanism.set(record.mechanism, (users = new Map()))
    users.set(record.name, record)
  }

  remove(record: DecodedMessage<typeof RemoveUserScramCredentialRecord>): void {
    this.byMechanism.get(record.mechanism)?.delete(record.name)
  }
}
