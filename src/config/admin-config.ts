import type { ClientKind } from './client-config.ts'
import { ConfigDef } from './config-def.ts'
import { ADMIN_KEYS_AFTER_SECURITY, ADMIN_KEYS_BEFORE_SECURITY } from './definitions/admin.ts'
import { CLIENT_SECURITY_KEYS } from './definitions/client-security.ts'

export const ADMIN_CLIENT: ClientKind = {
  definition: new ConfigDef([...ADMIN_KEYS_BEFORE_SECURITY, ...CLIENT_SECURITY_KEYS, ...ADMIN_KEYS_AFTER_SECURITY]),
}
