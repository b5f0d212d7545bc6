import { RemoveTopicRecord, TopicRecord } from '../../protocol/records/metadata.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { isRecord, type MetadataRecord } from '../metadata/record.ts'

/**
 * Topics whose names differ only in `.` and `_` share the name of their metrics, so Kafka allows only one of them.
 * Keeps the names that could collide, by what they are unified to.
 */
export class CollidingNames {
  private readonly byUnified = new Map<string, Set<string>>()

  /** An existing topic that `name` collides with. */
  of(name: string): string | undefined {
    return hasCollisionChars(name) ? this.byUnified.get(unified(name))?.values().next().value : undefined
  }

  /** Call before the image applies the record. */
  note(record: MetadataRecord, image: MetadataImage): void {
    if (isRecord(record, TopicRecord)) {
      const { name } = record.value
      if (!hasCollisionChars(name)) return
      const names = this.byUnified.get(unified(name)) ?? new Set()
      this.byUnified.set(unified(name), names.add(name))
    } else if (isRecord(record, RemoveTopicRecord)) {
      const name = image.topics.byId.get(record.value.topicId)?.name
      if (name === undefined || !hasCollisionChars(name)) return
      const names = this.byUnified.get(unified(name))
      names?.delete(name)
      if (names?.size === 0) this.byUnified.delete(unified(name))
    }
  }
}

function hasCollisionChars(name: string): boolean {
  return name.includes('_') || name.includes('.')
}

function unified(name: string): string {
  return name.replaceAll('.', '_')
}
