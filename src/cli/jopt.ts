import { JavaError } from '../config/java-error.ts'
import { parseJavaDouble, parseJavaInteger } from '../config/java-text.ts'

/**
 * Command lines as jopt-simple 5.0.4 reads them: the parser of most Kafka tools. A tool declares its options once, and
 * the same declaration parses the command line and prints the help (jopt-help.ts). Kafka creates its parsers without
 * abbreviations, so there are none here.
 */
export interface OptionSpec<T = unknown, HasDefault extends boolean = boolean> {
  readonly description: string
  readonly argument: 'none' | 'optional' | 'required'
  /** Simple name of the Java type, shown in the help. */
  readonly typeName: string
  readonly argumentName: string
  readonly defaults: readonly T[]
  readonly aliases?: readonly string[]
  /** The option must be given (shown with a `*`). */
  readonly required: boolean
  /** The option is accepted only together with one of these. */
  readonly availableIf?: readonly string[]
  /** Given, it excuses missing and unavailable options: `--help`, `--version`. */
  readonly forHelp: boolean
  /** A given argument is cut at this character, and empty parts fall away. */
  readonly separator?: string
  /** Throws what Java's conversion throws; its error becomes the cause of "Cannot parse argument". */
  readonly convert: (text: string) => T
  display(value: T): string
  /** Carries whether `value()` always has an answer; never set. */
  readonly hasDefault?: HasDefault
}

export type OptionDeclarations = Readonly<Record<string, OptionSpec>>

interface FlagSettings {
  forHelp?: boolean
  availableIf?: readonly string[]
  aliases?: readonly string[]
}

interface ArgumentSettings<T> {
  /** What the argument is, shown in the help after its type. */
  argument?: string
  default?: T | readonly T[]
  /** The argument may be left out: `--compression-codec` alone. */
  optional?: boolean
  required?: boolean
  separator?: string
  availableIf?: readonly string[]
  aliases?: readonly string[]
}

type HasDefault<S> = S extends { default: unknown } ? true : false

/** An option without an argument. */
export function flag(description: string, settings: FlagSettings = {}): OptionSpec<never, false> {
  return {
    description,
    argument: 'none',
    typeName: '',
    argumentName: '',
    defaults: [],
    required: false,
    forHelp: settings.forHelp ?? false,
    availableIf: settings.availableIf,
    aliases: settings.aliases,
    convert: () => {
      throw new Error('a flag has no argument')
    },
    display: () => '',
  }
}

/** An option whose argument is converted by `convert`; `typeName` is the Java type that the help shows. */
export function optionOfType<T, S extends ArgumentSettings<T>>(
  typeName: string,
  convert: (text: string) => T,
  description: string,
  settings: S,
): OptionSpec<T, HasDefault<S>> {
  const given = settings.default as T | readonly T[] | undefined
  return {
    description,
    argument: settings.optional ? 'optional' : 'required',
    typeName,
    argumentName: settings.argument ?? '',
    defaults: given === undefined ? [] : Array.isArray(given) ? given : [given as T],
    required: settings.required ?? false,
    forHelp: false,
    separator: settings.separator,
    availableIf: settings.availableIf,
    aliases: settings.aliases,
    convert,
    display: String,
  }
}

export function stringOption<const S extends ArgumentSettings<string>>(description: string, settings = {} as S) {
  return optionOfType<string, S>('String', (text) => text, description, settings)
}

export function integerOption<const S extends ArgumentSettings<number>>(description: string, settings = {} as S) {
  return optionOfType<number, S>('Integer', (text) => integer(text, 32), description, settings)
}

/** A 64 bit number; beyond 2^53 it is the nearest double, which durations and sizes can bear. */
export function longOption<const S extends ArgumentSettings<number>>(description: string, settings = {} as S) {
  return optionOfType<number, S>('Long', (text) => integer(text, 64), description, settings)
}

export function doubleOption<const S extends ArgumentSettings<number>>(description: string, settings = {} as S) {
  return optionOfType<number, S>('Double', double, description, settings)
}

