import type { BrokerConfig } from '../../config/broker-config.ts'

/** Every directory that a node keeps data in, sorted; the metadata directory is one of them. */
export function logDirectoriesOf(config: BrokerConfig): string[] {
  return [...new Set([...config.logDirs, config.metadataLogDir])].sort()
}
