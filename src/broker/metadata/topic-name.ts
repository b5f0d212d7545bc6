const MAX_NAME_LENGTH = 249

/** Why a topic may not have this name, in Kafka's words; undefined when it may. */
export function invalidTopicName(name: string): string | undefined {
  const reason = reasonAgainst(name)
  return reason && `Topic name is invalid: ${reason}`
}

function reasonAgainst(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > MAX_NAME_LENGTH) {
    return `the length of '${name}' is longer than the max allowed length ${MAX_NAME_LENGTH}`
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  }
  return undefined
}
