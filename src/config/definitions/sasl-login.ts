import { type ConfigKey, key } from '../config-def.ts'
import { between, oneOfIgnoringCase } from '../validators.ts'

/** How to log in with OAUTHBEARER: the same for brokers and clients, in the same place among the keys that Kafka checks. */
export const SASL_LOGIN_KEYS: readonly ConfigKey[] = [
  key('sasl.login.connect.timeout.ms', 'INT', null, 'LOW'),
  key('sasl.login.read.timeout.ms', 'INT', null, 'LOW'),
  key('sasl.login.retry.backoff.max.ms', 'LONG', '10000', 'LOW'),
  key('sasl.login.retry.backoff.ms', 'LONG', '100', 'LOW'),
  key(
    'sasl.oauthbearer.jwt.retriever.class',
    'CLASS',
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever',
    'MEDIUM',
  ),
  key(
    'sasl.oauthbearer.jwt.validator.class',
    'CLASS',
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator',
    'MEDIUM',
  ),
  key('sasl.oauthbearer.scope', 'STRING', null, 'MEDIUM'),
  key('sasl.oauthbearer.client.credentials.client.id', 'STRING', null, 'MEDIUM'),
  key('sasl.oauthbearer.client.credentials.client.secret', 'PASSWORD', null, 'MEDIUM'),
  key('sasl.oauthbearer.assertion.algorithm', 'STRING', 'RS256', 'MEDIUM', oneOfIgnoringCase('ES256', 'RS256')),
  key('sasl.oauthbearer.assertion.claim.aud', 'STRING', null, 'MEDIUM'),
  key('sasl.oauthbearer.assertion.claim.exp.seconds', 'INT', '300', 'LOW', between(0, 86400)),
  key('sasl.oauthbearer.assertion.claim.iss', 'STRING', null, 'MEDIUM'),
  key('sasl.oauthbearer.assertion.claim.jti.include', 'BOOLEAN', 'false', 'MEDIUM'),
  key('sasl.oauthbearer.assertion.claim.nbf.seconds', 'INT', '60', 'LOW', between(0, 3600)),
  key('sasl.oauthbearer.assertion.claim.sub', 'STRING', null, 'MEDIUM'),
  key('sasl.oauthbearer.assertion.file', 'STRING', null, 'MEDIUM'),
  key('sasl.oauthbearer.assertion.private.key.file', 'STRING', null, 'MEDIUM'),
  key('sasl.oauthbearer.assertion.private.key.passphrase', 'PASSWORD', null, 'MEDIUM'),
  key('sasl.oauthbearer.assertion.template.file', 'STRING', null, 'MEDIUM'),
  key('sasl.oauthbearer.scope.claim.name', 'STRING', 'scope', 'LOW'),
  key('sasl.oauthbearer.sub.claim.name', 'STRING', 'sub', 'LOW'),
  key('sasl.oauthbearer.token.endpoint.url', 'STRING', null, 'MEDIUM'),
  key('sasl.oauthbearer.jwks.endpoint.url', 'STRING', null, 'MEDIUM'),
  key('sasl.oauthbearer.jwks.endpoint.refresh.ms', 'LONG', '3600000', 'LOW'),
]
