const SEED = 0x9747b28c
const M = 0x5bd1e995

/** MurmurHash2 as Kafka uses it for keys; an int32. */
export function murmur2(data: Uint8Array): number {
  const length = data.length
  let h = (SEED ^ length) | 0
  const end = length & ~3
  for (let i = 0; i < end; i += 4) {
    let k = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24)
    k = Math.imul(k, M)
    k ^= k >>> 24
    h = Math.imul(h, M) ^ Math.imul(k, M)
  }
  const rest = length - end
  if (rest >= 3) h ^= data[end + 2]! << 16
  if (rest >= 2) h ^= data[end + 1]! << 8
  if (rest >= 1) h = Math.imul(h ^ data[end]!, M)
  h ^= h >>> 13
  h = Math.imul(h, M)
  return h ^ (h >>> 15)
}

/** The partition of a keyed record. */
export function partitionOfKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}
