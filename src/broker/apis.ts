import { withApiVersions } from './apis/18-api-versions.ts'
import type { AnyHandler } from './handler.ts'

/**
 * The APIs of the broker's listeners, by number. This is their only registration: what is not here is neither served
 * nor advertised.
 */
const HANDLERS: readonly AnyHandler[] = []

export const BROKER_APIS: readonly AnyHandler[] = withApiVersions('broker', HANDLERS)
