import { storageCommand } from '../../tools/storage/options.ts'
import { flagsOfArguments, ToolCommand } from '../tool-command.ts'

export default class StorageRandomUuid extends ToolCommand {
  static override summary = 'Print a random UUID, as a cluster id.'
  static override flags = flagsOfArguments(storageCommand('random-uuid'))

  protected override get leading() {
    return ['random-uuid']
  }

  protected override load() {
    return import('../../tools/storage/main.ts')
  }
}
