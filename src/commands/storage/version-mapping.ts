import { storageCommand } from '../../tools/storage/options.ts'
import { flagsOfArguments, ToolCommand } from '../tool-command.ts'

export default class StorageVersionMapping extends ToolCommand {
  static override summary = 'Show the feature levels that belong to a metadata version.'
  static override flags = flagsOfArguments(storageCommand('version-mapping'))

  protected override get leading() {
    return ['version-mapping']
  }

  protected override load() {
    return import('../../tools/storage/main.ts')
  }
}
