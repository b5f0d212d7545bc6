/** Who may ask: `User:ANONYMOUS` until a client has authenticated. */
export interface Principal {
  readonly type: string
  readonly name: string
}

export const ANONYMOUS: Principal = { type: 'User', name: 'ANONYMOUS' }
