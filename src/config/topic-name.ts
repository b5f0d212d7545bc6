export const CONSUMER_OFFSETS = '__consumer_offsets'
export const TRANSACTION_STATE = '__transaction_state'
export const SHARE_GROUP_STATE = '__share_group_state'

/** Whether Kafka keeps its own state in the topic of this name. */
export function isInternalTopic(name: string): boolean {
  return name === CONSUMER_OFFSETS || name === TRANSACTION_STATE || name === SHARE_GROUP_STATE
}

const MAX_NAME_LENGTH = 249

/** Why a name may not be that of a topic (or a group instance), in Kafka's words; undefined when it may. */
export function invalidNameReason(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > MAX_NAME_LENGTH) {
    return `the length of '${name}' is longer than the max allowed length ${MAX_NAME_LENGTH}`
  }
  if (/^[a-zA-Z0-9._-]+$/.test(name)) return undefined
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}
