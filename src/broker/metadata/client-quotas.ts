import type { ClientQuotaRecord } from '../../protocol/records/metadata.ts'
import type { DecodedMessage } from '../../protocol/schema.ts'

export interface QuotaEntityPart {
  /** `user`, `client-id` or `ip`. */
  readonly entityType: string
  /** null stands for the default of the type. */
  readonly entityName: string | null
}

export interface ClientQuotaImage {
  readonly entity: readonly QuotaEntityPart[]
  /** Quota name, such as `producer_byte_rate`, to its value. */
  readonly values: Map<string, number>
}

function keyOf(entity: readonly QuotaEntityPart[]): string {
  const parts = entity.map(({ entityType, entityName }) => [entityType, entityName])
  return JSON.stringify(parts.sort((a, b) => (a[0]! < b[0]! ? -1 : 1)))
}

/** Client quotas by the entity they hold for. */
export class ClientQuotasImage {
  private readonly byEntity = new Map<string, ClientQuotaImage>()

  of(entity: readonly QuotaEntityPart[]): ClientQuotaImage | undefined {
    return this.byEntity.get(keyOf(entity))
  }

  all(): Iterable<ClientQuotaImage> {
    return this.byEntity.values()
  }

  apply(record: DecodedMessage<typeof ClientQuotaRecord>): void {
    const key = keyOf(record.entity)
    const quota = this.byEntity.get(key) ?? { entity: record.entity, values: new Map() }
    if (record.remove) quota.values.delete(record.key)
    else quota.values.set(record.key, record.value)
    if (quota.values.size === 0) this.byEntity.delete(key)
    else this.byEntity.set(key, quota)
  }
}
