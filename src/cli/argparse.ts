import { readFileSync } from 'node:fs'
import { parseJavaDouble, parseJavaInteger } from '../config/java-text.ts'
import type { Membership, ParserChain } from './argparse-help.ts'
import {
  allArguments,
  argumentName,
  destinationOf,
  formatError,
  formatHelp,
  groupsOf,
  helpWidth,
  isOption,
  takesValue,
} from './argparse-help.ts'
import { suggestions } from './argparse-suggestions.ts'

/**
 * Command lines as argparse4j 0.7.0 reads them: the parser of the Kafka tools that have subcommands. A tool is declared
 * as data; the declaration parses the command line, prints the help and words the errors.
 */
export interface ArgumentSpec {
  /** Flags (`--config`, `-c`), or the one name of a positional argument. */
  readonly names: readonly string[]
  readonly dest?: string
  readonly help?: string
  readonly metavar?: string
  readonly action?: 'store' | 'append' | 'storeTrue' | 'help'
  readonly required?: boolean
  readonly count?: '?' | '*' | '+'
  /** Simple name of the Java type that the argument is converted to; without one it stays text. */
  readonly type?: 'Short' | 'Integer' | 'Long' | 'Double' | 'Boolean'
  readonly choices?: readonly (string | number)[]
  readonly default?: unknown
}

export interface GroupSpec {
  readonly title?: string
  readonly description?: string
  /** At most one of its arguments may be given, and exactly one when it is required. */
  readonly exclusive?: boolean
  readonly required?: boolean
  readonly arguments: readonly ArgumentSpec[]
}

interface CommonSpec {
  readonly description?: string
  /** Defaults are added to the help of each argument. */
  readonly showsDefaults?: boolean
  readonly arguments: readonly (ArgumentSpec | GroupSpec)[]
}

export interface CommandSpec extends CommonSpec {
  readonly name: string
  readonly help?: string
}

export interface ParserSpec extends CommonSpec {
  readonly program: string
  /** An argument that starts with this names a file whose lines are arguments. */
  readonly filePrefix?: string
  readonly commands?: {
    /** Key under which the chosen command's name is stored. */
    readonly dest: string
    readonly title?: string
    readonly description?: string
    readonly parsers: readonly CommandSpec[]
  }
}

/** A refused command line. `report` is what argparse4j prints: usage, error and suggestions. */
export class ArgumentError extends Error {
  readonly report: string

  constructor(message: string, report: string) {
    super(message)
    this.report = report
  }
}

/** `--help` was given; `text` is the help. Which exit code follows is the tool's own matter. */
export class HelpRequested extends Error {
  readonly text: string

  constructor(text: string) {
    super('help requested')
    this.text = text
  }
}

/** The values of a command line by their keys. */
export class ParsedArguments {
  readonly #values: ReadonlyMap<string, unknown>

  constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values
  }

  string(dest: string): string | undefined {
    return this.#values.get(dest) as string | undefined
  }

  number(dest: string): number | undefined {
    return this.#values.get(dest) as number | undefined
  }

  flag(dest: string): boolean {
    return this.#values.get(dest) === true
  }

  /** The values of a repeatable argument; undefined when it was not given. */
  strings(dest: string): readonly string[] | undefined {
    return this.#values.get(dest) as readonly string[] | undefined
  }
}

/** Throws ArgumentError or HelpRequested. */
export function parseArguments(spec: ParserSpec, argv: readonly string[]): ParsedArguments {
  const state: ParseState = {
    args: [...argv],
    index: 0,
    lastFromFile: -1,
    optionsEnded: false,
    filePrefix: spec.filePrefix,
  }
  const values = new Map<string, unknown>()
  new CommandLine({ program: spec.program, spec }, state, values).parse()
  if (state.deferred) throw state.deferred
  return new ParsedArguments(values)
}

interface ParseState {
  args: string[]
  index: number
  /** Index of the last argument that came from a file. */
  lastFromFile: number
  optionsEnded: boolean
  readonly filePrefix?: string
  /** A missing argument: reported only when the rest of the command line is fine. */
  deferred?: ArgumentError
}

/** One parser at work on its part of the command line; a subcommand's parser takes over the rest. */
class CommandLine {
  readonly #chain: ParserChain
  readonly #state: ParseState
  readonly #values: Map<string, unknown>
  readonly #members: readonly Membership[]
  readonly #byFlag = new Map<string, Membership>()
  readonly #used = new Set<ArgumentSpec>()
  readonly #positionals: string[] = []

  constructor(chain: ParserChain, state: ParseState, values: Map<string, unknown>) {
    this.#chain = chain
    this.#state = state
    this.#values = values
    this.#members = allArguments(chain.spec)
    for (const member of this.#members) {
      const { argument } = member
      if (isOption(argument)) for (const flag of argument.names) this.#byFlag.set(flag, member)
      if (argument.action === 'help') continue
      const isList = !isOption(argument) && (argument.count === '*' || argument.count === '+')
      const byDefault = argument.action === 'storeTrue' ? false : isList ? [] : undefined
      values.set(destinationOf(argument), argument.default ?? byDefault)
    }
  }

