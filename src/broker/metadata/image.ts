import * as records from '../../protocol/records/metadata.ts'
import type { DecodedMessage, Message } from '../../protocol/schema.ts'
import { AclsImage } from './acls.ts'
import { ClientQuotasImage } from './client-quotas.ts'
import { type BrokerImage, ClusterImage, type ControllerImage } from './cluster.ts'
import { ConfigsImage } from './configs.ts'
import { DelegationTokensImage } from './delegation-tokens.ts'
import { FeaturesImage } from './features.ts'
import { ProducerIdsImage } from './producer-ids.ts'
import type { MetadataRecord } from './record.ts'
import { ScramImage } from './scram.ts'
import { TopicsImage } from './topics.ts'

export type { BrokerImage, ControllerImage, EndpointImage } from './cluster.ts'
export type { ConfigResourceType } from './configs.ts'
export type { MetadataRecord } from './record.ts'
export type { PartitionImage, TopicImage } from './topics.ts'

/** Told of each record right before it is applied; records of a transaction only once it has ended. */
export type BeforeApply = (record: MetadataRecord) => void

/**
 * Everything that the records of the metadata log add up to. The broker half and the controller half have one each;
 * only `replay` changes it. Topics, partitions and brokers in it are replaced, not modified, so that a reader may
 * keep one across an await and compare.
 */
export class MetadataImage {
  /** Offset of the last applied record; -1 before the first. */
  offset = -1
  /** Raft epoch of that record. */
  epoch = -1
  readonly features = new FeaturesImage()
  readonly cluster = new ClusterImage()
  readonly topics = new TopicsImage()
  readonly configs = new ConfigsImage()
  readonly acls = new AclsImage()
  readonly clientQuotas = new ClientQuotasImage()
  readonly producerIds = new ProducerIdsImage()
  readonly scram = new ScramImage()
  readonly delegationTokens = new DelegationTokensImage()
  /** Records of a metadata transaction that has not ended (KIP-868). */
  private openTransaction: MetadataRecord[] | undefined

  get brokers(): ReadonlyMap<number, BrokerImage> {
    return this.cluster.brokers
  }

  get controllers(): ReadonlyMap<number, ControllerImage> {
    return this.cluster.controllers
  }

  get nextProducerId(): number {
    return this.producerIds.nextProducerId
  }

  get inTransaction(): boolean {
    return this.openTransaction !== undefined
  }

  /** Applies one committed record. Throws, naming it, for a record that it does not know or that cannot be true. */
  replay(record: MetadataRecord, beforeApply?: BeforeApply): void {
    if (record.message === records.BeginTransactionRecord) {
      if (this.openTransaction) throw new Error('Encountered BeginTransactionRecord while already in a transaction')
      this.openTransaction = []
    } else if (record.message === records.EndTransactionRecord) {
      const ended = this.openTransaction
      if (!ended) throw new Error('Encountered EndTransactionRecord while not in a transaction')
      this.openTransaction = undefined
      for (const each of ended) this.apply(each, beforeApply)
    } else if (record.message === records.AbortTransactionRecord) {
      if (!this.openTransaction) throw new Error('Encountered AbortTransactionRecord while not in a transaction')
      this.openTransaction = undefined
    } else if (this.openTransaction) {
      this.openTransaction.push(record)
    } else {
      this.apply(record, beforeApply)
    }
  }

  private apply(record: MetadataRecord, beforeApply: BeforeApply | undefined): void {
    const applier = appliers.get(record.message)
    if (!applier) throw new Error(`Unknown metadata record type ${record.message.name}`)
    beforeApply?.(record)
    applier(this, record.value)
  }
}

type Applier = (image: MetadataImage, value: unknown) => void

const appliers = new Map<Message, Applier>()

function on<M extends Message>(message: M, apply: (image: MetadataImage, value: DecodedMessage<M>) => void): void {
  appliers.set(message, apply as Applier)
}

on(records.RegisterBrokerRecord, (image, value) => image.cluster.registerBroker(value))
on(records.UnregisterBrokerRecord, (image, value) => image.cluster.unregisterBroker(value.brokerId, value.brokerEpoch))
on(records.FenceBrokerRecord, (image, value) => image.cluster.setFenced(value.id, value.epoch, true))
on(records.UnfenceBrokerRecord, (image, value) => image.cluster.setFenced(value.id, value.epoch, false))
on(records.BrokerRegistrationChangeRecord, (image, value) => image.cluster.changeBroker(value))
on(records.RegisterControllerRecord, (image, value) => image.cluster.registerController(value))
on(records.TopicRecord, (image, value) => image.topics.addTopic(value.name, value.topicId))
on(records.PartitionRecord, (image, value) => image.topics.addPartition(value))
on(records.PartitionChangeRecord, (image, value) => image.topics.changePartition(value))
on(records.RemoveTopicRecord, (image, value) => image.configs.removeTopic(image.topics.remove(value.topicId)))
on(records.ClearElrRecord, (image, value) => image.topics.clearElr(value))
on(records.ConfigRecord, (image, value) => image.configs.apply(value))
on(records.FeatureLevelRecord, (image, value) => image.features.apply(value))
on(records.ProducerIdsRecord, (image, value) => image.producerIds.apply(value))
on(records.ClientQuotaRecord, (image, value) => image.clientQuotas.apply(value))
on(records.AccessControlEntryRecord, (image, value) => image.acls.add(value))
on(records.RemoveAccessControlEntryRecord, (image, value) => image.acls.remove(value.id))
on(records.UserScramCredentialRecord, (image, value) => image.scram.add(value))
on(records.RemoveUserScramCredentialRecord, (image, value) => image.scram.remove(value))
on(records.DelegationTokenRecord, (image, value) => image.delegationTokens.add(value))
on(records.RemoveDelegationTokenRecord, (image, value) => image.delegationTokens.remove(value.tokenId))
// Says only that the log goes on, or that a migration from ZooKeeper, long over, had reached some state.
on(records.NoOpRecord, () => {})
on(records.ZkMigrationStateRecord, () => {})
