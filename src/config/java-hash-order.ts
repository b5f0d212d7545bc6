/** Java's `String.hashCode`. */
export function javaHashCode(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return hash
}

/**
 * The order in which a java.util.HashMap lists `keys` that were put one after the other. Kafka answers and prints
 * several things in this order, and comparing with it is only possible in the same one. `capacity` is what the map was
 * made with (16 when nothing was said).
 */
export function javaHashOrder(keys: Iterable<string>, capacity = 16): string[] {
  return javaHashOrderOf([...new Set(keys)], javaHashCode, capacity)
}

/** The same for distinct keys of any kind. `capacity` defaults to room for as many as there are. */
export function javaHashOrderOf<K>(keys: readonly K[], hashCode: (key: K) => number, capacity = keys.length): K[] {
  let buckets = 1
  while (buckets < capacity) buckets *= 2
  while (keys.length > Math.floor(buckets * 0.75)) buckets *= 2
  const bucketOf = new Map(keys.map((key) => [key, spread(hashCode(key)) & (buckets - 1)]))
  return [...keys].sort((a, b) => bucketOf.get(a)! - bucketOf.get(b)!)
}

/** What HashMap makes of a hash code, so that its high bits count in small tables. */
function spread(hash: number): number {
  return hash ^ (hash >>> 16)
}
