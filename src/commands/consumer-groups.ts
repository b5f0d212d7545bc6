import { CONSUMER_GROUPS_OPTIONS } from '../tools/consumer-groups/options.ts'
import { flagsOfOptions, ToolCommand } from './tool-command.ts'

export default class ConsumerGroups extends ToolCommand {
  static override summary = 'List, describe, delete or reset consumer groups.'
  static override flags = flagsOfOptions(CONSUMER_GROUPS_OPTIONS)

  protected override load() {
    return import('../tools/consumer-groups/main.ts')
  }
}
