import { TOPICS_OPTIONS } from '../tools/topics/options.ts'
import { flagsOfOptions, ToolCommand } from './tool-command.ts'

export default class Topics extends ToolCommand {
  static override summary = 'Create, list, describe, alter or delete topics.'
  static override flags = flagsOfOptions(TOPICS_OPTIONS)

  protected override load() {
    return import('../tools/topics/main.ts')
  }
}
