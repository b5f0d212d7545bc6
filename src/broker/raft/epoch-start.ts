import { encodeToBuffer } from '../../protocol/codec.ts'
import { ControlType, controlKey, type NewRecord, writeBatch } from '../../protocol/record-batch.ts'
import { KRaftVersionRecord, LeaderChangeMessage, VotersRecord } from '../../protocol/records/clients.ts'
import { type LocalVoter, updatedVoters } from './voters.ts'

export interface EpochStart {
  readonly epoch: number
  readonly leaderId: number
  readonly kraftVersion: number
  /** Set when the voters are to be written along (their first time in the log, or with new endpoints). */
  readonly newVoters: LocalVoter | undefined
  readonly nowMs: number
}

/** The control batch each epoch begins with: LeaderChange, and with it KRaftVersion and KRaftVoters when these are due. */
export function epochStartBatch({ epoch, leaderId, kraftVersion, newVoters, nowMs }: EpochStart): Buffer {
  const control = (type: ControlType, value: Buffer): NewRecord => ({ key: controlKey(type), value, timestamp: nowMs })
  const voters = [{ voterId: leaderId }]
  const change = encodeToBuffer(LeaderChangeMessage, 0, { leaderId, voters, grantingVoters: voters })
  const records = [control(ControlType.LEADER_CHANGE, change)]
  if (newVoters) {
    const version = encodeToBuffer(KRaftVersionRecord, 0, { kRaftVersion: kraftVersion })
    records.push(control(ControlType.KRAFT_VERSION, version))
    const set = encodeToBuffer(VotersRecord, 0, { voters: updatedVoters(newVoters) })
    records.push(control(ControlType.KRAFT_VOTERS, set))
  }
  return writeBatch({ partitionLeaderEpoch: epoch, isControl: true, records })
}
