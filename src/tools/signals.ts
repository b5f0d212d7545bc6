const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const

export type StopSignal = keyof typeof SIGNALS

/** What a shell sees of a tool that a signal ended after it had tidied up, as Java's shutdown hooks do. */
export function exitCodeOf(signal: StopSignal): number {
  return 128 + SIGNALS[signal]
}

/**
 * Calls `stop` at the first SIGINT or SIGTERM; a second one ends the process at once, for whoever does not want to
 * wait. Answers with a function that takes this back.
 */
export function onStopSignal(stop: (signal: StopSignal) => void): () => void {
  const listeners = (Object.keys(SIGNALS) as StopSignal[]).map((signal) => {
    const listener = () => {
      ignore()
      stop(signal)
    }
    process.on(signal, listener)
    return { signal, listener }
  })
  const ignore = () => {
    for (const { signal, listener } of listeners) process.off(signal, listener)
  }
  return ignore
}