function integer(text: string, bits: 32 | 64): number {
  const value = parseJavaInteger(text, bits)
  if (value !== undefined) return value
  throw new JavaError('java.lang.NumberFormatException', `For input string: "${text}"`)
}

function double(text: string): number {
  const value = parseJavaDouble(text.trim())
  if (value !== undefined) return value
  throw new JavaError(
    'java.lang.NumberFormatException',
    text.trim() === '' ? 'empty String' : `For input string: "${text}"`,
  )
}

/** A command line that jopt-simple refuses, with its class and its text. */
export class OptionException extends JavaError {
  constructor(name: string, message: string, cause?: unknown) {
    super(`joptsimple.${name}`, message)
    if (cause !== undefined) this.cause = cause
  }
}

/** `[names]`, as jopt-simple prints an option inside other texts. */
export function optionText(declarations: OptionDeclarations, name: string): string {
  const names = [...(declarations[name]?.aliases ?? []), name]
  return `[${[...names.filter((each) => each.length === 1).sort(), ...names.filter((each) => each.length > 1).sort()].join(', ')}]`
}

type ValueOf<S> = S extends OptionSpec<infer T, boolean> ? T : never
type NameOf<D> = keyof D & string

/** What a command line said. Arguments are converted when they are asked for, as jopt-simple does it. */
export class ParsedOptions<D extends OptionDeclarations = OptionDeclarations> {
  readonly declarations: D
  readonly argv: readonly string[]
  /** Arguments that belong to no option. */
  readonly nonOptions: readonly string[]
  readonly #given: ReadonlyMap<string, readonly string[]>

  constructor(
    declarations: D,
    argv: readonly string[],
    given: ReadonlyMap<string, readonly string[]>,
    nonOptions: readonly string[],
  ) {
    this.declarations = declarations
    this.argv = argv
    this.#given = given
    this.nonOptions = nonOptions
  }

  has(name: NameOf<D>): boolean {
    return this.#given.has(name)
  }

  /** The one argument of an option, or its default. Throws when the option was repeated. */
  value<K extends NameOf<D>>(
    name: K,
  ): D[K] extends OptionSpec<unknown, true> ? ValueOf<D[K]> : ValueOf<D[K]> | undefined {
    const values = this.values(name)
    if (values.length > 1) {
      throw new OptionException(
        'MultipleArgumentsForOptionException',
        `Found multiple arguments for option ${this.#slashed(name)}, but you asked for only one`,
      )
    }
    return values[0] as never
  }

  /** All arguments of an option in order, or its defaults when none was given. */
  values<K extends NameOf<D>>(name: K): readonly ValueOf<D[K]>[] {
    const spec = this.declarations[name] as unknown as OptionSpec<ValueOf<D[K]>>
    const texts = this.#given.get(name)
    if (!texts || texts.length === 0) return spec.defaults
    return texts.map((text) => {
      try {
        return spec.convert(text)
      } catch (cause) {
        const message = `Cannot parse argument '${text}' of option ${this.#slashed(name)}`
        throw new OptionException('OptionArgumentConversionException', message, wrappedConversion(cause))
      }
    })
  }

  #slashed(name: string): string {
    return optionText(this.declarations, name).slice(1, -1).replaceAll(', ', '/')
  }
}

/** jopt-simple calls the conversions of Java's own types by reflection, which adds a layer to the trace. */
function wrappedConversion(cause: unknown): unknown {
  if (!(cause instanceof JavaError) || !cause.javaClass.startsWith('java.')) return cause
  const outer = new JavaError('joptsimple.internal.ReflectionException', `${cause.javaClass}: ${cause.message}`)
  outer.cause = cause
  return outer
}

