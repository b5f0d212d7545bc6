import { type ClientConfig, type ClientKind, clientConfigFrom } from '../config/client-config.ts'
import { ConfigException } from '../config/java-error.ts'

/** Parses and checks as Kafka does, and refuses what this client cannot do yet, rather than connect without protection. */
export function plaintextConfig(kind: ClientKind, properties: ReadonlyMap<string, string>): ClientConfig {
  const config = clientConfigFrom(kind, properties)
  const protocol = config.get<string>('security.protocol').toUpperCase()
  if (protocol === 'PLAINTEXT') return config
  throw new ConfigException(`security.protocol=${protocol} is not supported yet: this client speaks PLAINTEXT only.`)
}
