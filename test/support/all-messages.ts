import * as headers from '../../src/protocol/headers.ts'
import { ALL_APIS } from '../../src/protocol/messages/all.ts'
import * as clients from '../../src/protocol/records/clients.ts'
import * as groupCoordinator from '../../src/protocol/records/group-coordinator.ts'
import * as metadata from '../../src/protocol/records/metadata.ts'
import * as raft from '../../src/protocol/records/raft.ts'
import * as remoteStorage from '../../src/protocol/records/remote-storage.ts'
import * as shareCoordinator from '../../src/protocol/records/share-coordinator.ts'
import * as storage from '../../src/protocol/records/storage.ts'
import * as transactionCoordinator from '../../src/protocol/records/transaction-coordinator.ts'
import type { Message } from '../../src/protocol/schema.ts'

const modules = [
  headers,
  clients,
  groupCoordinator,
  metadata,
  raft,
  remoteStorage,
  shareCoordinator,
  storage,
  transactionCoordinator,
]

/** Every message, header and record of the protocol, by Apache Kafka's name of it. */
export const ALL_MESSAGES: ReadonlyMap<string, Message> = new Map(
  [
    ...ALL_APIS.flatMap((api) => [api.request, api.response] as Message[]),
    ...modules.flatMap((module) => Object.values(module).filter((value) => typeof value === 'object') as Message[]),
  ].map((message) => [message.name, message]),
)