  parse(): void {
    const state = this.#state
    const { spec } = this.#chain
    const commands = 'commands' in spec ? spec.commands : undefined
    const positional = this.#members.map(({ argument }) => argument).filter((argument) => !isOption(argument))
    let next = 0
    while (state.index < state.args.length) {
      if (this.#atFlag() && this.#current() !== '--') this.#flag(this.#current())
      else if (this.#current() === '--' && !state.optionsEnded) {
        state.optionsEnded = true
        state.index++
      } else if (next < positional.length) {
        const { count } = positional[next] as ArgumentSpec
        this.#positionals.push(this.#current())
        state.index++
        if (count === undefined || count === '?') next++
      } else if (!state.optionsEnded && commands) {
        this.#finish(positional)
        this.#command(commands)
        return
      } else {
        this.#fail(this.#unrecognized(state.args.slice(state.index).join(' ')))
      }
    }
    if (commands) this.#fail('too few arguments')
    this.#finish(positional)
  }

  #current(): string {
    return this.#state.args[this.#state.index] as string
  }

  /** Whether the next argument is a flag or `--`; replaces an argument that names a file by the lines of it first. */
  #atFlag(): boolean {
    const state = this.#state
    const { filePrefix } = state
    while (filePrefix && state.index < state.args.length && this.#current().startsWith(filePrefix)) {
      const file = this.#current().replace(new RegExp(`^[${filePrefix}]+`), '')
      if (file === '') break
      this.#insertLines(file)
    }
    if (state.optionsEnded || state.index >= state.args.length) return false
    const argument = this.#current()
    return argument === '--' || (/^-+[^-]/.test(argument) && !/^-\d+$/.test(argument))
  }

  #insertLines(file: string): void {
    const state = this.#state
    let lines: string[]
    try {
      lines = readFileSync(file, 'utf8').split(/\r\n|\r|\n/)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.#fail(`Could not read arguments from file '${file}'`)
    }
    if (lines.at(-1) === '') lines.pop()
    const rest = state.args.slice(state.index + 1)
    state.lastFromFile =
      state.lastFromFile <= state.index ? lines.length - 1 : state.lastFromFile - state.index - 1 + lines.length
    state.args = [...lines, ...rest]
    state.index = 0
  }

  #flag(term: string): void {
    const state = this.#state
    const equals = term.indexOf('=')
    const flag = equals < 0 ? term : term.slice(0, equals)
    let member = this.#resolve(flag)
    let value = equals < 0 ? undefined : term.slice(equals + 1)
    if (!member) {
      value = undefined
      if (term.startsWith('--')) this.#failUnrecognized(term)
      for (let at = 1; at < term.length; at++) {
        const found = this.#byFlag.get(`-${term.charAt(at)}`)
        if (!found) this.#failUnrecognized(term)
        if (takesValue(found.argument)) {
          member = found
          if (at + 1 < term.length) value = term.slice(at + 1)
          break
        }
        this.#checkExclusive(found)
        this.#store(found.argument, undefined)
      }
    }
    state.index++
    if (!member) return
    this.#checkExclusive(member)
    this.#take(member.argument, value)
  }

  /** A flag by its name or an unambiguous beginning of it. */
  #resolve(flag: string): Membership | undefined {
    const exact = this.#byFlag.get(flag)
    if (exact) return exact
    const candidates = [...this.#byFlag.keys()].filter((each) => each.startsWith(flag))
    if (candidates.length === 0) return undefined
    if (this.#isCluster(flag)) candidates.push(flag.slice(0, 2))
    else if (candidates.length === 1) return this.#byFlag.get(candidates[0] as string)
    this.#fail(`ambiguous option: ${flag} could match ${candidates.sort().join(', ')}`)
  }

  #isCluster(flag: string): boolean {
    if (!/^-[^-]/.test(flag)) return false
    for (const letter of flag.slice(1)) {
      const member = this.#byFlag.get(`-${letter}`)
      if (!member) return false
      if (takesValue(member.argument)) return true
    }
    return true
  }

  #checkExclusive({ argument, group }: Membership): void {
    if (!group?.exclusive) return
    const other = group.arguments.find((each) => each !== argument && this.#used.has(each))
    if (other) this.#fail(`not allowed with argument ${argumentName(other)}`, argument)
  }

  #take(argument: ArgumentSpec, given: string | undefined): void {
    const state = this.#state
    if (!takesValue(argument)) {
      if (given !== undefined) this.#fail(`ignore implicit argument '${given}'`, argument)
      this.#store(argument, undefined)
      return
    }
    if (argument.count === '*' || argument.count === '+') {
      const list: unknown[] = given === undefined ? [] : [this.#convert(argument, given)]
      while (given === undefined && state.index < state.args.length && !this.#atFlag()) {
        list.push(this.#convert(argument, this.#current()))
        state.index++
      }
      if (argument.count === '+' && list.length === 0) this.#fail('expected 1 argument(s)', argument)
      this.#store(argument, list)
      return
    }
    let text = given
    if (text === undefined && state.index < state.args.length && !this.#atFlag()) {
      text = this.#current()
      state.index++
    }
    if (text === undefined && argument.count === undefined) this.#fail('expected one argument', argument)
    this.#store(argument, text === undefined ? undefined : this.#convert(argument, text))
  }

  #store(argument: ArgumentSpec, value: unknown): void {
    this.#used.add(argument)
    const dest = destinationOf(argument)
    if (argument.action === 'help') throw new HelpRequested(formatHelp(this.#chain, helpWidth()))
    if (argument.action === 'storeTrue') this.#values.set(dest, true)
    else if (argument.action === 'append') {
      this.#values.set(dest, [...((this.#values.get(dest) as unknown[] | undefined) ?? []), value])
    } else this.#values.set(dest, value)
  }

  #convert(argument: ArgumentSpec, text: string): unknown {
    const value = this.#typed(argument, text)
    const { choices } = argument
    if (choices && !choices.includes(value as string | number)) {
      this.#fail(`invalid choice: '${text}' (choose from {${choices.join(',')}})`, argument)
    }
    return value
  }

  #typed(argument: ArgumentSpec, text: string): unknown {
    const { type } = argument
    if (type === undefined) return text
    if (type === 'Boolean') return text.toLowerCase() === 'true'
    const value =
      type === 'Double'
        ? parseJavaDouble(text.trim())
        : parseJavaInteger(text, type === 'Short' ? 16 : type === 'Integer' ? 32 : 64)
    if (value !== undefined) return value
    const reason =
      type === 'Short' && parseJavaInteger(text, 32) !== undefined
        ? `Value out of range. Value:"${text}" Radix:10`
        : `For input string: "${text}"`
    this.#fail(`could not convert '${text}' to ${type} (${reason})`, argument)
  }

  /** Hands positional arguments out, then notes what is missing. */
  #finish(positional: readonly ArgumentSpec[]): void {
    const least = positional.map(({ count }) => (count === undefined || count === '+' ? 1 : 0))
    let left = least.reduce<number>((sum, each) => sum + each, 0)
    if (left > this.#positionals.length) this.#fail('too few arguments')
    let at = 0
    positional.forEach((argument, index) => {
      left -= least[index] as number
      const available = this.#positionals.length - at - left
      const isList = argument.count === '*' || argument.count === '+'
      const taken = this.#positionals.slice(at, at + (isList ? available : Math.min(1, available)))
      at += taken.length
      if (taken.length === 0) return
      const values = taken.map((text) => this.#convert(argument, text))
      this.#store(argument, isList ? values : values[0])
    })
    const missing = this.#members.filter(({ argument }) => argument.required && !this.#used.has(argument)).at(-1)
    if (missing) this.#defer(`argument ${argumentName(missing.argument)} is required`)
    for (const group of groupsOf(this.#chain.spec)) {
      if (!group.exclusive || !group.required || group.arguments.some((each) => this.#used.has(each))) continue
      const names = group.arguments.map((each) => `${argumentName(each)} `).join('')
      this.#defer(`one of the arguments ${names}is required`)
    }
  }

  #command(commands: NonNullable<ParserSpec['commands']>): void {
    const given = this.#current()
    const exact = commands.parsers.find((each) => each.name === given)
    const candidates = exact ? [exact] : commands.parsers.filter((each) => given !== '' && each.name.startsWith(given))
    if (candidates.length > 1) {
      const names = candidates.map((each) => each.name).sort()
      this.#fail(`ambiguous command: ${given} could match ${names.join(', ')}`)
    }
    const [spec] = candidates
    if (!spec) {
      const names = commands.parsers.map((each) => each.name)
      const message = `invalid choice: '${given}' (choose from ${names.map((name) => `'${name}'`).join(', ')})`
      throw this.#error(message, suggestions(given, names))
    }
    this.#state.index++
    const chain = { program: this.#chain.program, spec, parent: this.#chain }
    new CommandLine(chain, this.#state, this.#values).parse()
    this.#values.set(commands.dest, spec.name)
  }

  #unrecognized(text: string): string {
    const hint =
      this.#state.index > this.#state.lastFromFile
        ? ''
        : `\nChecking trailing white spaces or new lines in ${this.#state.filePrefix}file may help.`
    return `unrecognized arguments: '${text}'${hint}`
  }

  #failUnrecognized(term: string): never {
    const body = term.replace(/^-+/, '')
    const flags = [...this.#byFlag.keys()].filter((flag) => flag.replace(/^-+/, '').length > 1)
    throw this.#error(this.#unrecognized(term), body.length >= 2 ? suggestions(body, flags) : '')
  }

  #fail(message: string, argument?: ArgumentSpec): never {
    throw this.#error(argument ? `argument ${argumentName(argument)}: ${message}` : message)
  }

  #defer(message: string): void {
    this.#state.deferred ??= this.#error(message)
  }

  #error(message: string, appendix = ''): ArgumentError {
    return new ArgumentError(message, formatError(this.#chain, message, helpWidth()) + appendix)
  }
}
