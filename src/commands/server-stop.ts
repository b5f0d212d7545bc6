import { ToolCommand } from './tool-command.ts'

export default class ServerStop extends ToolCommand {
  static override summary = 'Stop the brokers and controllers that run on this machine.'

  protected override load() {
    return import('../tools/server/stop.ts')
  }
}
