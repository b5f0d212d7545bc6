import { ConfigDef } from './config-def.ts'
import {
  ADD_PARTITIONS_KEYS,
  METRICS_KEYS,
  QUORUM_KEYS,
  QUOTA_KEYS,
  TRANSACTION_KEYS,
} from './definitions/broker-cluster.ts'
import { GROUP_COORDINATOR_KEYS, SHARE_GROUP_KEYS } from './definitions/broker-groups.ts'
import { CLEANER_KEYS, LOG_KEYS, REMOTE_LOG_KEYS } from './definitions/broker-log.ts'
import { DELEGATION_TOKEN_KEYS, SECURITY_KEYS } from './definitions/broker-security.ts'
import { REPLICATION_KEYS, SERVER_KEYS } from './definitions/broker-server.ts'

/** Every setting of a broker or controller, in the order in which Kafka 4.3.1 checks them: the first bad one is named. */
export const BROKER_CONFIG = new ConfigDef([
  ...REMOTE_LOG_KEYS,
  ...SERVER_KEYS,
  ...REPLICATION_KEYS,
  ...GROUP_COORDINATOR_KEYS,
  ...CLEANER_KEYS,
  ...LOG_KEYS,
  ...SHARE_GROUP_KEYS,
  ...TRANSACTION_KEYS,
  ...QUORUM_KEYS,
  ...METRICS_KEYS,
  ...QUOTA_KEYS,
  ...SECURITY_KEYS,
  ...DELEGATION_TOKEN_KEYS,
  ...ADD_PARTITIONS_KEYS,
])
