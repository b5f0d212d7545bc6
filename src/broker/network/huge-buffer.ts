import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** From this size on, a buffer that is dead and not collected yet is worth a collection: 8 MiB. */
const HUGE_BYTES = 8 * 1024 * 1024

let collect: (() => void) | undefined

/**
 * A buffer for a whole request. Before a huge one, memory is collected: the engine looks at its own small heap, not at
 * what lies outside of it, and would keep several dead requests of 100 MB. Such requests are rare, and a collection
 * takes less time than receiving one.
 */
export function requestBuffer(bytes: number): Buffer {
  if (bytes >= HUGE_BYTES) {
    collect ??= collector()
    collect()
  }
  return Buffer.allocUnsafeSlow(bytes)
}

/** The engine's own collection; nothing where it cannot be had. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  const found: unknown = runInNewContext('globalThis.gc')
  return typeof found === 'function' ? () => found() : () => {}
}
