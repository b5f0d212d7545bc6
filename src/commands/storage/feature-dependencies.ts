import { storageCommand } from '../../tools/storage/options.ts'
import { flagsOfArguments, ToolCommand } from '../tool-command.ts'

export default class StorageFeatureDependencies extends ToolCommand {
  static override summary = 'Show what a feature level depends on.'
  static override flags = flagsOfArguments(storageCommand('feature-dependencies'))

  protected override get leading() {
    return ['feature-dependencies']
  }

  protected override load() {
    return import('../../tools/storage/main.ts')
  }
}
