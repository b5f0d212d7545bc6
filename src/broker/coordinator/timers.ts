import type { Clock, Timer } from '../clock.ts'
import type { Outcome } from './shard.ts'

/** What happens when a timer falls due: an operation like any other, which nobody waits for. */
export type TimedOperation<R> = (nowMs: number) => Outcome<void, R>

/** Timers of one shard, by name. They end with the shard. */
export interface ShardTimers<R> {
  /** Runs `operation` once, `delayMs` from now; replaces the timer of the same name. */
  schedule(name: string, delayMs: number, operation: TimedOperation<R>): void
  cancel(name: string): void
}

export class ClockTimers<R> implements ShardTimers<R> {
  private readonly timers = new Map<string, Timer>()
  private readonly clock: Clock
  private readonly run: (name: string, operation: TimedOperation<R>) => void

  constructor(clock: Clock, run: (name: string, operation: TimedOperation<R>) => void) {
    this.clock = clock
    this.run = run
  }

  schedule(name: string, delayMs: number, operation: TimedOperation<R>): void {
    this.timers.get(name)?.cancel()
    const timer = this.clock.after(delayMs, () => {
      if (this.timers.get(name) !== timer) return
      this.timers.delete(name)
      this.run(name, operation)
    })
    this.timers.set(name, timer)
  }

  cancel(name: string): void {
    this.timers.get(name)?.cancel()
    this.timers.delete(name)
  }

  cancelAll(): void {
    for (const timer of this.timers.values()) timer.cancel()
    this.timers.clear()
  }
}
