import { expect, test } from 'vitest'
import { parseReplicaAssignment } from '../../../src/tools/topics/change.ts'

test('partitions are parted by commas, their brokers by colons', () => {
  expect(parseReplicaAssignment('1:2, 2 : 1')).toEqual([
    [1, 2],
    [2, 1],
  ])
})

test.each([
  ['1:1', 'Partition replica lists may not contain duplicate entries: 1'],
  ['1:2,2', 'Partition 1 has different replication factor: [2]'],
  ['a,b', 'For input string: "a"'],
])('the assignment %s is refused with the text of Kafka', (text, message) => {
  expect(() => parseReplicaAssignment(text)).toThrow(message)
})