/** Reads a command line; throws OptionException where jopt-simple does. */
export function parseOptions<D extends OptionDeclarations>(declarations: D, argv: readonly string[]): ParsedOptions<D> {
  const names = new Map<string, string>()
  for (const [name, spec] of Object.entries(declarations)) {
    for (const each of [name, ...(spec.aliases ?? [])]) names.set(each, name)
  }
  const given = new Map<string, string[]>()
  const nonOptions: string[] = []
  let index = 0
  let optionsEnded = false

  const add = (name: string, argument?: string) => {
    const values = given.get(name) ?? []
    given.set(name, values)
    if (argument === undefined) return
    const separator = declarations[name]?.separator
    const parts = separator === undefined ? [] : argument.split(separator).filter((part) => part !== '')
    values.push(...(parts.length > 0 ? parts : [argument]))
  }
  const handle = (name: string, argument: string | undefined) => {
    const spec = declarations[name] as OptionSpec
    if (spec.argument === 'none') return add(name)
    if (argument !== undefined) return add(name, argument)
    const next = argv[index]
    if (spec.argument === 'required') {
      if (next === undefined) {
        const shown = optionText(declarations, name).slice(1, -1).replaceAll(', ', '/')
        throw new OptionException('OptionMissingRequiredArgumentException', `Option ${shown} requires an argument`)
      }
      index++
      return add(name, next)
    }
    const isNumber = spec.typeName !== 'String'
    if (next !== undefined && (isNumber || !looksLikeAnOption(next)) && converts(spec, next)) {
      index++
      return add(name, next)
    }
    add(name)
  }
  const cluster = (token: string) => {
    const letters = token.slice(1)
    for (const letter of letters) {
      const name = names.get(letter)
      if (name === undefined) throw unrecognized(letter)
      if (declarations[name]?.argument !== 'none') break
    }
    for (let at = 0; at < letters.length; at++) {
      const name = names.get(letters.charAt(at)) as string
      const rest = letters.slice(at + 1)
      if (declarations[name]?.argument !== 'none' && rest !== '') return handle(name, rest)
      handle(name, undefined)
    }
  }

  while (index < argv.length) {
    const token = argv[index++] as string
    if (optionsEnded || !token.startsWith('-') || token === '-') nonOptions.push(token)
    else if (token === '--') optionsEnded = true
    else {
      const isLong = token.startsWith('--')
      const body = token.slice(isLong ? 2 : 1)
      const equals = body.indexOf('=')
      const key = equals < 0 ? body : body.slice(0, equals)
      const name = names.get(key)
      if (name !== undefined) handle(name, equals < 0 ? undefined : body.slice(equals + 1))
      else if (isLong) throw unrecognized(key)
      else cluster(token)
    }
  }

  checkPresence(declarations, given)
  return new ParsedOptions(declarations, argv, given, nonOptions)
}

/** `--` counts as one: an option whose argument may be left out does not take it. */
function looksLikeAnOption(token: string): boolean {
  return token.startsWith('-') && token !== '-'
}

function converts(spec: OptionSpec, text: string): boolean {
  try {
    for (const part of spec.separator === undefined ? [text] : text.split(spec.separator)) spec.convert(part)
    return true
  } catch (error) {
    if (error instanceof JavaError) return false
    throw error
  }
}

function unrecognized(option: string): OptionException {
  return new OptionException('UnrecognizedOptionException', `${option} is not a recognized option`)
}

function checkPresence(declarations: OptionDeclarations, given: ReadonlyMap<string, unknown>): void {
  const specs = Object.entries(declarations)
  if (specs.some(([name, spec]) => spec.forHelp && given.has(name))) return
  const missing = specs.filter(([name, spec]) => spec.required && !given.has(name)).map(([name]) => name)
  if (missing.length > 0) {
    throw new OptionException(
      'MissingRequiredOptionsException',
      `Missing required option(s) [${missing.sort().join(', ')}]`,
    )
  }
  const unavailable = specs
    .filter(
      ([name, spec]) => given.has(name) && spec.availableIf && !spec.availableIf.some((other) => given.has(other)),
    )
    .map(([name]) => name)
  if (unavailable.length > 0) {
    const text = `Option(s) [${unavailable.join(', ')}] are unavailable given other options on the command line`
    throw new OptionException('UnavailableOptionException', text)
  }
}
