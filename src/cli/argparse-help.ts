import type { ArgumentSpec, CommandSpec, GroupSpec, ParserSpec } from './argparse.ts'
import { breakableWords } from './line-break.ts'

/** Column at which argparse4j starts the help of an argument. */
const HELP_COLUMN = 25
const LONGEST_TITLE_BESIDE_HELP = 21
const LONGEST_PROGRAM_BESIDE_USAGE = 30

/** A parser with the parsers above it: a subcommand's usage names what the command before it requires. */
export interface ParserChain {
  readonly program: string
  readonly spec: ParserSpec | CommandSpec
  readonly parent?: ParserChain
}

/** argparse4j's width: the terminal's less 5, or 75 without one. COLUMNS wins over the terminal, as it does there. */
export function helpWidth(): number {
  const { COLUMNS } = process.env
  const columns = COLUMNS !== undefined ? Number(COLUMNS) : (process.stdout.columns ?? process.stderr.columns)
  const width = Number.isInteger(columns) ? columns - 5 : 0
  return width > 0 ? width : 75
}

export function formatHelp(chain: ParserChain, width: number): string {
  const { spec } = chain
  let text = formatUsage(chain, width)
  if (spec.description) text += `\n${wrap(spec.description, width, 0, '')}\n`

  const own = allArguments(spec).filter(({ group }) => !group || !hasOwnHeading(group))
  const positional = own.filter(({ argument }) => !isOption(argument))
  const optional = own.filter(({ argument }) => isOption(argument))
  const commands = 'commands' in spec ? spec.commands : undefined
  const commandsAreUntitled = commands !== undefined && !commands.title && !commands.description
  if (positional.length > 0 || commandsAreUntitled) {
    text += '\npositional arguments:\n'
    for (const { argument } of positional) text += argumentHelp(spec, argument, width)
    if (commandsAreUntitled) text += commandsHelp(commands, width)
  }
  if (optional.length > 0) {
    text += '\noptional arguments:\n'
    for (const { argument } of optional) text += argumentHelp(spec, argument, width)
  }
  if (commands && !commandsAreUntitled) {
    text += `\n${commands.title || 'sub-commands'}:\n`
    if (commands.description) text += `  ${wrap(commands.description, width, 2, '  ')}\n\n`
    text += commandsHelp(commands, width)
  }
  for (const group of groupsOf(spec).filter(hasOwnHeading)) {
    text += '\n'
    if (group.title) text += `${group.title}:\n`
    if (group.description) text += `  ${wrap(group.description, width, 2, '  ')}\n\n`
    for (const argument of group.arguments) text += argumentHelp(spec, argument, width)
  }
  return text
}

/** `usage: …`, wrapped between arguments; ends with a line feed. */
export function formatUsage(chain: ParserChain, width: number): string {
  const start = `usage: ${chain.program}`
  const isLong = start.length > LONGEST_PROGRAM_BESIDE_USAGE
  const indent = ' '.repeat(isLong ? 6 : start.length)
  let text = isLong ? `${start}\n${indent}` : start
  let column = isLong ? 2 * indent.length : start.length
  let isFirst = true
  for (const part of usageParts(chain)) {
    if (!isFirst && column + part.length + 1 > width) {
      text += `\n${indent} ${part}`
      column = indent.length + 1 + part.length
    } else {
      text += ` ${part}`
      column += 1 + part.length
      isFirst = false
    }
  }
  return `${text}\n`
}

/** What argparse4j prints for a refused command line, without its suggestions. */
export function formatError(chain: ParserChain, message: string, width: number): string {
  return formatUsage(chain, width) + wrap(`${chain.program}: error: ${message}\n`, width, 0, '')
}

export function isOption(argument: ArgumentSpec): boolean {
  return argument.names[0]?.startsWith('-') ?? false
}

/** `--config/-c`, as argparse4j names an argument in its texts. */
export function argumentName(argument: ArgumentSpec): string {
  return argument.names.join('/')
}

/** The key of an argument's value: the first long flag without its dashes, `_` for `-`. */
export function destinationOf(argument: ArgumentSpec): string {
  if (argument.dest !== undefined) return argument.dest
  const name = argument.names.find((each) => each.startsWith('--')) ?? argument.names[0] ?? ''
  return name.replace(/^-+/, '').replaceAll('-', '_')
}

export function takesValue(argument: ArgumentSpec): boolean {
  return argument.action === undefined || argument.action === 'store' || argument.action === 'append'
}

export interface Membership {
  readonly argument: ArgumentSpec
  readonly group?: GroupSpec
}

/** Every argument in the order of its declaration, `-h` first. */
export function allArguments(spec: ParserSpec | CommandSpec): Membership[] {
  const declared = spec.arguments.flatMap((part): Membership[] =>
    'names' in part ? [{ argument: part }] : part.arguments.map((argument) => ({ argument, group: part })),
  )
  return [{ argument: HELP_ARGUMENT }, ...declared]
}

export function groupsOf(spec: ParserSpec | CommandSpec): GroupSpec[] {
  return spec.arguments.filter((part) => !('names' in part)) as GroupSpec[]
}

const HELP_ARGUMENT: ArgumentSpec = {
  names: ['-h', '--help'],
  action: 'help',
  help: 'show this help message and exit',
}

function hasOwnHeading(group: GroupSpec): boolean {
  return !group.exclusive || Boolean(group.title) || Boolean(group.description)
}

