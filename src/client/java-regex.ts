import { JavaError } from '../config/java-error.ts'

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\x00-\\x7F',
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Punct: '!-\\/:-@\\[-`{-~',
  Space: ' \\t\\n\\x0B\\f\\r',
  XDigit: '0-9a-fA-F',
}

/**
 * A Java regular expression as a JavaScript one that matches the whole text, as `Pattern.matches`. Understands what
 * the two languages write differently and topic filters use: `\Q…\E`, leading flags, possessive quantifiers, POSIX
 * classes, `\A`, `\z`. Throws PatternSyntaxException with Java's text.
 */
export function compileJavaRegex(pattern: string): RegExp {
  const { source, flags } = translate(pattern)
  try {
    // Compiled alone first: "a)|(b" must not become valid by the group around it.
    new RegExp(source, flags)
    return new RegExp(`^(?:${source})$`, flags)
  } catch (error) {
    throw syntaxError(pattern, (error as Error).message)
  }
}

/** The same, for finding the pattern anywhere in a text. */
export function javaRegexWithin(pattern: string): RegExp {
  compileJavaRegex(pattern)
  const { source, flags } = translate(pattern)
  return new RegExp(source, flags)
}

function translate(pattern: string): { source: string; flags: string } {
  const leading = /^\(\?([ims]+)\)/.exec(pattern)
  const flags = leading?.[1] ?? ''
  let source = ''
  let isInClass = false
  /** The character before ended a quantifier: a `+` then makes it possessive. */
  let isAfterQuantifier = false
  for (let i = leading?.[0].length ?? 0; i < pattern.length; i++) {
    const char = pattern[i]!
    const wasAfterQuantifier = isAfterQuantifier
    isAfterQuantifier = false
    if (char === '\\') {
      const next = pattern[++i]
      if (next === 'Q') {
        const end = pattern.indexOf('\\E', i + 1)
        const literal = pattern.slice(i + 1, end < 0 ? undefined : end)
        source += literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
        i = end < 0 ? pattern.length : end + 1
      } else if ((next === 'p' || next === 'P') && pattern[i + 1] === '{') {
        const end = pattern.indexOf('}', i)
        const ranges = POSIX_CLASSES[pattern.slice(i + 2, end)]
        if (end < 0 || ranges === undefined) {
          throw patternError(
            `Unknown character property name {${pattern.slice(i + 2, end < 0 ? undefined : end)}}`,
            pattern,
            i,
          )
        }
        source += isInClass ? ranges : `[${next === 'P' ? '^' : ''}${ranges}]`
        i = end
      } else if (next === 'A') source += '^'
      else if (next === 'z' || next === 'Z') source += '$'
      else if (next === 'h') source += isInClass ? ' \\t\\xA0' : '[ \\t\\xA0]'
      else source += `\\${next ?? ''}`
      continue
    }
    if (char === '[') isInClass = true
    if (char === ']') isInClass = false
    if (char === '+' && wasAfterQuantifier) continue
    isAfterQuantifier = !isInClass && /[*+?}]/.test(char)
    source += char
  }
  return { source, flags: flags.replaceAll(/(.)(?=.*\1)/g, '') }
}

function syntaxError(pattern: string, message: string): JavaError {
  if (/character class/.test(message)) return patternError('Unclosed character class', pattern, pattern.length - 1)
  if (/Unterminated group/.test(message)) return patternError('Unclosed group', pattern, pattern.length)
  if (/Unmatched '\)'/.test(message)) {
    return patternError("Unmatched closing ')'", pattern, Math.max(0, pattern.indexOf(')') - 1))
  }
  if (/Nothing to repeat/.test(message)) {
    const at = Math.max(0, pattern.search(/[*+?]/))
    return patternError(`Dangling meta character '${pattern[at]}'`, pattern, at)
  }
  return patternError(message.replace(/^Invalid regular expression: /, ''), pattern, -1)
}

/** Java's message: what, where, the pattern, and a caret under the place. */
function patternError(description: string, pattern: string, index: number): JavaError {
  let text = description
  if (index >= 0) text += ` near index ${index}`
  text += `\n${pattern}`
  if (index >= 0 && index < pattern.length) text += `\n${' '.repeat(index)}^`
  return new JavaError('java.util.regex.PatternSyntaxException', text)
}
