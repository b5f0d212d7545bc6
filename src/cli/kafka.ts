import { findTool, notYetAvailable } from './catalog.ts'
import { processTerminal } from './process.ts'

/** Another tool to run in place of `kafka` itself. */
export interface Handover {
  readonly tool: string
  readonly argv: readonly string[]
}

/**
 * `kafka …`: a known tool takes over at once with the rest of the command line, so that `kafka topics --list` costs no
 * more than `kafka-topics.sh --list`; all else (help, an unknown word) is oclif's.
 */
export const main = (argv: readonly string[]): Handover | number => {
  const [word, ...rest] = argv
  const entry = word === undefined ? undefined : findTool(word)
  if (!entry) return { tool: 'oclif', argv }
  if (entry.module) return { tool: entry.name, argv: rest }
  processTerminal().err(notYetAvailable(entry.name))
  return 1
}
