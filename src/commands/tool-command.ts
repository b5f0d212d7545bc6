import { Command, Flags, type Interfaces } from '@oclif/core'
import type { ArgumentSpec, CommandSpec } from '../cli/argparse.ts'
import type { OptionDeclarations } from '../cli/jopt.ts'
import { runTool } from '../cli/process.ts'
import type { Tool } from '../cli/tool.ts'

/**
 * A Kafka tool as an oclif command. oclif lists it and shows its help; the command line goes to the tool as it is typed,
 * because the tool has Kafka's own parser.
 */
export abstract class ToolCommand extends Command {
  static override strict = false

  /** Loads the tool; called only when the command runs. */
  protected abstract load(): Promise<{ run: Tool }>

  /** What stands before the user's arguments: a subcommand's name. */
  protected get leading(): readonly string[] {
    return []
  }

  async run(): Promise<void> {
    const { run } = await this.load()
    const code = await runTool(run, [...this.leading, ...this.argv])
    if (code !== 0) this.exit(code)
  }
}

/** The options of a tool for oclif's help. */
export function flagsOfOptions(declarations: OptionDeclarations): Interfaces.FlagInput {
  const flags = Object.entries(declarations)
    .filter(([name]) => name !== 'help' && name !== 'version')
    .map(([name, { argument, argumentName, typeName, description }]) => {
      const text = description.replaceAll(/\s+/g, ' ').trim()
      if (argument === 'none') return [name, Flags.boolean({ description: text })] as const
      const helpValue = `<${argumentName || typeName.toLowerCase()}>`
      return [name, Flags.string({ description: text, helpValue })] as const
    })
  return Object.fromEntries(flags)
}

/** The arguments of a subcommand for oclif's help. */
export function flagsOfArguments(command: CommandSpec): Interfaces.FlagInput {
  const all = command.arguments.flatMap((part): readonly ArgumentSpec[] => ('names' in part ? [part] : part.arguments))
  const flags = all.map((argument) => {
    const name = argument.names.find((each) => each.startsWith('--'))?.slice(2) as string
    const char = argument.names.find((each) => /^-[a-zA-Z]$/.test(each))?.slice(1) as Interfaces.AlphabetLowercase
    const description = argument.help?.replaceAll(/\s+/g, ' ')
    const common = { description, char, required: argument.required }
    return [name, argument.action === 'storeTrue' ? Flags.boolean(common) : Flags.string(common)] as const
  })
  return Object.fromEntries(flags)
}
