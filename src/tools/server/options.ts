import { flag, stringOption } from '../../cli/jopt.ts'

/** The options of kafka-server-start, with the texts its help prints. */
export const SERVER_OPTIONS = {
  override: stringOption(
    'Optional property that should override values set in server.properties file (e.g. Key=value)',
  ),
  version: flag('Print version information and exit.'),
} as const
