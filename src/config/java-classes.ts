/**
 * Class names that an Apache Kafka installation can load and that users write in settings. There is no JVM here: any
 * other name is refused as Kafka refuses a class that is not on its class path.
 */
const PACKAGES: readonly (readonly [string, string])[] = [
  [
    'org.apache.kafka.common.serialization',
    'Boolean ByteArray ByteBuffer Bytes Double Float Integer List Long Short String UUID Void',
  ],
  ['org.apache.kafka.clients.producer', 'RoundRobinPartitioner'],
  ['org.apache.kafka.clients.consumer', 'RangeAssignor RoundRobinAssignor StickyAssignor CooperativeStickyAssignor'],
  ['org.apache.kafka.common.metrics', 'JmxReporter'],
  [
    'org.apache.kafka.common.security.authenticator',
    'DefaultKafkaPrincipalBuilder DefaultLogin SaslClientCallbackHandler',
  ],
  ['org.apache.kafka.common.security.kerberos', 'KerberosLogin KerberosClientCallbackHandler'],
  ['org.apache.kafka.common.security.ssl', 'DefaultSslEngineFactory CommonNameLoggingSslEngineFactory'],
  ['org.apache.kafka.common.security.plain.internals', 'PlainServerCallbackHandler'],
  ['org.apache.kafka.common.security.scram.internals', 'ScramServerCallbackHandler'],
  [
    'org.apache.kafka.common.security.oauthbearer',
    'DefaultJwtRetriever DefaultJwtValidator ClientJwtValidator BrokerJwtValidator FileJwtRetriever ' +
      'ClientCredentialsJwtRetriever JwtBearerJwtRetriever OAuthBearerLoginCallbackHandler OAuthBearerValidatorCallbackHandler',
  ],
  [
    'org.apache.kafka.common.security.oauthbearer.internals.unsecured',
    'OAuthBearerUnsecuredLoginCallbackHandler OAuthBearerUnsecuredValidatorCallbackHandler',
  ],
]

const SERIALIZATION = PACKAGES[0]![0]

let known: Set<string> | undefined

/** Whether `name` stands for a class that comes with Kafka itself. */
export function isKnownClass(name: string): boolean {
  known ??= new Set(
    PACKAGES.flatMap(([name, classes]) =>
      classes
        .split(' ')
        .flatMap((one) => (name === SERIALIZATION ? [`${one}Serializer`, `${one}Deserializer`] : [one]))
        .map((one) => `${name}.${one}`),
    ),
  )
  return known.has(name)
}
