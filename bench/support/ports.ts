import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below what systems give to outgoing connections: a port found free must still be so when a JVM has come up. */
const LOWEST = 12_000
const HIGHEST = 30_000

let next = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))

/** A free port whose successor, for the controller, is free too. */
export async function freePortPair(): Promise<number> {
  for (;;) {
    next = next + 2 < HIGHEST ? next + 2 : LOWEST
    if ((await isFree(next)) && (await isFree(next + 1))) return next
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    // `once` rejects with the error that came instead: the port is taken.
    return false
  } finally {
    server.close()
  }
}
