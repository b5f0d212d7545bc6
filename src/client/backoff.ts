/**
 * Waiting times that double from `initialMs` to `maxMs` and vary by a fifth, as Kafka's ExponentialBackoff, so that
 * clients that failed together do not come back together.
 */
export function backoffMs(
  attempts: number,
  initialMs: number,
  maxMs: number,
  random: () => number = Math.random,
): number {
  const grown = Math.min(maxMs, initialMs * 2 ** Math.min(attempts, 30))
  return Math.round(grown * (0.8 + 0.4 * random()))
}

/** Waits, but no longer than until `signal` is aborted. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
