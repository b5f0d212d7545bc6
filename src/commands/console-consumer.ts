import { CONSOLE_CONSUMER_OPTIONS } from '../tools/console-consumer/options.ts'
import { flagsOfOptions, ToolCommand } from './tool-command.ts'

export default class ConsoleConsumer extends ToolCommand {
  static override summary = 'Read records from topics and print them.'
  static override flags = flagsOfOptions(CONSOLE_CONSUMER_OPTIONS)

  protected override load() {
    return import('../tools/console-consumer/main.ts')
  }
}
