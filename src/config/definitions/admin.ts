import { type ConfigKey, key } from '../config-def.ts'
import { atLeast, between, listOf, oneOf, oneOfIgnoringCase } from '../validators.ts'

/** Admin client settings that Kafka checks before those of TLS and SASL. */
export const ADMIN_KEYS_BEFORE_SECURITY: readonly ConfigKey[] = [
  key('bootstrap.servers', 'LIST', '', 'HIGH', listOf({ empty: true })),
  key('bootstrap.controllers', 'LIST', '', 'HIGH', listOf({ empty: true })),
  key('client.id', 'STRING', '', 'MEDIUM'),
  key('metadata.max.age.ms', 'LONG', '300000', 'LOW', atLeast(0)),
  key('send.buffer.bytes', 'INT', '131072', 'MEDIUM', atLeast(-1)),
  key('receive.buffer.bytes', 'INT', '65536', 'MEDIUM', atLeast(-1)),
  key('reconnect.backoff.ms', 'LONG', '50', 'LOW', atLeast(0)),
  key('reconnect.backoff.max.ms', 'LONG', '1000', 'LOW', atLeast(0)),
  key('retry.backoff.ms', 'LONG', '100', 'LOW', atLeast(0)),
  key('retry.backoff.max.ms', 'LONG', '1000', 'LOW', atLeast(0)),
  key('enable.metrics.push', 'BOOLEAN', 'false', 'LOW'),
  key('request.timeout.ms', 'INT', '30000', 'MEDIUM', atLeast(0)),
  key('socket.connection.setup.timeout.ms', 'LONG', '10000', 'MEDIUM'),
  key('socket.connection.setup.timeout.max.ms', 'LONG', '30000', 'MEDIUM'),
  key('connections.max.idle.ms', 'LONG', '300000', 'MEDIUM'),
  key('retries', 'INT', '2147483647', 'LOW', between(0, 2147483647)),
  key('default.api.timeout.ms', 'INT', '60000', 'MEDIUM', atLeast(0)),
  key('metrics.sample.window.ms', 'LONG', '30000', 'LOW', atLeast(0)),
  key('metrics.num.samples', 'INT', '2', 'LOW', atLeast(1)),
  key('metric.reporters', 'LIST', 'org.apache.kafka.common.metrics.JmxReporter', 'LOW', listOf({ empty: true })),
  key('metrics.recording.level', 'STRING', 'INFO', 'LOW', oneOf('INFO', 'DEBUG', 'TRACE')),
  key(
    'client.dns.lookup',
    'STRING',
    'use_all_dns_ips',
    'MEDIUM',
    oneOf('use_all_dns_ips', 'resolve_canonical_bootstrap_servers_only'),
  ),
  key('security.providers', 'STRING', null, 'LOW'),
  key(
    'security.protocol',
    'STRING',
    'PLAINTEXT',
    'MEDIUM',
    oneOfIgnoringCase('SASL_SSL', 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT'),
  ),
]

/** Admin client settings that Kafka checks after those of TLS and SASL. */
export const ADMIN_KEYS_AFTER_SECURITY: readonly ConfigKey[] = [
  key('metadata.recovery.strategy', 'STRING', 'rebootstrap', 'LOW', oneOfIgnoringCase('REBOOTSTRAP', 'NONE')),
  key('metadata.recovery.rebootstrap.trigger.ms', 'LONG', '300000', 'LOW', atLeast(0)),
  key('config.providers', 'LIST', '', 'LOW', listOf({ empty: true })),
]
