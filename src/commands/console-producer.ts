import { CONSOLE_PRODUCER_OPTIONS } from '../tools/console-producer/options.ts'
import { flagsOfOptions, ToolCommand } from './tool-command.ts'

export default class ConsoleProducer extends ToolCommand {
  static override summary = 'Write lines from standard input to a topic.'
  static override flags = flagsOfOptions(CONSOLE_PRODUCER_OPTIONS)

  protected override load() {
    return import('../tools/console-producer/main.ts')
  }
}
