/** Tells the values that occur once from those that are repeated; a request may name each thing only once. */
export function once<T>(values: Iterable<T>): { unique: Set<T>; repeated: Set<T> } {
  const unique = new Set<T>()
  const repeated = new Set<T>()
  for (const value of values) {
    if (repeated.has(value)) continue
    if (unique.delete(value)) repeated.add(value)
    else unique.add(value)
  }
  return { unique, repeated }
}
