import { ArgumentError, HelpRequested, type ParsedArguments, parseArguments } from '../../cli/argparse.ts'
import { type Terminal, type Tool, ToolExit } from '../../cli/tool.ts'
import { brokerConfigFrom } from '../../config/broker-config.ts'
import { randomUuid } from '../../storage/uuid.ts'
import { loadProperties } from '../property-file.ts'
import { STORAGE_PARSER } from './options.ts'

/** kafka-storage. */
export const run: Tool = async (argv, terminal) => {
  const args = parse(argv)
  switch (args.string('command')) {
    case 'format': {
      const { formatStorage } = await import('./format.ts')
      formatStorage(args, configOf(args), terminal)
      return 0
    }
    case 'info': {
      const { describeStorage } = await import('./info.ts')
      return describeStorage(configOf(args), terminal)
    }
    case 'version-mapping':
      return printFeatures((features) => features.versionMapping(args.string('release_version')), terminal)
    case 'feature-dependencies':
      return printFeatures((features) => features.featureDependencies(args.strings('feature') ?? []), terminal)
    default:
      terminal.out(`${randomUuid()}\n`)
      return 0
  }
}

function parse(argv: readonly string[]): ParsedArguments {
  try {
    return parseArguments(STORAGE_PARSER, argv)
  } catch (error) {
    if (error instanceof HelpRequested) throw new ToolExit(0, { out: error.text })
    if (error instanceof ArgumentError) throw new ToolExit(1, { err: error.report })
    throw error
  }
}

function configOf(args: ParsedArguments) {
  return brokerConfigFrom(loadProperties(args.string('config') ?? ''))
}

async function printFeatures(
  lines: (features: typeof import('./features.ts')) => Iterable<string>,
  terminal: Terminal,
): Promise<number> {
  for (const line of lines(await import('./features.ts'))) terminal.out(`${line}\n`)
  return 0
}
