import { javaTrim } from '../config/java-text.ts'
import type { OptionDeclarations, OptionSpec } from './jopt.ts'
import { breakableWords } from './line-break.ts'

/** What jopt-simple's BuiltinHelpFormatter uses unless told otherwise. */
const OVERALL_WIDTH = 80
const SEPARATOR_WIDTH = 2
const INDENT = '  '

interface Row {
  option: string
  description: string
}

/**
 * The option table that jopt-simple prints: two columns sized from their content, 80 wide at most, sorted by name, each
 * line padded to the full width. It ends with a line feed.
 */
export function formatOptionTable(declarations: OptionDeclarations): string {
  const specs = Object.entries(declarations).sort(([a], [b]) => (a < b ? -1 : 1))
  const rows: Row[] = []
  if (specs.length === 0) rows.push({ option: 'No options specified', description: '' })
  else {
    const title = specs.some(([, spec]) => spec.required) ? 'Option (* = required)' : 'Option'
    rows.push({ option: title, description: 'Description' })
    rows.push({ option: '-'.repeat(title.length), description: '-----------' })
    for (const [name, spec] of specs) {
      rows.push({ option: optionDisplay(name, spec), description: descriptionDisplay(spec) })
    }
  }

  const wide = columnWidths(rows)
  const fitted = rows.flatMap((row) => fitRow(row, wide))
  const widths = columnWidths(fitted)
  return fitted
    .map(
      (row) =>
        `${row.option.padEnd(widths.option)}${' '.repeat(SEPARATOR_WIDTH)}${row.description.padEnd(widths.description)}\n`,
    )
    .join('')
}

function columnWidths(rows: Row[]): { option: number; description: number } {
  const longest = (texts: string[]) => texts.reduce((width, text) => Math.max(width, text.length), 0)
  const option = Math.min((OVERALL_WIDTH - SEPARATOR_WIDTH) / 2, longest(rows.map((row) => row.option)))
  const description = Math.min(OVERALL_WIDTH - SEPARATOR_WIDTH - option, longest(rows.map((row) => row.description)))
  return { option, description }
}

function optionDisplay(name: string, spec: OptionSpec): string {
  const names = [...(spec.aliases ?? []), name]
  const short = names.filter((each) => each.length === 1).sort()
  const long = names.filter((each) => each.length > 1).sort()
  const shown = [...short.map((each) => `-${each}`), ...long.map((each) => `--${each}`)].join(', ')
  const [open, close] = spec.argument === 'required' ? '<>' : '[]'
  const label = spec.argumentName ? `${spec.typeName}: ${spec.argumentName}` : spec.typeName
  return `${spec.required ? '* ' : ''}${shown}${spec.argument === 'none' ? '' : ` ${open}${label}${close}`}`
}

function descriptionDisplay(spec: OptionSpec): string {
  if (spec.defaults.length === 0) return spec.description
  const values = spec.defaults.map((value) => spec.display(value))
  return javaTrim(`${spec.description} (default: ${values.length === 1 ? values[0] : `[${values.join(', ')}]`})`)
}

function fitRow(row: Row, widths: { option: number; description: number }): Row[] {
  const options = wrap(row.option, widths.option)
  const descriptions = wrap(row.description, widths.description)
  return Array.from({ length: Math.max(options.length, descriptions.length) }, (_, index) => ({
    option: options[index] ?? '',
    description: descriptions[index] ?? '',
  }))
}

/** Wraps each line of `text`; what continues is indented by two. */
function wrap(text: string, width: number): string[] {
  const pieces: string[] = []
  for (const line of javaTrim(text).split('\n')) {
    let piece = ''
    for (const word of breakableWords(line)) {
      if (piece.length + word.length > width) {
        pieces.push(piece.trimEnd())
        piece = INDENT + word
      } else piece += word
    }
    if (piece !== '') pieces.push(piece)
  }
  return pieces
}
