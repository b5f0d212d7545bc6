import { invalidNameReason } from '../../config/topic-name.ts'

/** Why a topic may not have this name, in Kafka's words; undefined when it may. */
export function invalidTopicName(name: string): string | undefined {
  const reason = invalidNameReason(name)
  return reason && `Topic name is invalid: ${reason}`
}
