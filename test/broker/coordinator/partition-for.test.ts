import { expect, test } from 'vitest'
import { javaHashCode, partitionForKey } from '../../../src/broker/coordinator/partition-for.ts'

test.each([
  ['console-consumer-1', 35782224],
  ['my-group', -1906497762],
  ['billing', -109829509],
  ['gröup-✓', 418112588],
  ['🎉party', 549930041],
  ['polygenelubricants', -2147483648],
  ['', 0],
])('hashes %s as Java does', (text, hash) => {
  expect(javaHashCode(text)).toBe(hash)
})

// Partitions that Apache Kafka 4.3.1 wrote these groups to, of 50.
test.each([
  ['my-group', 12],
  ['billing', 9],
  ['gröup-✓', 38],
  ['classic-1', 40],
  ['modern-1', 23],
  ['share-1', 31],
  ['static-1', 26],
])('finds %s where Apache Kafka does, by the absolute value of its hash', (groupId, partition) => {
  expect(partitionForKey(groupId, 50)).toBe(partition)
})

test('takes 0 for the one hash that has no absolute value', () => {
  expect(partitionForKey('polygenelubricants', 50)).toBe(0)
})
