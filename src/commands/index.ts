import { join } from 'node:path'
import { Config, run } from '@oclif/core'
import ConsoleConsumer from './console-consumer.ts'
import ConsoleProducer from './console-producer.ts'
import ConsumerGroups from './consumer-groups.ts'
import ServerStart from './server-start.ts'
import ServerStop from './server-stop.ts'
import StorageFeatureDependencies from './storage/feature-dependencies.ts'
import StorageFormat from './storage/format.ts'
import StorageInfo from './storage/info.ts'
import StorageRandomUuid from './storage/random-uuid.ts'
import StorageVersionMapping from './storage/version-mapping.ts'
import Topics from './topics.ts'

/** Every command by its oclif id, where oclif's explicit strategy finds them. */
export const COMMANDS = {
  'console-consumer': ConsoleConsumer,
  'console-producer': ConsoleProducer,
  'consumer-groups': ConsumerGroups,
  'server-start': ServerStart,
  'server-stop': ServerStop,
  'storage:feature-dependencies': StorageFeatureDependencies,
  'storage:format': StorageFormat,
  'storage:info': StorageInfo,
  'storage:random-uuid': StorageRandomUuid,
  'storage:version-mapping': StorageVersionMapping,
  topics: Topics,
}

/**
 * Runs what `kafka` leaves to oclif, help and unknown commands, and resolves with the exit code. `kafka help topics` is
 * oclif's `topics --help`, which typed as such prints the tool's own help.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const [word, ...rest] = argv
  try {
    // This module runs from dist/, one level below the package.
    const config = await Config.load({ root: join(import.meta.dirname, '..') })
    await run(word === 'help' ? [...rest, '--help'] : [...argv], config)
    return 0
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const code = (error as Error & { oclif?: { exit?: number } }).oclif?.exit ?? 1
    if (code !== 0) process.stderr.write(`${error.message}\n`)
    return code
  }
}
