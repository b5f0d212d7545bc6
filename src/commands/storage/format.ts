import { storageCommand } from '../../tools/storage/options.ts'
import { flagsOfArguments, ToolCommand } from '../tool-command.ts'

export default class StorageFormat extends ToolCommand {
  static override summary = 'Format the log directories of this node.'
  static override flags = flagsOfArguments(storageCommand('format'))

  protected override get leading() {
    return ['format']
  }

  protected override load() {
    return import('../../tools/storage/main.ts')
  }
}
