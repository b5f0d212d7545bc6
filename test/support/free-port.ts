import { once } from 'node:events'
import { createServer } from 'node:net'

/** A free port whose successor is free too: a combined node takes both, the second for its controller. */
export async function freePort(): Promise<number> {
  for (;;) {
    const first = createServer().listen(0, '127.0.0.1')
    await once(first, 'listening')
    const { port } = first.address() as { port: number }
    const second = createServer().listen(port + 1, '127.0.0.1')
    // `once` rejects when an error comes instead.
    const isFree = await once(second, 'listening').then(
      () => true,
      () => false,
    )
    first.close()
    second.close()
    if (isFree) return port
  }
}
