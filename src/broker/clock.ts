/** A pending call; cancelling it twice, or after it ran, does nothing. */
export interface Timer {
  cancel(): void
}

/** Where time comes from. No state machine reads another clock, so that tests can drive it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number
  /** Calls `task` once, `delayMs` from now at the earliest. */
  after(delayMs: number, task: () => void): Timer
}

/** Longest delay that setTimeout takes; it fires at once for a longer one. */
const LONGEST_TIMEOUT_MS = 0x7fff_ffff

/** The real clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    const due = Date.now() + delayMs
    let timeout: NodeJS.Timeout
    const arm = () => {
      const left = Math.max(0, due - Date.now())
      timeout = setTimeout(left > LONGEST_TIMEOUT_MS ? arm : task, Math.min(left, LONGEST_TIMEOUT_MS))
      timeout.unref()
    }
    arm()
    return { cancel: () => clearTimeout(timeout) }
  },
}

/** A clock that moves only when told to; due timers run in order of their time. */
export class ManualClock implements Clock {
  private time: number
  private timers: { due: number; task: () => void }[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.time = startMs
  }

  now(): number {
    return this.time
  }

  after(delayMs: number, task: () => void): Timer {
    const timer = { due: this.time + Math.max(0, delayMs), task }
    this.timers.push(timer)
    return {
      cancel: () => {
        this.timers = this.timers.filter((other) => other !== timer)
      },
    }
  }

  /** Moves time on, running what falls due on the way; microtasks run between two timers. */
  async advance(ms: number): Promise<void> {
    const target = this.time + ms
    for (;;) {
      const next = this.timers.reduce<{ due: number; task: () => void } | undefined>(
        (first, timer) => (timer.due <= target && (!first || timer.due < first.due) ? timer : first),
        undefined,
      )
      if (!next) break
      this.timers = this.timers.filter((timer) => timer !== next)
      this.time = Math.max(this.time, next.due)
      next.task()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.time = target
  }
}
