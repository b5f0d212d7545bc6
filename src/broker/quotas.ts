import type { Principal } from './principal.ts'

/** Client quotas. Handlers ask how long to delay a client. */
export interface Quotas {
  /** Milliseconds to put into `throttleTimeMs`. */
  throttleTimeMs(principal: Principal, clientId: string | null, apiKey: number): number
}

/** Quotas that never throttle. */
export const noQuotas: Quotas = { throttleTimeMs: () => 0 }