function usageParts(chain: ParserChain): string[] {
  const { spec } = chain
  const parts = chain.parent ? requiredParts(chain.parent) : []
  if ('name' in spec) parts.push(spec.name)
  for (const { argument, group } of allArguments(spec)) {
    if (isOption(argument) && !group?.exclusive) parts.push(bracketed(argument))
  }
  for (const group of groupsOf(spec)) if (group.exclusive) parts.push(...exclusiveParts(group))
  for (const { argument } of allArguments(spec)) if (!isOption(argument)) parts.push(valueSyntax(argument))
  if ('commands' in spec && spec.commands) parts.push(commandChoice(spec.commands), '...')
  return parts
}

/** What a command further up contributes: its own name and what it requires. */
function requiredParts(chain: ParserChain): string[] {
  const { spec } = chain
  const parts = chain.parent ? requiredParts(chain.parent) : []
  if ('name' in spec) parts.push(spec.name)
  for (const { argument, group } of allArguments(spec)) {
    if (isOption(argument) && argument.required && !group?.exclusive) parts.push(bracketed(argument))
  }
  for (const group of groupsOf(spec)) {
    if (group.exclusive && group.required) parts.push(...exclusiveParts(group))
  }
  for (const { argument } of allArguments(spec)) if (!isOption(argument)) parts.push(valueSyntax(argument))
  return parts
}

function exclusiveParts(group: GroupSpec): string[] {
  const [open, close] = group.required ? '()' : '[]'
  const parts = group.arguments.flatMap((argument) => [plain(argument), '|']).slice(0, -1)
  if (group.arguments.length < 2) return group.required ? parts : group.arguments.map(bracketed)
  parts[0] = open + (parts[0] as string)
  parts[parts.length - 1] += close as string
  return parts
}

function plain(argument: ArgumentSpec): string {
  const value = valueSyntax(argument)
  return value === '' ? (argument.names[0] as string) : `${argument.names[0]} ${value}`
}

function bracketed(argument: ArgumentSpec): string {
  return argument.required ? plain(argument) : `[${plain(argument)}]`
}

function metavarOf(argument: ArgumentSpec): string {
  if (argument.metavar !== undefined) return argument.metavar
  if (argument.choices) return `{${argument.choices.join(',')}}`
  if (argument.type === 'Boolean') return '{true,false}'
  const destination = destinationOf(argument)
  return isOption(argument) ? destination.toUpperCase() : destination
}

function valueSyntax(argument: ArgumentSpec): string {
  if (!takesValue(argument)) return ''
  const name = metavarOf(argument)
  if (argument.count === '?') return `[${name}]`
  if (argument.count === '*') return `[${name} [${name} ...]]`
  if (argument.count === '+') return `${name} [${name} ...]`
  return name
}

function argumentHelp(spec: ParserSpec | CommandSpec, argument: ArgumentSpec, width: number): string {
  const value = valueSyntax(argument)
  const title = isOption(argument)
    ? argument.names.map((name) => (value === '' ? name : `${name} ${value}`)).join(', ')
    : metavarOf(argument)
  const shown = spec.showsDefaults ? defaultText(argument) : undefined
  return titledHelp(title, [argument.help, shown].filter(Boolean).join(' '), width)
}

/** A flag has the default `false`, which is shown too. */
function defaultText(argument: ArgumentSpec): string | undefined {
  const value = argument.action === 'storeTrue' ? false : argument.default
  if (value === undefined) return undefined
  return `(default: ${Array.isArray(value) ? `[${value.join(', ')}]` : value})`
}

function commandChoice(commands: NonNullable<ParserSpec['commands']>): string {
  return `{${commands.parsers.map((parser) => parser.name).join(',')}}`
}

function commandsHelp(commands: NonNullable<ParserSpec['commands']>, width: number): string {
  let text = titledHelp(commandChoice(commands), '', width)
  for (const parser of commands.parsers) if (parser.help) text += titledHelp(`  ${parser.name}`, parser.help, width)
  return text
}

function titledHelp(title: string, help: string, width: number): string {
  if (help === '') return `  ${title}\n`
  const indent = ' '.repeat(HELP_COLUMN)
  const start = title.length <= LONGEST_TITLE_BESIDE_HELP ? `  ${title}`.padEnd(HELP_COLUMN) : `  ${title}\n${indent}`
  return `${start}${wrap(help, width, HELP_COLUMN, indent)}\n`
}

/** Fills lines up to `width`; every line but the last is spread to the full width, as argparse4j does it. */
function wrap(text: string, width: number, startColumn: number, indent: string): string {
  let wrapped = ''
  let line = ''
  let column = startColumn
  for (const word of breakableWords(text)) {
    column += word.length
    if (column > width) {
      wrapped += `${spread(line, width - (column - word.length))}\n${indent}`
      line = ''
      column = indent.length + word.length
    }
    line += word
    if (word.endsWith('\n')) {
      wrapped += line + indent
      line = ''
      column = indent.length
    }
  }
  return wrapped + line
}

/** Widens the gaps of a line by `room` and the spaces at its ends; gaps in the middle get what does not divide evenly. */
function spread(line: string, room: number): string {
  const trimmed = line.replace(/^ +| +$/g, '')
  const gaps = trimmed.match(/ +/g)?.length ?? 0
  if (gaps === 0) return trimmed
  const missing = room + line.length - trimmed.length
  const each = Math.trunc(missing / gaps)
  const rest = missing % gaps
  const firstWider = Math.trunc((gaps - rest + 1) / 2)
  let gap = 0
  return trimmed.replace(/ +/g, (spaces) => {
    const isWider = firstWider <= gap && gap < firstWider + rest
    gap++
    return spaces + ' '.repeat(Math.max(0, each + (isWider ? 1 : 0)))
  })
}
