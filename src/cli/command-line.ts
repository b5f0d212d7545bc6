import { IllegalArgumentException } from '../config/java-error.ts'
import type { OptionDeclarations, ParsedOptions } from './jopt.ts'
import { flag, OptionException, optionText, parseOptions } from './jopt.ts'
import { formatOptionTable } from './jopt-help.ts'
import { ToolExit } from './tool.ts'

/** The version that the tools report: the Kafka release they are compatible with. */
export const KAFKA_VERSION = '4.3.1'

/** The two options that every tool built on Kafka's CommandDefaultOptions has. */
export const defaultOptions = {
  help: flag('Print usage information.', { forHelp: true }),
  version: flag('Display Kafka version.', { forHelp: true }),
}

/** Prints the message and the option table on standard error and ends with 1. */
export function usageExit(declarations: OptionDeclarations, message: string): never {
  throw new ToolExit(1, { err: `${message}\n${formatOptionTable(declarations)}` })
}

/** Parses; a refused command line prints jopt-simple's text and the option table, as the console tools do. */
export function parseOrUsage<D extends OptionDeclarations>(declarations: D, argv: readonly string[]): ParsedOptions<D> {
  try {
    return parseOptions(declarations, argv)
  } catch (error) {
    if (error instanceof OptionException) usageExit(declarations, error.message)
    throw error
  }
}

/** No arguments at all and `--help` print the usage and end with 1; `--version` prints the version and ends with 0. */
export function helpOrVersionExit(options: ParsedOptions, message: string): void {
  if (options.argv.length === 0 || options.has('help')) usageExit(options.declarations, message)
  if (options.has('version')) throw new ToolExit(0, { out: `${KAFKA_VERSION}\n` })
}

/** The first of `required` that is missing ends the tool with Kafka's text. */
export function requireOptions<D extends OptionDeclarations>(
  options: ParsedOptions<D>,
  ...required: (keyof D & string)[]
): void {
  for (const name of required) {
    if (!options.has(name)) {
      usageExit(options.declarations, `Missing required argument "${optionText(options.declarations, name)}"`)
    }
  }
}

/** Ends the tool when `used` is given together with one of `invalid`. */
export function rejectOptions<D extends OptionDeclarations>(
  options: ParsedOptions<D>,
  used: keyof D & string,
  invalid: readonly (keyof D & string)[],
): void {
  if (!options.has(used)) return
  for (const name of invalid) {
    if (options.has(name)) {
      const text = (each: string) => optionText(options.declarations, each)
      usageExit(options.declarations, `Option "${text(used)}" can't be used with option "${text(name)}"`)
    }
  }
}

/** Ends the tool when all of `used` are given together with one of `invalid`. */
export function rejectOptionsWithAll<D extends OptionDeclarations>(
  options: ParsedOptions<D>,
  used: readonly (keyof D & string)[],
  invalid: readonly (keyof D & string)[],
  trailing = '',
): void {
  if (!used.every((name) => options.has(name))) return
  for (const name of invalid) {
    if (options.has(name)) {
      const text = (each: string) => optionText(options.declarations, each)
      const message = `Option combination "[${used.map(text).join(', ')}]" can't be used with option "${text(name)}"${trailing}`
      usageExit(options.declarations, message)
    }
  }
}

/** Ends the tool unless exactly one of `names` is given. */
export function requireOneOf<D extends OptionDeclarations>(
  options: ParsedOptions<D>,
  ...names: (keyof D & string)[]
): void {
  if (names.filter((name) => options.has(name)).length === 1) return
  const listed = names.map((name) => optionText(options.declarations, name)).join(', ')
  usageExit(options.declarations, `Exactly one of the following arguments is required: ${listed}`)
}

/** `key=value` arguments as properties. The value may hold more `=`; without one it is empty, or refused. */
export function keyValueArguments(args: readonly string[], acceptMissingValue = true): Map<string, string> {
  const properties = new Map<string, string>()
  for (const argument of args) {
    const equals = argument.indexOf('=')
    const key = equals < 0 ? argument : argument.slice(0, equals)
    const value = equals < 0 ? '' : argument.slice(equals + 1)
    // The stray brace stands in Kafka's own text.
    if (value === '' && !acceptMissingValue) throw new IllegalArgumentException(`Missing value for key ${key}}`)
    properties.set(key, value)
  }
  return properties
}

/**
 * Puts an option into client properties: given on the command line it wins; else a property that is already there
 * stays; else the option's default is used. Without any value the property goes.
 */
export function mergeOption<D extends OptionDeclarations>(
  properties: Map<string, string>,
  key: string,
  options: ParsedOptions<D>,
  name: keyof D & string,
): void {
  if (!options.has(name) && properties.has(key)) return
  const value: unknown = options.value(name)
  if (value === undefined) properties.delete(key)
  else properties.set(key, String(value))
}
