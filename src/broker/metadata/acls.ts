import type { AccessControlEntryRecord } from '../../protocol/records/metadata.ts'
import type { DecodedMessage } from '../../protocol/schema.ts'

export type AclImage = DecodedMessage<typeof AccessControlEntryRecord>

/** Access control entries by their id. */
export class AclsImage {
  readonly byId = new Map<string, AclImage>()

  add(record: AclImage): void {
    this.byId.set(record.id, record)
  }

  remove(id: string): void {
    if (!this.byId.delete(id)) throw new Error(`Failed to find existing ACL with ID ${id}`)
  }
}
