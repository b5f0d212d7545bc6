import { expect, test } from 'vitest'
import type { GroupDescription } from '../../../src/client/admin-groups.ts'
import { membersText, type OffsetRow, offsetsText, stateText } from '../../../src/tools/consumer-groups/text.ts'

const row: OffsetRow = {
  groupId: 'gg-e1',
  topic: 'gg-three',
  partition: 0,
  offset: 4,
  leaderEpoch: 0,
  endOffset: 4,
  lag: 0n,
  memberId: '-',
  host: '-',
  clientId: '-',
}

test('offsets stand in the columns of Kafka', () => {
  expect(offsetsText([row], false)).toBe(
    '\nGROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID' +
      '\ngg-e1           gg-three        0          4               4               0               -               -               -\n',
  )
  expect(offsetsText([{ ...row, leaderEpoch: undefined, offset: undefined, lag: undefined }], true)).toBe(
    '\nGROUP           TOPIC           PARTITION  LEADER-EPOCH    CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID' +
      '\ngg-e1           gg-three        0          -               -               4               -               -               -               -\n',
  )
})

const group: GroupDescription = {
  groupId: 'gg-actn',
  state: 'Stable',
  assignor: 'uniform',
  coordinator: { id: 1, host: '127.0.0.1', port: 19192, rack: null },
  groupEpoch: 2,
  targetAssignmentEpoch: 2,
  members: [
    {
      memberId: 'LYkk9UeVQ7mnXl1PA0vpAQ',
      groupInstanceId: null,
      clientId: 'console-consumer',
      host: '/127.0.0.1',
      assignment: [2, 0, 1].map((partition) => ({ topic: 'gg-three', partition })),
      targetAssignment: [0, 1, 2].map((partition) => ({ topic: 'gg-three', partition })),
      memberEpoch: 2,
    },
  ],
}

test('members stand in the columns of Kafka, with their assignments when asked', () => {
  expect(membersText(group, true)).toBe(
    '\nGROUP           CONSUMER-ID            HOST            CLIENT-ID        #PARTITIONS     CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT   ' +
      '\ngg-actn         LYkk9UeVQ7mnXl1PA0vpAQ /127.0.0.1      console-consumer 3               2               gg-three:0,1,2       2               gg-three:0,1,2      \n',
  )
})

test('the state stands in the columns of Kafka', () => {
  expect(stateText({ ...group, assignor: '', groupId: 'gg-e1' }, false)).toBe(
    '\nGROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                #MEMBERS' +
      '\ngg-e1           127.0.0.1:19192  (1)      -                    Stable               1\n',
  )
})
