/** Java's `String.hashCode`. */
export function javaHashCode(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return hash
}

/**
 * The order in which a java.util.HashMap lists `keys` that were put one after the other. Kafka answers and prints
 * several things in this order, and comparing with it is only possible in the same one.
 */
export function javaHashOrder(keys: Iterable<string>): string[] {
  const unique = [...new Set(keys)]
  let capacity = 16
  while (unique.length > capacity * 0.75) capacity *= 2
  const bucketOf = (key: string) => {
    const hash = javaHashCode(key)
    return (hash ^ (hash >>> 16)) & (capacity - 1)
  }
  const buckets = new Map(unique.map((key) => [key, bucketOf(key)]))
  return unique.sort((one, other) => buckets.get(one)! - buckets.get(other)!)
}
