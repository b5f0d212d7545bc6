import { storageCommand } from '../../tools/storage/options.ts'
import { flagsOfArguments, ToolCommand } from '../tool-command.ts'

export default class StorageInfo extends ToolCommand {
  static override summary = 'Show what the log directories of this node are.'
  static override flags = flagsOfArguments(storageCommand('info'))

  protected override get leading() {
    return ['info']
  }

  protected override load() {
    return import('../../tools/storage/main.ts')
  }
}
