import { SERVER_OPTIONS } from '../tools/server/options.ts'
import { flagsOfOptions, ToolCommand } from './tool-command.ts'

export default class ServerStart extends ToolCommand {
  static override summary = 'Start a broker, a controller or both: kafka server-start config/server.properties'
  static override flags = flagsOfOptions(SERVER_OPTIONS)

  protected override load() {
    return import('../tools/server/start.ts')
  }
}
