import type { ArgumentSpec, CommandSpec, ParserSpec } from '../../cli/argparse.ts'
import { LATEST_METADATA_VERSION, MINIMUM_METADATA_VERSION } from '../../config/metadata-version.ts'

const CONFIG: ArgumentSpec = {
  names: ['--config', '-c'],
  required: true,
  help: 'The Kafka configuration file to use.',
}

const RELEASES = `The minimum is ${MINIMUM_METADATA_VERSION.name}; the default is ${LATEST_METADATA_VERSION.name}`
const QUORUM_SETTINGS =
  'the controller.quorum.voters config must not be set, and controller.quorum.bootstrap.servers is set instead.'

/** The command line of kafka-storage, with the texts its help prints. */
export const STORAGE_PARSER: ParserSpec = {
  program: 'kafka-storage',
  description: 'The Kafka storage tool.',
  filePrefix: '@',
  arguments: [],
  commands: {
    dest: 'command',
    parsers: [
      {
        name: 'info',
        help: 'Get information about the Kafka log directories on this node.',
        arguments: [CONFIG],
      },
      {
        name: 'format',
        help: 'Format the Kafka log directories on this node.',
        arguments: [
          CONFIG,
          { names: ['--cluster-id', '-t'], required: true, help: 'The cluster ID to use.' },
          {
            names: ['--add-scram', '-S'],
            action: 'append',
            help: `A SCRAM_CREDENTIAL to add to the __cluster_metadata log e.g.
'SCRAM-SHA-256=[name=alice,password=alice-secret]'
'SCRAM-SHA-512=[name=alice,iterations=8192,salt="N3E=",saltedpassword="YCE="]'`,
          },
          {
            names: ['--ignore-formatted', '-g'],
            action: 'storeTrue',
            help: 'When this option is passed, the format command will skip over already formatted directories rather than failing.',
          },
          {
            names: ['--release-version', '-r'],
            help: `The release version to use for the initial feature settings. ${RELEASES}`,
          },
          {
            names: ['--feature', '-f'],
            action: 'append',
            help: 'The setting to use for a specific feature, in feature=level format. For example: `kraft.version=1`.',
          },
          {
            exclusive: true,
            arguments: [
              {
                names: ['--standalone', '-s'],
                action: 'storeTrue',
                help: `Used to initialize a controller as a single-node dynamic quorum. When setting this flag, ${QUORUM_SETTINGS}`,
              },
              {
                names: ['--no-initial-controllers', '-N'],
                action: 'storeTrue',
                help: 'Used to initialize a server without specifying a dynamic quorum. When setting this flag, the controller.quorum.voters config should not be set, and controller.quorum.bootstrap.servers is set instead.',
              },
              {
                names: ['--initial-controllers', '-I'],
                help: `Used to initialize a server with the specified dynamic quorum. The argument is a comma-separated list of id@hostname:port:directory. The same values must be used to format all nodes. For example:\n0@example.com:8082:JEXY6aqzQY-32P5TStzaFg,1@example.com:8083:MvDxzVmcRsaTz33bUuRU6A,2@example.com:8084:07R5amHmR32VDA6jHkGbTA\n. When setting this flag, ${QUORUM_SETTINGS}`,
              },
            ],
          },
        ],
      },
      {
        name: 'version-mapping',
        help: 'Look up the corresponding features for a given metadata version. Using the command with no --release-version  argument will return the mapping for the latest stable metadata version',
        arguments: [
          {
            names: ['--release-version', '-r'],
            help: `The release version to use for the corresponding feature mapping. ${RELEASES}`,
          },
        ],
      },
      {
        name: 'feature-dependencies',
        help: 'Look up dependencies for a given feature version. If the feature is not known or the version not yet defined, an error is thrown. Multiple features can be specified.',
        arguments: [
          {
            names: ['--feature', '-f'],
            required: true,
            action: 'append',
            help: 'The features and their versions to look up dependencies for, in feature=version format. For example: `metadata.version=5`.',
          },
        ],
      },
      { name: 'random-uuid', help: 'Print a random UUID.', arguments: [] },
    ],
  },
}

/** One subcommand's declaration. */
export function storageCommand(name: string): CommandSpec {
  const command = STORAGE_PARSER.commands?.parsers.find((each) => each.name === name)
  if (!command) throw new Error(`kafka-storage has no ${name}`)
  return command
}
